//! The API for operators' programs: who gets in, what they decide, and what describes it.

mod access;
mod departments;
mod description;

use serde_json::{Value, json};
use yimen_http_tests::{Answer, Client, Registration, TestApp};

const API: &str = "/api/admin/v1";
const HRSS: &str = "https://hrss.city.example";

/// An operator's program, registered for these scopes.
async fn program(app: &TestApp, id: &str, scopes: &[&str]) -> Client {
    let registration = Registration::new(id)
        .scope("openid")
        .option("--grant-type", "client_credentials");
    let option = |registration: Registration, scope: &&str| registration.option("--admin-scope", scope);
    app.register(scopes.iter().fold(registration, option)).await
}

async fn ask_token(app: &TestApp, client: &Client, more: &[(&str, &str)]) -> Answer {
    let resource = app.url(API);
    let form = [("grant_type", "client_credentials"), ("resource", &resource)];
    client.call("/oauth2/token", &[&form, more].concat()).await
}

async fn token(app: &TestApp, client: &Client) -> String {
    ask_token(app, client, &[]).await.field("access_token")
}

/// The path of a pattern, as one segment.
fn place(pattern: &str) -> String {
    let encoded: String = url::form_urlencoded::byte_serialize(pattern.as_bytes()).collect();
    format!("{API}/departments/{encoded}")
}

/// A call with a token, a body or none, and the state that it is about.
async fn call(
    app: &TestApp,
    token: &str,
    method: &str,
    path: &str,
    body: Option<Value>,
    version: &str,
) -> Answer {
    let mut request = app.request(method, path).bearer_auth(token);
    if let Some(body) = body {
        request = request
            .header("content-type", "application/json")
            .body(body.to_string());
    }
    if !version.is_empty() {
        request = request.header("if-match", version);
    }
    Answer::of(request).await
}

fn terms(name: &str) -> Value {
    json!({ "name": name, "organisation": "人社局", "scope": "openid phone" })
}

#[track_caller]
fn assert_problem(answer: &Answer, status: u16, code: &str) {
    assert_eq!(
        (answer.status, answer.field("code").as_str()),
        (status, code),
        "{}",
        answer.body
    );
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.json()["status"], status);
}
