//! OpenID Connect Discovery 1.0, RFC 8414, RFC 7517.

use yimen_http_tests::{TestApp, decode};

#[tokio::test]
async fn discovery_says_where_everything_is() {
    let app = TestApp::start().await;
    let answer = app.get("/.well-known/openid-configuration").await;
    assert!(answer.header("content-type").starts_with("application/json"));
    assert!(answer.header("cache-control").contains("max-age"));
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    let document = answer.json();
    assert_eq!(document["issuer"], app.url(""));
    for (name, path) in [
        ("authorization_endpoint", "/oauth2/authorize"),
        ("token_endpoint", "/oauth2/token"),
        ("pushed_authorization_request_endpoint", "/oauth2/par"),
        ("userinfo_endpoint", "/oauth2/userinfo"),
        ("jwks_uri", "/oauth2/jwks"),
        ("introspection_endpoint", "/oauth2/introspect"),
        ("revocation_endpoint", "/oauth2/revoke"),
        ("end_session_endpoint", "/oauth2/logout"),
    ] {
        assert_eq!(document[name], app.url(path), "{name}");
        assert_ne!(app.get(path).await.status, 404, "{name} is really there");
    }
    assert_eq!(
        document["code_challenge_methods_supported"],
        serde_json::json!(["S256"])
    );
    assert_eq!(document["response_types_supported"], serde_json::json!(["code"]));
    assert_eq!(
        document["subject_types_supported"],
        serde_json::json!(["pairwise"])
    );
    assert_eq!(document["authorization_response_iss_parameter_supported"], true);
    assert_eq!(document["backchannel_logout_session_supported"], true);
    assert_eq!(document["request_parameter_supported"], true);
    assert_eq!(document["request_uri_parameter_supported"], false);
    for (name, value) in document.as_object().unwrap() {
        let is_algorithms = name.contains("_alg_values_");
        assert!(
            !(is_algorithms && value.to_string().contains("none")),
            "{name} offers none"
        );
    }
    let oauth = app.get("/.well-known/oauth-authorization-server").await;
    assert_eq!(oauth.json(), document);
}

#[tokio::test]
async fn the_issuer_does_not_follow_the_host_header() {
    let app = TestApp::start().await;
    let request = app
        .request("GET", "/.well-known/openid-configuration")
        .header("host", "evil.example")
        .header("x-forwarded-host", "evil.example")
        .header("forwarded", "host=evil.example;proto=https");
    let body = request.send().await.unwrap().text().await.unwrap();
    assert!(!body.contains("evil.example"), "{body}");
}

#[tokio::test]
async fn the_key_set_holds_public_keys_alone() {
    let app = TestApp::start().await;
    let answer = app.get("/oauth2/jwks").await;
    assert!(answer.header("cache-control").contains("max-age"));
    let jwks = answer.json();
    let keys = jwks["keys"].as_array().unwrap();
    for algorithm in ["RS256", "ES256"] {
        assert!(keys.iter().any(|key| key["alg"] == algorithm), "{algorithm}");
    }
    for key in keys {
        assert_eq!(key["use"], "sig");
        assert!(key["kid"].as_str().is_some_and(|kid| !kid.is_empty()));
        for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            assert!(key[private].is_null(), "{private} is published");
        }
    }
}

#[tokio::test]
async fn a_rotated_key_is_published_before_it_signs_and_after() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    let before = resident.sign_in_to(&client).await;
    let old = decode(&before.id).0["kid"].clone();
    let (status, said) = app.command(&["keys", "rotate"]);
    assert!(status.success(), "{said}");
    app.advance("1m").await;
    let published = app.get("/oauth2/jwks").await.json();
    let soon = resident.sign_in_to(&client).await;
    let kid = decode(&soon.id).0["kid"].clone();
    let keys = published["keys"].as_array().unwrap();
    assert!(keys.iter().any(|key| key["kid"] == kid) && keys.iter().any(|key| key["kid"] == old));
    assert_eq!(
        client.userinfo(&before.access).await.status,
        200,
        "what the old key signed still counts"
    );
}
