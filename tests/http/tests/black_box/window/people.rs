use yimen_http_tests::{Manner, Setup, TestApp};

use super::{JIANGUO, PHONE, XIUYING, city, keep_secret, prove};

#[tokio::test]
async fn who_stood_there_is_known_in_person_and_sees_who_says_so() {
    let (app, authority) = city(Setup::new()).await;
    let resident = app.resident(PHONE);
    resident.sign_in().await;
    let operator = app.operator("w").await;
    let told = operator.confirm(PHONE, XIUYING).await;
    assert_eq!(told.status(), 200, "{}", told.text("#told"));
    assert!(told.text("#told").contains("已当面核验"));
    assert_eq!(authority.asked().len(), 1, "the authority knows them too");
    let account = resident.browser.get("/account").await;
    assert!(
        account.text("#identity").contains("当面"),
        "{}",
        account.text("#identity")
    );
    assert!(account.text("#activity").contains("W3-0042"));
}

#[tokio::test]
async fn without_an_authority_the_document_stands() {
    let app = TestApp::start().await;
    keep_secret(&app);
    let resident = app.resident(PHONE);
    resident.sign_in().await;
    let operator = app.operator("w").await;
    assert_eq!(operator.confirm(PHONE, XIUYING).await.status(), 200);
    assert!(
        resident
            .browser
            .get("/account")
            .await
            .text("#identity")
            .contains("当面")
    );
}

#[tokio::test]
async fn what_the_authority_does_not_confirm_changes_nothing() {
    let (app, authority) = city(Setup::new()).await;
    let resident = app.resident(PHONE);
    resident.sign_in().await;
    let operator = app.operator("w").await;
    let wrong = operator.confirm(PHONE, ("李秀英", JIANGUO.1)).await;
    assert_eq!(wrong.status(), 422, "{}", wrong.text("#told"));
    authority.be(Manner::Status(500));
    assert_eq!(operator.confirm(PHONE, XIUYING).await.status(), 503);
    assert!(
        !resident
            .browser
            .get("/account")
            .await
            .text("#identity")
            .contains("当面")
    );
    assert_eq!(app.count("identity_proof").await, 0);
}

#[tokio::test]
async fn an_account_stays_the_persons_it_was_proven_to_be() {
    let (app, _authority) = city(Setup::new()).await;
    let other = "13800000002";
    prove(&app.resident(PHONE), XIUYING).await;
    app.resident(other).sign_in().await;
    let operator = app.operator("w").await;
    let stolen = operator.confirm(PHONE, JIANGUO).await;
    assert!(
        stolen.text("#told").contains("是别人的"),
        "{}",
        stolen.text("#told")
    );
    let second = operator.confirm(other, XIUYING).await;
    assert!(
        second.text("#told").contains("另一个账户"),
        "{}",
        second.text("#told")
    );
    assert_eq!(operator.confirm(PHONE, XIUYING).await.status(), 200);
}

#[tokio::test]
async fn an_act_has_a_reason_a_file_and_a_person_who_was_seen() {
    let app = TestApp::start().await;
    keep_secret(&app);
    app.resident(PHONE).sign_in().await;
    let operator = app.operator("w").await;
    let desk = operator.desk().await;
    let right = [
        ("phone", PHONE),
        ("name", XIUYING.0),
        ("number", XIUYING.1),
        ("file", "W3-0042"),
        ("seen", "yes"),
    ];
    for (field, value) in [
        ("reason", ""),
        ("reason", "lost_phone"),
        ("file", ""),
        ("file", PHONE),
        ("file", XIUYING.1),
        ("seen", ""),
        ("phone", "1"),
        ("phone", "13800000009"),
        ("name", ""),
        ("number", "110105194912310021"),
    ] {
        let mut form = desk.form("#confirm-person");
        for (name, value) in right {
            form = form.fill(name, value);
        }
        let refused = form.fill(field, value).submit().await;
        assert_eq!(refused.status(), 422, "{field}={value}");
    }
    assert_eq!(app.count("identity_proof").await, 0);
}

#[tokio::test]
async fn every_question_of_staff_is_written_down_and_they_are_not_without_end() {
    let (app, _authority) = city(Setup::new()).await;
    app.resident(PHONE).sign_in().await;
    prove(&app.resident("13800000002"), JIANGUO).await;
    let operator = app.operator("w").await;
    let nobody = "13800000009";
    assert_eq!(operator.confirm(nobody, XIUYING).await.status(), 422);
    assert_eq!(operator.give_code(nobody, XIUYING, true).await.status(), 422);
    assert_eq!(
        operator.confirm(PHONE, JIANGUO).await.status(),
        422,
        "another account's"
    );
    assert_eq!(
        operator.confirm("13800000002", XIUYING).await.status(),
        422,
        "another person"
    );
    let refused = "SELECT COUNT(*) FROM audit WHERE action IN ('identity.refused', 'window_code.failed') \
         AND detail LIKE '%W3-0042%'";
    assert_eq!(app.rows(refused).await, 4);
    for _ in 4..200 {
        operator.give_code(nobody, XIUYING, false).await;
    }
    let over = operator.give_code(PHONE, XIUYING, true).await;
    assert_eq!(over.status(), 429, "{}", over.text("#told"));
    let colleague = app.operator("v").await;
    assert_eq!(colleague.give_code(PHONE, XIUYING, true).await.status(), 200);
}

#[tokio::test]
async fn whose_name_is_found_in_another_account_is_offered_to_make_the_two_one() {
    let (app, _authority) = city(Setup::new()).await;
    let other = app.resident("13800000002");
    prove(&app.resident(PHONE), XIUYING).await;
    other.sign_in().await;
    let told = app.operator("w").await.confirm("13800000002", XIUYING).await;
    let text = told.text("#told");
    assert!(text.contains("另一个账户") && text.contains("合成一个"), "{text}");
    assert!(!told.answer.body.contains("0001"), "nothing of the other account");
    app.resident(PHONE).told_of("核验另一个账户").await;
    let written = "SELECT COUNT(*) FROM audit WHERE action = 'identity.elsewhere'";
    assert_eq!(app.rows(written).await, 1);

    // The person goes home, and signs in the next day.
    app.advance("25h").await;
    let account = other.sign_in().await;
    assert!(account.text("#merge-offer").contains("另一个账户"));
    let offer = account.click("#merge-look").await;
    assert!(
        offer.text("h1").contains("已经有一个账户"),
        "{}",
        offer.answer.body
    );
    app.advance("11m").await;
    let late = account.click("#merge-look").await;
    assert!(late.has("#phone"), "a fresh sign-in first: {}", late.answer.body);
    let offer = other.sign_in_at(&late).await;
    let page = offer.press("#merge", &[]).await;
    let question = other.lend_to(PHONE).sign_in_at(&page).await;
    // Their own first session asks, and the account has nothing else: nobody is left to say no.
    let merged = question.press("#confirm", &[]).await;
    let said = merged.text("[role=status]");
    assert!(said.contains("合成一个了"), "{said}");
    app.advance("61s").await;
    let account = other.elsewhere().sign_in().await;
    assert_eq!(account.text("h1"), XIUYING.0);
    assert!(!account.has("#merge-offer"));
}

#[tokio::test]
async fn an_offer_from_the_window_is_for_its_account_and_for_a_week() {
    // Without an authority there is nothing but the window to find it out.
    let app = TestApp::start().await;
    keep_secret(&app);
    let (one, two) = (app.resident(PHONE), app.resident("13800000002"));
    one.sign_in().await;
    two.sign_in().await;
    let operator = app.operator("w").await;
    assert_eq!(operator.confirm(PHONE, XIUYING).await.status(), 200);
    assert_eq!(operator.confirm("13800000002", XIUYING).await.status(), 422);
    assert!(two.browser.get("/account").await.has("#merge-offer"));
    assert!(
        !one.browser.get("/account").await.has("#merge-offer"),
        "the one that stays"
    );
    assert_eq!(one.browser.get("/account/merge/offer").await.status(), 410);
    let page = two.browser.get("/account/merge/offer").await;
    assert_eq!(
        page.form("#merge")
            .submit_from("https://evil.example")
            .await
            .status(),
        403
    );
    app.advance("7d").await;
    let account = two.sign_in().await;
    assert!(!account.has("#merge-offer"), "a week later");
    assert_eq!(two.browser.get("/account/merge/offer").await.status(), 410);
    let begun = "SELECT COUNT(*) FROM merging WHERE begun_at IS NOT NULL";
    assert_eq!(app.rows(begun).await, 0);
}

/// Numbers are given out again: the next holder reads the messages and has a document of their own. What they lack is a
/// contract that is older than the account.
#[tokio::test]
async fn whoever_was_given_the_number_is_not_confirmed_as_the_old_accounts_owner() {
    let (app, _authority) = city(Setup::new()).await;
    app.resident(PHONE).sign_in().await;
    let operator = app.operator("w").await;
    app.advance("91d").await;
    let refused = operator.confirm_by(PHONE, JIANGUO, false).await;
    assert_eq!(refused.status(), 422);
    assert!(
        refused.text("#told").contains("凭证"),
        "{}",
        refused.text("#told")
    );
    assert_eq!(app.count("identity_proof").await, 0);
    let next = app.resident(PHONE);
    let whose = next.sign_in_at(&next.browser.get("/account").await).await;
    let mine = [("name", JIANGUO.0), ("number", JIANGUO.1)];
    assert_eq!(whose.press("#mine", &mine).await.status(), 422);
    assert!(next.browser.get("/account").await.has("#phone"), "still outside");
}

/// Whoever was proven online to have the account, and nobody objected in a week, needs no contract: the document says that
/// it is them. In the first days a thief with a minute's session could have proven a name of their own.
#[tokio::test]
async fn whoever_is_known_by_name_needs_no_contract() {
    let (app, _authority) = city(Setup::new()).await;
    let resident = app.resident(PHONE);
    prove(&resident, XIUYING).await;
    let operator = app.operator("w").await;
    for refused in [
        operator.confirm_by(PHONE, XIUYING, false).await,
        operator.give_code(PHONE, XIUYING, false).await,
    ] {
        assert!(
            refused.text("#told").contains("凭证"),
            "{}",
            refused.text("#told")
        );
    }
    app.advance("8d").await;
    assert_eq!(operator.confirm_by(PHONE, XIUYING, false).await.status(), 200);
    let told = operator.give_code(PHONE, XIUYING, false).await;
    assert_eq!(told.status(), 200, "{}", told.text("#told"));
    app.keep_secret(&told.text("#window-code"));
    let stolen = operator.confirm_by(PHONE, JIANGUO, false).await;
    assert!(stolen.text("#told").contains("是别人的"));
}
