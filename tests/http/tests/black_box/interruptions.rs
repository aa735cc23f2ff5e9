//! Back, reload, a page left open too long, lost cookies: each ends in a working sign-in.

use yimen_http_tests::{Client, Page, Registration, Resident, SignIn, TestApp};

const BEGIN: &str = "https://hrss.yunchuan.example/login";

async fn with_a_way_back(app: &TestApp) -> Client {
    app.register(Registration::new("hrss").option("--initiate-login-uri", BEGIN))
        .await
}

/// A page that is over sends the browser back to where the department begins a sign-in, or offers to.
#[track_caller]
fn assert_goes_back(page: &Page) {
    match page.left_for() {
        Some(to) => assert!(to.as_str().starts_with(BEGIN), "{to}"),
        None => {
            assert!(
                page.attribute("#back", "href").starts_with(BEGIN),
                "{}",
                page.answer.body
            );
            assert!((400..500).contains(&page.status()));
        }
    }
}

async fn works(client: &Client, resident: &Resident, request: &SignIn, page: Page) {
    let response = request.read(&resident.go_on(page).await);
    client.tokens(request, &response).await;
}

#[tokio::test]
async fn every_page_may_be_reloaded() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    let request = client.sign_in();
    let number = resident.follow(&request).await.reload().await;
    assert!(number.has("#phone"));
    let code = resident.ask_for_code(&number).await.reload().await;
    assert!(code.has("#code"), "{}: {}", code.url, code.answer.body);
    assert_eq!(resident.codes().await.len(), 1, "a reload sends nothing");
    let allow = resident.enter_code(&code).await.reload().await;
    assert!(allow.has("#allow"));
    works(&client, &resident, &request, allow).await;
}

#[tokio::test]
async fn back_from_the_code_to_the_number() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    let request = client.sign_in();
    let number = resident.follow(&request).await;
    resident.ask_for_code(&number).await;
    // The form as the browser still has it, sent again.
    let code = resident.ask_for_code(&number).await;
    assert!(code.has("#code"));
    assert_eq!(resident.codes().await.len(), 1);
    let allow = resident.enter_code(&code).await;
    works(&client, &resident, &request, allow).await;
}

#[tokio::test]
async fn back_from_consent_to_the_code_needs_no_second_sign_in() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    let request = client.sign_in();
    let code = resident.ask_for_code(&resident.follow(&request).await).await;
    let allow = resident.enter_code(&code).await;
    assert!(allow.has("#allow"));
    for page in [code.reload().await, resident.enter_code(&code).await] {
        assert!(page.has("#allow"), "{}: {}", page.url, page.answer.body);
    }
    works(&client, &resident, &request, allow).await;
}

#[tokio::test]
async fn back_after_the_answer_begins_anew_at_the_department() {
    let app = TestApp::start().await;
    let client = with_a_way_back(&app).await;
    let resident = app.resident("13800000001");
    let request = client.sign_in();
    let number = resident.follow(&request).await;
    let code = resident.ask_for_code(&number).await;
    let allow = resident.enter_code(&code).await;
    request.read(&allow.press("#allow", &[]).await).code();
    for page in [number.reload().await, code.reload().await, allow.reload().await] {
        assert_goes_back(&page);
    }
    assert_goes_back(&resident.enter_code(&code).await);
    assert_goes_back(&allow.press("#allow", &[]).await);
    // And the department's new request goes straight through.
    let again = client.sign_in();
    works(&client, &resident, &again, resident.follow(&again).await).await;
}

#[tokio::test]
async fn back_after_the_answer_without_a_way_back_says_what_to_do() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    let request = client.sign_in();
    let number = resident.follow(&request).await;
    resident.go_on(number.clone()).await;
    let page = number.reload().await;
    page.assert_error(410, "interaction_expired");
    assert!(
        page.text(".plaque").contains("hrss系统"),
        "it says where the resident was going"
    );
}

#[tokio::test]
async fn a_page_left_open_too_long_starts_again_by_itself() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    // At the number, at the code, at the consent.
    for stage in 0..3 {
        let request = client.sign_in().with("prompt", "login consent");
        let mut page = resident.follow(&request).await;
        if stage > 0 {
            page = resident.ask_for_code(&page).await;
        }
        if stage > 1 {
            page = resident.enter_code(&page).await;
        }
        let late = page.clone();
        app.advance("31m").await;
        let page = match stage {
            0 => resident.ask_for_code(&late).await,
            1 => resident.enter_code(&late).await,
            _ => late.press("#allow", &[]).await,
        };
        assert!(
            page.has("#phone"),
            "stage {stage}: {} {}",
            page.url,
            page.answer.body
        );
        works(&client, &resident, &request, page).await;
        app.advance("61s").await;
    }
}

#[tokio::test]
async fn a_bookmarked_page_of_long_ago_goes_back_to_the_department() {
    let app = TestApp::start().await;
    let client = with_a_way_back(&app).await;
    let resident = app.resident("13800000001");
    let page = resident.follow(&client.sign_in()).await;
    app.advance("13h").await;
    assert_goes_back(&page.reload().await);
}

#[tokio::test]
async fn an_account_page_left_open_asks_to_sign_in_again() {
    let app = TestApp::start().await;
    let resident = app.resident("13800000001");
    let account = resident.sign_in().await;
    app.advance("31m").await;
    for button in ["#sign-out-everywhere", "#sign-out"] {
        let page = account.press(button, &[]).await;
        assert!(page.status() < 400, "{button}: {}", page.answer.body);
    }
    resident.sign_in().await;
}

#[tokio::test]
async fn a_form_of_an_ended_session_changes_nothing_for_the_next() {
    let app = TestApp::start().await;
    let resident = app.resident("13800000001");
    let old = resident.sign_in().await;
    old.press("#sign-out", &[]).await;
    app.advance("61s").await;
    resident.sign_in().await;
    let page = old
        .form("#sign-out-everywhere")
        .fill("confirmed", "yes")
        .submit()
        .await;
    assert_eq!(page.status(), 403);
    assert!(resident.browser.get("/account").await.has("#devices"));
}

#[tokio::test]
async fn a_lost_cookie_is_explained_and_leads_back() {
    let app = TestApp::start().await;
    let client = with_a_way_back(&app).await;
    let resident = app.resident("13800000001");
    let number = resident.follow(&client.sign_in()).await;
    resident.browser.lose_cookies();
    for page in [number.reload().await, resident.ask_for_code(&number).await] {
        page.assert_error(400, "interaction_cookie_missing");
        assert!(page.attribute("#back", "href").starts_with(BEGIN));
    }
    assert!(resident.codes().await.is_empty());
    let request = client.sign_in();
    works(&client, &resident, &request, resident.follow(&request).await).await;
}

#[tokio::test]
async fn an_error_speaks_the_residents_language_from_the_plaque_to_the_way_back() {
    let app = TestApp::start().await;
    let registration = Registration::new("hrss")
        .option("--name-en", "Pensions")
        .option("--department-en", "Social Security")
        .option("--initiate-login-uri", BEGIN);
    let client = app.register(registration).await;
    let resident = app.resident("13800000001");
    let (plain, hinted) = (client.sign_in(), client.sign_in().with("ui_locales", "en"));
    let (plain, hinted) = (resident.follow(&plain).await, resident.follow(&hinted).await);
    let abroad = app.browser().speaking("en-GB,en;q=0.9");
    for page in [
        abroad.get(plain.url.as_str()).await,
        app.browser().get(hinted.url.as_str()).await,
    ] {
        page.assert_error(400, "interaction_cookie_missing");
        let plaque = page.text(".plaque");
        assert!(
            plaque.contains("Pensions") && plaque.contains("Social Security"),
            "{plaque}"
        );
        assert!(page.text("#back").contains("Pensions"), "{}", page.text("#back"));
    }
    let page = app.browser().get(plain.url.as_str()).await;
    assert!(page.text(".plaque").contains("hrss系统") && page.text("#back").contains("hrss系统"));
}

#[tokio::test]
async fn another_browser_cannot_go_on_with_a_sign_in() {
    let app = TestApp::start().await;
    let client = with_a_way_back(&app).await;
    let resident = app.resident("13800000001");
    let number = resident.follow(&client.sign_in()).await;
    let page = app.browser().get(number.url.as_str()).await;
    page.assert_error(400, "interaction_cookie_missing");
}

#[tokio::test]
async fn an_address_that_never_was_is_answered_politely() {
    let app = TestApp::start().await;
    for path in [
        "/signin/AAAAAAAAAAAAAAAAAAAAAA",
        "/signin/x",
        "/consent/AAAAAAAAAAAAAAAAAAAAAA",
        "/oauth2/authorize/AAAAAAAAAAAAAAAAAAAAAA",
        "/oauth2/authorize/AAAAAAAAAAAAAAAAAAAAAA/cancel",
    ] {
        let page = app.browser().get(path).await;
        assert!((400..500).contains(&page.status()), "{path}: {}", page.status());
        assert!(page.has("#trace-id"), "{path}");
    }
    let page = app.browser().get("/nowhere").await;
    page.assert_error(404, "not_found");
}

#[tokio::test]
async fn the_process_may_restart_in_the_middle() {
    let app = TestApp::start().await;
    let client = with_a_way_back(&app).await;
    let resident = app.resident("13800000001");
    let request = client.sign_in();
    let number = resident.follow(&request).await;
    app.start_again();
    let page = number.reload().await;
    // Redis still knows the interaction; memory has forgotten it, and the department begins anew.
    if page.has("#phone") {
        works(&client, &resident, &request, page).await;
    } else {
        assert_goes_back(&page);
        let request = client.sign_in();
        works(&client, &resident, &request, resident.follow(&request).await).await;
    }
}
