//! Several tabs of one browser at once: none breaks another.

use yimen_http_tests::{Page, Resident, SignIn, TestApp};

#[tokio::test]
async fn two_tabs_sign_in_to_two_departments() {
    let app = TestApp::start().await;
    let (first, second) = (app.client("hrss").await, app.client("amr").await);
    let resident = app.resident("13800000001");
    let (one, two) = (first.sign_in(), second.sign_in());
    let (tab_one, tab_two) = (resident.follow(&one).await, resident.follow(&two).await);
    assert_ne!(tab_one.url, tab_two.url, "each request is its own");

    // The second tab is finished first; the first one needs no sign-in any more.
    let response = two.read(&resident.go_on(tab_two).await);
    second.tokens(&two, &response).await;
    let response = one.read(&resident.go_on(tab_one.reload().await).await);
    first.tokens(&one, &response).await;
    assert_eq!(resident.codes().await.len(), 1);
}

#[tokio::test]
async fn two_tabs_that_begin_without_cookies() {
    let app = TestApp::start().await;
    let (first, second) = (app.client("hrss").await, app.client("amr").await);
    let resident = app.resident("13800000001");
    let (one, two) = (first.sign_in(), second.sign_in());
    // Both requests leave before either answer brings a cookie; then one jar holds what both brought.
    let tab_one = resident.follow(&one).await;
    let other = resident.elsewhere();
    let tab_two = other.follow(&two).await;
    for cookie in other.browser.cookies() {
        resident.browser.plant_cookie(cookie);
    }
    let tab_two = resident.browser.get(tab_two.url.as_str()).await;
    assert!(tab_one.has("#phone") && tab_two.has("#phone"));
    let response = one.read(&resident.go_on(tab_one).await);
    first.tokens(&one, &response).await;
    let response = two.read(&resident.go_on(tab_two.reload().await).await);
    second.tokens(&two, &response).await;
}

#[tokio::test]
async fn the_same_department_in_two_tabs() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    let (one, two) = (client.sign_in(), client.sign_in());
    let (tab_one, tab_two) = (resident.follow(&one).await, resident.follow(&two).await);
    let tab_one = resident.sign_in_at(&tab_one).await;
    let tab_two = tab_two.reload().await;
    assert!(tab_one.has("#allow") && tab_two.has("#allow"));
    let response = two.read(&tab_two.press("#allow", &[]).await);
    client.tokens(&two, &response).await;
    // The question in the first tab has been answered in the second: either way it goes on.
    let response = one.read(&tab_one.press("#allow", &[]).await);
    client.tokens(&one, &response).await;
}

#[tokio::test]
async fn a_tab_left_at_the_code_goes_on_when_another_has_signed_in() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    let (one, two) = (client.sign_in(), client.sign_in());
    let tab_one = resident.ask_for_code(&resident.follow(&one).await).await;
    let code = resident.latest_code().await;
    app.advance("61s").await;
    let tab_two = resident.go_on(resident.follow(&two).await).await;
    two.read(&tab_two).code();
    let tab_one = tab_one.press("#verify", &[("code", &code)]).await;
    let response = one.read(&resident.go_on(tab_one).await);
    client.tokens(&one, &response).await;
}

#[tokio::test]
async fn a_number_sent_in_a_tab_that_was_left_behind_is_not_a_dead_end() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    let (one, two) = (client.sign_in(), client.sign_in());
    let (tab_one, tab_two) = (resident.follow(&one).await, resident.follow(&two).await);
    two.read(&resident.go_on(tab_two).await).code();
    // Signed in by now; the tab still shows the empty form. Whatever it answers leads on.
    let page = resident.ask_for_code(&tab_one).await;
    let page = if page.left_for().is_some() {
        page
    } else {
        resident.browser.get(tab_one.url.as_str()).await
    };
    let response = one.read(&resident.go_on(page).await);
    client.tokens(&one, &response).await;
}

#[tokio::test]
async fn many_tabs_leave_few_cookies() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    let mut tabs = Vec::new();
    for _ in 0..12 {
        let request = client.sign_in();
        tabs.push((resident.follow(&request).await, request));
    }
    let cookies = resident.browser.cookies();
    let interactions = cookies
        .iter()
        .filter(|cookie| cookie.name().contains("i-"))
        .count();
    assert!(interactions <= 8, "{interactions} cookies of interactions");
    // The newest works, and the oldest, whose cookie made room, says what to do.
    let (page, request) = tabs.pop().unwrap();
    let response = request.read(&resident.go_on(page).await);
    client.tokens(&request, &response).await;
}

/// Two tabs at the page that asks for a number; the first one has signed in since.
async fn left_at_the_number(app: &TestApp, owner: &Resident, request: &SignIn) -> Page {
    let other = app.client("other").await;
    let tab = owner.follow(request).await;
    let first = owner.follow(&other.sign_in()).await;
    assert!(owner.sign_in_at(&first).await.has("#allow"));
    tab
}

#[tokio::test]
async fn a_number_typed_after_another_tab_signed_in_gets_no_message() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let (owner, guest) = (app.resident("13800000001"), app.resident("13800000002"));
    let request = client.sign_in();
    let tab = left_at_the_number(&app, &owner, &request).await;
    let page = tab.press("#send-code", &[("phone", &guest.phone)]).await;
    assert!(guest.codes().await.is_empty(), "nobody would ask for the code");
    assert_eq!(page.text("#account"), "138 **** 0001", "whose account answers");
    let response = request.read(&page.press("#allow", &[]).await);
    client.tokens(&request, &response).await;
}

#[tokio::test]
async fn send_again_after_another_tab_signed_in_sends_nothing() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let owner = app.resident("13800000001");
    let request = client.sign_in();
    let tab = owner.ask_for_code(&owner.follow(&request).await).await;
    app.advance("61s").await;
    owner.sign_in().await;
    let before = owner.codes().await.len();
    app.advance("61s").await;
    assert!(tab.press("#resend", &[]).await.has("#allow"));
    assert_eq!(owner.codes().await.len(), before);
}

#[tokio::test]
async fn at_consent_another_account_may_be_used() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let (owner, guest) = (app.resident("13800000001"), app.resident("13800000002"));
    let request = client.sign_in();
    let tab = left_at_the_number(&app, &owner, &request).await;
    let question = tab.press("#send-code", &[("phone", &guest.phone)]).await;
    let number = question.press("#another", &[]).await;
    assert!(number.has("#phone"), "the account at hand does not answer");
    // Thought better of it: nobody was signed out by asking.
    assert!(owner.browser.get("/account").await.has("#devices"));
    let page = number.press("#send-code", &[("phone", &guest.phone)]).await;
    let page = guest.enter_code(&page).await;
    assert_eq!(page.text("#account"), "138 **** 0002");
    let response = request.read(&page.press("#allow", &[]).await);
    let theirs = client.tokens(&request, &response).await;
    let ours = owner.elsewhere();
    app.advance("61s").await;
    assert_ne!(theirs.sub(), ours.sign_in_to(&client).await.sub());
}

#[tokio::test]
async fn the_account_page_opened_again_and_again_ends_no_other_tab() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    let request = client.sign_in();
    let tab = resident.follow(&request).await;
    let first = resident.browser.get("/account").await;
    for _ in 0..10 {
        let again = resident.browser.get("/account").await;
        assert_eq!(again.url, first.url, "the same sign-in is gone on with");
    }
    let response = request.read(&resident.go_on(tab).await);
    client.tokens(&request, &response).await;
    // What was left open for too long is not gone on with.
    resident.browser.lose_cookie("session");
    app.advance("31m").await;
    let later = resident.browser.get("/account").await;
    assert!(later.has("#phone") && later.url != first.url);
}
