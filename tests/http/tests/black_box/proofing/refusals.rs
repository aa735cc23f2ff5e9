use serde_json::json;
use yimen_http_tests::Manner;

use super::{JIANGUO, XIUYING, at_account, prove, start, wishing};

const RAISED: &str = "SELECT COUNT(*) FROM account WHERE identity <> 'unknown' OR name IS NOT NULL";

#[tokio::test]
async fn a_wrong_name_and_an_unknown_number_are_answered_alike() {
    let (app, authority) = start().await;
    let resident = app.resident("13800000001");
    let page = at_account(&resident).await;
    let wrong = prove(&page, ("李秀莲", XIUYING.1)).await;
    let unknown = prove(&page, (XIUYING.0, "440524188001010014")).await;
    for answer in [&wrong, &unknown] {
        assert_eq!(answer.status(), 422);
        assert!(answer.text("#prove-error").contains("没有核对上"));
        assert!(!answer.has("#name-error") && !answer.has("#number-error"));
        assert_eq!(answer.url.query(), None);
    }
    assert_eq!(wrong.text("#prove-error"), unknown.text("#prove-error"));
    assert_eq!(
        unknown.attribute("#name", "value"),
        XIUYING.0,
        "what was typed is kept"
    );
    assert_eq!(unknown.attribute("#number", "value"), "440524188001010014");
    assert_eq!(authority.asked().len(), 2);
    assert_eq!(app.rows(RAISED).await, 0);
    let account = resident.browser.get("/account").await;
    assert!(account.text("#activity").contains("没有通过"));
}

#[tokio::test]
async fn what_is_no_name_or_number_is_said_beside_its_field_and_asked_of_nobody() {
    let (app, authority) = start().await;
    let resident = app.resident("13800000001");
    let page = at_account(&resident).await;
    let empty = prove(&page, ("", "")).await;
    assert_eq!(empty.status(), 422);
    assert!(empty.text("#name-error").contains("还没有填姓名"));
    assert!(empty.text("#number-error").contains("还没有填身份证号"));
    assert_eq!(empty.attribute("#name", "aria-invalid"), "true");
    let swapped = prove(&page, (XIUYING.0, "11010519491213002X")).await;
    assert!(swapped.text("#number-error").contains("身份证号不对") && !swapped.has("#name-error"));
    assert_eq!(swapped.attribute("#number", "value"), "11010519491213002X");
    assert!(authority.asked().is_empty());
    let account = prove(&page, (" 李秀英 ", "110105 19491231 002x")).await;
    assert_eq!(account.url.path(), "/account", "spaces and a small x will do");
}

#[tokio::test]
async fn a_minor_is_told_of_the_guardian_and_nothing_is_asked_or_kept() {
    let (app, authority) = start().await;
    let resident = app.resident("13800000001");
    let page = at_account(&resident).await;
    let minor = prove(&page, ("孙小朵", "100000202006010082")).await;
    assert_eq!(minor.status(), 422);
    assert!(minor.text("h1").contains("监护人"));
    assert!(authority.asked().is_empty());
    let asserted = page.press("#prove-assertion", &[("assertion", "WZ-3")]).await;
    assert!(
        asserted.text("h1").contains("监护人"),
        "the authority knows it too"
    );
    assert_eq!(app.rows(RAISED).await, 0);
    assert_eq!(asserted.click("#cancel").await.url.path(), "/account");
}

#[tokio::test]
async fn a_record_of_death_is_a_case_for_staff() {
    let (app, _) = start().await;
    let resident = app.resident("13800000001");
    let page = prove(&at_account(&resident).await, ("周远山", "10000019310412011X")).await;
    assert_eq!(page.status(), 422);
    assert!(page.text("h1").contains("工作人员"));
    assert!(
        !page.answer.body.contains("故"),
        "calm, and no oracle of who is dead"
    );
    assert_eq!(app.rows(RAISED).await, 0);
    let case = "SELECT COUNT(*) FROM audit WHERE action = 'identity.refused' AND detail LIKE '%deceased%' \
         AND detail LIKE '%proof_%' AND account_id IS NOT NULL";
    assert_eq!(app.rows(case).await, 1);
}

#[tokio::test]
async fn an_authority_that_cannot_be_asked_says_nothing_about_the_person() {
    let (app, authority) = start().await;
    let resident = app.resident("13800000001");
    let page = at_account(&resident).await;
    for manner in [
        Manner::Never,
        Manner::Status(500),
        Manner::Status(503),
        Manner::Status(404),
        Manner::Status(302),
        Manner::Say("<html>"),
        Manner::Say("{}"),
        Manner::Unsigned,
        Manner::SignedByAnother,
        Manner::SignedForAnother,
        Manner::But(json!({ "transaction": "proof_another" })),
        Manner::But(json!({ "matched": "true" })),
        Manner::But(json!({ "source": "" })),
    ] {
        authority.be(manner.clone());
        let answer = prove(&page, XIUYING).await;
        assert_eq!(answer.status(), 503, "{manner:?}");
        assert!(answer.text("#prove-error").contains("不是您的问题"), "{manner:?}");
        assert_eq!(
            answer.attribute("#number", "value"),
            XIUYING.1,
            "what was typed is kept"
        );
    }
    assert_eq!(app.rows(RAISED).await, 0);
    assert_eq!(
        app.rows("SELECT COUNT(*) FROM audit WHERE action = 'identity.refused'")
            .await,
        0
    );
    authority.be(Manner::Honest);
    let account = prove(&page, XIUYING).await;
    assert_eq!(account.url.path(), "/account", "and none of those tries counted");
}

#[tokio::test]
async fn an_authority_that_is_gone_is_no_fault_of_the_residents() {
    let app = yimen_http_tests::Setup::new()
        .set("proofing.url", "http://127.0.0.1:9/check")
        .set("proofing.secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        .start()
        .await;
    let resident = app.resident("13800000001");
    assert_eq!(prove(&at_account(&resident).await, XIUYING).await.status(), 503);
}

#[tokio::test]
async fn a_person_has_one_account_and_is_told_so() {
    let (app, _) = start().await;
    let client = app.client("hrss").await;
    let (one, two) = (app.resident("13800000001"), app.resident("13800000002"));
    prove(&at_account(&one).await, XIUYING).await;
    let page = prove(&at_account(&two).await, XIUYING).await;
    assert_eq!(page.status(), 422);
    assert!(page.text("h1").contains("已经有一个账户"));
    assert!(
        !page.answer.body.contains("0001"),
        "nothing of the other account is shown"
    );
    let request = wishing(&app, client.sign_in(), 2);
    let page = prove(&two.follow(&request).await, XIUYING).await;
    assert!(
        page.text("h1").contains("已经有一个账户"),
        "on the way to a service too"
    );
    let declined = page.press("#decline", &[]).await;
    let response = request.read(&two.go_on(declined).await);
    let tokens = client.tokens(&request, &response).await;
    assert_eq!(tokens.claims["acr"], app.url("/acr/1"));
    assert_eq!(app.rows(RAISED).await, 1);
    let owner = one.browser.get("/account").await;
    assert!(
        owner.text("#activity .hot").contains("另一个账户"),
        "its owner is told"
    );
}

#[tokio::test]
async fn an_account_never_becomes_another_persons() {
    let (app, _) = start().await;
    let resident = app.resident("13800000001");
    prove(&at_account(&resident).await, XIUYING).await;
    // A later holder of the number, in an account that was left behind.
    let heir = resident.elsewhere();
    app.advance("61s").await;
    heir.sign_in().await;
    let page = prove(&heir.browser.get("/account/identity").await, JIANGUO).await;
    assert_eq!(page.status(), 422);
    assert!(page.text("h1").contains("另一个人"));
    assert!(!page.answer.body.contains(XIUYING.0));
    assert_eq!(resident.browser.get("/account").await.text("h1"), XIUYING.0);
}
