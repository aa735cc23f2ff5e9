//! A kiosk: a browser that everybody uses, one after the other.

use yimen_http_tests::{Authenticator, Browser, Client, Receiver, Registration, Resident, TestApp};

use crate::sessions::is_signed_in;

pub(crate) const NAME: &str = "市民中心一楼3号机";

/// The operator registers a kiosk; answers the address for its browser.
fn register(app: &TestApp, name: &str) -> String {
    let added = app.command_json(&["kiosk", "add", name]);
    let address = added["open"].as_str().unwrap().to_owned();
    app.keep_secret(address.rsplit('/').next().unwrap());
    address
}

/// Somebody who stands before a kiosk.
pub(crate) async fn at_kiosk(app: &TestApp, phone: &str) -> Resident {
    at_kiosk_named(app, phone, NAME).await
}

pub(crate) async fn at_kiosk_named(app: &TestApp, phone: &str, name: &str) -> Resident {
    let resident = app.resident(phone);
    let joined = resident.browser.get(&register(app, name)).await;
    let joined = joined.press("#enrol", &[]).await;
    assert_eq!(joined.status(), 200, "{}", joined.answer.body);
    resident
}

fn names(browser: &Browser) -> Vec<String> {
    let cookies = browser.cookies();
    cookies.iter().map(|cookie| cookie.name().to_owned()).collect()
}

#[track_caller]
fn assert_nothing_left(browser: &Browser) {
    let names = names(browser);
    assert!(
        names.len() == 1 && names[0].ends_with("kiosk"),
        "only what makes it a kiosk: {names:?}"
    );
}

/// A department that asks for a name, and hears of a sign-out.
async fn department(app: &TestApp, receiver: &Receiver) -> Client {
    let registration = Registration::new("hrss").scope("openid profile");
    let registration = registration.option("--backchannel-logout-uri", &receiver.uri);
    app.register(registration).await
}

#[tokio::test]
async fn the_screen_saver_ends_a_session_and_leaves_nothing() {
    let app = TestApp::start().await;
    let receiver = Receiver::start();
    let client = department(&app, &receiver).await;
    let resident = at_kiosk(&app, "13800000001").await;
    resident.browser.get("/display?edition=elder&back=/").await;
    let tokens = resident.sign_in_to(&client).await;
    assert!(is_signed_in(&resident.browser).await);
    assert_eq!(
        app.count("known_browser").await,
        0,
        "everybody's browser is nobody's"
    );
    assert!(
        !names(&resident.browser)
            .iter()
            .any(|name| name.ends_with("browser"))
    );

    let rest = resident.browser.get("/kiosk/rest").await;
    assert_eq!(rest.status(), 200);
    assert_eq!(rest.answer.header("clear-site-data"), "\"cache\", \"storage\"");
    assert!(
        !rest.answer.headers.contains_key("refresh"),
        "it stays where it is"
    );
    assert_nothing_left(&resident.browser);
    receiver.wait_for(1).await;
    assert_eq!(client.introspect(&tokens.access).await.json()["active"], false);
    assert!(!is_signed_in(&resident.browser).await);

    // On a browser of their own the resident reads of it.
    app.advance("61s").await;
    let home = app.resident("13800000001");
    let account = home.sign_in().await;
    assert!(
        account.text("#activity").contains("自助机上的登录自动退出了"),
        "{}",
        account.text("#activity")
    );
}

#[tokio::test]
async fn two_minutes_without_use_end_it_and_departments_are_told() {
    let app = TestApp::start().await;
    let receiver = Receiver::start();
    let registration = Registration::new("hrss").option("--backchannel-logout-uri", &receiver.uri);
    let client = app.register(registration).await;
    let resident = at_kiosk(&app, "13800000001").await;
    let elsewhere = app.resident("13800000002");
    resident.sign_in_to(&client).await;
    elsewhere.sign_in_to(&client).await;
    for _ in 0..3 {
        app.advance("110s").await;
        let page = resident.browser.get("/account").await;
        assert!(page.has("#devices"), "use keeps it alive");
        assert_eq!(page.answer.header("refresh"), "120; url=/kiosk/rest");
        assert!(
            page.text("#devices").contains(NAME),
            "it is called by its name: {}",
            page.text("#devices")
        );
    }
    assert!(receiver.received().is_empty());
    app.advance("121s").await;
    assert_eq!(receiver.wait_for(1).await.len(), 1, "the kiosk's alone");
    assert!(!is_signed_in(&resident.browser).await);
    assert!(is_signed_in(&elsewhere.browser).await, "nobody else's");
    let page = elsewhere.browser.get("/account").await;
    assert!(!page.answer.headers.contains_key("refresh"));
}

/// A department has to know that its page stands where the next person will: it is told for how long it may, and not at
/// which kiosk.
#[tokio::test]
async fn a_department_is_told_how_long_a_page_may_stand_at_a_kiosk() {
    let app = TestApp::start().await;
    let client = app.register(Registration::new("hrss")).await;
    let resident = at_kiosk(&app, "13800000001").await;
    let tokens = resident.sign_in_to(&client).await;
    assert_eq!(tokens.claims["kiosk_idle"], 120);
    assert!(!tokens.claims.to_string().contains(NAME), "{}", tokens.claims);
    let nonce = tokens.claims["nonce"].as_str().unwrap();
    let again = client.refresh(&tokens.refresh).await;
    assert_eq!(client.checked(again, nonce).await.claims["kiosk_idle"], 120);
    let discovery = app.get("/.well-known/openid-configuration").await;
    let claims = &discovery.json()["claims_supported"];
    assert!(
        claims.as_array().unwrap().contains(&"kiosk_idle".into()),
        "{claims}"
    );
    // Anywhere else there is nothing to tell, whatever the browser says that it is.
    let home = app.resident("13800000002");
    let planted = cookie::Cookie::build(("kiosk", "A".repeat(43))).path("/").build();
    home.browser.plant_cookie(planted);
    assert!(home.sign_in_to(&client).await.claims["kiosk_idle"].is_null());
}

/// Whoever works at a department for longer than that is not thrown out, as long as the department says that they do.
#[tokio::test]
async fn a_refresh_keeps_a_session_at_a_kiosk_and_brings_none_back() {
    let app = TestApp::start().await;
    let receiver = Receiver::start();
    let client = department(&app, &receiver).await;
    let resident = at_kiosk(&app, "13800000001").await;
    let tokens = resident.sign_in_to(&client).await;
    for _ in 0..3 {
        app.advance("110s").await;
        assert_eq!(client.refresh(&tokens.refresh).await.status, 200);
    }
    assert!(receiver.received().is_empty());
    assert!(is_signed_in(&resident.browser).await);
    app.advance("121s").await;
    client.refresh(&tokens.refresh).await;
    assert!(!is_signed_in(&resident.browser).await, "too late");
    receiver.wait_for(1).await;
    client
        .refresh(&tokens.refresh)
        .await
        .assert_error(400, "invalid_grant");
    // A page that loads itself again and again stands for nobody: after twenty minutes it is believed no more.
    let resident = at_kiosk_named(&app, "13800000003", "二楼1号机").await;
    let tokens = resident.sign_in_to(&client).await;
    for _ in 0..14 {
        app.advance("100s").await;
        client.refresh(&tokens.refresh).await;
    }
    assert!(!is_signed_in(&resident.browser).await);
    // A refresh is no sign that anybody sits before a browser of their own.
    let home = app.resident("13800000002");
    let tokens = home.sign_in_to(&client).await;
    app.advance("29m").await;
    assert_eq!(client.refresh(&tokens.refresh).await.status, 200);
    app.advance("2m").await;
    assert!(!is_signed_in(&home.browser).await);
}

#[tokio::test]
async fn the_finished_button_asks_no_question() {
    let app = TestApp::start().await;
    let client = app
        .register(Registration::new("hrss").option(
            "--post-logout-redirect-uri",
            "https://hrss.yunchuan.example/finished",
        ))
        .await;
    let finished = "/oauth2/logout?client_id=hrss&post_logout_redirect_uri=https%3A%2F%2Fhrss.yunchuan.example%2Ffinished";
    let resident = at_kiosk(&app, "13800000001").await;
    resident.sign_in_to(&client).await;
    let page = resident
        .browser
        .follow_from("https://hrss.yunchuan.example", finished)
        .await;
    let left = page.left_for().map(|url| url.to_string());
    assert_eq!(left.as_deref(), Some("https://hrss.yunchuan.example/finished"));
    assert_nothing_left(&resident.browser);
    // The same where the session has run out meanwhile.
    app.advance("61s").await;
    resident.sign_in_to(&client).await;
    app.advance("3m").await;
    resident
        .browser
        .follow_from("https://hrss.yunchuan.example", finished)
        .await;
    assert_nothing_left(&resident.browser);
    // Anywhere else the resident is asked.
    let home = app.resident("13800000002");
    home.sign_in_to(&client).await;
    let page = home
        .browser
        .follow_from("https://hrss.yunchuan.example", finished)
        .await;
    assert!(page.left_for().is_none(), "asked first");
    assert!(is_signed_in(&home.browser).await);
}

#[tokio::test]
async fn a_link_to_the_screen_saver_signs_nobody_out_elsewhere() {
    let app = TestApp::start().await;
    let resident = app.resident("13800000001");
    resident.sign_in().await;
    let page = resident
        .browser
        .follow_from("https://evil.example", "/kiosk/rest")
        .await;
    assert_eq!(page.status(), 404);
    assert!(!page.answer.headers.contains_key("clear-site-data"));
    assert!(is_signed_in(&resident.browser).await);
    // A cookie that somebody made up is none either, and is forgotten.
    let planted = cookie::Cookie::build(("kiosk", "A".repeat(43))).path("/").build();
    resident.browser.plant_cookie(planted);
    assert_eq!(resident.browser.get("/kiosk/rest").await.status(), 404);
    assert!(
        !names(&resident.browser)
            .iter()
            .any(|name| name.ends_with("kiosk"))
    );
    assert!(is_signed_in(&resident.browser).await);
}

#[tokio::test]
async fn a_code_makes_one_browser_a_kiosk_once_and_for_a_day() {
    let app = TestApp::start().await;
    let (first, second) = (app.browser(), app.browser());
    let address = register(&app, NAME);
    let (one, two) = (first.get(&address).await, second.get(&address).await);
    assert_eq!(one.text("#kiosk"), NAME);
    assert!(
        names(&first).iter().all(|name| !name.ends_with("kiosk")),
        "a look is none"
    );
    // The form from elsewhere, and with the token of another kiosk's.
    let from_elsewhere = one.form("#enrol").submit_from("https://evil.example").await;
    assert_eq!(from_elsewhere.status(), 403);
    let other = app.browser().get(&register(&app, "二楼2号机")).await;
    let token = other.attribute("input[name=token]", "value");
    let page = one.form("#enrol").fill("token", &token).submit().await;
    assert_eq!(page.status(), 403);
    assert_eq!(one.press("#enrol", &[]).await.status(), 200);
    assert_eq!(two.press("#enrol", &[]).await.status(), 410, "used");
    assert_eq!(second.get(&address).await.status(), 410);
    assert!(names(&second).iter().all(|name| !name.ends_with("kiosk")));
    // The code is in the records as a hash only, and a name is taken once.
    let (status, said) = app.command(&["kiosk", "add", NAME]);
    assert!(
        !status.success() && said.contains("there is a kiosk named"),
        "{said}"
    );
    let late = register(&app, "二楼1号机");
    app.advance("25h").await;
    assert_eq!(app.browser().get(&late).await.status(), 410, "too late");
}

#[tokio::test]
async fn whoever_was_signed_in_before_it_became_a_kiosk_is_signed_out() {
    let app = TestApp::start().await;
    let resident = app.resident("13800000001");
    resident.sign_in().await;
    let page = resident.browser.get(&register(&app, NAME)).await;
    let page = page.press("#enrol", &[]).await;
    assert!(page.has("#told"));
    assert_nothing_left(&resident.browser);
}

#[tokio::test]
async fn no_passkey_is_made_and_no_file_kept_there() {
    let app = TestApp::start().await;
    let resident = at_kiosk(&app, "13800000001").await;
    let page = resident.browser.get("/account").await;
    let code = resident.ask_for_code(&page).await;
    let typed = resident.latest_code().await;
    let page = code
        .press("#verify", &[("code", &typed), ("can_passkey", "yes")])
        .await;
    assert_eq!(page.url.path(), "/account", "no offer on the way");
    assert!(!page.has("#add-passkey"));
    assert_eq!(
        resident.browser.get("/account/passkeys").await.url.path(),
        "/account"
    );
    // What stands behind the buttons that are not there.
    let press = async |path: &str| {
        let mut form = page.form("#sign-out");
        form.action.set_path(path);
        form.submit().await
    };
    let options = press("/account/passkeys/options").await;
    assert_eq!(options.status(), 400, "{}", options.answer.body);
    let export = resident.browser.get("/account/export").await;
    assert!(export.has("section") && !export.has("#download"));
    let file = press("/account/export").await;
    assert_eq!(file.url.path(), "/account/export");
    assert!(!file.answer.headers.contains_key("content-disposition"));
    assert!(file.has("section"), "the page, and no file");
}

#[tokio::test]
async fn a_passkey_signs_in_at_a_kiosk_and_is_forgotten_there() {
    let app = TestApp::start().await;
    let (home, passkey) = (app.resident("13800000001"), Authenticator::new());
    passkey
        .enrol(&home.sign_in().await.click("#add-passkey").await)
        .await;
    let known = app.count("known_browser").await;
    let kiosk = at_kiosk(&app, "13800000001").await;
    passkey.sign_in(&kiosk.browser.get("/account").await).await;
    assert!(is_signed_in(&kiosk.browser).await);
    assert_eq!(app.count("known_browser").await, known);
    kiosk.browser.get("/kiosk/rest").await;
    assert_nothing_left(&kiosk.browser);
}

#[tokio::test]
async fn a_phone_sees_which_kiosk_asks_and_its_yes_lasts_minutes() {
    let app = TestApp::start().await;
    let phone = app.resident("13800000001");
    phone.sign_in().await;
    let kiosk = at_kiosk(&app, "13800000001").await;
    let screen = kiosk.browser.get("/account").await.press("#by-phone", &[]).await;
    let question = phone.browser.get(&screen.attribute("#handover", "href")).await;
    assert!(question.text("main").contains(NAME) && question.has("#kiosk"));
    question
        .press("#approve", &[("number", &screen.text("#number"))])
        .await;
    assert_eq!(screen.reload().await.url.path(), "/account");
    app.advance("121s").await;
    assert!(!is_signed_in(&kiosk.browser).await);
    assert!(is_signed_in(&phone.browser).await);
    // A browser that is none has no name to show.
    let screen = app.browser().get("/account").await.press("#by-phone", &[]).await;
    let question = phone.browser.get(&screen.attribute("#handover", "href")).await;
    assert!(!question.has("#kiosk"));
}

/// Somebody photographs kiosk 1's picture and shows it to whoever stands before kiosk 2: the question names kiosk 1, the
/// number on the screen they look at is another, and no yes opens what they do not stand at.
#[tokio::test]
async fn a_yes_to_one_kiosk_opens_no_other() {
    let app = TestApp::start().await;
    let phone = app.resident("13800000001");
    phone.sign_in().await;
    let theirs = at_kiosk_named(&app, "13800000002", "一楼1号机").await;
    let mine = at_kiosk_named(&app, "13800000003", "二楼2号机").await;
    let asking = async |kiosk: &Resident| kiosk.browser.get("/account").await.press("#by-phone", &[]).await;
    let their_screen = asking(&theirs).await;
    let mut my_screen = asking(&mine).await;
    while my_screen.text("#number") == their_screen.text("#number") {
        my_screen = asking(&mine).await;
    }
    let lured = phone
        .browser
        .get(&their_screen.attribute("#handover", "href"))
        .await;
    assert!(
        lured.text("main").contains("一楼1号机") && lured.has("#kiosk"),
        "the screen that really asks is named"
    );
    let my_number = my_screen.text("#number");
    let refused = lured.press("#approve", &[("number", &my_number)]).await;
    assert!(refused.has("#number-error"), "{}", refused.answer.body);
    // The form of one question, sent to the other's address.
    let asked = phone.browser.get(&my_screen.attribute("#handover", "href")).await;
    let mut crossed = lured.form("#approve").fill("number", &my_number);
    crossed.action = asked.form("#approve").action;
    assert_eq!(crossed.submit().await.status(), 403);
    // The other kiosk's browser with the address of this one's screen.
    let moved = theirs.browser.get(my_screen.url.path()).await;
    moved.assert_error(400, "interaction_cookie_missing");

    asked.press("#approve", &[("number", &my_number)]).await;
    assert!(!is_signed_in(&theirs.browser).await);
    assert!(their_screen.reload().await.has("#handover"), "it waits on");
    assert_eq!(my_screen.reload().await.url.path(), "/account");
    assert!(!is_signed_in(&theirs.browser).await);
}

#[tokio::test]
async fn a_removed_kiosk_is_a_browser_like_any_other() {
    let app = TestApp::start().await;
    let kiosk = at_kiosk(&app, "13800000001").await;
    let listed = app.command_json(&["kiosk", "list"]);
    assert_eq!(listed[0]["name"], NAME);
    assert!(listed[0]["enrolled_at"].is_string());
    let (status, said) = app.command(&["kiosk", "remove", NAME]);
    assert!(status.success() && said.contains("signed out there: 0"), "{said}");
    assert_eq!(kiosk.browser.get("/kiosk/rest").await.status(), 404);
    kiosk.sign_in().await;
    app.advance("10m").await;
    assert!(is_signed_in(&kiosk.browser).await);
    let (status, said) = app.command(&["kiosk", "remove", NAME]);
    assert!(
        !status.success() && said.contains("there is no kiosk named"),
        "{said}"
    );
}

#[tokio::test]
async fn what_is_open_on_a_kiosk_ends_when_it_is_removed() {
    let app = TestApp::start().await;
    let receiver = Receiver::start();
    let client = department(&app, &receiver).await;
    let resident = at_kiosk(&app, "13800000001").await;
    let other = at_kiosk_named(&app, "13800000002", "二楼1号机").await;
    let tokens = resident.sign_in_to(&client).await;
    other.sign_in_to(&client).await;
    let removed = app.command_json(&["kiosk", "remove", NAME]);
    assert_eq!(removed["signed_out"], 1);
    assert!(!is_signed_in(&resident.browser).await, "at once");
    assert!(is_signed_in(&other.browser).await, "at another kiosk");
    assert_eq!(receiver.wait_for(1).await.len(), 1, "the one session's");
    assert_eq!(client.introspect(&tokens.access).await.json()["active"], false);
    app.advance("61s").await;
    let home = app.resident("13800000001");
    let activity = home.sign_in().await.text("#activity");
    assert!(activity.contains("那台自助机停用了"), "{activity}");
    assert!(
        !activity.contains("自动退出"),
        "and nothing else is said: {activity}"
    );
}
