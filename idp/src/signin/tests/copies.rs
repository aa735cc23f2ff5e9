//! A form whose button was pressed twice: of the two answers the browser shows the second alone.

use std::time::Duration;

use axum::http::StatusCode;

use super::gateway::Gateway;
use super::house::House;
use super::walk::{Browser, Reply};
use crate::audit::Change;
use crate::signin::Session;

const PHONE: &str = "13812345678";
const SENT_AGAIN: &str = "已重新发送";
const NOT_SENT: &str = "短信没能发出去";
const TOO_SOON: &str = "刚刚发过";

async fn house_with(gateway: &Gateway) -> House {
    House::with(|settings| gateway.enter(settings)).await
}

/// Asks for a first code, which is sent, and waits until another may be.
async fn with_a_code(browser: &mut Browser<'_>, gateway: &Gateway) -> String {
    let id = browser.begin().await;
    gateway.answer(StatusCode::OK);
    assert_eq!(
        browser.ask_for_code(&id, PHONE).await.status,
        StatusCode::SEE_OTHER
    );
    gateway.asked().await;
    browser.house.wait(60);
    id
}

/// Waits until a request to send waits for another.
async fn until_awaited(house: &House, id: &str) {
    let turn = format!("sending:{{{id}}}");
    let state = &house.signin.state;
    let waiting = async {
        while state.get(&turn, house.now()).await.unwrap().as_deref() != Some(b"awaited") {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waiting)
        .await
        .unwrap();
}

/// Sends a form, and a copy of it while the gateway holds the first one's message.
async fn press_twice(
    browser: &Browser<'_>,
    gateway: &Gateway,
    status: StatusCode,
    path: &str,
    fields: &[(&str, &str)],
) -> [Reply; 2] {
    let id = path.split('/').nth(2).unwrap();
    let copy = async {
        gateway.asked().await;
        let answer = async {
            until_awaited(browser.house, id).await;
            gateway.answer(status);
        };
        tokio::join!(browser.send_and_forget(path, fields), answer).0
    };
    let (first, copy) = tokio::join!(browser.send_and_forget(path, fields), copy);
    [first, copy]
}

#[tokio::test]
async fn a_copy_of_a_resend_says_sent_again_when_the_first_has_sent() {
    let gateway = Gateway::open().await;
    let house = house_with(&gateway).await;
    let mut browser = house.browser();
    let id = with_a_code(&mut browser, &gateway).await;
    let token = browser.get(&format!("/signin/{id}/code")).await.token();
    let (path, fields) = (format!("/signin/{id}/resend"), [("token", token.as_str())]);
    for reply in press_twice(&browser, &gateway, StatusCode::OK, &path, &fields).await {
        assert_eq!(reply.status, StatusCode::OK);
        assert!(reply.body.contains(SENT_AGAIN), "{}", reply.body);
    }
    assert_eq!(gateway.messages(), 2, "the first code and one more");

    let later = browser.send_and_forget(&path, &fields).await;
    assert!(
        later.body.contains(TOO_SOON),
        "what comes afterwards is no copy: {}",
        later.body
    );
}

#[tokio::test]
async fn a_copy_says_not_sent_when_the_first_could_not_send() {
    let gateway = Gateway::open().await;
    let house = house_with(&gateway).await;
    let mut browser = house.browser();
    let id = with_a_code(&mut browser, &gateway).await;
    let token = browser.get(&format!("/signin/{id}/code")).await.token();
    for (step, fields) in [
        ("resend", vec![("token", token.as_str())]),
        ("phone", vec![("token", token.as_str()), ("phone", "13800000001")]),
    ] {
        let path = format!("/signin/{id}/{step}");
        let fault = StatusCode::UNAUTHORIZED;
        for reply in press_twice(&browser, &gateway, fault, &path, &fields).await {
            assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE, "{step}");
            assert!(reply.body.contains(NOT_SENT), "{step}: {}", reply.body);
        }
    }
    assert_eq!(
        gateway.messages(),
        3,
        "the first code and one attempt by each form"
    );
}

#[tokio::test]
async fn a_copy_says_too_soon_when_the_first_was_refused() {
    let gateway = Gateway::open().await;
    let house = house_with(&gateway).await;
    let mut browser = house.browser();
    let id = with_a_code(&mut browser, &gateway).await;
    gateway.answer(StatusCode::OK);
    browser.ask_for_code(&id, PHONE).await;
    let token = browser.get(&format!("/signin/{id}/code")).await.token();
    let (path, fields) = (format!("/signin/{id}/resend"), [("token", token.as_str())]);

    // Both find somebody else at it, so that one of them waits for certain.
    let (turn, state) = (format!("sending:{{{id}}}"), &house.signin.state);
    let minute = Duration::from_secs(60);
    state.put(&turn, b"held", house.now(), minute).await.unwrap();
    let let_go = async {
        until_awaited(&house, &id).await;
        state.remove(&turn).await.unwrap();
    };
    let send = || browser.send_and_forget(&path, &fields);
    let (one, other, ()) = tokio::join!(send(), send(), let_go);
    for reply in [one, other] {
        assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS);
        assert!(reply.body.contains(TOO_SOON), "{}", reply.body);
    }
    assert_eq!(gateway.messages(), 2, "each asked for on its own");
}

/// Two presses of a button that raises the session: whichever answer the browser keeps, its cookie is good. Who has
/// signed in anew meanwhile keeps what that gave them.
#[tokio::test]
async fn a_session_that_rises_twice_at_once_has_one_new_cookie() {
    let house = House::open().await;
    let mut browser = house.browser();
    let before = browser.sign_in(PHONE).await;
    let sessions = &house.signin.sessions;
    let rotate = async |session: &Session| {
        let mut change = Change::begin(&house.signin.db, &house.context()).await.unwrap();
        let cookie = sessions.rotate(&mut change, &house.signin.vault, session).await;
        change.commit_housekeeping().await.unwrap();
        cookie.unwrap()
    };
    let first = rotate(&before).await.unwrap();
    assert!(browser.session().await.is_none(), "the former cookie is dead");
    assert_eq!(rotate(&before).await, Some(first.clone()));
    browser.keep([first.to_str().unwrap()].into_iter());
    let raised = browser.session().await.unwrap();
    assert_eq!(raised.id, before.id);
    assert_ne!(rotate(&raised).await, Some(first));
    assert_eq!(rotate(&before).await, None);
}
