//! Forms of other sites: cross-site request forgery, and signing a victim in as the attacker (login CSRF).

use crate::sessions::is_signed_in;
use yimen_http_tests::{Form, TestApp};

/// As other sites would send it: cross-site, from a department of the same site, from nowhere.
const ORIGINS: [&str; 3] = ["https://evil.example", "http://localhost:1", "null"];

async fn assert_refused(form: Form) {
    for origin in ORIGINS {
        let page = form.clone().submit_from(origin).await;
        assert!(
            (400..500).contains(&page.status()),
            "{origin}: {} {}",
            page.status(),
            page.url
        );
        assert!(page.has("#trace-id"));
    }
    let page = form.clone().without("token").submit().await;
    assert_eq!(page.status(), 403, "without its token: {}", page.answer.body);
    let page = form.fill("token", "AAAA").submit().await;
    assert_eq!(page.status(), 403, "with a made-up token");
}

#[tokio::test]
async fn no_form_of_ours_can_be_sent_by_another_site() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    let number = resident.follow(&client.sign_in()).await;
    assert_refused(number.form("#send-code").fill("phone", &resident.phone)).await;
    assert!(resident.codes().await.is_empty());
    let code = resident.ask_for_code(&number).await;
    let right = resident.latest_code().await;
    assert_refused(code.form("#verify").fill("code", &right)).await;
    assert_refused(code.form("#resend")).await;
    let allow = code.press("#verify", &[("code", &right)]).await;
    assert_refused(allow.form("#allow")).await;
    allow.press("#allow", &[]).await;

    let account = resident.browser.get("/account").await;
    for button in ["#sign-out", "#sign-out-everywhere", "#services button[value=all]"] {
        assert_refused(account.form(button).fill("confirmed", "yes")).await;
    }
    assert!(is_signed_in(&resident.browser).await);
    let account = resident.browser.get("/account").await;
    assert!(!account.has("#services .empty"));
}

/// The attacker begins a sign-in, enters their own code up to the last step, and has the victim's
/// browser send it.
#[tokio::test]
async fn a_victim_is_not_signed_in_as_the_attacker() {
    let app = TestApp::start().await;
    let (attacker, victim) = (app.resident("13800000001"), app.resident("13800000002"));
    let page = attacker
        .ask_for_code(&attacker.browser.get("/account").await)
        .await;
    let form = page.form("#verify").fill("code", &attacker.latest_code().await);
    let fields: Vec<(&str, &str)> = form
        .fields
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    for origin in ORIGINS {
        let page = victim
            .browser
            .post_from(origin, form.action.as_str(), &fields)
            .await;
        assert!((400..500).contains(&page.status()), "{origin}");
    }
    assert!(!is_signed_in(&victim.browser).await);
}

/// A page of the same site has a browser that says nothing of where a form comes from send the attacker's own.
#[tokio::test]
async fn nobody_is_signed_out_by_another_sessions_form() {
    let app = TestApp::start().await;
    let (attacker, victim) = (app.resident("13800000001"), app.resident("13800000002"));
    attacker.sign_in().await;
    victim.sign_in().await;
    let question = attacker.browser.get("/oauth2/logout").await;
    let form = question.form("#sign-out");
    let sent = app
        .request("POST", form.action.path())
        .header("cookie", victim.browser.cookie_header())
        .form(&form.fields)
        .send()
        .await
        .unwrap();
    assert_eq!(sent.status(), 403);
    assert!(is_signed_in(&victim.browser).await);
}

/// Of several addresses, a form is taken at the one whose page it stood on. The browser says nothing but `Origin`.
#[tokio::test]
async fn a_form_of_one_address_is_none_of_another() {
    let app = yimen_http_tests::Setup::new()
        .set("passkey.related_origins", vec!["https://id.yunchuan.example"])
        .start()
        .await;
    let resident = app.resident("13800000001");
    let page = resident.sign_in().await;
    let form = page.form("#sign-out");
    let (ours, host) = (app.url(""), "id.yunchuan.example");
    let sent = async |host: Option<&str>, origin: &str| {
        let mut request = app
            .request("POST", form.action.path())
            .header("cookie", resident.browser.cookie_header())
            .header("origin", origin)
            .form(&form.fields);
        if let Some(host) = host {
            request = request.header("host", host);
        }
        request.send().await.unwrap().status()
    };
    let there = format!("https://{host}");
    for (at, from) in [
        (None, there.as_str()),
        (Some(host), ours.as_str()),
        (Some(host), "https://evil.example"),
        (Some("evil.example"), "https://evil.example"),
        (
            Some("id.yunchuan.example:8443"),
            "https://id.yunchuan.example:8443",
        ),
    ] {
        assert_eq!(sent(at, from).await, 403, "{from} at {at:?}");
        assert!(is_signed_in(&resident.browser).await);
    }
    assert_ne!(sent(Some(host), &there).await, 403);
    assert!(!is_signed_in(&resident.browser).await);
}

/// A name of the attacker's resolves to this machine, or a page of theirs posts a form to it.
#[tokio::test]
async fn another_site_in_the_developers_browser_reads_no_codes() {
    let app = TestApp::start().await;
    for path in ["/dev/outbox", "/dev/outbox.json", "/dev/clock"] {
        let rebound = app.request("GET", path).header("host", "rebind.evil.example");
        assert_eq!(rebound.send().await.unwrap().status(), 403, "{path}");
        assert_eq!(app.get(path).await.status, 200, "{path}");
    }
    let form = app.request("POST", "/dev/clock").form(&[("advance", "1h")]);
    let posted = form.header("origin", "https://evil.example");
    assert_eq!(posted.send().await.unwrap().status(), 403);
}

/// The attacker's half-finished sign-in, opened by a link in the victim's browser.
#[tokio::test]
async fn a_link_into_somebody_elses_sign_in_leads_nowhere() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let (attacker, victim) = (app.resident("13800000001"), app.resident("13800000002"));
    let number = attacker.follow(&client.sign_in()).await;
    let code = attacker.ask_for_code(&number).await;
    let consent = attacker.enter_code(&code).await;
    victim.sign_in().await;
    let resume = format!(
        "/oauth2/authorize/{}",
        consent.url.path().split('/').nth(2).unwrap()
    );
    for place in [
        number.url.path(),
        code.url.path(),
        consent.url.path(),
        &resume,
        &format!("{resume}/cancel"),
    ] {
        let page = victim.browser.follow_from("https://evil.example", place).await;
        page.assert_error(400, "interaction_cookie_missing");
    }
}

#[tokio::test]
async fn a_token_of_one_page_is_no_use_on_another() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    let (one, other) = (
        resident.follow(&client.sign_in()).await,
        resident.follow(&client.sign_in()).await,
    );
    let foreign = one.attribute("#main input[name=token]", "value");
    let page = other
        .form("#send-code")
        .fill("phone", &resident.phone)
        .fill("token", &foreign)
        .submit()
        .await;
    assert_eq!(page.status(), 403);
    assert!(resident.codes().await.is_empty());
}
