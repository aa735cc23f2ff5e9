//! A person confirmed as the owner of an account that is somebody else's: a digit mistyped, or a lie believed.

use yimen_http_tests::{Resident, Setup, TestApp};

use super::{JIANGUO, PHONE, XIUYING, city, prove};

const OTHER: &str = "13800000002";

/// The button behind the link of the notice that says so.
async fn lock_by(app: &TestApp, resident: &Resident, what: &str) {
    let link = resident.told_of(what).await;
    let locked = app.browser().get(&link).await.press("#lock", &[]).await;
    assert_eq!(locked.status(), 200, "{}", locked.answer.body);
}

async fn identity(resident: &Resident) -> String {
    let account = resident.browser.get("/account").await;
    account.text("#identity")
}

#[tokio::test]
async fn the_link_takes_off_a_name_that_a_window_has_just_confirmed() {
    let (app, _authority) = city(Setup::new()).await;
    let owner = app.resident(PHONE);
    owner.sign_in().await;
    app.resident(OTHER).sign_in().await;
    let operator = app.operator("w").await;
    app.advance("2d").await;
    assert_eq!(operator.confirm(PHONE, JIANGUO).await.status(), 200);
    app.advance("6d").await;
    lock_by(&app, &owner, "当面").await;
    // Whom it was confirmed to be gets nothing by their document.
    let refused = operator.give_code(PHONE, JIANGUO, false).await;
    assert_eq!(refused.status(), 422, "{}", refused.text("#told"));
    // And each of the two is who they are again.
    assert_eq!(operator.confirm(PHONE, XIUYING).await.status(), 200);
    assert_eq!(operator.confirm(OTHER, JIANGUO).await.status(), 200);
    app.advance("2m").await;
    owner.sign_in().await;
    let account = owner.browser.get("/account").await;
    assert_eq!(account.text("h1"), XIUYING.0);
    assert!(account.text("#activity").contains("真实姓名一并取消"));
}

#[tokio::test]
async fn the_link_leaves_a_name_that_was_known_before_the_window_saw_its_owner() {
    let (app, _authority) = city(Setup::new()).await;
    let owner = app.resident(PHONE);
    prove(&owner, XIUYING).await;
    let operator = app.operator("w").await;
    app.advance("9d").await;
    assert_eq!(operator.confirm(PHONE, XIUYING).await.status(), 200);
    lock_by(&app, &owner, "当面").await;
    app.advance("2m").await;
    owner.sign_in().await;
    assert!(identity(&owner).await.contains("当面"));
}
