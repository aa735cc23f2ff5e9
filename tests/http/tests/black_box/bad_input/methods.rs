use super::files_below;
use std::collections::BTreeSet;
use std::path::Path;
use yimen_http_tests::TestApp;

/// Every path of the server, with the methods it takes.
pub(crate) const PATHS: &[(&str, &[&str])] = &[
    ("/", &["GET"]),
    ("/account", &["GET"]),
    ("/account/sign-out", &["POST"]),
    ("/account/sign-out-everywhere", &["POST"]),
    ("/account/sessions/end", &["POST"]),
    ("/account/notices/seen", &["POST"]),
    ("/account/services/withdraw", &["POST"]),
    ("/account/handover/AAAAAAAAAAAAAAAAAAAAAA/x", &["GET", "POST"]),
    ("/account/phones", &["GET", "POST"]),
    ("/account/phones/code", &["GET", "POST"]),
    ("/account/phones/remove", &["POST"]),
    ("/account/phones/keep", &["POST"]),
    ("/account/recover", &["GET", "POST"]),
    ("/account/recover/stop", &["POST"]),
    ("/account/identity/not-mine", &["POST"]),
    ("/account/identity", &["GET", "POST"]),
    ("/account/merge", &["GET", "POST"]),
    ("/account/merge/begin", &["POST"]),
    ("/account/merge/offer", &["GET"]),
    ("/account/merge/stop", &["POST"]),
    ("/account/activity", &["GET"]),
    ("/account/export", &["GET", "POST"]),
    ("/account/leave", &["GET", "POST"]),
    ("/account/passkeys", &["GET", "POST"]),
    ("/account/passkeys/options", &["POST"]),
    ("/account/passkeys/rename", &["POST"]),
    ("/account/passkeys/remove", &["POST"]),
    ("/signin/AAAAAAAAAAAAAAAAAAAAAA", &["GET"]),
    ("/signin/AAAAAAAAAAAAAAAAAAAAAA/phone", &["POST"]),
    ("/signin/AAAAAAAAAAAAAAAAAAAAAA/code", &["GET", "POST"]),
    ("/signin/AAAAAAAAAAAAAAAAAAAAAA/resend", &["POST"]),
    ("/signin/AAAAAAAAAAAAAAAAAAAAAA/another", &["POST"]),
    ("/signin/AAAAAAAAAAAAAAAAAAAAAA/stop", &["POST"]),
    ("/signin/AAAAAAAAAAAAAAAAAAAAAA/passkey", &["POST"]),
    ("/signin/AAAAAAAAAAAAAAAAAAAAAA/passkey/options", &["POST"]),
    ("/signin/AAAAAAAAAAAAAAAAAAAAAA/offer", &["GET", "POST"]),
    ("/signin/AAAAAAAAAAAAAAAAAAAAAA/offer/options", &["POST"]),
    ("/signin/AAAAAAAAAAAAAAAAAAAAAA/offer/later", &["POST"]),
    ("/signin/AAAAAAAAAAAAAAAAAAAAAA/handover", &["GET", "POST"]),
    ("/signin/AAAAAAAAAAAAAAAAAAAAAA/handover/state", &["GET"]),
    ("/signin/AAAAAAAAAAAAAAAAAAAAAA/whose", &["GET", "POST"]),
    ("/signin/AAAAAAAAAAAAAAAAAAAAAA/raise", &["GET"]),
    ("/signin/AAAAAAAAAAAAAAAAAAAAAA/identity", &["GET", "POST"]),
    ("/signin/AAAAAAAAAAAAAAAAAAAAAA/decline", &["POST"]),
    ("/consent/AAAAAAAAAAAAAAAAAAAAAA", &["GET", "POST"]),
    ("/oauth2/authorize", &["GET", "POST"]),
    ("/oauth2/authorize/AAAAAAAAAAAAAAAAAAAAAA", &["GET"]),
    ("/oauth2/authorize/AAAAAAAAAAAAAAAAAAAAAA/cancel", &["GET"]),
    ("/oauth2/par", &["POST"]),
    ("/oauth2/token", &["POST"]),
    ("/oauth2/device_authorization", &["POST"]),
    ("/oauth2/device", &["GET", "POST"]),
    ("/oauth2/device/AAAAAAAAAAAAAAAAAAAAAA", &["GET", "POST"]),
    ("/oauth2/introspect", &["POST"]),
    ("/oauth2/revoke", &["POST"]),
    ("/oauth2/userinfo", &["GET", "POST"]),
    ("/oauth2/jwks", &["GET"]),
    ("/oauth2/register", &["POST"]),
    (
        "/oauth2/register/AAAAAAAAAAAAAAAAAAAAAA",
        &["GET", "PUT", "DELETE"],
    ),
    ("/ssf/poll", &["POST"]),
    ("/oauth2/logout", &["GET", "POST"]),
    ("/oauth2/logout/confirm", &["POST"]),
    ("/.well-known/openid-configuration", &["GET"]),
    ("/.well-known/openid-federation", &["GET"]),
    ("/federation/fetch", &["GET"]),
    ("/federation/list", &["GET"]),
    ("/federation/resolve", &["GET"]),
    ("/federation/trust-mark", &["GET"]),
    ("/federation/trust-mark-status", &["POST"]),
    ("/federation/historical-keys", &["GET"]),
    ("/federation/register", &["POST"]),
    ("/.well-known/passkey-endpoints", &["GET"]),
    ("/.well-known/webauthn", &["GET"]),
    ("/.well-known/oauth-authorization-server", &["GET"]),
    ("/kiosk/enrol/x", &["GET", "POST"]),
    ("/kiosk/rest", &["GET"]),
    ("/admin", &["GET"]),
    ("/admin/sign-in", &["GET"]),
    ("/admin/sign-in/AAAAAAAAAAAAAAAAAAAAAA", &["POST"]),
    ("/admin/sign-in/AAAAAAAAAAAAAAAAAAAAAA/options", &["POST"]),
    ("/admin/sign-out", &["POST"]),
    ("/admin/enrol/x", &["GET", "POST"]),
    ("/admin/enrol/x/options", &["POST"]),
    ("/admin/identity", &["POST"]),
    ("/admin/code", &["POST"]),
    ("/admin/disputes", &["POST"]),
    ("/admin/disputes/find", &["POST"]),
    ("/admin/departments", &["GET", "POST"]),
    ("/admin/departments/x", &["GET", "POST"]),
    ("/api/admin/v1/openapi.json", &["GET"]),
    ("/api/admin/v1/departments", &["GET"]),
    ("/api/admin/v1/departments/x", &["GET", "PUT", "DELETE"]),
    ("/api/admin/v1/departments/x/systems", &["GET"]),
    ("/api/admin/v1/departments/x/suspend", &["POST"]),
    ("/api/admin/v1/departments/x/resume", &["POST"]),
    ("/api/admin/v1/departments/x/trust-keys", &["POST"]),
    ("/healthz", &["GET"]),
    ("/readyz", &["GET"]),
    ("/acr/1", &["GET"]),
    ("/n/x", &["GET", "POST"]),
    ("/privacy", &["GET"]),
    ("/display", &["GET"]),
    ("/assets/x", &["GET"]),
    ("/dev/outbox", &["GET"]),
    ("/dev/outbox.json", &["GET"]),
    ("/dev/clock", &["GET", "POST"]),
];

/// Where the server's paths are written, wherever that is, with what stands for the changing parts here.
#[test]
fn no_path_of_the_server_is_forgotten_here() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../idp/src");
    let kiosks = std::fs::read_to_string(source.join("signin/kiosks/here.rs")).unwrap();
    let (_, rest) = kiosks.split_once("pub const REST: &str = \"").unwrap();
    let rest = rest.split('"').next().unwrap();
    let mut found = BTreeSet::new();
    for file in files_below(&source) {
        let name = file.strip_prefix(&source).unwrap().to_str().unwrap();
        if ["_test.rs", "/tests.rs"].iter().any(|end| name.ends_with(end)) || name.contains("/tests/") {
            continue;
        }
        let text = std::fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
        for route in code.split(".route(").skip(1).map(str::trim_start) {
            let path = match route.strip_prefix('"') {
                Some(path) => path.split('"').next().unwrap(),
                None if route.starts_with("signin::REST,") => rest,
                None => panic!("{name}: which path is {route:.40}?"),
            };
            let mut path = path.replace("{id}", "AAAAAAAAAAAAAAAAAAAAAA");
            for (part, instead) in [
                ("{pattern}", "x"),
                ("{code}", "x"),
                ("{token}", "x"),
                ("{file}", "x"),
                ("{level}", "1"),
            ] {
                path = path.replace(part, instead);
            }
            assert!(PATHS.iter().any(|(known, _)| *known == path), "{path} of {name}");
            found.insert(path);
        }
    }
    assert_eq!(found.len(), PATHS.len(), "{found:?}");
}

#[tokio::test]
async fn a_method_that_is_not_taken_is_405() {
    let app = TestApp::start().await;
    for (path, taken) in PATHS {
        for method in [
            "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "X",
        ] {
            let answer = app.request(method, path).send().await.unwrap();
            let status = answer.status().as_u16();
            assert!(status < 500, "{method} {path}: {status}");
            if !taken.contains(&method) {
                assert_eq!(status, 405, "{method} {path}");
                let allow = answer
                    .headers()
                    .get("allow")
                    .and_then(|v| v.to_str().ok())
                    .unwrap_or("");
                for one in *taken {
                    assert!(
                        allow.contains(one),
                        "{method} {path}: Allow is {allow:?} (RFC 9110 §15.5.6)"
                    );
                }
            }
        }
        if taken.contains(&"GET") {
            let head = app.request("HEAD", path).send().await.unwrap();
            let get = app.request("GET", path).send().await.unwrap();
            assert_eq!(head.status(), get.status(), "HEAD {path}");
        }
    }
}

#[tokio::test]
async fn paths_that_look_alike_are_not_found() {
    let app = TestApp::start().await;
    for path in [
        "/oauth2/token/",
        "/OAUTH2/TOKEN",
        "//oauth2/token",
        "/oauth2",
        "/signin",
        "/signin/",
        "/consent/",
        "/.well-known/",
        "/assets/",
        "/assets/..%2f..%2fCargo.toml",
        "/assets/../yimen.toml",
        "/acr/99",
        "/acr/x",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/\u{4e91}",
        "/%ff%fe",
        "/%00",
        "/account%2fsign-out",
    ] {
        let answer = app.request("GET", "/").build().unwrap();
        let mut url = answer.url().clone();
        url.set_path(path);
        let status = app.get(url.path()).await.status;
        assert!((400..500).contains(&status) || status == 303, "{path}: {status}");
    }
}

#[tokio::test]
async fn development_pages_exist_only_in_development() {
    // An https public URL behind a proxy, as in production; `dev` is off.
    // Its records are its own: those of the other tests belong to another relying party.
    let app = yimen_http_tests::Setup::new()
        .empty()
        .set("dev", false)
        .set("public_url", "https://id.city.example")
        .set("sms.providers", toml::Value::Array(vec!["webhook".into()]))
        .set("sms.webhook.url", "https://sms.city.example/send")
        .set(
            "sms.webhook.secret",
            "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
        )
        .start()
        .await;
    for path in ["/dev/outbox", "/dev/outbox.json", "/dev/clock"] {
        assert_eq!(app.get(path).await.status, 404, "{path}");
    }
    assert_eq!(app.post("/dev/clock", &[("advance", "1h")]).await.status, 404);
}

#[tokio::test]
async fn the_clock_takes_only_spans() {
    let app = TestApp::start().await;
    for span in [
        "",
        "soon",
        "-1s",
        "1",
        "999999999999999999999d",
        "1h; DROP TABLE",
        "NaN",
    ] {
        let status = app.post("/dev/clock", &[("advance", span)]).await.status;
        assert_eq!(status, 400, "{span}");
    }
}
