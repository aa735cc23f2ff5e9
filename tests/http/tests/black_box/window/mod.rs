//! Staff at a window: what they can do, and what nobody else can do in their place.

mod attestation;
mod codes;
mod disputes;
mod moves;
mod people;
mod staff;

use yimen_http_tests::{Authority, Resident, Setup, TestApp};

const PHONE: &str = "13800000001";
const XIUYING: (&str, &str) = ("李秀英", "11010519491231002X");
const JIANGUO: (&str, &str) = ("王建国", "100000197110010310");

/// A city with an authority that knows names and numbers.
async fn with_authority() -> (TestApp, Authority) {
    let authority = Authority::start().await;
    let app = Setup::new()
        .set("proofing.url", authority.url.clone())
        .set("proofing.secret", authority.secret())
        .start()
        .await;
    keep_secret(&app);
    (app, authority)
}

fn keep_secret(app: &TestApp) {
    for (name, number) in [XIUYING, JIANGUO] {
        app.keep_secret(name);
        app.keep_secret(number);
    }
}

/// Proves their name online.
async fn prove(resident: &Resident, person: (&str, &str)) {
    let page = resident.sign_in().await.click("#prove-name").await;
    let account = page
        .press("#prove", &[("name", person.0), ("number", person.1)])
        .await;
    assert_eq!(account.url.path(), "/account", "{}", account.answer.body);
}
