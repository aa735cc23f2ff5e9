//! `yimen-sdk check`: what a department learns of itself from outside.

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::response::Html;
use serde_json::{Value, json};
use tempfile::TempDir;
use yimen_sdk::{Builder, Checked};

use crate::browser::Browser;
use crate::keys::payload;
use crate::provider::Provider;
use crate::world::{Time, department, settings};

/// A department that listens, and has joined at its provider.
struct Running {
    time: Time,
    provider: Arc<Provider>,
    folder: TempDir,
    address: String,
}

impl Running {
    async fn start() -> Self {
        Self::behind(|department| department).await
    }

    /// With something of a test's own before it.
    async fn behind(proxy: impl FnOnce(Router) -> Router) -> Self {
        let time = Time::start();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let running = Self {
            provider: Provider::start(time.clone()).await,
            time,
            folder: tempfile::tempdir().unwrap(),
            address: format!("http://localhost:{}", listener.local_addr().unwrap().port()),
        };
        let yimen = running.settings(running.folder.path()).load().await.unwrap();
        let mut browser = Browser::new(department(&yimen), &running.address);
        let own = browser
            .send("GET", "/.well-known/openid-federation", &[], "")
            .await;
        running.vouch(&payload(&own.body)["jwks"]);
        let app = proxy(department(&yimen));
        tokio::spawn(async move { axum::serve(listener, app).await });
        running
    }

    fn vouch(&self, jwks: &Value) {
        let about = json!({ "iss": self.provider.issuer, "sub": self.address, "jwks": jwks });
        *self.provider.about.lock().unwrap() = Some(about);
    }

    fn settings(&self, folder: &Path) -> Builder {
        settings(&self.provider.issuer, &self.time)
            .department(&self.address)
            .key_file(folder.join("yimen-key.pem"))
    }

    async fn check(&self) -> Vec<Checked> {
        self.settings(self.folder.path()).check().await.unwrap()
    }
}

#[track_caller]
fn only(steps: &[Checked], step: &str, said: &[&str]) {
    let faults: Vec<&Checked> = steps.iter().filter(|one| one.found.is_err()).collect();
    let [fault] = faults[..] else { panic!("{steps:#?}") };
    let text = fault.to_string();
    assert_eq!(fault.step, step, "{text}");
    for part in said {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[tokio::test]
async fn a_department_that_has_joined_finds_nothing_wrong() {
    let running = Running::start().await;
    let steps = running.check().await;
    assert!(steps.iter().all(|one| one.found.is_ok()), "{steps:#?}");
    let names: Vec<&str> = steps.iter().map(|one| one.step).collect();
    assert_eq!(
        names,
        [
            "address",
            "keys",
            "configuration",
            "statement",
            "addresses",
            "protocol keys",
            "back-channel logout",
            "provider",
            "clock",
            "federation",
            "allowed",
            "pinned keys",
        ]
    );
    assert!(steps[0].to_string().starts_with("✓ address: http://localhost:"));
}

#[tokio::test]
async fn one_that_has_not_joined_is_told_what_its_operator_says() {
    let running = Running::start().await;
    *running.provider.about.lock().unwrap() = None;
    let command = format!("yimen department allow '{}'", running.address);
    only(&running.check().await, "allowed", &[&command, "phone"]);
}

#[tokio::test]
async fn keys_that_the_provider_does_not_know_are_named_with_those_it_knows() {
    let running = Running::start().await;
    running.vouch(&json!({ "keys": [{ "kid": "old-key" }] }));
    only(
        &running.check().await,
        "pinned keys",
        &["old-key", "trust-keys", &running.address],
    );
}

#[tokio::test]
async fn a_proxy_that_keeps_something_back_is_told_what_to_pass_on() {
    let page = |path: &'static str| {
        move |department: Router| {
            Router::new()
                .route(path, axum::routing::any(async || Html("<p>云川市</p>")))
                .fallback_service(department)
        }
    };
    for (path, step) in [
        ("/.well-known/openid-federation", "configuration"),
        ("/yimen/jwks", "protocol keys"),
        ("/yimen/backchannel-logout", "back-channel logout"),
    ] {
        let running = Running::behind(page(path)).await;
        only(&running.check().await, step, &["proxy"]);
    }
}

#[tokio::test]
async fn in_another_folder_no_key_is_made() {
    let running = Running::start().await;
    let elsewhere = tempfile::tempdir().unwrap();
    let check = || running.settings(elsewhere.path()).check();
    only(&check().await.unwrap(), "keys", &["yimen-key.pem"]);
    assert_eq!(std::fs::read_dir(elsewhere.path()).unwrap().count(), 0);
    // Another system's keys are found out.
    running.settings(elsewhere.path()).load().await.unwrap();
    only(&check().await.unwrap(), "statement", &["another key file"]);
}

#[tokio::test]
async fn a_provider_that_is_another_or_away_is_told_apart() {
    let running = Running::start().await;
    let anothers = settings("http://localhost:1", &running.time)
        .internal_address(&running.provider.issuer)
        .department(&running.address)
        .key_file(running.folder.path().join("yimen-key.pem"));
    let steps = anothers.check().await.unwrap();
    only(
        &steps,
        "provider",
        &["letter by letter", &running.provider.issuer],
    );
    running
        .provider
        .discovery_away
        .store(true, std::sync::atomic::Ordering::Relaxed);
    only(&running.check().await, "provider", &["503", "yimen doctor"]);
}

#[tokio::test]
async fn a_clock_that_is_off_is_told() {
    let running = Running::start().await;
    let late = Time::at(running.time.seconds() + 3 * 24 * 3600);
    let settings = running.settings(running.folder.path()).clock(late.clock());
    let steps = settings.check().await.unwrap();
    let wrong: Vec<&str> = steps
        .iter()
        .filter(|one| one.found.is_err())
        .map(|one| one.step)
        .collect();
    assert_eq!(wrong, ["statement", "clock"], "{steps:#?}");
    let clock = steps.iter().find(|one| one.step == "clock").unwrap().to_string();
    assert!(clock.contains("ahead of") && clock.contains("NTP"), "{clock}");
}

#[test]
fn the_program_says_the_same_for_a_program() {
    let program = || {
        let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_yimen-sdk"));
        program.env_clear();
        program
    };
    let plain = program().arg("check").output().unwrap();
    let json = program().args(["check", "--json"]).output().unwrap();
    let told: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(
        (told["ok"].as_bool(), json.status.success()),
        (Some(false), false)
    );
    let [step] = &told["steps"].as_array().unwrap()[..] else {
        panic!("{told}")
    };
    let line = format!(
        "✗ {}: {}\n",
        step["step"].as_str().unwrap(),
        step["said"].as_str().unwrap()
    );
    assert_eq!(String::from_utf8(plain.stdout).unwrap(), line);
    assert!(line.contains("YIMEN_ISSUER"), "{line}");
}
