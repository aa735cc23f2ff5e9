//! The same as in `injection`, in the fields of pages that few people reach: each field in turn, the others as they
//! should be.

use yimen_http_tests::{Authenticator, Authority, Page, Registration, Setup, TestApp};

use super::injection::{PAYLOADS, assert_harmless};

const PHONE: &str = "13800000001";
const XIUYING: (&str, &str) = ("李秀英", "11010519491231002X");
const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// Sends the button's form, filled in, with each of its fields spoilt in turn by each payload.
async fn spoil(page: &Page, button: &str, filled: &[(&str, &str)]) {
    let mut form = page.form(button);
    for (name, value) in filled {
        form = form.fill(name, value);
    }
    let names: Vec<String> = form.fields.iter().map(|(name, _)| name.clone()).collect();
    for payload in PAYLOADS {
        for name in &names {
            let answer = form.clone().fill(name, payload).submit().await;
            assert_harmless(&answer, payload);
            let within = answer
                .left_for()
                .is_none_or(|to| to.origin() == page.url.origin());
            assert!(within, "{name}={payload:?} leads to {:?}", answer.left_for());
        }
    }
}

/// A city whose authority knows names.
async fn city() -> (TestApp, Authority) {
    let authority = Authority::start().await;
    let app = Setup::new()
        .set("proofing.url", authority.url.clone())
        .set("proofing.secret", authority.secret())
        .start()
        .await;
    app.keep_secret(XIUYING.0);
    app.keep_secret(XIUYING.1);
    (app, authority)
}

#[tokio::test]
async fn of_the_account() {
    let (app, _authority) = city().await;
    let resident = app.resident(PHONE);
    let account = resident.sign_in().await;
    Authenticator::new()
        .enrol(&account.click("#add-passkey").await)
        .await;
    app.advance("2m").await;
    // What has happened to the account since then is told to whoever signs in next.
    let resident = resident.elsewhere();
    let account = resident.sign_in().await;
    spoil(&account, "#news-seen", &[]).await;
    spoil(&account, "form[action='/account/passkeys/remove'] button", &[]).await;
    spoil(&account, "form[action='/account/phones/remove'] button", &[]).await;
    let rename = "form[action='/account/passkeys/rename'] button";
    spoil(&account, rename, &[]).await;
    let name = "<b>'\"&";
    let renamed = account.press(rename, &[("name", name)]).await;
    assert_eq!(renamed.text("#methods li:nth-child(2) h3"), name);

    let identity = account.click("#prove-name").await;
    spoil(&identity, "#prove", &[("name", XIUYING.0), ("number", XIUYING.1)]).await;
    spoil(&identity, "#prove-assertion", &[("assertion", "WZ-1")]).await;
    let passkey = account.click("#add-passkey").await;
    spoil(&passkey, "#passkey", &[("credential", "{}")]).await;
    let recovery = account.click("#recover").await;
    spoil(&recovery, "#recover", &[("code", "000000000000")]).await;
    let number = account.click("#add-phone").await;
    spoil(&number, "#send-code", &[("phone", "13800000002")]).await;
    let code = number.press("#send-code", &[("phone", "13800000002")]).await;
    spoil(&code, "#verify", &[("code", "000000")]).await;
    spoil(
        &resident.browser.get("/account/leave").await,
        "#confirm",
        &[("confirmed", "no")],
    )
    .await;
    let account = resident.browser.get("/account").await;
    assert_eq!(account.count("#methods > ul > li"), 2, "a number and a passkey");
    assert!(account.has("#prove-name"), "nobody's name was written down");
}

#[tokio::test]
async fn of_the_desk() {
    let (app, _authority) = city().await;
    let enrolment = app.enrolment_page("v").await;
    spoil(&enrolment, "#passkey", &[("credential", "{}")]).await;
    let operator = app.operator("w").await;
    let holder = app.resident(PHONE);
    holder.sign_in().await;
    app.advance("90d").await;
    let holder = holder.elsewhere();
    let page = holder.sign_in_at(&holder.browser.get("/account").await).await;
    spoil(&page, "#by-code", &[("code", "000000000000")]).await;
    spoil(&page, "#new", &[("answer", "x")]).await;
    page.press("#new", &[]).await;

    let desk = operator.desk().await;
    let person = [
        ("phone", PHONE),
        ("name", XIUYING.0),
        ("number", XIUYING.1),
        ("file", "W3-0042"),
        ("seen", "yes"),
    ];
    spoil(&desk, "#confirm-person", &person).await;
    spoil(&desk, "#give-code", &person).await;
    let dispute = "#disputes button[value=claimant]";
    spoil(&desk, dispute, &[("file", "W3-0042")]).await;
    // What staff write down is read by the resident.
    for payload in PAYLOADS {
        assert_harmless(&holder.browser.get("/account").await, payload);
    }
    spoil(
        &app.browser().get("/admin/sign-in").await,
        "#passkey",
        &[("credential", "{}")],
    )
    .await;
}

#[tokio::test]
async fn of_a_device_and_of_a_desktop_that_asks_a_phone() {
    let app = TestApp::start().await;
    let registration = Registration::new("hall").public().option("--grant-type", GRANT);
    let client = app.register(registration).await;
    for payload in PAYLOADS {
        let begun = client
            .call("/oauth2/device_authorization", &[("scope", payload)])
            .await;
        assert!(begun.status < 500, "{payload:?}: {}", begun.status);
        let asked = [("grant_type", GRANT), ("device_code", payload)];
        let answer = client.call("/oauth2/token", &asked).await;
        assert_eq!(answer.status, 400, "{payload:?}: {}", answer.body);
    }
    let form = [("scope", client.scope.as_str())];
    let begun = client.call("/oauth2/device_authorization", &form).await.json();
    let address = begun["verification_uri_complete"].as_str().unwrap();
    let resident = app.resident(PHONE);
    let page = resident.browser.get(address).await;
    spoil(&page, "#find-device", &[]).await;
    let question = page.press("#find-device", &[]).await;
    spoil(&question, "#go-on", &[("decision", "x")]).await;

    resident.sign_in().await;
    let sign_in = app.browser().get("/account").await;
    spoil(&sign_in, "#passkey", &[("credential", "{}")]).await;
    let screen = sign_in.press("#by-phone", &[]).await;
    let question = resident.browser.get(&screen.attribute("#handover", "href")).await;
    let right = screen.text("#number");
    let wrong = if right == "000" { "111" } else { "000" };
    spoil(&question, "#approve", &[("number", wrong)]).await;

    let kiosk = app.command_json(&["kiosk", "add", "市民中心一楼3号机"]);
    let address = kiosk["open"].as_str().unwrap();
    app.keep_secret(address.rsplit('/').next().unwrap());
    spoil(&app.browser().get(address).await, "#enrol", &[]).await;
}
