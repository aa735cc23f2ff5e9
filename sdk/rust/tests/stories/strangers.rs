//! What anybody may send, and any other site have a browser open.

use std::io;
use std::sync::{Arc, Mutex};

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::world::World;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn lines(&self) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines().map(str::to_owned).collect()
    }
}

#[tokio::test]
async fn what_a_stranger_sends_is_one_short_line_of_the_log() {
    let world = World::start().await;
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    // With a single one, tracing asks the thread that comes to a place first, and that may be another test's.
    let _second = tracing::Dispatch::new(tracing_subscriber::fmt().with_writer(io::sink).finish());
    let _guard = tracing::subscriber::set_default(subscriber);
    tracing::callsite::rebuild_interest_cache();
    let forged = "%0A2026-11-26T00%3A00%3A00Z%20%20INFO%20yimen_sdk%3A%3Abackchannel%3A%20signed%20out";
    let large = "%01".repeat(15_000);
    for text in [forged, &large] {
        let mut browser = world.browser();
        let address = browser.get("/yimen/sign-in?return_to=/pension").await.location();
        let (request, _) = world.provider.read(&address);
        let state = &request.parameters["state"];
        for answer in [
            format!("code=c&state={state}&iss=a{text}"),
            format!("error=a{text}&state={state}&iss={}", world.provider.issuer),
        ] {
            let page = browser.clone().get(&format!("/yimen/callback?{answer}")).await;
            assert!(!page.status.is_success(), "{}", page.status);
        }
        let wish = format!("iss=a{text}");
        let page = browser.get(&format!("/yimen/sign-in?{wish}")).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST);
        assert_eq!(
            browser.submit("/yimen/sign-in", &wish).await.status,
            StatusCode::BAD_REQUEST
        );
    }
    let lines = log.lines();
    assert_eq!(lines.len(), 8, "{lines:#?}");
    for line in lines {
        assert!(line.contains("yimen_sdk::fault"), "{line}");
        assert!(line.len() < 1200, "{} bytes", line.len());
    }
}

#[tokio::test]
async fn what_the_provider_answers_is_one_short_line_too() {
    let one_short_line = |text: &str| {
        assert!(!text.contains('\n') && text.len() < 6_000, "{text:.2000}");
    };
    for foreign in ["x\nERROR forged".to_owned(), "\u{1}".repeat(60_000)] {
        let world = World::start().await;
        let mut browser = world.signed_in().await;
        world.time.advance(301);
        let refusal = json!({ "error": foreign, "error_description": foreign });
        *world.provider.refusal.lock().unwrap() = Some((StatusCode::BAD_REQUEST, refusal));
        one_short_line(&browser.get("/why").await.body);
        one_short_line(&world.yimen.sign_in_on_device().await.unwrap_err().to_string());

        *world.provider.refusal.lock().unwrap() = None;
        world.time.advance(4);
        let aud = foreign.clone();
        world.provider.bend(move |claims| claims["aud"] = json!(aud));
        one_short_line(&browser.get("/why").await.body);

        let iss = foreign.chars().take(5_000).collect::<String>();
        let token = world.provider.logout_token(|claims| claims["iss"] = json!(iss));
        let form = format!("logout_token={token}");
        let answer = browser.submit("/yimen/backchannel-logout", &form).await;
        let answer: Value = serde_json::from_str(&answer.body).unwrap();
        one_short_line(answer["error_description"].as_str().unwrap());
    }
}

/// As long as the attempts' cookies make the header of the next request.
fn header(browser: &Browser) -> usize {
    let all = browser.cookies.iter();
    all.map(|(name, value)| name.len() + value.len() + "=; ".len())
        .sum()
}

#[tokio::test]
async fn attempts_never_outgrow_a_proxys_header() {
    let world = World::start().await;
    let mut browser = world.browser();
    let path = format!("/pension?{}", "a".repeat(1_000));
    let mut newest = String::new();
    for _ in 0..6 {
        world.time.advance(1);
        newest = browser
            .get(&format!("/yimen/sign-in?return_to={path}"))
            .await
            .location();
        assert!(header(&browser) <= 4096, "{} bytes", header(&browser));
    }
    let landed = browser.get(&world.provider.agree(&newest)).await;
    assert_eq!(landed.location(), path);
    // What is longer is no place to come back to.
    let path = format!("/pension?{}", "a".repeat(2_000));
    let address = browser
        .get(&format!("/yimen/sign-in?return_to={path}"))
        .await
        .location();
    let landed = browser.get(&world.provider.agree(&address)).await;
    assert_eq!(landed.location(), "/");
}

#[tokio::test]
async fn another_sites_forms_leave_no_attempts_that_nobody_counts() {
    let world = World::start().await;
    let mut browser = world.browser();
    let path = format!("/pension?{}", "a".repeat(1_000));
    let mut newest = String::new();
    for _ in 0..8 {
        world.time.advance(1);
        // A browser keeps what the answer sets, and sent nothing along.
        let mut form = world.browser();
        let answer = form.submit("/yimen/sign-in", &format!("return_to={path}")).await;
        browser.cookies.extend(form.cookies);
        newest = answer.location();
        if newest.starts_with('/') {
            newest = browser.get(&newest).await.location();
        }
        assert!(header(&browser) <= 4096, "{} bytes", header(&browser));
    }
    let landed = browser.get(&world.provider.agree(&newest)).await;
    assert_eq!(landed.location(), path);
}
