//! Staff at a window: what they can do, and what nobody else can do in their place.

mod attestation;
mod codes;
mod disputes;
mod levels;
mod mistaken;
mod moves;
mod people;
mod staff;

use yimen_http_tests::Resident;

use crate::proofing::{JIANGUO, XIUYING, city, keep_secret};

const PHONE: &str = "13800000001";

/// Proves their name online.
async fn prove(resident: &Resident, person: (&str, &str)) {
    let page = resident.sign_in().await.click("#prove-name").await;
    let account = page
        .press("#prove", &[("name", person.0), ("number", person.1)])
        .await;
    assert_eq!(account.url.path(), "/account", "{}", account.answer.body);
}
