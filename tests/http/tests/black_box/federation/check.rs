//! `yimen department check`: what it says of departments that are broken, each in its way, and of one that is not.
//!
//! What it said stands beside this file, a text for each. After a change that is meant, let the test write them anew, and
//! read the difference: `YIMEN_RENEW=1 cargo test -p yimen-http-tests --test black_box federation::check`.

use super::joining::sign_in;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;
use yimen_http_tests::{Certificate, Entity, Host, Key, TestApp};

/// What is other in each run, and what stands for it.
struct Checked<'a> {
    app: &'a TestApp,
    names: Vec<(String, String)>,
}

impl Checked<'_> {
    fn of(app: &TestApp) -> Checked<'_> {
        let names = vec![(app.url(""), "http://localhost:8000".to_owned())];
        Checked { app, names }
    }

    fn naming(mut self, what: &str, name: &str) -> Self {
        self.names.push((what.to_owned(), name.to_owned()));
        self
    }

    fn system(mut self, system: &Entity) -> Self {
        for (place, key) in system.federation.iter().enumerate() {
            self = self
                .naming(&key.thumbprint(), &format!("FINGERPRINT-{place}"))
                .naming(&key.kid, &format!("FEDERATION-KEY-{place}"));
        }
        let port = system.host.pattern().to_owned();
        self.naming(&system.protocol.kid, "PROTOCOL-KEY")
            .naming(&port, "localhost:8001")
    }

    #[track_caller]
    fn says(self, name: &str, url: &str) {
        let (status, said) = self.app.command(&["department", "check", url]);
        assert_eq!(status.success(), !said.contains('✗'), "{said}");
        let mut said = said;
        for (what, stands_for) in &self.names {
            said = said.replace(what, stands_for);
        }
        let said = plain(&said);
        let file = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("tests/black_box/federation/check")
            .join(format!("{name}.txt"));
        if std::env::var_os("YIMEN_RENEW").is_some() {
            std::fs::write(&file, &said).expect("the text can be written");
        }
        let expected = std::fs::read_to_string(&file).unwrap_or_default();
        assert_eq!(said, expected, "{name}: is it meant? See the head of this file");
    }
}

/// Without moments, and with one address for a host that has several.
fn plain(said: &str) -> String {
    let is_moment =
        |word: &str| word.len() >= 20 && word.starts_with("20") && word[..20].ends_with(['Z', '.']);
    let word = |word: &str| match word.trim_end_matches([',', ';', ':', ')']) {
        moment if is_moment(moment) => format!("TIME{}", &word[moment.len()..]),
        _ => word.to_owned(),
    };
    let line = |line: &str| line.split(' ').map(word).collect::<Vec<_>>().join(" ");
    let said: Vec<String> = said.lines().map(line).collect();
    let said = said.join("\n") + "\n";
    ["::1 and 127.0.0.1", "127.0.0.1 and ::1"]
        .iter()
        .fold(said, |said, both| said.replace(both, "127.0.0.1"))
        .replace("1 s from that of its host", "0 s from that of its host")
}

/// One that is allowed and says nothing yet.
async fn allowed(app: &TestApp) -> Entity {
    let system = app.system();
    app.allow(&system.id, &[]).await;
    system
}

/// A system as the SDK publishes one.
fn publish(system: &Entity, more: &[(&str, Value)]) {
    let logout = json!(format!("{}/logout", system.id));
    system.host.serve("/logout", "text/plain", "");
    system.publish_as(&[&[("backchannel_logout_uri", logout)], more].concat());
}

#[tokio::test]
async fn a_department_that_is_right_is_told_what_it_would_be() {
    let app = TestApp::start().await;
    let system = allowed(&app).await;
    publish(&system, &[]);
    Checked::of(&app).system(&system).says("right", &system.id);
    let steps = app.command_json(&["department", "check", &system.id]);
    let steps = steps.as_array().unwrap();
    assert!(steps.len() > 10 && steps.iter().all(|step| step["ok"] == true));

    // It has looked on, and nothing more.
    for table in ["federation_entity", "client"] {
        assert_eq!(app.count(table).await, 0, "{table}");
    }
    let rows = "SELECT COUNT(*) FROM audit WHERE action LIKE 'entity.%'";
    assert_eq!(app.rows(rows).await, 0);
    assert_eq!(
        app.get(&format!("/federation/fetch?sub={}", system.id))
            .await
            .status,
        404
    );

    let below = app.system();
    let wide = below.host.pattern();
    app.allow(wide, &[]).await;
    publish(&below, &[]);
    Checked::of(&app).system(&below).says("not_looked_at", &below.id);
}

#[tokio::test]
async fn a_department_that_the_operator_does_not_let_in_is_not_asked() {
    let app = TestApp::start().await;
    let stranger = app.system();
    publish(&stranger, &[]);
    Checked::of(&app)
        .system(&stranger)
        .says("not_allowed", &stranger.id);
    let paused = allowed(&app).await;
    publish(&paused, &[]);
    app.department(&["suspend", &paused.id, "--reason", "maintenance"])
        .await;
    Checked::of(&app).system(&paused).says("suspended", &paused.id);
    assert!(stranger.host.asked().is_empty() && paused.host.asked().is_empty());
    Checked::of(&app).says("no_identifier", "hrss.city.example");
}

#[tokio::test]
async fn a_department_that_does_not_answer_as_it_should_is_told_where_to_look() {
    let app = TestApp::start().await;
    app.allow("https://nobody.invalid", &[]).await;
    Checked::of(&app).says("host_unknown", "https://nobody.invalid");
    app.allow("https://10.1.2.3:8443", &["--range", "10.9.0.0/16"])
        .await;
    Checked::of(&app).says("not_public", "https://10.1.2.3:8443");

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let gone = format!("localhost:{}", listener.local_addr().unwrap().port());
    drop(listener);
    app.allow(&format!("http://{gone}"), &[]).await;
    Checked::of(&app)
        .naming(&gone, "localhost:8001")
        .says("nothing_listens", &format!("http://{gone}"));

    let system = app.entity(&Host::start_tls(&Certificate::new()), "");
    app.allow(&system.id, &[]).await;
    Checked::of(&app).system(&system).says("certificate", &system.id);

    let system = app.entity(&Host::start(), "/pension");
    app.allow(&system.id, &[]).await;
    Checked::of(&app)
        .system(&system)
        .says("nothing_there", &system.id);
    let place = system.configuration();
    system
        .host
        .serve(&place, "text/html; charset=utf-8", "<p>社保卡查询</p>");
    Checked::of(&app).system(&system).says("a_page", &system.id);
    system.host.redirect(&place, "https://www.city.example/");
    Checked::of(&app)
        .system(&system)
        .says("leads_elsewhere", &system.id);
}

#[tokio::test]
async fn a_department_that_cannot_be_believed_is_told_why() {
    let app = TestApp::start().await;
    let system = allowed(&app).await;
    let now = system.claims()["iat"].as_i64().unwrap();
    let at = |iat: i64| {
        system.publish_with(|claims| {
            claims["iat"] = json!(iat);
            claims["exp"] = json!(iat + 86_400);
        });
    };
    at(now - 90_000);
    Checked::of(&app).system(&system).says("expired", &system.id);
    at(now + 3_600);
    Checked::of(&app)
        .system(&system)
        .says("from_the_future", &system.id);
    system.publish_with(|claims| claims["authority_hints"] = json!(["https://id.elsewhere.example"]));
    Checked::of(&app)
        .system(&system)
        .says("other_superior", &system.id);
    let host = "https://evil.example/callback";
    publish(&system, &[("redirect_uris", json!([host]))]);
    Checked::of(&app)
        .system(&system)
        .says("redirect_elsewhere", &system.id);
    system.publish_with(|claims| {
        let own = claims["metadata"]["openid_relying_party"]
            .as_object_mut()
            .unwrap();
        own.remove("jwks");
    });
    Checked::of(&app).system(&system).says("no_keys", &system.id);
    let uri = json!(format!("{}/keys", system.id));
    system.publish_with(|claims| {
        let own = claims["metadata"]["openid_relying_party"]
            .as_object_mut()
            .unwrap();
        own.remove("jwks");
        own.insert("jwks_uri".to_owned(), uri);
    });
    Checked::of(&app)
        .system(&system)
        .says("keys_not_there", &system.id);
}

#[tokio::test]
async fn a_department_with_other_keys_is_shown_both() {
    let app = TestApp::start().await;
    let before = allowed(&app).await;
    publish(&before, &[]);
    sign_in(&app.resident("13800000001"), &before.client()).await;
    let mut after = before.clone();
    after.federation = vec![Arc::new(Key::new())];
    publish(&after, &[]);
    let pinned = before.federation[0].thumbprint();
    let check = || Checked::of(&app).system(&after).naming(&pinned, "PINNED");
    check().says("other_keys", &after.id);
    // Looking has kept nothing for the operator; the next sign-in would.
    assert!(app.shown(&after)["held"].is_null());
}
