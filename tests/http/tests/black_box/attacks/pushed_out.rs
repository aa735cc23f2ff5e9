//! A thief with a passkey signs in from so many browsers that the account forgets its owner's.

use yimen_http_tests::{Authenticator, TestApp};

const PHONE: &str = "13800000001";

#[tokio::test]
async fn a_thief_in_many_browsers_does_not_push_out_the_owners() {
    let app = TestApp::start().await;
    let owner = app.resident(PHONE);
    owner.sign_in().await;
    app.advance("3d").await;
    // One code that was read, and from then on none.
    let (thief, passkey) = (owner.elsewhere(), Authenticator::new());
    let account = thief.sign_in().await;
    passkey.enrol(&account.click("#add-passkey").await).await;
    for _ in 0..21 {
        let page = passkey.sign_in(&app.browser().get("/account").await).await;
        assert_eq!(page.url.path(), "/account", "{}", page.answer.body);
    }
    let link = owner.notices(1).await.swap_remove(0);
    app.browser().get(&link).await.press("#lock", &[]).await;
    app.advance("2m").await;
    // Their own browser opens it; who reads the codes does not.
    owner.sign_in().await;
    let known = "SELECT COUNT(*) FROM known_browser";
    assert_eq!(app.rows(known).await, 1);
}
