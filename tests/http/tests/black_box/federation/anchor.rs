use super::{CONFIGURATION, configuration};
use serde_json::json;
use yimen_http_tests::{Key, TestApp, decode};

#[tokio::test]
async fn the_city_says_what_it_is_by_a_key_that_signs_nothing_else() {
    let app = TestApp::start().await;
    let answer = app.get(CONFIGURATION).await;
    assert_eq!(answer.header("content-type"), "application/entity-statement+jwt");
    assert!(answer.header("cache-control").contains("max-age"));
    let (header, _) = decode(&answer.body);
    assert_eq!(
        (&header["typ"], &header["alg"]),
        (&json!("entity-statement+jwt"), &json!("ES256"))
    );
    let own = configuration(&app).await;
    assert_eq!(
        (&own["iss"], &own["sub"]),
        (&json!(app.url("")), &json!(app.url("")))
    );
    assert_eq!(
        own["exp"].as_i64().unwrap() - own["iat"].as_i64().unwrap(),
        86_400
    );
    assert!(own["authority_hints"].is_null());
    let tokens = app.get("/oauth2/jwks").await.body;
    let keys = own["jwks"]["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 2, "the next key is known before its turn");
    for key in keys {
        assert!(!tokens.contains(key["kid"].as_str().unwrap()));
    }
    assert_eq!(app.get(CONFIGURATION).await.body, answer.body, "signed once");
}

#[tokio::test]
async fn it_is_the_provider_of_its_discovery_document_and_an_anchor_with_endpoints() {
    let app = TestApp::start().await;
    let own = configuration(&app).await;
    let discovery = app.get("/.well-known/openid-configuration").await.json();
    assert_eq!(
        discovery["client_registration_types_supported"],
        json!(["automatic", "explicit"])
    );
    assert_eq!(
        discovery["federation_registration_endpoint"],
        app.url("/federation/register")
    );
    assert_eq!(own["metadata"]["openid_provider"], discovery);
    let anchor = &own["metadata"]["federation_entity"];
    assert_eq!(anchor["organization_name"], "云川市");
    for (name, path) in [
        ("federation_fetch_endpoint", "/federation/fetch"),
        ("federation_list_endpoint", "/federation/list"),
        ("federation_resolve_endpoint", "/federation/resolve"),
        ("federation_trust_mark_endpoint", "/federation/trust-mark"),
        (
            "federation_trust_mark_status_endpoint",
            "/federation/trust-mark-status",
        ),
        (
            "federation_historical_keys_endpoint",
            "/federation/historical-keys",
        ),
    ] {
        assert_eq!(anchor[name], app.url(path), "{name}");
        assert_ne!(app.get(path).await.status, 404, "{name} is really there");
    }
    let mark = app.url("/trust-marks/identity-number");
    assert_eq!(own["trust_mark_issuers"][mark], json!([app.url("")]));
}

#[tokio::test]
async fn who_is_above_the_city_is_named_and_who_is_no_entity_stops_the_start() {
    let hints = toml::Value::from(vec!["https://province.example"]);
    let app = yimen_http_tests::Setup::new()
        .set("federation.authority_hints", hints)
        .start()
        .await;
    assert_eq!(
        configuration(&app).await["authority_hints"],
        json!(["https://province.example"])
    );
    let faulty = [(
        "YIMEN_FEDERATION__AUTHORITY_HINTS",
        "[\"https://Province.example\"]",
    )];
    let (status, said) = app.command_with(&faulty, &["serve"]);
    assert!(
        !status.success() && said.contains("federation.authority_hints"),
        "{said}"
    );
    let faulty = [("YIMEN_FEDERATION__STATEMENT_LIFETIME", "1m")];
    let (status, said) = app.command_with(&faulty, &["serve"]);
    assert!(
        !status.success() && said.contains("federation.statement_lifetime"),
        "{said}"
    );
}

#[tokio::test]
async fn an_anchor_of_the_configuration_is_an_entity_with_keys_in_a_file() {
    let app = TestApp::start().await;
    let file = app.dir().join("province.jwks.json");
    let anchors = |id: &str| format!("[{{ id = \"{id}\", jwks = \"{}\" }}]", file.display());
    let doctor = |id: &str| {
        app.command_with(&[("YIMEN_FEDERATION__ANCHORS", &anchors(id))], &["doctor"])
            .1
    };
    let province = "https://province.example";
    assert!(
        doctor(province).contains("a file that can be read"),
        "{}",
        doctor(province)
    );
    for (keys, said) in [("x", "it is not JSON"), ("{\"keys\":[]}", "the key set is empty")] {
        std::fs::write(&file, keys).unwrap();
        assert!(doctor(province).contains(said), "{}", doctor(province));
    }
    std::fs::write(&file, Key::new().jwks().to_string()).unwrap();
    assert!(
        doctor(province).contains("anchors besides ourselves: 1"),
        "{}",
        doctor(province)
    );
    assert!(doctor(&app.url("")).contains("not ourselves"));
    assert!(doctor("https://province.example/?x").contains("federation.anchors"));
}

#[tokio::test]
async fn errors_are_those_of_the_standard() {
    let app = TestApp::start().await;
    let own = app.url("").replace(':', "%3A").replace('/', "%2F");
    for (path, status, error) in [
        ("/federation/fetch".to_owned(), 400, "invalid_request"),
        ("/federation/fetch?sub=".to_owned(), 400, "invalid_request"),
        ("/federation/fetch?sub=hrss".to_owned(), 400, "invalid_request"),
        (
            "/federation/fetch?sub=https://a.example&sub=https://b.example".to_owned(),
            400,
            "invalid_request",
        ),
        (format!("/federation/fetch?sub={own}"), 400, "invalid_request"),
        (
            "/federation/fetch?sub=https://stranger.example".to_owned(),
            404,
            "not_found",
        ),
        (
            "/federation/list?intermediate=perhaps".to_owned(),
            400,
            "invalid_request",
        ),
        (
            "/federation/list?trust_marked=1".to_owned(),
            400,
            "invalid_request",
        ),
        ("/federation/trust-mark".to_owned(), 400, "invalid_request"),
        (
            "/federation/trust-mark?trust_mark_type=x".to_owned(),
            400,
            "invalid_request",
        ),
        (
            "/federation/trust-mark?trust_mark_type=x&sub=https://stranger.example".to_owned(),
            404,
            "not_found",
        ),
    ] {
        let answer = app.get(&path).await;
        answer.assert_error(status, error);
        assert!(
            answer.header("content-type").starts_with("application/json"),
            "{path}"
        );
        assert!(!answer.field("error_description").is_empty(), "{path}");
    }
    app.post("/federation/trust-mark-status", &[])
        .await
        .assert_error(400, "invalid_request");
    let refused = app
        .post("/federation/fetch", &[("sub", "https://a.example")])
        .await;
    assert_eq!(refused.status, 405);
    assert_eq!(
        app.get("/federation/list?more=x").await.json(),
        json!([]),
        "what we do not know is ignored"
    );
}
