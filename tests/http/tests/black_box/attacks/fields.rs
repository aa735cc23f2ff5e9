//! The same as in `injection`, in the forms of every page: each field in turn, the others as they should be.

use super::injection::{PAYLOADS, assert_harmless};
use super::pressure;
use crate::{forms, proofing};
use yimen_http_tests::{Authenticator, Page, Registration, Setup, TestApp};

/// Where the department that asks in these stories may be answered.
const CALLBACK: &str = "https://hrss.yunchuan.example/callback?";

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
            let leads_right = answer
                .left_for()
                .is_none_or(|to| to.origin() == page.url.origin() || to.as_str().starts_with(CALLBACK));
            assert!(leads_right, "{name}={payload:?} leads to {:?}", answer.left_for());
        }
    }
}

#[tokio::test]
async fn of_a_way_in_and_out() {
    let app = TestApp::start().await;
    forms::of_a_way_in_and_out(&app, spoil).await;
    // What may be given and was not asked for.
    let client = app.client("amr").await;
    let resident = app.resident("13800000003");
    resident.sign_in().await;
    for payload in PAYLOADS {
        let request = client.sign_in().with("prompt", "consent");
        let allow = resident.follow(&request).await;
        let page = allow.press("#allow", &[("item", payload)]).await;
        assert_harmless(&page, payload);
        request.read(&page).code();
    }
}

#[tokio::test]
async fn of_the_account() {
    let (app, _authority) = proofing::city(Setup::new()).await;
    forms::of_the_account(&app, spoil).await;
    // A name of one's own choice is shown as it was written.
    let resident = app.resident("13800000004");
    let account = resident.sign_in().await;
    let passkey = account.click("#add-passkey").await;
    let account = Authenticator::new().enrol(&passkey).await;
    let name = "<b>'\"&";
    let rename = "form[action='/account/passkeys/rename'] button";
    let renamed = account.press(rename, &[("name", name)]).await;
    assert_eq!(renamed.text("#methods li:nth-child(2) h3"), name);
}

#[tokio::test]
async fn of_two_accounts() {
    let (app, _authority) = proofing::city(Setup::new()).await;
    forms::of_two_accounts(&app, spoil).await;
}

#[tokio::test]
async fn of_the_desk() {
    let (app, _authority) = proofing::city(Setup::new()).await;
    let holder = forms::of_the_desk(&app, spoil).await;
    // What staff have written down is read by the resident.
    let page = holder.browser.get("/account").await;
    for payload in PAYLOADS {
        assert_harmless(&page, payload);
    }
}

#[tokio::test]
async fn of_devices() {
    let app = TestApp::start().await;
    let grant = forms::DEVICE_GRANT;
    let registration = Registration::new("kiosk").public().option("--grant-type", grant);
    let client = app.register(registration).await;
    for payload in PAYLOADS {
        let begun = client
            .call("/oauth2/device_authorization", &[("scope", payload)])
            .await;
        assert!(begun.status < 500, "{payload:?}: {}", begun.status);
        let asked = [("grant_type", grant), ("device_code", payload)];
        let answer = client.call("/oauth2/token", &asked).await;
        assert_eq!(answer.status, 400, "{payload:?}: {}", answer.body);
    }
    forms::of_devices(&app, spoil).await;
}

/// Where strangers pay for a message: what they bring, and what they typed before.
#[tokio::test]
async fn of_a_range_under_attack() {
    let app = pressure::city().await;
    pressure::guess(&app, 6).await;
    let stranger = app.resident(forms::PHONE).at(&pressure::address(7));
    let held = pressure::ask(&stranger).await;
    assert!(pressure::is_held(&held), "{}", held.answer.body);
    spoil(&held, "#continue", &[("work", "0")]).await;
    assert!(stranger.codes().await.is_empty());
    let page = held.press("#continue", &[("work", &held.work())]).await;
    assert!(page.has("#code"), "{}", page.answer.body);
}
