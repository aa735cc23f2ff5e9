//! U+0000, which PostgreSQL stores in no text (SQLSTATE 22021), and ids longer than any: in every path, parameter and
//! field. Whatever comes of it, it is no fault of ours.

use super::methods::PATHS;
use super::names::NAMES;
use yimen_http_tests::{Page, TestApp};

/// As it stands in a path or a query.
const BAD: [&str; 4] = ["%00", "AAAAAAAAAAAAAAAAAAAAA%00", "a%00b", "%ff%00%fe"];

fn bad_values() -> Vec<String> {
    let mut values: Vec<String> = BAD.map(str::to_owned).to_vec();
    values.push("A".repeat(3_000));
    values
}

async fn expect_no_fault(request: reqwest::RequestBuilder, about: &str) {
    let status = request.send().await.unwrap().status().as_u16();
    assert!(status < 500, "{about}: {status}");
}

#[tokio::test]
async fn in_every_path() {
    let app = TestApp::start().await;
    for (path, methods) in PATHS {
        for bad in bad_values() {
            let paths = [
                path.replace("AAAAAAAAAAAAAAAAAAAAAA", &bad),
                format!("{path}{bad}"),
                format!("{path}/{bad}"),
            ];
            for (path, method) in paths
                .iter()
                .flat_map(|path| methods.iter().map(move |method| (path, method)))
            {
                let request = app.request(method, path);
                expect_no_fault(request, &format!("{method} {path:.80}")).await;
            }
        }
    }
}

#[tokio::test]
async fn in_every_parameter_without_a_session() {
    let app = TestApp::start().await;
    for (path, methods) in PATHS.iter().filter(|(path, _)| *path != "/dev/clock") {
        for bad in bad_values() {
            let all: Vec<String> = NAMES.iter().map(|name| format!("{name}={bad}")).collect();
            let all = if bad.len() > 100 {
                format!("client_id={bad}&token={bad}")
            } else {
                all.join("&")
            };
            for method in *methods {
                let about = format!("{method} {path} {bad:.20}");
                let request = app.request(method, &format!("{path}?{all}"));
                expect_no_fault(request, &about).await;
                let form = app
                    .request(method, path)
                    .header("origin", app.url(""))
                    .body(all.clone());
                let form = form.header("content-type", "application/x-www-form-urlencoded");
                expect_no_fault(form, &about).await;
            }
        }
    }
}

/// Sends the button's form with each of its fields, and each of `more`, spoilt in turn.
async fn spoil(page: &Page, button: &str, more: &[&str]) {
    let form = page.form(button);
    let names: Vec<String> = form.fields.iter().map(|(name, _)| name.clone()).collect();
    for name in names.iter().map(String::as_str).chain(more.iter().copied()) {
        for bad in ["\0", "a\0b", "138\u{0}00000001", &"A".repeat(3_000)] {
            let answer = form.clone().fill(name, bad).submit().await;
            assert!(
                answer.status() < 500,
                "{button} with {name}={bad:.20?}: {}",
                answer.status()
            );
        }
    }
}

#[tokio::test]
async fn in_every_field_of_our_own_forms() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    let number = resident.follow(&client.sign_in()).await;
    spoil(&number, "#send-code", &["phone"]).await;
    let code = resident.ask_for_code(&number).await;
    spoil(&code, "#verify", &["code"]).await;
    let allow = resident.enter_code(&code).await;
    spoil(&allow, "#allow", &["item"]).await;
    resident.sign_in_to(&client).await;
    let account = resident.browser.get("/account").await;
    for button in ["#services button[value=all]", "#services button[value=phone]"] {
        spoil(&account, button, &["confirmed"]).await;
        let asked = account.press(button, &[]).await;
        spoil(&asked, "#confirm", &[]).await;
    }
    for button in ["#sign-out-everywhere", "#sign-out"] {
        let mut ending = account
            .form(button)
            .fill("session", "a\0b")
            .fill("confirmed", "yes");
        ending.action.set_path("/account/sessions/end");
        assert!(ending.submit().await.status() < 500);
    }
    let page = resident.browser.get("/account?done=withdrawn&client=a%00b").await;
    assert_eq!(page.status(), 200);
}

#[tokio::test]
async fn in_every_parameter_of_a_good_request() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    let tokens = resident.sign_in_to(&client).await;
    let request = client.sign_in();
    let names: Vec<String> = request.parameters.iter().map(|(name, _)| name.clone()).collect();
    let further = [
        "login_hint",
        "ui_locales",
        "id_token_hint",
        "prompt",
        "claims",
        "max_age",
        "response_mode",
    ];
    for name in names.iter().map(String::as_str).chain(further) {
        for bad in ["\0", "a\0b"] {
            let page = resident.browser.get(&request.clone().with(name, bad).url()).await;
            assert!(page.status() < 500, "{name}: {}", page.status());
        }
    }
    for bad in ["\0", "a\0b", &"A".repeat(3_000)] {
        for path in ["/oauth2/introspect", "/oauth2/revoke"] {
            assert!(client.call(path, &[("token", bad)]).await.status < 500, "{path}");
        }
        assert!(client.refresh(bad).await.status < 500);
        assert!(client.exchange(&request, bad).await.status < 500);
        let basic = app.request("POST", "/oauth2/token").basic_auth(bad, Some(bad));
        let basic = basic.form(&[("grant_type", "client_credentials"), ("scope", bad)]);
        expect_no_fault(basic, "Basic").await;
        let mut narrowed = vec![
            ("grant_type", "refresh_token"),
            ("refresh_token", tokens.refresh.as_str()),
        ];
        narrowed.push(("scope", bad));
        assert!(client.call("/oauth2/token", &narrowed).await.status < 500);
    }
    // What is bad may be kept for a while, and comes up again at the end.
    for name in ["state", "nonce"] {
        let kept = client.sign_in().with(name, "a\0b");
        let page = resident.go_on(resident.follow(&kept).await).await;
        let back = page.left_for().expect("an answer for the department");
        let pairs: Vec<_> = back.query_pairs().into_owned().collect();
        if let Some((_, code)) = pairs.iter().find(|(key, _)| key == "code") {
            let answer = client.exchange(&kept, code).await;
            assert!(answer.status < 500, "{name}: {} {}", answer.status, answer.body);
        }
    }
}
