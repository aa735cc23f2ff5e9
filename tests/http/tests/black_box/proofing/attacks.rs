use yimen_http_tests::Authenticator;

use super::{JIANGUO, XIUYING, at_account, demanding, prove, start, wishing};

#[tokio::test]
async fn a_form_from_elsewhere_proves_nothing() {
    let (app, authority) = start().await;
    let resident = app.resident("13800000001");
    let page = at_account(&resident).await;
    let form = page
        .form("#prove")
        .fill("name", XIUYING.0)
        .fill("number", XIUYING.1);
    let foreign = form.clone().submit_from("https://evil.example").await;
    foreign.assert_error(403, "foreign_form");
    let untold = form.clone().without("token").submit().await;
    untold.assert_error(403, "foreign_form");
    assert!(authority.asked().is_empty());
}

#[tokio::test]
async fn the_form_of_one_session_proves_nothing_in_anothers() {
    let (app, authority) = start().await;
    let (thief, victim) = (app.resident("13800000001"), app.resident("13800000002"));
    let theirs = at_account(&thief).await;
    let own = at_account(&victim).await;
    let token = theirs.attribute("input[name=token]", "value");
    let forced = own
        .form("#prove")
        .fill("token", &token)
        .fill("name", JIANGUO.0)
        .fill("number", JIANGUO.1)
        .submit()
        .await;
    forced.assert_error(403, "foreign_form");
    assert!(authority.asked().is_empty());
}

#[tokio::test]
async fn an_interaction_of_another_browser_proves_nothing() {
    let (app, authority) = start().await;
    let client = app.client("hrss").await;
    let (thief, victim) = (app.resident("13800000001"), app.resident("13800000002"));
    let request = wishing(&app, client.sign_in(), 2);
    let theirs = thief.sign_in_at(&thief.follow(&request).await).await;
    let request = wishing(&app, client.sign_in(), 2);
    let own = victim.sign_in_at(&victim.follow(&request).await).await;
    let opened = victim.browser.get(theirs.url.as_str()).await;
    opened.assert_error(400, "interaction_cookie_missing");
    // The thief's form in the victim's browser, as if it stood on a page of ours.
    let mut form = own
        .form("#prove")
        .fill("name", JIANGUO.0)
        .fill("number", JIANGUO.1);
    let to_own = form.clone();
    let token = theirs.attribute("input[name=token]", "value");
    form.action = theirs.form("#prove").action;
    let with_either = [form.clone(), form.fill("token", &token)];
    for form in with_either {
        form.submit()
            .await
            .assert_error(400, "interaction_cookie_missing");
    }
    // And the thief's token in the victim's own interaction.
    let forced = to_own.fill("token", &token).submit().await;
    forced.assert_error(403, "foreign_form");
    assert!(authority.asked().is_empty());
    assert_eq!(
        prove(&own, JIANGUO).await.status(),
        200,
        "but the victim's own form does"
    );
    assert_eq!(authority.asked().len(), 1);
}

#[tokio::test]
async fn whoever_signs_in_meanwhile_is_not_given_the_name() {
    let (app, authority) = start().await;
    let client = app.client("hrss").await;
    let first = app.resident("13800000001");
    let request = wishing(&app, client.sign_in(), 2);
    let page = first.sign_in_at(&first.follow(&request).await).await;
    // In another tab of the same browser, somebody else signs in.
    let second = first.lend_to("13800000002");
    let other = wishing(&app, client.sign_in(), 2).with("prompt", "login");
    second.sign_in_at(&second.follow(&other).await).await;
    prove(&page, XIUYING).await.assert_error(403, "foreign_form");
    assert!(authority.asked().is_empty());
}

#[tokio::test]
async fn a_device_left_open_takes_no_name() {
    let (app, authority) = start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    resident.sign_in_to(&client).await;
    app.advance("11m").await;
    assert!(resident.browser.get("/account/identity").await.has("#phone"));
    let request = demanding(&app, client.sign_in(), 2);
    let page = resident.follow(&request).await;
    assert!(page.has("#phone"), "a fresh sign-in first: {}", page.url);
    let page = resident.sign_in_at(&page).await;
    let consent = prove(&page, XIUYING).await;
    let response = request.read(&resident.go_on(consent).await);
    let tokens = client.tokens(&request, &response).await;
    assert_eq!(tokens.claims["acr"], app.url("/acr/2"));
    assert_eq!(authority.asked().len(), 1);
}

#[tokio::test]
async fn another_pages_token_gives_no_name_half_an_hour_later() {
    let (app, authority) = start().await;
    let resident = app.resident("13800000001");
    let page = at_account(&resident).await;
    app.advance("25m").await;
    let account = resident.browser.get("/account").await;
    let token = account.attribute("input[name=token]", "value");
    let fields = [("name", XIUYING.0), ("number", XIUYING.1)];
    let mut form = page.form("#prove").fill("token", &token);
    for (field, value) in fields {
        form = form.fill(field, value);
    }
    assert_eq!(form.submit().await.status(), 403);
    assert!(authority.asked().is_empty());
}

#[tokio::test]
async fn the_page_waits_for_who_looks_for_their_card() {
    let (app, _) = start().await;
    let resident = app.resident("13800000001");
    let page = at_account(&resident).await;
    app.advance("25m").await;
    assert_eq!(prove(&page, XIUYING).await.url.path(), "/account");
}

#[tokio::test]
async fn a_session_that_has_ended_proves_nothing() {
    let (app, authority) = start().await;
    let resident = app.resident("13800000001");
    let page = at_account(&resident).await;
    let elsewhere = resident.elsewhere();
    app.advance("61s").await;
    let account = elsewhere.sign_in().await;
    let question = account.press("#end-others", &[]).await;
    question.press("#confirm", &[]).await;
    assert!(prove(&page, XIUYING).await.has("#phone"));
    assert!(authority.asked().is_empty());
}

#[tokio::test]
async fn the_same_form_again_changes_nothing() {
    let (app, _) = start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    let request = wishing(&app, client.sign_in(), 2);
    let page = resident.sign_in_at(&resident.follow(&request).await).await;
    let form = page
        .form("#prove")
        .fill("name", XIUYING.0)
        .fill("number", XIUYING.1);
    let (one, two) = tokio::join!(form.clone().submit(), form.clone().submit());
    for page in [one, two, form.clone().submit().await] {
        assert!(page.has("#allow"), "{}: {}", page.url, page.answer.body);
    }
    let other = form
        .fill("name", JIANGUO.0)
        .fill("number", JIANGUO.1)
        .submit()
        .await;
    assert!(other.has("#allow"), "nothing is lacking any more");
    assert_eq!(resident.browser.get("/account").await.text("h1"), XIUYING.0);
}

#[tokio::test]
async fn a_page_of_signing_in_asks_for_a_name_only_where_one_is_lacking() {
    let (app, _) = start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    let request = client.sign_in();
    let page = resident.follow(&request).await;
    let early = resident
        .browser
        .get(&format!("{}/identity", page.url.path()))
        .await;
    assert!(early.has("#phone"), "not before a sign-in");
    let consent = resident.sign_in_at(&page).await;
    assert!(consent.has("#allow"));
    let unasked = resident
        .browser
        .get(&format!("{}/identity", page.url.path()))
        .await;
    assert!(unasked.has("#allow"), "not where nobody asks: {}", unasked.url);
}

/// A thief with one code cannot know the owner's number, but has a name and a number of their own.
#[tokio::test]
async fn a_name_proven_by_a_thief_is_told_and_goes_with_the_lock() {
    let (app, _) = start().await;
    let (owner, operator) = (app.resident("13800000001"), app.operator("w").await);
    owner.sign_in().await;
    app.advance("25h").await;
    let thief = owner.elsewhere();
    let phone = Authenticator::new();
    phone
        .enrol(&thief.sign_in().await.click("#add-passkey").await)
        .await;
    prove(&thief.browser.get("/account/identity").await, JIANGUO).await;
    let told = owner.told_of("核验了真实姓名").await;
    app.browser().get(&told).await.press("#lock", &[]).await;

    app.advance("2m").await;
    let account = owner.sign_in().await;
    assert!(!account.text("h1").contains(JIANGUO.0), "{}", account.text("h1"));
    let activity = owner.browser.get("/account/activity").await.text("main");
    assert!(activity.contains("真实姓名一并取消了"), "{activity}");
    let account = prove(&account.click("#prove-name").await, XIUYING).await;
    assert_eq!(account.text("h1"), XIUYING.0);
    let refused = operator.give_code("13800000001", JIANGUO, false).await;
    assert!(
        refused.text("#told").contains("是别人的"),
        "{}",
        refused.text("#told")
    );
}

/// Whoever reads the owner's messages may press the link too: it takes no name that was there before.
#[tokio::test]
async fn a_lock_leaves_the_name_that_was_known_before() {
    let (app, _) = start().await;
    let owner = app.resident("13800000001");
    prove(&at_account(&owner).await, XIUYING).await;
    let first = owner.told_of("核验了真实姓名").await;
    app.advance("9d").await;
    // Once more, shortly before the lock.
    owner.sign_in().await;
    prove(&owner.browser.get("/account/identity").await, XIUYING).await;
    let link = owner.told_anew_of("核验了真实姓名", &first).await;
    app.browser().get(&link).await.press("#lock", &[]).await;
    app.advance("2m").await;
    assert_eq!(owner.sign_in().await.text("h1"), XIUYING.0);
}

/// Proven anew each day, it is no older than its first proof; and what a lock has ended is no proof that stood before.
#[tokio::test]
async fn a_patient_thiefs_name_goes_with_the_lock_too() {
    let (app, _) = start().await;
    let owner = app.resident("13800000001");
    owner.sign_in().await;
    app.advance("25h").await;
    let thief = owner.elsewhere();
    let mut last = String::new();
    for round in 0..2 {
        prove(&at_account(&thief).await, JIANGUO).await;
        let first = owner.told_anew_of("核验了真实姓名", &last).await;
        app.advance("25h").await;
        thief.sign_in().await;
        prove(&thief.browser.get("/account/identity").await, JIANGUO).await;
        let told = owner.told_anew_of("核验了真实姓名", &first).await;
        app.browser().get(&told).await.press("#lock", &[]).await;
        last = told;
        app.advance("8h").await;
        let account = owner.sign_in().await;
        assert!(
            !account.text("h1").contains(JIANGUO.0),
            "{round}: {}",
            account.text("h1")
        );
        assert_eq!(
            app.rows("SELECT COUNT(*) FROM account WHERE identity = 'unknown'")
                .await,
            1
        );
        app.advance("2m").await;
    }
}
