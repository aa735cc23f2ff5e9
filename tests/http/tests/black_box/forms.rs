//! The ways to every form that the pages have, but for the first two of a sign-in. What is done to the forms there, and
//! has no success, is the tests' matter: each way goes on behind them as if nothing had been.

use yimen_http_tests::{Authenticator, Page, Registration, Resident, TestApp};

use crate::proofing::XIUYING;

pub(crate) const PHONE: &str = "13800000001";
const OTHER: &str = "13800000002";
pub(crate) const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// Forms are given by their page, their button, and what a person would fill in.
pub(crate) async fn of_a_way_in_and_out(app: &TestApp, each: impl AsyncFn(&Page, &str, &[(&str, &str)])) {
    let client = app.client("hrss").await;
    let resident = app.resident(PHONE);
    let stopped = resident.follow(&client.sign_in()).await;
    each(&stopped, "#report", &[]).await;
    let number = resident.follow(&client.sign_in()).await;
    let allow = resident.sign_in_at(&number).await;
    each(&allow, "#allow", &[]).await;
    each(&allow, "#deny", &[]).await;
    each(&allow, "#another", &[]).await;
    let request = client.sign_in();
    request
        .read(&resident.go_on(resident.follow(&request).await).await)
        .code();

    app.advance("61s").await;
    let second = resident.elsewhere();
    let code = second.ask_for_code(&second.browser.get("/account").await).await;
    each(&code, "#resend", &[]).await;
    let typed = second.latest_code().await;
    let offer = code
        .press("#verify", &[("code", &typed), ("can_passkey", "yes")])
        .await;
    assert!(offer.url.path().ends_with("/offer"), "{}", offer.url);
    each(&offer, "#passkey", &[("credential", "{}")]).await;
    each(&offer, "#later", &[]).await;
    let account = offer.press("#later", &[]).await;
    assert_eq!(account.url.path(), "/account");

    let question = second.browser.get("/oauth2/logout").await;
    each(&question, "#sign-out", &[]).await;
    each(&question, "#stay", &[]).await;
    let leaving = second.browser.get("/account/leave").await;
    each(&leaving, "#confirm", &[]).await;
    leaving.press("#confirm", &[]).await;
    app.advance("61s").await;
    let question = resident.sign_in_at(&resident.browser.get("/account").await).await;
    each(&question, "#stay", &[]).await;
    each(&question, "#leave", &[]).await;
    assert_eq!(question.press("#stay", &[]).await.url.path(), "/account");
}

pub(crate) async fn of_the_account(app: &TestApp, each: impl AsyncFn(&Page, &str, &[(&str, &str)])) {
    let client = app.client("hrss").await;
    let resident = app.resident(PHONE);
    resident.sign_in_to(&client).await;
    let account = resident.browser.get("/account").await;
    Authenticator::new()
        .enrol(&account.click("#add-passkey").await)
        .await;
    app.advance("2m").await;
    // What has happened to the account since then is told to whoever signs in next.
    let resident = resident.elsewhere();
    let account = resident.sign_in().await;
    each(&account, "#news-seen", &[]).await;
    for end in ["#sign-out", "#end-others"] {
        each(&account, end, &[]).await;
    }
    for asked in [
        "#sign-out-everywhere",
        "#services button[value=all]",
        "#services button[value=phone]",
    ] {
        each(&account, asked, &[("confirmed", "yes")]).await;
    }
    for part in ["passkeys/remove", "phones/remove", "passkeys/rename"] {
        let button = format!("form[action='/account/{part}'] button");
        each(&account, &button, &[]).await;
    }

    let identity = account.click("#prove-name").await;
    each(&identity, "#prove", &[("name", XIUYING.0), ("number", XIUYING.1)]).await;
    each(&identity, "#prove-assertion", &[("assertion", "WZ-1")]).await;
    let passkey = account.click("#add-passkey").await;
    each(&passkey, "#passkey", &[("credential", "{}")]).await;
    let recovery = account.click("#recover").await;
    each(&recovery, "#recover", &[("code", "000000000000")]).await;
    let number = account.click("#add-phone").await;
    each(&number, "#send-code", &[("phone", OTHER)]).await;
    let code = number.press("#send-code", &[("phone", OTHER)]).await;
    each(&code, "#verify", &[("code", "000000")]).await;
    let export = resident.browser.get("/account/export").await;
    each(&export, "#download", &[]).await;
    let account = resident.browser.get("/account").await;
    assert_eq!(account.count("#methods > ul > li"), 2, "a number and a passkey");
    assert!(account.has("#prove-name"), "nobody's name was written down");
    assert!(!account.has("#services .empty"), "nothing was taken back");

    // Whoever it was not: the link of a notice.
    app.advance("25h").await;
    resident.elsewhere().sign_in().await;
    let link = resident.notices(1).await.pop().unwrap();
    let notice = app.browser().get(&link).await;
    each(&notice, "#lock", &[]).await;
    assert!(notice.press("#lock", &[]).await.has("#outcome"));
}

/// One person's, of which one has been silent for a day.
pub(crate) async fn of_two_accounts(app: &TestApp, each: impl AsyncFn(&Page, &str, &[(&str, &str)])) {
    let prove = async |account: Page| {
        let page = account.click("#prove-name").await;
        page.press("#prove", &[("name", XIUYING.0), ("number", XIUYING.1)])
            .await
    };
    app.resident(OTHER).sign_in().await;
    prove(app.resident(PHONE).sign_in().await).await;
    app.advance("25h").await;
    let second = app.resident(OTHER);
    let found = prove(second.sign_in().await).await;
    app.advance("61s").await;
    each(&found, "#merge", &[]).await;
    let page = found.press("#merge", &[]).await;
    let question = second.lend_to(PHONE).sign_in_at(&page).await;
    each(&question, "#confirm", &[]).await;
    // A form with its token is a yes, whatever else stands in it.
    question.press("#confirm", &[]).await;
    let account = question.browser().get("/account").await;
    each(&account, "#stop-merging", &[]).await;
    assert_eq!(app.count("merging").await, 1);
    account.press("#stop-merging", &[]).await;
    assert_eq!(app.count("merging").await, 0);
}

/// Answers whose account it is that staff deal with.
pub(crate) async fn of_the_desk(app: &TestApp, each: impl AsyncFn(&Page, &str, &[(&str, &str)])) -> Resident {
    let enrolment = app.enrolment_page("v").await;
    each(&enrolment, "#passkey", &[("credential", "{}")]).await;
    let operator = app.operator("w").await;
    let holder = app.resident(PHONE);
    holder.sign_in().await;
    app.advance("90d").await;
    let holder = holder.elsewhere();
    let page = holder.sign_in_at(&holder.browser.get("/account").await).await;
    each(&page, "#by-code", &[("code", "000000000000")]).await;
    each(&page, "#new", &[]).await;
    page.press("#new", &[]).await;

    let desk = operator.desk().await;
    let person = [
        ("phone", PHONE),
        ("name", XIUYING.0),
        ("number", XIUYING.1),
        ("file", "W3-0042"),
        ("seen", "yes"),
    ];
    each(&desk, "#confirm-person", &person).await;
    each(&desk, "#give-code", &person).await;
    let dispute = "#disputes button[value=claimant]";
    each(&desk, dispute, &[("file", "W3-0042")]).await;
    each(&desk, "#sign-out", &[]).await;
    let way_in = app.browser().get("/admin/sign-in").await;
    each(&way_in, "#passkey", &[("credential", "{}")]).await;
    assert!(operator.desk().await.has("#confirm-person"));
    holder
}

/// A device, a desktop that asks a phone, and a kiosk.
pub(crate) async fn of_devices(app: &TestApp, each: impl AsyncFn(&Page, &str, &[(&str, &str)])) {
    let registration = Registration::new("hall").public();
    let client = app
        .register(registration.option("--grant-type", DEVICE_GRANT))
        .await;
    let form = [("scope", client.scope.as_str())];
    let begun = client.call("/oauth2/device_authorization", &form).await.json();
    let address = begun["verification_uri_complete"].as_str().unwrap();
    let resident = app.resident(PHONE);
    let page = resident.browser.get(address).await;
    each(&page, "#find-device", &[]).await;
    let question = page.press("#find-device", &[]).await;
    each(&question, "#go-on", &[]).await;
    each(&question, "#refuse", &[]).await;

    resident.sign_in().await;
    let sign_in = app.browser().get("/account").await;
    each(&sign_in, "#passkey", &[("credential", "{}")]).await;
    each(&sign_in, "#by-phone", &[]).await;
    let screen = sign_in.press("#by-phone", &[]).await;
    let question = resident.browser.get(&screen.attribute("#handover", "href")).await;
    let right = screen.text("#number");
    let wrong = if right == "000" { "111" } else { "000" };
    each(&question, "#approve", &[("number", wrong)]).await;

    let kiosk = app.command_json(&["kiosk", "add", "市民中心一楼3号机"]);
    let address = kiosk["open"].as_str().unwrap();
    app.keep_secret(address.rsplit('/').next().unwrap());
    let enrolment = app.browser().get(address).await;
    each(&enrolment, "#enrol", &[]).await;
    assert_eq!(enrolment.press("#enrol", &[]).await.status(), 200);
}
