//! What a resident allows a department: asked once, remembered until the date shown, taken back at will.

use yimen_http_tests::{Page, Registration, Resident, TestApp};

async fn withdraw(resident: &Resident, button: &str) -> Page {
    let account = resident.browser.get("/account").await;
    account.press(button, &[]).await.press("#confirm", &[]).await
}

#[tokio::test]
async fn what_was_allowed_is_not_asked_again() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    resident.sign_in_to(&client).await;
    let request = client.sign_in();
    let page = resident.follow(&request).await;
    assert!(!request.read(&page).code().is_empty(), "no page was shown");
}

#[tokio::test]
async fn each_thing_shows_its_value_its_purpose_and_its_end() {
    let app = TestApp::start().await;
    let registration = Registration::new("hrss")
        .scope("openid phone offline_access")
        .option("--purpose", "phone=通知您养老金到账");
    let client = app.register(registration).await;
    let resident = app.resident("13800000001");
    let page = resident
        .sign_in_at(&resident.follow(&client.sign_in()).await)
        .await;
    assert_eq!(page.count(".claim"), 3);
    let said = page.text("main");
    for part in [
        "云川市某局",
        "138 **** 0001",
        "通知您养老金到账",
        "用到",
        "您不在网页上时继续使用",
    ] {
        assert!(said.contains(part), "{part} is missing in {said}");
    }
    assert!(!said.contains("13800000001"), "the number is masked");
}

#[tokio::test]
async fn refusing_tells_the_department_and_gives_nothing() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    let request = client.sign_in();
    let page = resident.sign_in_at(&resident.follow(&request).await).await;
    let response = request.read(&page.press("#deny", &[]).await);
    assert_eq!((response.error(), response.get("code")), ("access_denied", ""));
    let account = resident.browser.get("/account").await;
    assert!(account.has("#services .empty"));
    assert!(
        account.text("#activity").contains("没有同意给"),
        "{}",
        account.text("#activity")
    );
    // Asked anew the next time, without signing in.
    assert!(resident.follow(&client.sign_in()).await.has("#allow"));
}

#[tokio::test]
async fn stopping_at_the_question_is_a_refusal_too() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    let request = client.sign_in();
    let page = resident.sign_in_at(&resident.follow(&request).await).await;
    let response = request.read(&page.press("#report", &[]).await);
    assert_eq!(response.error(), "access_denied");
    let account = resident.browser.get("/account").await;
    assert!(
        account.text("#activity").contains("没有同意给"),
        "{}",
        account.text("#activity")
    );
}

#[tokio::test]
async fn what_is_optional_starts_unticked_and_may_be_left_out() {
    let app = TestApp::start().await;
    let client = app
        .register(
            Registration::new("hrss")
                .scope("openid phone")
                .option("--optional", "phone"),
        )
        .await;
    let without = app.resident("13800000001");
    let request = client.sign_in();
    let page = without.sign_in_at(&without.follow(&request).await).await;
    assert!(page.has("input[type=checkbox][value=phone]:not([checked])"));
    let tokens = client
        .tokens(&request, &request.read(&page.press("#allow", &[]).await))
        .await;
    let claims = client.userinfo(&tokens.access).await.json();
    assert!(claims["phone_number"].is_null(), "{claims}");
    let again = client.sign_in();
    assert!(
        !again.read(&without.follow(&again).await).code().is_empty(),
        "an answer is an answer"
    );

    let with = app.resident("13800000002");
    let request = client.sign_in();
    let page = with.sign_in_at(&with.follow(&request).await).await;
    let page = page.press("#allow", &[("item", "phone")]).await;
    let tokens = client.tokens(&request, &request.read(&page)).await;
    let claims = client.userinfo(&tokens.access).await.json();
    assert_eq!(claims["phone_number"], "+8613800000002");
}

#[tokio::test]
async fn a_request_for_more_asks_only_for_what_is_new() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    let request = client.sign_in_for("openid");
    resident.go_through(&request).await;
    let request = client.sign_in_for("openid phone");
    let page = resident.follow(&request).await;
    assert_eq!(page.count(".claim"), 1);
    assert!(page.text(".claim").contains("新增") && page.text(".claim").contains("手机号"));
    request.read(&page.press("#allow", &[]).await).code();
}

#[tokio::test]
async fn prompt_consent_asks_again() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    resident.sign_in_to(&client).await;
    let request = client.sign_in().with("prompt", "consent");
    let page = resident.follow(&request).await;
    assert!(page.has("#allow"));
    let response = request.read(&page.press("#allow", &[]).await);
    client.tokens(&request, &response).await;
}

#[tokio::test]
async fn taking_everything_back_ends_what_was_given() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    let tokens = resident.sign_in_to(&client).await;
    assert_eq!(client.userinfo(&tokens.access).await.status, 200);

    let account = withdraw(&resident, "#services button[value=all]").await;
    assert!(account.text("[role=status]").contains("已收回"));
    assert!(account.has("#services .empty"));
    assert_eq!(client.userinfo(&tokens.access).await.status, 401);
    client
        .refresh(&tokens.refresh)
        .await
        .assert_error(400, "invalid_grant");
    assert_eq!(client.introspect(&tokens.access).await.json()["active"], false);
    assert!(
        resident.follow(&client.sign_in()).await.has("#allow"),
        "asked anew"
    );
}

#[tokio::test]
async fn taking_one_thing_back_leaves_the_rest() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    let tokens = resident.sign_in_to(&client).await;
    withdraw(&resident, "#services button[value=phone]").await;
    let answer = client.userinfo(&tokens.access).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.json()["sub"], tokens.sub());
    assert!(answer.json()["phone_number"].is_null(), "{}", answer.body);
    let request = client.sign_in();
    let page = resident.follow(&request).await;
    assert_eq!(page.count(".claim"), 1, "only the number is asked for");
}

#[tokio::test]
async fn what_was_taken_back_does_not_come_back_with_a_new_consent() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    let old = resident.sign_in_to(&client).await;
    withdraw(&resident, "#services button[value=all]").await;
    app.advance("1s").await;
    let new = resident.sign_in_to(&client).await;
    client
        .refresh(&old.refresh)
        .await
        .assert_error(400, "invalid_grant");
    assert_eq!(client.userinfo(&old.access).await.status, 401);
    assert_eq!(client.userinfo(&new.access).await.status, 200);
}

#[tokio::test]
async fn a_consent_ends_on_the_date_it_showed() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    let tokens = resident.sign_in_to(&client).await;
    app.advance("181d").await;
    client
        .refresh(&tokens.refresh)
        .await
        .assert_error(400, "invalid_grant");
    let page = resident
        .sign_in_at(&resident.follow(&client.sign_in()).await)
        .await;
    assert!(page.has("#allow"));
}

#[tokio::test]
async fn answering_twice_answers_once() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    let request = client.sign_in();
    let page = resident.sign_in_at(&resident.follow(&request).await).await;
    let (one, other) = tokio::join!(page.press("#allow", &[]), page.press("#allow", &[]));
    let codes: Vec<_> = [&one, &other]
        .into_iter()
        .filter(|page| page.left_for().is_some_and(|url| url.as_str().contains("code=")))
        .collect();
    assert!(!codes.is_empty(), "{}", one.answer.body);
    let response = request.read(codes[0]);
    client.tokens(&request, &response).await;
    for page in [&one, &other] {
        assert!(page.status() < 500);
    }
}

#[tokio::test]
async fn a_consent_page_is_no_use_to_another_person() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let (asked, other) = (app.resident("13800000001"), app.resident("13800000002"));
    let page = asked.sign_in_at(&asked.follow(&client.sign_in()).await).await;
    other.sign_in().await;
    let foreign = other.browser.get(page.url.path()).await;
    assert!(!foreign.has("#allow"), "{}", foreign.answer.body);
    assert!(!foreign.answer.body.contains("0001"));
}
