use serde_json::json;
use yimen_http_tests::Authenticator;

use super::{JIANGUO, XIUYING, at_account, demanding, prove, start, wishing};

#[tokio::test]
async fn a_proven_name_is_level_2() {
    let (app, authority) = start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    let request = wishing(&app, client.sign_in(), 2);
    let page = resident.sign_in_at(&resident.follow(&request).await).await;
    assert!(page.url.path().ends_with("/identity"), "{}", page.url);
    assert!(page.text("main").contains("hrss系统"), "who asks, and why");
    assert!(page.text("main").contains("不保存证件号码"));
    let consent = prove(&page, XIUYING).await;
    let response = request.read(&resident.go_on(consent).await);
    let tokens = client.tokens(&request, &response).await;
    assert_eq!(tokens.claims["acr"], app.url("/acr/2"));
    let name = client.userinfo(&tokens.access).await.field("name");
    assert_eq!(name, XIUYING.0);
    let asked = authority.asked();
    assert_eq!(asked.len(), 1);
    let said = [&asked[0]["name"], &asked[0]["number"], &asked[0]["document"]];
    assert_eq!(said, [&json!(XIUYING.0), &json!(XIUYING.1), &json!("id_card")]);
    let again = wishing(&app, client.sign_in(), 2);
    let tokens = client.tokens(&again, &resident.go_through(&again).await).await;
    assert_eq!(tokens.claims["acr"], app.url("/acr/2"), "without another page");
}

#[tokio::test]
async fn a_passkey_and_a_name_proven_in_its_session_are_level_3() {
    let (app, _) = start().await;
    let client = app.client("hrss").await;
    let (resident, phone) = (app.resident("13800000001"), Authenticator::new());
    let request = demanding(&app, client.sign_in(), 3);
    let make = resident.sign_in_at(&resident.follow(&request).await).await;
    assert!(make.url.path().ends_with("/raise"), "{}", make.url);
    let confirm = phone.enrol(&make).await;
    let identity = phone.sign_in(&confirm).await;
    assert!(identity.url.path().ends_with("/identity"), "{}", identity.url);
    let consent = prove(&identity, XIUYING).await;
    let response = request.read(&resident.go_on(consent).await);
    let tokens = client.tokens(&request, &response).await;
    assert_eq!(tokens.claims["acr"], app.url("/acr/3"));
    assert_eq!(tokens.claims["amr"], json!(["pop", "user", "mfa"]));
}

#[tokio::test]
async fn a_passkey_younger_than_the_proof_is_level_2_until_the_name_is_proven_again() {
    let (app, _) = start().await;
    let client = app.client("hrss").await;
    let (resident, phone) = (app.resident("13800000001"), Authenticator::new());
    prove(&at_account(&resident).await, XIUYING).await;
    let request = wishing(&app, client.sign_in(), 3);
    let make = resident.follow(&request).await;
    let identity = phone.sign_in(&phone.enrol(&make).await).await;
    assert!(identity.url.path().ends_with("/identity"), "{}", identity.url);
    let declined = identity.press("#decline", &[]).await;
    let response = request.read(&resident.go_on(declined).await);
    let tokens = client.tokens(&request, &response).await;
    assert_eq!(tokens.claims["acr"], app.url("/acr/2"));
    let account = resident.browser.get("/account").await;
    assert!(account.text("#identity").contains("再核验一次"));
    let account = prove(&account.click("#prove-name").await, XIUYING).await;
    assert!(
        account.text("#identity").contains("可信级别 3"),
        "{}",
        account.text("#identity")
    );
    let again = wishing(&app, client.sign_in(), 3);
    let tokens = client.tokens(&again, &resident.go_through(&again).await).await;
    assert_eq!(tokens.claims["acr"], app.url("/acr/3"));
}

#[tokio::test]
async fn a_network_identity_proves_the_name_without_a_number() {
    let (app, authority) = start().await;
    let resident = app.resident("13800000001");
    let page = at_account(&resident).await;
    let account = page.press("#prove-assertion", &[("assertion", "WZ-1")]).await;
    assert!(
        account.text("[role=status]").contains("已核验"),
        "{}",
        account.answer.body
    );
    assert_eq!(account.text("h1"), XIUYING.0);
    let asked = authority.asked();
    assert_eq!(asked[0]["assertion"], "WZ-1");
    assert!(asked[0].get("number").is_none());
    let wrong = page.press("#prove-assertion", &[("assertion", "凭证")]).await;
    assert_eq!(wrong.status(), 422);
    assert!(wrong.has("#assertion-error"));
}

#[tokio::test]
async fn the_account_says_who_it_is_and_at_what_level() {
    let (app, _) = start().await;
    let resident = app.resident("13800000001");
    let account = resident.sign_in().await;
    assert!(account.text("#identity").contains("还没有核验"));
    assert!(account.text("#identity").contains("可信级别 1"));
    let account = prove(&account.click("#prove-name").await, JIANGUO).await;
    assert_eq!(
        account.url.query(),
        Some("done=name-proven"),
        "nothing typed is in the address"
    );
    assert_eq!(account.text("h1"), JIANGUO.0);
    let identity = account.text("#identity");
    assert!(
        identity.contains("已核验真实姓名") && identity.contains("测试人口库"),
        "{identity}"
    );
    assert!(identity.contains("可信级别 2"), "{identity}");
    assert!(!account.has("#prove-name"), "there is nothing to add");
    assert!(account.text("#activity").contains("核验了真实姓名"));
    assert!(!account.answer.body.contains(JIANGUO.1), "the number is nowhere");
}

#[tokio::test]
async fn an_essential_level_declined_is_an_error_and_a_voluntary_one_is_not() {
    let (app, _) = start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    let request = demanding(&app, client.sign_in(), 2);
    let page = resident.sign_in_at(&resident.follow(&request).await).await;
    let response = request.read(&page.press("#decline", &[]).await);
    assert_eq!(response.error(), "unmet_authentication_requirements");
    let request = wishing(&app, client.sign_in(), 2);
    let page = resident.follow(&request).await;
    let declined = page.press("#decline", &[]).await;
    let response = request.read(&resident.go_on(declined).await);
    let tokens = client.tokens(&request, &response).await;
    assert_eq!(tokens.claims["acr"], app.url("/acr/1"));
}

#[tokio::test]
async fn without_a_page_a_level_is_what_it_is() {
    let (app, _) = start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    resident.sign_in_to(&client).await;
    let silent = demanding(&app, client.sign_in(), 2).with("prompt", "none");
    let response = resident.go_through(&silent).await;
    assert_eq!(response.error(), "unmet_authentication_requirements");
    let silent = wishing(&app, client.sign_in(), 2).with("prompt", "none");
    let tokens = client.tokens(&silent, &resident.go_through(&silent).await).await;
    assert_eq!(tokens.claims["acr"], app.url("/acr/1"));
}

#[tokio::test]
async fn an_old_sign_in_is_renewed_first_and_the_name_stays_proven() {
    let (app, _) = start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    prove(&at_account(&resident).await, XIUYING).await;
    resident.sign_in_to(&client).await;
    app.advance("70s").await;
    let request = wishing(&app, client.sign_in(), 2).with("max_age", "60");
    let page = resident.follow(&request).await;
    assert!(page.has("#phone"), "a fresh sign-in first: {}", page.url);
    let response = request.read(&resident.go_on(page).await);
    let tokens = client.tokens(&request, &response).await;
    assert_eq!(tokens.claims["acr"], app.url("/acr/2"));
}

#[tokio::test]
async fn without_an_authority_nobody_is_asked_for_a_name() {
    let app = yimen_http_tests::TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    let account = resident.sign_in().await;
    assert!(!account.has("#prove-name"));
    resident
        .browser
        .get("/account/identity")
        .await
        .assert_error(404, "not_found");
    let request = wishing(&app, client.sign_in(), 3);
    let tokens = client
        .tokens(&request, &resident.go_through(&request).await)
        .await;
    assert_eq!(tokens.claims["acr"], app.url("/acr/1"));
    let request = demanding(&app, client.sign_in(), 2);
    assert_eq!(
        resident.go_through(&request).await.error(),
        "unmet_authentication_requirements"
    );
}

#[tokio::test]
async fn the_page_speaks_english_and_has_an_elder_edition() {
    let (app, _) = start().await;
    let resident = app.resident("13800000001");
    let page = at_account(&resident).await;
    let browser = page.browser().clone();
    browser.get("/display?lang=en&back=/privacy").await;
    let english = browser.get("/account/identity").await;
    assert_eq!(english.text("h1"), "Verify your real name");
    browser
        .get("/display?lang=zh-CN&edition=elder&back=/privacy")
        .await;
    let elder = browser.get("/account/identity").await;
    assert!(elder.has("html.elder") && elder.has("#number") && !elder.has("#assertion"));
}
