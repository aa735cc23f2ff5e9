//! Back-Channel Logout 1.0: the outbox, its retries, and what stands in a logout token.

use serde_json::Value;
use std::io::{ErrorKind, Read as _};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use yimen_http_tests::{Client, Receiver, Registration, TestApp, Tokens, decode, verify};

async fn department(app: &TestApp, id: &str, receiver: &Receiver) -> Client {
    app.register(Registration::new(id).option("--backchannel-logout-uri", &receiver.uri))
        .await
}

async fn check(app: &TestApp, token: &str, client: &Client, tokens: &Tokens) -> Value {
    assert_eq!(decode(token).0["typ"], "logout+jwt");
    let claims = verify(token, &app.get("/oauth2/jwks").await.json());
    assert_eq!(claims["iss"], app.url(""));
    let audience = claims["aud"]
        .as_array()
        .and_then(|list| list.first())
        .unwrap_or(&claims["aud"]);
    assert_eq!(audience, &client.id);
    assert_eq!(claims["sub"], tokens.claims["sub"]);
    assert!(claims["events"]["http://schemas.openid.net/event/backchannel-logout"].is_object());
    assert!(claims["jti"].is_string() && claims["iat"].is_i64() && claims["exp"].is_i64());
    assert!(claims["nonce"].is_null(), "a logout token has no nonce");
    claims
}

#[tokio::test]
async fn signing_out_reaches_every_department_of_the_session() {
    let app = TestApp::start().await;
    let (at_first, at_second) = (Receiver::start(), Receiver::start());
    let first = department(&app, "hrss", &at_first).await;
    let second = department(&app, "amr", &at_second).await;
    let resident = app.resident("13800000001");
    let one = resident.sign_in_to(&first).await;
    let two = resident.sign_in_to(&second).await;
    resident
        .browser
        .get("/account")
        .await
        .press("#sign-out", &[])
        .await;
    let to_first = at_first.wait_for(1).await;
    let to_second = at_second.wait_for(1).await;
    let claims = check(&app, &to_first[0], &first, &one).await;
    assert_eq!(claims["sid"], one.claims["sid"]);
    let claims = check(&app, &to_second[0], &second, &two).await;
    assert_eq!(claims["sid"], two.claims["sid"]);
}

#[tokio::test]
async fn signing_out_after_the_idle_limit_reaches_every_department() {
    let app = TestApp::start().await;
    let receiver = Receiver::start();
    let client = department(&app, "hrss", &receiver).await;
    let other = app.client("amr").await;
    for hinted in [false, true] {
        let resident = app.resident(if hinted { "13800000001" } else { "13800000002" });
        let tokens = resident.sign_in_to(&client).await;
        let hint = resident.sign_in_to(&other).await.id;
        app.advance("31m").await;
        let before = receiver.received().len();
        let page = if hinted {
            let place = format!("/oauth2/logout?id_token_hint={hint}");
            resident.browser.get(&place).await
        } else {
            let question = resident.browser.get("/oauth2/logout?client_id=amr").await;
            question.press("#sign-out", &[]).await
        };
        assert!(page.text("h1").contains("已退出登录"), "{}", page.answer.body);
        let got = receiver.wait_for(before + 1).await;
        check(&app, &got[before], &client, &tokens).await;
    }
}

#[tokio::test]
async fn whoever_signs_in_next_on_a_shared_machine_ends_what_was_left_open() {
    let app = TestApp::start().await;
    let receiver = Receiver::start();
    let client = department(&app, "hrss", &receiver).await;
    let first = app.resident("13800000001");
    let tokens = first.sign_in_to(&client).await;
    app.advance("31m").await;
    let next = first.lend_to("13800000002");
    next.sign_in().await;
    let got = receiver.wait_for(1).await;
    check(&app, &got[0], &client, &tokens).await;
}

#[tokio::test]
async fn signing_out_everywhere_reaches_all_sessions() {
    let app = TestApp::start().await;
    let receiver = Receiver::start();
    let client = department(&app, "hrss", &receiver).await;
    let here = app.resident("13800000001");
    let one = here.sign_in_to(&client).await;
    app.advance("61s").await;
    let there = here.elsewhere();
    let two = there.sign_in_to(&client).await;
    let account = there.browser.get("/account").await;
    account
        .press("#sign-out-everywhere", &[])
        .await
        .press("#confirm", &[])
        .await;
    // One token per session: they are of one person, and told apart by `sid`.
    let mut ended = Vec::new();
    for token in &receiver.wait_for(2).await {
        ended.push(check(&app, token, &client, &two).await["sid"].clone());
    }
    assert_eq!(ended.len(), 2);
    for session in [&one, &two] {
        assert!(ended.contains(&session.claims["sid"]), "{ended:?}");
    }
}

#[tokio::test]
async fn a_department_that_fails_is_told_again() {
    let app = TestApp::start().await;
    let receiver = Receiver::start();
    let client = department(&app, "hrss", &receiver).await;
    let resident = app.resident("13800000001");
    let tokens = resident.sign_in_to(&client).await;
    receiver.answer_with(503);
    resident
        .browser
        .get("/account")
        .await
        .press("#sign-out", &[])
        .await;
    receiver.wait_for(1).await;
    receiver.answer_with(200);
    app.advance("5m").await;
    let got = receiver.wait_for(2).await;
    let claims = check(&app, &got[1], &client, &tokens).await;
    let now = app.get("/dev/clock").await.json()["now"].as_i64().unwrap() / 1000;
    assert!(
        claims["exp"].as_i64().unwrap() > now,
        "signed at delivery, not when it was written"
    );
    app.advance("30m").await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(receiver.received().len(), 2, "delivered is delivered");
}

#[tokio::test]
async fn what_is_undelivered_survives_a_restart() {
    let app = TestApp::start().await;
    let receiver = Receiver::start();
    let client = department(&app, "hrss", &receiver).await;
    let resident = app.resident("13800000001");
    resident.sign_in_to(&client).await;
    receiver.answer_with(500);
    resident
        .browser
        .get("/account")
        .await
        .press("#sign-out", &[])
        .await;
    receiver.wait_for(1).await;
    app.start_again();
    receiver.answer_with(204);
    app.advance("10m").await;
    receiver.wait_for(2).await;
}

/// Whether the other side has not hung up.
fn is_open(connection: TcpStream) -> bool {
    let mut connection = connection.into_std().unwrap();
    let mut heard = [0; 4096];
    loop {
        match connection.read(&mut heard) {
            Ok(0) => return false,
            Ok(_) => {}
            Err(fault) => return fault.kind() == ErrorKind::WouldBlock,
        }
    }
}

/// The sign-out is answered while the department, which has been called or is yet to be, has said nothing. One that
/// waited would be answered after it had given the department up, every time; one that does not may be held up once,
/// by a machine that has much else to do.
#[tokio::test]
async fn a_slow_department_keeps_nobody_waiting() {
    let app = TestApp::start().await;
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/logout", silent.local_addr().unwrap());
    let slow = app
        .register(Registration::new("slow").option("--backchannel-logout-uri", &uri))
        .await;
    let receiver = Receiver::start();
    let quick = department(&app, "quick", &receiver).await;
    let mut was_answered_first = false;
    for round in 1..=5 {
        let resident = app.resident(&format!("1380000000{round}"));
        resident.sign_in_to(&slow).await;
        resident.sign_in_to(&quick).await;
        let account = resident.browser.get("/account").await;
        account.press("#sign-out", &[]).await;
        // The system takes the connection before we do.
        let called = tokio::time::timeout(Duration::from_secs(60), silent.accept()).await;
        let (connection, _) = called.expect("the department is called").unwrap();
        was_answered_first = is_open(connection);
        receiver.wait_for(round).await;
        if was_answered_first {
            break;
        }
    }
    assert!(was_answered_first, "signing out waits for the department");
    app.expect_undelivered();
}

#[tokio::test]
async fn taking_a_consent_back_ends_the_sign_in_there() {
    let app = TestApp::start().await;
    let receiver = Receiver::start();
    let client = department(&app, "hrss", &receiver).await;
    let resident = app.resident("13800000001");
    let tokens = resident.sign_in_to(&client).await;
    let account = resident.browser.get("/account").await;
    account
        .press("#services button[value=all]", &[])
        .await
        .press("#confirm", &[])
        .await;
    let got = receiver.wait_for(1).await;
    check(&app, &got[0], &client, &tokens).await;
}

#[tokio::test]
#[should_panic(expected = "1 messages to departments were not delivered")]
async fn a_test_that_leaves_a_message_undelivered_without_saying_so_fails() {
    let app = TestApp::start().await;
    let receiver = Receiver::start();
    let client = department(&app, "hrss", &receiver).await;
    let resident = app.resident("13800000001");
    resident.sign_in_to(&client).await;
    receiver.answer_with(503);
    let account = resident.browser.get("/account").await;
    account.press("#sign-out", &[]).await;
}
