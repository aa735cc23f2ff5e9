//! A node with a single connection to its database: whoever asks the pool while holding a transaction waits for
//! itself, and the request ends with 503. With many connections the same happens under load.

use yimen_http_tests::{Client, Receiver, Registration, Setup, TestApp};

async fn with_one_connection() -> TestApp {
    Setup::new().set("database.max_connections", 1).start().await
}

async fn department(app: &TestApp, id: &str, receiver: &Receiver) -> Client {
    app.register(
        Registration::new(id)
            .scope("openid phone offline_access")
            .option("--backchannel-logout-uri", &receiver.uri),
    )
    .await
}

#[tokio::test]
async fn signing_in_and_out_everywhere() {
    let app = with_one_connection().await;
    let (at_first, at_second) = (Receiver::start(), Receiver::start());
    let first = department(&app, "hrss", &at_first).await;
    let second = department(&app, "amr", &at_second).await;
    let resident = app.resident("13800000001");
    let tokens = resident.sign_in_to(&first).await;
    resident.sign_in_to(&second).await;
    assert_eq!(first.refresh(&tokens.refresh).await.status, 200);
    let account = resident.browser.get("/account").await;
    let asked = account.press("#sign-out-everywhere", &[]).await;
    // What the node remembers of its clients is forgotten by now: ending the session looks them up.
    app.advance("10s").await;
    assert_eq!(asked.press("#confirm", &[]).await.status(), 200);
    assert_eq!(at_first.wait_for(1).await.len(), 1);
    assert_eq!(at_second.wait_for(1).await.len(), 1);
}

#[tokio::test]
async fn withdrawing_and_signing_out_one_device() {
    let app = with_one_connection().await;
    let receiver = Receiver::start();
    let client = department(&app, "hrss", &receiver).await;
    let here = app.resident("13800000001");
    here.sign_in_to(&client).await;
    app.advance("61s").await;
    let there = here.elsewhere();
    there.sign_in_to(&client).await;
    let account = there.browser.get("/account").await;
    let asked = account.press("#services button[value=phone]", &[]).await;
    assert_eq!(asked.press("#confirm", &[]).await.status(), 200);
    let asked = account.press("#devices button[value=others]", &[]).await;
    app.advance("10s").await;
    assert_eq!(asked.press("#confirm", &[]).await.status(), 200);
    receiver.wait_for(1).await;
    let asked = account.press("#services button[value=all]", &[]).await;
    app.advance("10s").await;
    assert_eq!(asked.press("#confirm", &[]).await.status(), 200);
    receiver.wait_for(2).await;
}

#[tokio::test]
async fn another_account_ends_the_session_before_it() {
    let app = with_one_connection().await;
    let receiver = Receiver::start();
    let client = department(&app, "hrss", &receiver).await;
    let (owner, guest) = (app.resident("13800000001"), app.resident("13800000002"));
    owner.sign_in_to(&client).await;
    let request = client.sign_in().with("prompt", "login");
    let page = owner.follow(&request).await;
    let page = page.press("#send-code", &[("phone", &guest.phone)]).await;
    let code = guest.latest_code().await;
    app.advance("10s").await;
    let page = page.press("#verify", &[("code", &code)]).await;
    request.read(&page.press("#allow", &[]).await).code();
    receiver.wait_for(1).await;
}
