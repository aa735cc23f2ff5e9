//! Revocation (RFC 7009).

use yimen_http_tests::{Registration, TestApp};

#[tokio::test]
async fn revoking_either_token_ends_both() {
    let app = TestApp::start().await;
    for (end, registration) in [Registration::new("hrss"), Registration::new("app").public()]
        .into_iter()
        .enumerate()
    {
        let client = app.register(registration).await;
        let resident = app.resident(&format!("1380000000{end}"));
        for revokes_refresh in [true, false] {
            let tokens = resident.sign_in_to(&client).await;
            let token = if revokes_refresh {
                &tokens.refresh
            } else {
                &tokens.access
            };
            assert_eq!(client.revoke(token).await.status, 200);
            client
                .refresh(&tokens.refresh)
                .await
                .assert_error(400, "invalid_grant");
            assert_eq!(client.userinfo(&tokens.access).await.status, 401);
            assert_eq!(client.revoke(token).await.status, 200, "once more does no harm");
        }
    }
}

#[tokio::test]
async fn a_token_nobody_knows_is_as_good_as_revoked() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    for token in ["nonsense", "a.b.c"] {
        assert_eq!(client.revoke(token).await.status, 200);
    }
    client.revoke("").await.assert_error(400, "invalid_request");
}

#[tokio::test]
async fn nobody_revokes_another_clients_token() {
    let app = TestApp::start().await;
    let (client, other) = (app.client("hrss").await, app.client("amr").await);
    let tokens = app.resident("13800000001").sign_in_to(&client).await;
    for token in [&tokens.access, &tokens.refresh] {
        assert_eq!(other.revoke(token).await.status, 200, "and learns nothing");
    }
    assert_eq!(client.userinfo(&tokens.access).await.status, 200);
    assert_eq!(client.refresh(&tokens.refresh).await.status, 200);
    let bare = app.post("/oauth2/revoke", &[("token", &tokens.refresh)]).await;
    bare.assert_error(401, "invalid_client");
}
