//! A kiosk's program that signs in by the SDK's device helper, at the real provider: letters, a phone, a person.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use yimen_http_tests::{Page, Resident, TestApp, wait_for};
use yimen_sdk::{DeviceAnswer, DeviceSignIn, Error, Person, Yimen};

use crate::forms::DEVICE_GRANT;
use crate::guard::clock_ahead;

const PHONE: &str = "13800000001";

const GRANTS: [&str; 4] = ["--grant-type", DEVICE_GRANT, "--grant-type", "refresh_token"];

/// The kiosk's program, and what the provider reaches of it.
struct Kiosk<'a> {
    app: &'a TestApp,
    yimen: Yimen,
    /// How far its clock is ahead of the machine's, in seconds.
    ahead: Arc<AtomicU64>,
}

impl Kiosk<'_> {
    /// As `docs/department.md` has it: registered with its key, and with these options.
    async fn start<'a>(app: &'a TestApp, options: &[&str]) -> Kiosk<'a> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let (clock, ahead) = clock_ahead();
        let yimen = Yimen::at(app.url(""))
            .department(&url)
            .scopes(["openid", "phone", "offline_access"])
            .key_file(app.dir().join("kiosk.pem"))
            .clock(clock)
            .load()
            .await
            .unwrap();
        let router = Router::new().layer(yimen.layer());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let (jwks, logout) = (
            format!("{url}/yimen/jwks"),
            format!("{url}/yimen/backchannel-logout"),
        );
        let mut add = vec!["client", "add", "--id", &url, "--name", "自助办事机"];
        add.extend([
            "--department",
            "社保大厅",
            "--scope",
            "openid phone offline_access",
        ]);
        add.extend(["--auth-method", "private_key_jwt", "--jwks-uri", &jwks]);
        add.extend(["--backchannel-logout-uri", &logout, "--id-token-alg", "ES256"]);
        add.extend(options);
        app.command_json(&add);
        Kiosk { app, yimen, ahead }
    }

    /// Time goes on for both.
    async fn pass(&self, time: Duration) {
        self.app.advance(&format!("{}s", time.as_secs())).await;
        self.ahead.fetch_add(time.as_secs(), Ordering::Relaxed);
    }

    /// Once more, after the pause that it is to make.
    async fn ask_again(&self, asking: &mut DeviceSignIn) -> DeviceAnswer {
        self.pass(asking.pause() + Duration::from_secs(1)).await;
        asking.ask().await.unwrap()
    }

    async fn somebody(&self, asking: &mut DeviceSignIn) -> Person {
        match self.ask_again(asking).await {
            DeviceAnswer::SignedIn(person) => person,
            other => panic!("{other:?}"),
        }
    }
}

/// From the address in the QR code to the page on which the resident, who stands before the device, says yes or no.
async fn find(resident: &Resident, asking: &DeviceSignIn) -> Page {
    let page = resident.browser.get(asking.address_with_code()).await;
    let page = page.press("#find-device", &[]).await;
    assert_eq!(page.text("#user-code"), asking.user_code());
    page
}

async fn allow(resident: &Resident, asking: &DeviceSignIn) -> Page {
    let page = find(resident, asking).await.press("#go-on", &[]).await;
    let told = resident.go_on(page).await;
    assert!(told.text("#told").contains("请回到设备"), "{}", told.answer.body);
    told
}

#[tokio::test]
async fn the_letters_on_the_screen_become_a_person_who_said_yes_on_the_phone() {
    let app = TestApp::start().await;
    let kiosk = Kiosk::start(&app, &GRANTS).await;
    let mut asking = kiosk.yimen.sign_in_on_device().await.unwrap();
    assert_eq!(asking.address(), app.url("/oauth2/device"));
    assert_eq!(asking.pause(), Duration::from_secs(5));
    let waits = |answer| assert!(matches!(answer, DeviceAnswer::Waiting), "{answer:?}");
    waits(asking.ask().await.unwrap());
    // Too soon: the provider says so, and the pause is longer from now on (RFC 8628 §3.5).
    waits(asking.ask().await.unwrap());
    assert_eq!(asking.pause(), Duration::from_secs(10));
    waits(kiosk.ask_again(&mut asking).await);

    let resident = app.resident(PHONE);
    allow(&resident, &asking).await;
    let person = kiosk.somebody(&mut asking).await;
    assert_eq!(person.level(), Some(1));
    let phone = person.phone().unwrap().to_owned();
    assert!(phone.ends_with(PHONE), "{phone}");
    assert!(person.is_signed_in().await.unwrap());
    let token = person.access_token().await.unwrap();
    app.keep_secret(token.secret());
    let known = app.request("GET", "/oauth2/userinfo").bearer_auth(token.secret());
    let known: serde_json::Value = known.send().await.unwrap().json().await.unwrap();
    assert_eq!(known["sub"], person.sub());

    // The token is renewed by the grant's refresh token while the session stands.
    kiosk.pass(Duration::from_secs(15 * 60)).await;
    let renewed = person.access_token().await.unwrap();
    app.keep_secret(renewed.secret());
    assert_ne!(renewed.secret(), token.secret());
}

#[tokio::test]
async fn a_no_on_the_phone_and_too_late_sign_nobody_in() {
    let app = TestApp::start().await;
    let kiosk = Kiosk::start(&app, &GRANTS).await;
    let resident = app.resident(PHONE);
    let mut asking = kiosk.yimen.sign_in_on_device().await.unwrap();
    let told = find(&resident, &asking).await.press("#refuse", &[]).await;
    assert!(told.text("#told").contains("没有登录"), "{}", told.answer.body);
    let answer = kiosk.ask_again(&mut asking).await;
    assert!(matches!(answer, DeviceAnswer::Refused), "{answer:?}");

    // The provider's own word, where the kiosk's clock is a little behind.
    let mut asking = kiosk.yimen.sign_in_on_device().await.unwrap();
    kiosk.pass(Duration::from_secs(570)).await;
    app.advance("31s").await;
    let answer = asking.ask().await.unwrap();
    assert!(matches!(answer, DeviceAnswer::Expired), "{answer:?}");
    assert_eq!(app.count("oauth_grant").await, 0);
}

#[tokio::test]
async fn signing_out_on_the_phone_ends_it_at_the_kiosk_and_leaving_the_kiosk_ends_the_grant() {
    let app = TestApp::start().await;
    let kiosk = Kiosk::start(&app, &GRANTS).await;
    let resident = app.resident(PHONE);
    let mut asking = kiosk.yimen.sign_in_on_device().await.unwrap();
    allow(&resident, &asking).await;
    let person = kiosk.somebody(&mut asking).await;
    resident
        .browser
        .get("/account")
        .await
        .press("#sign-out", &[])
        .await;
    wait_for("word of the sign-out", async || {
        let signed_in = person.is_signed_in().await.unwrap();
        if signed_in {
            Err("a session".to_owned())
        } else {
            Ok(())
        }
    })
    .await;

    kiosk.pass(Duration::from_secs(61)).await;
    let mut asking = kiosk.yimen.sign_in_on_device().await.unwrap();
    allow(&resident, &asking).await;
    let person = kiosk.somebody(&mut asking).await;
    let ended = "SELECT COUNT(*) FROM oauth_grant WHERE ended_at IS NOT NULL";
    assert_eq!(app.rows(ended).await, 0);
    person.leave().await.unwrap();
    assert!(!person.is_signed_in().await.unwrap());
    wait_for("the end of the grant", async || match app.rows(ended).await {
        1 => Ok(()),
        other => Err(format!("{other} that have ended")),
    })
    .await;
    let account = resident.browser.get("/account").await;
    assert!(account.has("#methods"), "on the phone the session goes on");
}

#[tokio::test]
async fn a_kiosk_that_is_not_registered_for_it_is_told_so() {
    let app = TestApp::start().await;
    let kiosk = Kiosk::start(
        &app,
        &["--redirect-uri", "https://hall.yunchuan.example/callback"],
    )
    .await;
    let error = kiosk.yimen.sign_in_on_device().await.unwrap_err();
    assert!(matches!(error, Error::UnknownClient { .. }), "{error}");
}
