//! A person confirmed as the owner of an account that is somebody else's: a digit mistyped, or a lie believed.

use yimen_http_tests::{Authenticator, Resident, Setup, TestApp};

use super::{JIANGUO, PHONE, XIUYING, city, prove};
use crate::proofing::demanding;

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

const WITHDRAW: [&str; 10] = [
    "admin",
    "withdraw",
    "--account-of",
    PHONE,
    "--reason",
    "wrong_person",
    "--file",
    "W3-0099",
    "--operator",
    "w",
];

/// As [`WITHDRAW`], with one of its values changed; what the command says.
fn refused(app: &TestApp, option: &str, value: &str) -> String {
    let mut arguments = WITHDRAW;
    let at = arguments.iter().position(|one| *one == option).unwrap();
    arguments[at + 1] = value;
    let (status, said) = app.command(&arguments);
    assert!(!status.success(), "{option} {value}: {said}");
    said
}

/// Found out when no link is good any more.
#[tokio::test]
async fn a_proof_that_was_wrong_is_withdrawn_at_the_command_line() {
    let (app, _authority) = city(Setup::new()).await;
    let client = app.client("hrss").await;
    let (owner, passkey) = (app.resident(PHONE), Authenticator::new());
    let account = owner.sign_in().await;
    let account = passkey.enrol(&account.click("#add-passkey").await).await;
    account.press("#sign-out", &[]).await;
    let page = passkey.sign_in(&owner.browser.get("/account").await).await;
    let page = page.click("#prove-name").await;
    page.press("#prove", &[("name", JIANGUO.0), ("number", JIANGUO.1)])
        .await;
    let operator = app.operator("w").await;
    assert_eq!(operator.confirm(PHONE, JIANGUO).await.status(), 200);
    app.advance("9d").await;
    passkey.sign_in(&owner.browser.get("/account").await).await;
    let request = demanding(&app, client.sign_in(), 4);
    let response = owner.go_through(&request).await;
    let tokens = client.tokens(&request, &response).await;
    assert_eq!(tokens.claims["acr"], app.url("/acr/4"));
    let code = operator.give_code(PHONE, JIANGUO, true).await;
    app.keep_secret(&code.text("#window-code"));

    let told = app.command_json(&WITHDRAW);
    assert_eq!(told["withdrawn"], true, "{told}");
    // The same session, at once: the passkey stands for nobody, and nobody is known.
    let page = owner.follow(&demanding(&app, client.sign_in(), 3)).await;
    assert!(page.has("#prove"), "{}", page.answer.body);
    let account = owner.browser.get("/account").await;
    assert!(!account.text("#identity").contains("当面"));
    assert!(!account.answer.body.contains(JIANGUO.0));
    let activity = account.text("#activity");
    assert!(
        activity.contains("工作人员取消了") && activity.contains("W3-0099"),
        "{activity}"
    );
    owner.told_of("真实姓名有误").await;
    assert_eq!(app.count("window_code").await, 0);
    let signed = "SELECT COUNT(*) FROM audit WHERE action = 'identity.withdrawn' AND detail LIKE '%wrong_person%' \
         AND detail LIKE '%W3-0099%' AND detail LIKE '%\"operator\"%'";
    assert_eq!(app.rows(signed).await, 1);
    assert_eq!(operator.confirm(PHONE, XIUYING).await.status(), 200);
}

#[tokio::test]
async fn nothing_is_withdrawn_without_who_why_and_what() {
    let (app, _authority) = city(Setup::new()).await;
    prove(&app.resident(PHONE), XIUYING).await;
    app.resident(OTHER).sign_in().await;
    app.operator("w").await;
    for (option, value, says) in [
        ("--account-of", "1", "no mobile number"),
        ("--account-of", "13800000009", "no account"),
        ("--account-of", OTHER, "nobody was proven"),
        ("--reason", "asked", "wrong_person"),
        ("--file", XIUYING.1, "nobody's identity"),
        ("--operator", "nobody", "yimen admin list"),
    ] {
        let said = refused(&app, option, value);
        assert!(said.contains(says), "{said}");
    }
    let live = "SELECT COUNT(*) FROM identity_proof WHERE ended_at IS NULL";
    assert_eq!(app.rows(live).await, 1);
    let (status, said) = app.command(&WITHDRAW);
    assert!(status.success(), "{said}");
    assert_eq!(app.rows(live).await, 0);
}
