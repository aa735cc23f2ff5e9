//! Passkeys that answer for somebody else, and answers that come a second time.

mod anothers;
mod replays;

use serde_json::Value;
use yimen_http_tests::{Authenticator, Lie, Page, Resident, TestApp};

const PHONE: &str = "13800000001";
const OTHER: &str = "13800000002";

/// Somebody with an account and a passkey.
async fn enrolled(app: &TestApp, phone: &str) -> (Resident, Authenticator) {
    let (resident, passkey) = (app.resident(phone), Authenticator::new());
    passkey
        .enrol(&resident.sign_in().await.click("#add-passkey").await)
        .await;
    (resident, passkey)
}

async fn send(page: &Page, answer: &Value) -> Page {
    page.press("#passkey", &[("credential", &answer.to_string())])
        .await
}

/// One whose counter stands still, as that of a passkey on several devices: nothing but the challenge tells a second
/// answer from the first.
fn uncounted() -> Lie {
    Lie {
        counter: Some(0),
        ..Lie::default()
    }
}

#[track_caller]
fn assert_over(page: &Page) {
    assert_eq!(page.status(), 422, "{}: {}", page.url, page.answer.body);
    assert!(page.answer.body.contains("等得太久了"), "{}", page.answer.body);
}

#[track_caller]
fn assert_anothers(page: &Page) {
    assert_eq!(page.status(), 422, "{}: {}", page.url, page.answer.body);
    assert!(
        page.answer.body.contains("是另一个账户的"),
        "{}",
        page.answer.body
    );
    assert_eq!(page.left_for(), None, "no code is given");
}
