//! Passkeys made, used, offered, renamed and removed.

use yimen_http_tests::{
    Authenticator, Lie, Page, Receiver, Registration, Resident, TestApp, options_on, origin_of,
};

use super::{assert_refused, sign_in_page, with_passkey};
use crate::proofing::{XIUYING, prove};

#[tokio::test]
async fn a_passkey_signs_in_without_number_or_code() {
    let app = TestApp::start().await;
    let (resident, phone) = with_passkey(&app, "13800000001").await;
    let sent = resident.codes().await.len();
    let account = phone.sign_in(&sign_in_page(&app).await).await;
    assert_eq!((account.status(), account.url.path()), (200, "/account"));
    assert!(account.text("#methods").contains("138 **** 0001"));
    assert_eq!(resident.codes().await.len(), sent, "no message was sent");
}

#[tokio::test]
async fn the_token_says_how_the_person_signed_in() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let (_, phone) = with_passkey(&app, "13800000001").await;
    let request = client.sign_in();
    let other = app.resident("13800000001");
    let consent = phone.sign_in(&other.follow(&request).await).await;
    let response = request.read(&consent.press("#allow", &[]).await);
    let tokens = client.tokens(&request, &response).await;
    assert_eq!(tokens.claims["amr"], serde_json::json!(["pop", "user", "mfa"]));
    // Nobody has proven a name: a phone was answered, and that is all that is known of the person.
    assert_eq!(tokens.claims["acr"], app.url("/acr/1"));
}

#[tokio::test]
async fn an_unknown_passkey_is_signalled_and_a_code_still_signs_in() {
    let app = TestApp::start().await;
    let (resident, phone) = with_passkey(&app, "13800000001").await;
    let account = resident.browser.get("/account").await;
    let confirm = account.press("button[name=passkey]", &[]).await;
    confirm.press("#confirm", &[]).await;
    let page = phone.sign_in(&sign_in_page(&app).await).await;
    assert_refused(&page, "在这里不能用");
    assert!(
        !page
            .attribute("[data-unknown-credential]", "data-unknown-credential")
            .is_empty()
    );
    assert_eq!(
        page.attribute("[data-unknown-credential]", "data-rp-id"),
        "localhost"
    );
    app.advance("61s").await;
    let somebody = app.resident("13800000001");
    assert_eq!(somebody.sign_in_at(&page).await.url.path(), "/account");
}

#[tokio::test]
async fn removing_a_passkey_ends_what_it_opened_and_tells_authenticators_and_departments() {
    let app = TestApp::start().await;
    let receiver = Receiver::start();
    let registration = Registration::new("hrss").option("--backchannel-logout-uri", &receiver.uri);
    let client = app.register(registration).await;
    let (resident, phone) = with_passkey(&app, "13800000001").await;
    let other = resident.elsewhere();
    let elsewhere = phone.sign_in(&other.browser.get("/account").await).await;
    other.sign_in_to(&client).await;
    let account = resident.browser.get("/account").await;
    assert!(
        !account
            .attribute("[data-accepted-credentials]", "data-accepted-credentials")
            .is_empty()
    );
    let confirm = account.press("button[name=passkey]", &[]).await;
    assert!(confirm.text("h1").contains("删除"), "{}", confirm.text("h1"));
    let account = confirm.press("#confirm", &[]).await;
    assert!(account.text("[role=status]").contains("已删除"));
    assert_eq!(
        account.attribute("[data-accepted-credentials]", "data-accepted-credentials"),
        ""
    );
    assert!(elsewhere.reload().await.has("#phone"));
    assert_eq!(receiver.wait_for(1).await.len(), 1, "the department is told");
}

#[tokio::test]
async fn a_passkey_is_named_and_renamed() {
    let app = TestApp::start().await;
    let (resident, _) = with_passkey(&app, "13800000001").await;
    let account = resident.browser.get("/account").await;
    let rename = "form[action='/account/passkeys/rename']";
    let renamed = account
        .form(rename)
        .fill("name", " 妈妈的<b>手机\u{7} ")
        .submit()
        .await;
    assert!(
        renamed.text("#methods").contains("妈妈的<b>手机"),
        "{}",
        renamed.text("#methods")
    );
    let unnamed = account.form(rename).fill("name", "  ").submit().await;
    assert!(unnamed.text("#methods").contains("妈妈的<b>手机"));
}

/// By the model that its authenticator says it is, where residents know the maker; otherwise by browser and system.
#[tokio::test]
async fn a_passkey_is_called_by_its_maker() {
    let app = TestApp::start().await;
    let google = [
        0xea, 0x9b, 0x8d, 0x66, 0x4d, 0x01, 0x1d, 0x21, 0x3c, 0xe4, 0xb6, 0xb4, 0x8c, 0xb5, 0x75, 0xd4,
    ];
    let page = app
        .resident("13800000001")
        .sign_in()
        .await
        .click("#add-passkey")
        .await;
    let options = options_on(&page).await;
    let lie = Lie {
        model: Some(google),
        ..Lie::default()
    };
    let credential = Authenticator::new().make(&origin_of(&page), &options, &lie);
    let account = page
        .press("#passkey", &[("credential", &credential.to_string())])
        .await;
    let name = account.attribute(
        "form[action='/account/passkeys/rename'] input[name=name]",
        "value",
    );
    assert!(name.contains("Google"), "{name}");
}

/// Who is known by name keeps one passkey that stands for them, though both are taken away in the same moment.
#[tokio::test]
async fn of_two_passkeys_removed_at_once_one_stays() {
    let (app, _authority) = crate::proofing::start().await;
    let resident = app.resident("13800000001");
    let phones = [Authenticator::new(), Authenticator::new()];
    for phone in &phones {
        let page = resident.browser.get("/account").await;
        let account = if page.has("#phone") {
            resident.sign_in_at(&page).await
        } else {
            page
        };
        phone.enrol(&account.click("#add-passkey").await).await;
        // In a session that the passkey opened: from then on it stands for the person.
        resident
            .browser
            .get("/account")
            .await
            .press("#sign-out", &[])
            .await;
        phone.sign_in(&resident.browser.get("/account").await).await;
        prove(&resident.browser.get("/account/identity").await, XIUYING).await;
        app.advance("61s").await;
    }
    let account = resident.browser.get("/account").await;
    let held = passkeys_on(&account);
    assert_eq!(held.len(), 2, "{}", account.text("#methods"));
    let remove = account.form("form[action='/account/passkeys/remove']");
    let tries: Vec<_> = held
        .iter()
        .map(|id| remove.clone().fill("passkey", id).fill("confirmed", "yes"))
        .map(|form| tokio::spawn(form.submit()))
        .collect();
    let mut refused = 0;
    for one in tries {
        refused += usize::from(one.await.unwrap().text("[role=status]").contains("不能删"));
    }
    assert_eq!(refused, 1);
    assert_eq!(passkeys_on(&resident.browser.get("/account").await).len(), 1);
}

/// The passkeys that can be removed on the account page.
fn passkeys_on(account: &Page) -> Vec<String> {
    let buttons = account
        .answer
        .body
        .split("<button class=\"btn small\" name=\"passkey\" value=\"");
    let ids = buttons.skip(1).filter_map(|rest| rest.split('"').next());
    ids.map(str::to_owned).collect()
}

#[tokio::test]
async fn adding_and_removing_want_a_fresh_sign_in() {
    let app = TestApp::start().await;
    let (resident, _) = with_passkey(&app, "13800000001").await;
    app.advance("11m").await;
    let account = resident.browser.get("/account").await;
    assert!(account.click("#add-passkey").await.has("#phone"), "adding");
    assert!(
        account.press("button[name=passkey]", &[]).await.has("#phone"),
        "removing"
    );
    let add = resident.sign_in_at(&account.click("#add-passkey").await).await;
    assert_eq!(add.url.path(), "/account/passkeys");
}

#[tokio::test]
async fn a_passkey_is_offered_once_and_calmly() {
    let app = TestApp::start().await;
    let resident = app.resident("13800000001");
    let can = |code: String| {
        [
            ("code".to_owned(), code),
            ("can_passkey".to_owned(), "yes".to_owned()),
        ]
    };
    let sign_in = async |resident: &Resident| {
        let page = resident
            .ask_for_code(&resident.browser.get("/account").await)
            .await;
        let fields = can(resident.latest_code().await);
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        page.press("#verify", &fields).await
    };
    let first = sign_in(&resident).await;
    assert_eq!(
        first.url.path(),
        "/account",
        "not at the sign-in that makes the account"
    );
    app.advance("61s").await;
    let offered = sign_in(&resident.elsewhere()).await;
    assert!(offered.url.path().ends_with("/offer"), "{}", offered.url);
    assert_eq!(offered.press("#later", &[]).await.url.path(), "/account");
    app.advance("29d").await;
    assert_eq!(
        sign_in(&resident.elsewhere()).await.url.path(),
        "/account",
        "not now means not now"
    );
    app.advance("2d").await;
    let offered = sign_in(&resident.elsewhere()).await;
    let account = Authenticator::new().enrol(&offered).await;
    assert_eq!(account.url.path(), "/account");
    assert!(account.text("#methods").contains("指纹或面容 ·"));
    app.advance("40d").await;
    assert_eq!(
        sign_in(&resident.elsewhere()).await.url.path(),
        "/account",
        "there is one now"
    );
}

#[tokio::test]
async fn the_well_known_addresses_lead_to_the_passkeys() {
    let app = TestApp::start().await;
    let endpoints = app.get("/.well-known/passkey-endpoints").await.json();
    assert_eq!(endpoints["enroll"], app.url("/account/passkeys"));
    assert_eq!(endpoints["manage"], app.url("/account"));
    assert_eq!(
        app.get("/.well-known/webauthn").await.status,
        404,
        "there is one address alone"
    );
}

#[tokio::test]
async fn other_addresses_of_the_city_are_told_and_taken() {
    let app = yimen_http_tests::Setup::new()
        .set("passkey.related_origins", vec!["https://id.yunchuan.example"])
        .start()
        .await;
    let told = app.get("/.well-known/webauthn").await.json();
    assert_eq!(
        told["origins"],
        serde_json::json!(["https://id.yunchuan.example"])
    );
    let (_, phone) = with_passkey(&app, "13800000001").await;
    let there = Lie {
        origin: Some("https://id.yunchuan.example".to_owned()),
        ..Lie::default()
    };
    let account = phone.sign_in_lying(&sign_in_page(&app).await, &there).await;
    assert_eq!(account.url.path(), "/account");
}

#[tokio::test]
async fn another_relying_party_does_not_start_on_these_records() {
    let app = TestApp::start().await;
    let config = app.dir().join("yimen.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    app.kill();
    std::fs::write(&config, text.replace("http://localhost:", "http://op.localhost:")).unwrap();
    let (status, said) = app.command(&["serve"]);
    assert!(!status.success());
    assert!(said.contains("passkey.rp_id = \"localhost\""), "{said}");
}
