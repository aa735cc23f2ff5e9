//! Passkeys: made, used, renamed, removed; and everything that an answer can lie about.

mod attacks;
mod ceremonies;

use yimen_http_tests::{Authenticator, Page, Resident, TestApp};

/// A resident with a passkey, made on the account page.
async fn with_passkey(app: &TestApp, phone: &str) -> (Resident, Authenticator) {
    let (resident, phone) = (app.resident(phone), Authenticator::new());
    let account = resident.sign_in().await;
    let account = phone.enrol(&account.click("#add-passkey").await).await;
    assert!(
        account.text("[role=status]").contains("已添加"),
        "{}",
        account.answer.body
    );
    (resident, phone)
}

/// The sign-in page as a browser gets it that nobody has used.
async fn sign_in_page(app: &TestApp) -> Page {
    app.browser().get("/account").await
}

fn assert_refused(page: &Page, said: &str) {
    assert_eq!(page.status(), 422, "{}", page.answer.body);
    assert!(page.has("#phone"), "a code is still taken");
    assert!(
        page.text("#phone-error").contains(said),
        "{}",
        page.text("#phone-error")
    );
}
