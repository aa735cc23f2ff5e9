//! A sign-in handed over from a desktop to a phone: what it takes, and whoever else would like to use it.

use yimen_http_tests::{Authenticator, Page, Resident, TestApp};

/// A desktop that shows its picture and number, on the way to `place`.
async fn asking(app: &TestApp, place: &str) -> Page {
    let page = app.browser().get(place).await;
    let page = page.press("#by-phone", &[]).await;
    assert_eq!(page.status(), 200, "{}", page.answer.body);
    page
}

/// The question that the picture leads a phone to.
async fn scan(phone: &Resident, screen: &Page) -> Page {
    phone.browser.get(&screen.attribute("#handover", "href")).await
}

async fn approve(question: &Page, number: &str) -> Page {
    question.press("#approve", &[("number", number)]).await
}

/// Three digits that are not these.
fn another(number: &str) -> &'static str {
    if number == "000" { "111" } else { "000" }
}

#[track_caller]
fn assert_not_in(screen: &Page) {
    assert!(screen.url.path().starts_with("/signin/"), "{}", screen.url);
    let cookies = screen.browser().cookies();
    assert!(
        !cookies.iter().any(|cookie| cookie.name().ends_with("session")),
        "{cookies:?}"
    );
}

#[tokio::test]
async fn a_phone_signs_a_desktop_in() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let phone = app.resident("13800000001");
    phone.sign_in().await;
    let request = client.sign_in();
    let desktop = app.resident("13800000001");
    let screen = desktop.follow(&request).await.press("#by-phone", &[]).await;
    let number = screen.text("#number");
    assert_eq!(number.len(), 3);
    let question = scan(&phone, &screen).await;
    assert!(question.text(".plaque").contains("hrss系统"), "who asks is named");
    let told = approve(&question, &number).await;
    assert!(
        told.text("#told").contains("请回到那块屏幕"),
        "{}",
        told.answer.body
    );
    let response = request.read(&desktop.go_on(screen.reload().await).await);
    let tokens = client.tokens(&request, &response).await;
    assert_eq!(tokens.claims["amr"], serde_json::json!(["mca", "sms"]));
    let account = phone.browser.get("/account").await;
    assert!(
        account.text("#activity").contains("由您的手机同意"),
        "{}",
        account.text("#activity")
    );
}

#[tokio::test]
async fn a_passkey_on_the_phone_is_none_on_the_desktop() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let (resident, passkey) = (app.resident("13800000001"), Authenticator::new());
    passkey
        .enrol(&resident.sign_in().await.click("#add-passkey").await)
        .await;
    let phone = app.resident("13800000001");
    passkey.sign_in(&phone.browser.get("/account").await).await;
    let request = client.sign_in();
    let desktop = app.resident("13800000001");
    let screen = desktop.follow(&request).await.press("#by-phone", &[]).await;
    approve(&scan(&phone, &screen).await, &screen.text("#number")).await;
    let response = request.read(&desktop.go_on(screen.reload().await).await);
    let tokens = client.tokens(&request, &response).await;
    assert_eq!(
        tokens.claims["amr"],
        serde_json::json!(["mca", "pop", "user", "mfa"])
    );
    let account = desktop.browser.get("/account").await;
    assert!(account.has("#methods"), "signed in");
    // What a passkey opened may end with it; this session was opened by a yes.
    assert_eq!(tokens.claims["acr"], app.url("/acr/1"));
}

#[tokio::test]
async fn a_phone_that_is_not_signed_in_does_so_first_and_one_left_open_once_more() {
    let app = TestApp::start().await;
    let screen = asking(&app, "/account").await;
    let phone = app.resident("13800000001");
    let question = phone.sign_in_at(&scan(&phone, &screen).await).await;
    assert!(question.has("#approve"), "{}", question.answer.body);
    app.advance("11m").await;
    let screen = asking(&app, "/account").await;
    let page = scan(&phone, &screen).await;
    assert!(
        page.has("#phone") && !page.has("#approve"),
        "a session of eleven minutes ago says no yes"
    );
    let question = phone.sign_in_at(&page).await;
    approve(&question, &screen.text("#number")).await;
    assert_eq!(screen.reload().await.url.path(), "/account");
}

#[tokio::test]
async fn three_wrong_numbers_end_it_though_they_come_at_once() {
    let app = TestApp::start().await;
    let phone = app.resident("13800000001");
    phone.sign_in().await;
    let screen = asking(&app, "/account").await;
    let number = screen.text("#number");
    let question = scan(&phone, &screen).await;
    let wrong = approve(&question, another(&number)).await;
    assert_eq!(wrong.status(), 422);
    assert!(wrong.text("#number-error").contains("还可以试 2 次"));
    let tries: Vec<_> = (0..8)
        .map(|n| format!("{n:03}"))
        .filter(|one| *one != number)
        .map(|one| tokio::spawn(question.form("#approve").fill("number", &one).submit()))
        .collect();
    let mut taken = 0;
    for one in tries {
        taken += usize::from(one.await.unwrap().status() == 422);
    }
    assert_eq!(
        taken, 1,
        "of the two that were left one says so, and the other that none is"
    );
    assert_eq!(
        approve(&question, &number).await.status(),
        410,
        "now the right one is too late"
    );
    let screen = screen.reload().await;
    assert!(screen.has("#handover-over"));
    assert_not_in(&screen);
    let anew = screen.press("#handover-again", &[]).await;
    assert!(anew.has("#handover"), "and a new one is at hand");
}

#[tokio::test]
async fn it_is_good_once_for_two_minutes_and_where_it_was_shown() {
    let app = TestApp::start().await;
    let phone = app.resident("13800000001");
    phone.sign_in().await;

    let screen = asking(&app, "/account").await;
    let question = scan(&phone, &screen).await;
    app.advance("2m").await;
    assert_eq!(
        approve(&question, &screen.text("#number")).await.status(),
        410,
        "too late"
    );
    assert!(screen.reload().await.has("#handover-over"));

    let screen = asking(&app, "/account").await;
    let number = screen.text("#number");
    let question = scan(&phone, &screen).await;
    assert!(approve(&question, &number).await.has("#told"));
    assert_eq!(approve(&question, &number).await.status(), 410, "said twice");
    // Whoever knows the address of the page alone has not begun it.
    let elsewhere = app.browser().get(screen.url.path()).await;
    elsewhere.assert_error(400, "interaction_cookie_missing");
    assert_eq!(screen.reload().await.url.path(), "/account");

    let screen = asking(&app, "/account").await;
    let old = scan(&phone, &screen).await;
    let anew = screen
        .browser()
        .get(screen.url.path().trim_end_matches("/handover"))
        .await;
    let anew = anew.press("#by-phone", &[]).await;
    assert_eq!(
        approve(&old, &anew.text("#number")).await.status(),
        410,
        "the picture of before"
    );
}

#[tokio::test]
async fn the_form_serves_the_one_who_was_asked() {
    let app = TestApp::start().await;
    let (phone, other) = (app.resident("13800000001"), app.resident("13800000002"));
    phone.sign_in().await;
    other.sign_in().await;
    let screen = asking(&app, "/account").await;
    let question = scan(&phone, &screen).await;
    let number = screen.text("#number");
    let asked = || question.form("#approve").fill("number", &number);
    let token_of = |page: &Page| page.attribute("input[name=token]", "value");
    // Another account, with what the first one was asked.
    let others = scan(&other, &screen).await;
    let form = others.form("#approve").fill("number", &number);
    let page = form.fill("token", &token_of(&question)).submit().await;
    assert_eq!(page.status(), 403, "{}", page.answer.body);
    // The first one, made to by another site.
    assert_eq!(asked().submit_from("https://evil.example").await.status(), 403);
    // With the token of another picture.
    let second = scan(&phone, &asking(&app, "/account").await).await;
    let page = asked().fill("token", &token_of(&second)).submit().await;
    assert_eq!(page.status(), 403);
    assert_not_in(&screen.reload().await);
    // What was refused was the token alone.
    assert_eq!(
        asked().fill("number", another(&number)).submit().await.status(),
        422,
        "its own token is taken"
    );
    // Without the picture's own half of its address.
    let place = screen.attribute("#handover", "href");
    let guessed = place.rsplit_once('/').unwrap().0.to_owned() + "/AAAAAAAAAAAAAAAAAAAAAA";
    assert_eq!(phone.browser.get(&guessed).await.status(), 410);
    assert_not_in(&screen.reload().await);
}

#[tokio::test]
async fn a_no_ends_it_and_is_written_down() {
    let app = TestApp::start().await;
    let phone = app.resident("13800000001");
    phone.sign_in().await;
    let screen = asking(&app, "/account").await;
    let question = scan(&phone, &screen).await;
    let told = question.press("#refuse", &[]).await;
    assert!(told.text("#told").contains("没有登录"));
    let screen = screen.reload().await;
    assert!(screen.has("#handover-refused"));
    assert_not_in(&screen);
    let account = phone.browser.get("/account").await;
    assert!(account.text("#activity").contains("您没有同意"));
}

#[tokio::test]
async fn a_yes_ends_with_the_session_that_gave_it() {
    let app = TestApp::start().await;
    let phone = app.resident("13800000001");
    phone.sign_in().await;
    let screen = asking(&app, "/account").await;
    approve(&scan(&phone, &screen).await, &screen.text("#number")).await;
    let account = phone.browser.get("/account").await;
    let confirm = account.press("#sign-out-everywhere", &[]).await;
    confirm.press("#confirm", &[]).await;
    let screen = screen.reload().await;
    assert!(screen.has("#handover-over"), "{}", screen.answer.body);
    assert_not_in(&screen);
}

#[tokio::test]
async fn the_desktops_session_is_a_new_one() {
    let app = TestApp::start().await;
    let (phone, before) = (app.resident("13800000001"), app.resident("13800000002"));
    phone.sign_in().await;
    before.sign_in().await;
    let session = |resident: &Resident| {
        let cookies = resident.browser.cookies();
        let found = cookies
            .into_iter()
            .find(|cookie| cookie.name().ends_with("session"));
        found.map(|cookie| cookie.value().to_owned()).unwrap()
    };
    let held = session(&before);
    let client = app.client("hrss").await;
    let request = client.sign_in().with("prompt", "login");
    app.advance("2m").await;
    let screen = before.follow(&request).await.press("#by-phone", &[]).await;
    // A new sign-in is asked for, and the phone's is none.
    let page = scan(&phone, &screen).await;
    assert!(page.has("#phone"), "{}", page.answer.body);
    let question = phone.sign_in_at(&page).await;
    approve(&question, &screen.text("#number")).await;
    screen.reload().await;
    assert_ne!(session(&before), held);
    assert!(
        before
            .browser
            .get("/account")
            .await
            .text("#methods")
            .contains("0001")
    );
}

#[tokio::test]
async fn a_yes_makes_no_sign_in_younger_and_gives_no_yes_of_its_own() {
    let app = TestApp::start().await;
    let phone = app.resident("13800000001");
    phone.sign_in().await;
    app.advance("9m").await;
    let screen = asking(&app, "/account").await;
    approve(&scan(&phone, &screen).await, &screen.text("#number")).await;
    let desktop = app.resident("13800000001");
    let account = screen.reload().await;
    assert_eq!(account.url.path(), "/account");
    // The desktop's session, to another browser's picture.
    let second = asking(&app, "/account").await;
    let page = account
        .browser()
        .get(&second.attribute("#handover", "href"))
        .await;
    assert!(page.has("#phone"), "signs in by itself first");
    app.advance("2m").await;
    let page = account.browser().get("/account/export").await;
    assert!(
        page.has("#phone"),
        "eleven minutes are eleven minutes on the desktop too"
    );
    assert_eq!(
        desktop.notices(1).await.len(),
        1,
        "and its owner is told of the new device"
    );
}

#[tokio::test]
async fn what_a_yes_opened_changes_no_way_in() {
    let app = TestApp::start().await;
    let phone = app.resident("13800000001");
    phone.sign_in().await;
    let screen = asking(&app, "/account").await;
    approve(&scan(&phone, &screen).await, &screen.text("#number")).await;
    let desktop = screen.reload().await;
    assert_eq!(desktop.url.path(), "/account");
    for place in [
        "/account/passkeys",
        "/account/phones",
        "/account/recover",
        "/account/export",
        "/account/leave",
    ] {
        let page = desktop.browser().get(place).await;
        assert!(page.has("#phone"), "{place}: signs in by itself first");
        // Nor by another yes, which would lead here again.
        assert!(!page.has("#by-phone"), "{place}");
    }
    let page = desktop.browser().get("/account/leave").await;
    let forged = page.form("#send-code");
    let mut forged = forged.fill("phone", "");
    forged.action = page.url.join(&format!("{}/handover", page.url.path())).unwrap();
    assert!(!forged.submit().await.has("#handover"));
}
