//! What ends it, and that it does so at once.

use super::{City, HOLDER, KEY, withdraw};
use serde_json::json;

#[tokio::test]
async fn taking_the_record_back_ends_it_and_nothing_else() {
    let city = City::start().await;
    let tokens = city.allowed().await;
    let token = city.exchange(&tokens).await.field("access_token");
    let account = withdraw(&city.resident, KEY).await;
    assert!(!account.text("#services").contains("社保缴费记录"));
    assert!(
        account
            .text("#activity")
            .contains("收回了云川市某局的社保缴费记录")
    );
    let answer = city.exchange(&tokens).await;
    answer.assert_error(400, "invalid_authorization_details");
    for side in [&city.holder, &city.asker] {
        assert_eq!(side.introspect(&token).await.json(), json!({ "active": false }));
    }
    assert_eq!(city.asker.userinfo(&tokens.access).await.status, 200);
    // Given anew, it is given to the sign-in that asked for it, and to no older one.
    let newer = city.allowed().await;
    assert_eq!(city.exchange(&newer).await.status, 200);
    let answer = city.exchange(&tokens).await;
    answer.assert_error(400, "invalid_authorization_details");
}

#[tokio::test]
async fn whatever_ends_the_sign_in_ends_it() {
    let city = City::start().await;
    let tokens = city.allowed().await;
    let token = city.exchange(&tokens).await.field("access_token");
    withdraw(&city.resident, "all").await;
    city.exchange(&tokens).await.assert_error(400, "invalid_request");
    assert_eq!(
        city.holder.introspect(&token).await.json(),
        json!({ "active": false })
    );
    let standing = "SELECT COUNT(*) FROM consent WHERE withdrawn_at IS NULL";
    assert_eq!(city.app.rows(standing).await, 0, "all that hung on it");

    let tokens = city.allowed().await;
    city.asker.revoke(&tokens.access).await;
    city.exchange(&tokens).await.assert_error(400, "invalid_request");
}

#[tokio::test]
async fn an_access_token_that_has_expired_is_exchanged_for_nothing() {
    let city = City::start().await;
    let tokens = city.allowed().await;
    city.app.advance("10m").await;
    city.exchange(&tokens).await.assert_error(400, "invalid_request");
    let fresh = city.asker.refresh(&tokens.refresh).await.field("access_token");
    assert_eq!(super::exchange(&city.asker, &fresh, &[]).await.status, 200);
}

#[tokio::test]
async fn another_purpose_is_asked_anew() {
    let city = City::start().await;
    let tokens = city.allowed().await;
    let token = city.exchange(&tokens).await.field("access_token");
    let said = format!("{KEY}=为推送广告");
    city.operator(&["client", "update", "housing", "--ask", &said])
        .await;
    let answer = city.exchange(&tokens).await;
    answer.assert_error(400, "invalid_target");
    assert_eq!(
        city.holder.introspect(&token).await.json(),
        json!({ "active": false })
    );
    let request = city.request();
    let page = city.resident.follow(&request).await;
    assert!(page.text("main").contains("为推送广告"), "{}", page.text("main"));
    let page = page.press("#allow", &[]).await;
    let tokens = city.asker.tokens(&request, &request.read(&page)).await;
    assert_eq!(city.exchange(&tokens).await.status, 200);
    // Better words for the same are not.
    let said = format!("{KEY}=为推送更多广告");
    let update = ["client", "update", "housing", "--same-purpose", "--ask", &said];
    city.operator(&update).await;
    assert_eq!(city.exchange(&tokens).await.status, 200);
}

#[tokio::test]
async fn a_page_that_told_of_another_purpose_gives_nothing() {
    let city = City::start().await;
    city.resident.sign_in_to(&city.asker).await;
    let request = city.request();
    let page = city.resident.follow(&request).await;
    let said = format!("{KEY}=为推送广告");
    city.operator(&["client", "update", "housing", "--ask", &said])
        .await;
    let page = page.press("#allow", &[]).await;
    assert!(page.text("main").contains("为推送广告"), "it is shown anew");
    city.operator(&["client", "update", "housing", "--clear", "ask"])
        .await;
    let response = request.read(&page.press("#allow", &[]).await);
    assert_eq!(response.error(), "invalid_authorization_details");
}

#[tokio::test]
async fn a_record_that_is_offered_no_longer_is_had_no_longer() {
    let city = City::start().await;
    city.resident.sign_in_to(&city.asker).await;
    let open = city.request();
    let page = city.resident.follow(&open).await;
    let tokens = city.allowed().await;
    let token = city.exchange(&tokens).await.field("access_token");
    let without = ["client", "update", HOLDER, "--record", "contribution_record="];
    // Its English words go with it.
    let without = [&without[..], &["--record-en", "contribution_record="]].concat();
    city.operator(&without).await;
    city.exchange(&tokens)
        .await
        .assert_error(400, "invalid_authorization_details");
    assert_eq!(
        city.holder.introspect(&token).await.json(),
        json!({ "active": false })
    );
    let response = open.read(&page.reload().await);
    assert_eq!(response.error(), "invalid_authorization_details");
    let request = city.request();
    let page = city.resident.follow(&request).await;
    assert_eq!(request.read(&page).error(), "invalid_authorization_details");
    // The account still says what was given, and it can be taken back.
    let account = withdraw(&city.resident, KEY).await;
    assert_eq!(account.status(), 200);
}

#[tokio::test]
async fn neither_side_goes_on_once_it_is_removed() {
    let city = City::start().await;
    let tokens = city.allowed().await;
    let token = city.exchange(&tokens).await.field("access_token");
    city.operator(&["client", "remove", HOLDER]).await;
    city.exchange(&tokens).await.assert_error(400, "invalid_target");
    assert_eq!(
        city.asker.introspect(&token).await.json(),
        json!({ "active": false })
    );
    city.operator(&["client", "remove", "housing"]).await;
    city.exchange(&tokens).await.assert_error(401, "invalid_client");
}
