//! Real names, proven by an authority, and the levels that follow.

mod attacks;
mod crowded;
mod limits;
mod merging;
mod mismatch;
mod refusals;
mod walk;

use yimen_http_tests::{Authority, Page, Resident, Setup, SignIn, TestApp};

pub(crate) const XIUYING: (&str, &str) = ("李秀英", "11010519491231002X");
pub(crate) const JIANGUO: (&str, &str) = ("王建国", "100000197110010310");

/// A server that asks a stand-in authority, which it does not wait for.
pub(crate) async fn start() -> (TestApp, Authority) {
    city(Setup::new().set("proofing.timeout", "1s")).await
}

/// A city set up like this, whose authority knows names.
pub(crate) async fn city(setup: Setup) -> (TestApp, Authority) {
    let authority = Authority::start().await;
    let app = setup
        .set("proofing.url", authority.url.clone())
        .set("proofing.secret", authority.secret())
        .start()
        .await;
    keep_secret(&app);
    (app, authority)
}

pub(crate) fn keep_secret(app: &TestApp) {
    for (name, number) in [XIUYING, JIANGUO] {
        app.keep_secret(name);
        app.keep_secret(number);
    }
}

/// Types name and number on a page that asks for them; answers the page that follows.
pub(crate) async fn prove(page: &Page, (name, number): (&str, &str)) -> Page {
    assert!(page.has("#name"), "asks for a name: {}", page.answer.body);
    page.press("#prove", &[("name", name), ("number", number)]).await
}

/// A resident at the page of the account that asks for a name.
pub(crate) async fn at_account(resident: &Resident) -> Page {
    resident.sign_in().await.click("#prove-name").await
}

/// A request that wants this level: as a wish, or as a condition.
fn wishing(app: &TestApp, request: SignIn, level: u8) -> SignIn {
    request.with("acr_values", &app.url(&format!("/acr/{level}")))
}

pub(crate) fn demanding(app: &TestApp, request: SignIn, level: u8) -> SignIn {
    let acr = app.url(&format!("/acr/{level}"));
    let claims = serde_json::json!({ "id_token": { "acr": { "essential": true, "values": [acr] } } });
    request.with("claims", &claims.to_string())
}
