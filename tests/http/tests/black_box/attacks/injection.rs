//! SQL, HTML, header lines and broken text in every field that somebody else fills in.

use crate::bad_input::{NAMES, PATHS};
use url::form_urlencoded;
use yimen_http_tests::{Answer, Page, Registration, TestApp};

pub(super) const PAYLOADS: [&str; 10] = [
    "'; DROP TABLE account; --",
    "' OR '1'='1",
    "\" OR \"\"=\"",
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "{{7*7}}${7*7}<%= 7*7 %>",
    "x\r\nSet-Cookie: session=evil\r\n\r\n<h1>",
    "../../../../etc/passwd",
    "\u{0}\u{1}\u{202e}\u{feff}",
    "%00%0d%0a%3Cscript%3E",
];

#[track_caller]
pub(super) fn assert_harmless(page: &Page, payload: &str) {
    assert_harmless_at(page.url.as_str(), &page.answer, payload);
}

/// JSON is no page: what it quotes may hold a payload.
#[track_caller]
pub(super) fn assert_harmless_at(at: &str, answer: &Answer, payload: &str) {
    assert!(answer.status < 500, "{payload:?} at {at}: {}", answer.status);
    if answer.header("content-type").starts_with("text/html") {
        for raw in ["<script>alert", "<img src=x", "onerror=alert(1)>"] {
            assert!(!answer.body.contains(raw), "{payload:?} stands unescaped at {at}");
        }
    }
    assert!(!answer.body.contains("49${") && !answer.body.contains("49<%"));
    let cookies = answer.headers.get_all("set-cookie");
    assert!(
        cookies
            .iter()
            .all(|cookie| !cookie.as_bytes().starts_with(b"session=evil"))
    );
    for word in ["syntax error", "SQLITE", "sqlx", "panicked", "src/"] {
        assert!(!answer.body.contains(word), "{word} stands at {at}");
    }
}

/// Every name that anything of ours has, at every path, by whoever is not signed in.
#[tokio::test]
async fn in_every_parameter_at_every_path() {
    let app = TestApp::start().await;
    for (path, methods) in PATHS.iter().filter(|(path, _)| *path != "/dev/clock") {
        for payload in PAYLOADS {
            let fields: Vec<_> = NAMES.iter().map(|name| (*name, payload)).collect();
            let query = form_urlencoded::Serializer::new(String::new())
                .extend_pairs(&fields)
                .finish();
            for method in *methods {
                let about = format!("{method} {path}");
                let asked = app.request(method, &format!("{path}?{query}"));
                assert_harmless_at(&about, &Answer::of(asked).await, payload);
                let form = app.request(method, path).header("origin", app.url(""));
                assert_harmless_at(&about, &Answer::of(form.form(&fields)).await, payload);
            }
        }
    }
    assert_eq!(app.count("account").await, 0);
}

#[tokio::test]
async fn in_an_authorization_request() {
    let app = TestApp::start().await;
    let request = app.client("hrss").await.sign_in();
    let names = [
        "response_type",
        "client_id",
        "redirect_uri",
        "scope",
        "state",
        "nonce",
        "code_challenge",
        "code_challenge_method",
        "response_mode",
        "prompt",
        "max_age",
        "ui_locales",
        "login_hint",
        "acr_values",
        "id_token_hint",
        "claims",
        "display",
        "unheard_of",
    ];
    for payload in PAYLOADS {
        for name in names {
            let page = app
                .browser()
                .get(&request.clone().with(name, payload).url())
                .await;
            assert_harmless(&page, payload);
            if let Some(to) = page.left_for() {
                assert!(
                    to.as_str().starts_with(request.parameter("redirect_uri")),
                    "{name}: {to}"
                );
            }
        }
        let form_post = request
            .clone()
            .with("state", payload)
            .with("response_mode", "form_post")
            .with("prompt", "none");
        let page = app.browser().get(&form_post.url()).await;
        assert_harmless(&page, payload);
        let form = page.form("#continue");
        let state = form.fields.iter().find(|(name, _)| name == "state");
        // A form turns line ends and NUL into what HTML can hold; all else comes back as it was.
        if !payload.contains(['\r', '\u{0}']) {
            assert_eq!(state.map(|(_, value)| value.as_str()), Some(payload));
        }
    }
}

#[tokio::test]
async fn in_the_forms_of_the_pages() {
    let app = TestApp::start().await;
    let resident = app.resident("13800000001");
    let number = resident.browser.get("/account").await;
    for payload in PAYLOADS {
        for page in [
            number.press("#send-code", &[("phone", payload)]).await,
            number
                .press("#send-code", &[("phone", "13800000002"), ("token", payload)])
                .await,
            resident
                .browser
                .get(&format!("/signin/{}", encoded(payload)))
                .await,
            resident
                .browser
                .get(&format!("/consent/{}", encoded(payload)))
                .await,
            resident
                .browser
                .get(&format!("/oauth2/authorize/{}", encoded(payload)))
                .await,
            resident
                .browser
                .get(&format!(
                    "/account?done={}&client={}",
                    encoded(payload),
                    encoded(payload)
                ))
                .await,
        ] {
            assert_harmless(&page, payload);
        }
    }
    // A browser keeps eight sign-ins at most; the account pages asked for above have begun more.
    let number = resident.browser.get("/account").await;
    let code = resident.ask_for_code(&number).await;
    for payload in PAYLOADS {
        assert_harmless(&code.press("#verify", &[("code", payload)]).await, payload);
    }
    let account = resident.enter_code(&code).await;
    for payload in PAYLOADS {
        for (path, field) in [
            ("/account/sessions/end", "session"),
            ("/account/services/withdraw", "client"),
            ("/account/services/withdraw", "item"),
        ] {
            for confirmed in ["", "yes"] {
                let mut form = account.form("#sign-out-everywhere");
                form.action.set_path(path);
                let page = form
                    .fill("client", "hrss")
                    .fill("item", "all")
                    .fill(field, payload)
                    .fill("confirmed", confirmed)
                    .submit()
                    .await;
                assert_harmless(&page, payload);
            }
        }
    }
    assert!(
        resident.browser.get("/account").await.has("#devices"),
        "everything is still there"
    );
}

#[tokio::test]
async fn in_headers_and_cookies() {
    let app = TestApp::start().await;
    for payload in [
        "' OR '1'='1",
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
    ] {
        for header in [
            "accept-language",
            "user-agent",
            "x-forwarded-for",
            "x-request-id",
            "forwarded",
            "referer",
        ] {
            let answer = app
                .request("GET", "/account")
                .header(header, payload)
                .send()
                .await
                .unwrap();
            assert!(answer.status().as_u16() < 500, "{header}");
        }
        for name in [
            "session",
            "browser",
            "display",
            "language",
            "i-AAAAAAAAAAAAAAAAAAAAAA",
        ] {
            let answer = app
                .request("GET", "/account")
                .header("cookie", format!("{name}={payload}; {name}; ={payload}"))
                .send()
                .await
                .unwrap();
            assert!(answer.status().as_u16() < 500, "{name}");
        }
    }
}

/// What a device is called comes from the User-Agent header, and is shown to the resident in three places.
#[tokio::test]
async fn in_the_name_of_a_device() {
    let app = TestApp::start().await;
    let mut owner = app.resident("13800000001");
    owner.browser = owner
        .browser
        .naming_itself("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0");
    owner.sign_in().await;
    for agent in [
        "<script>alert(1)</script>",
        "Mozilla/5.0 (Windows NT 10.0; <script>alert(1)</script>) AppleWebKit/537.36 Chrome/126.0 Safari/537.36",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/126.0 \"><img src=x onerror=alert(1)> Safari/537.36",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/126.0 Safari/537.36 ' OR '1'='1",
    ] {
        app.advance("61s").await;
        let mut intruder = owner.elsewhere();
        intruder.browser = intruder.browser.naming_itself(agent);
        assert_harmless(&intruder.sign_in().await, agent);
    }
    let account = owner.browser.get("/account").await;
    assert_harmless(&account, "a device's name");
    for place in ["#devices", "#activity"] {
        let shown = account.text(place);
        assert!(
            shown.contains("Firefox") && shown.contains("Chrome"),
            "{place}: {shown}"
        );
        assert!(
            !shown.contains("alert(1)") && !shown.contains("OR '1'"),
            "{place}: {shown}"
        );
    }
    let export = owner.browser.get("/account/export").await;
    assert!(export.text("main").contains("Chrome"), "{}", export.url);
    assert_harmless(&export, "a device's name");
}

#[tokio::test]
async fn in_what_a_department_is_registered_with() {
    let app = TestApp::start().await;
    let (id, name) = ("o'hara<b>", "<script>alert(1)</script>'\"&");
    let client = app
        .register(
            Registration::new("evil")
                .option("--name-en", name)
                .option("--purpose", &format!("phone={name}"))
                .option("--purpose-en", &format!("phone={name}")),
        )
        .await;
    let (status, said) = app.command(&[
        "client",
        "add",
        "--id",
        id,
        "--name",
        name,
        "--department",
        name,
        "--redirect-uri",
        "https://evil.yunchuan.example/cb",
        "--scope",
        "openid phone",
    ]);
    assert!(status.success(), "{said}");
    let mut resident = app.resident("13800000001");
    resident.browser = resident.browser.speaking("en");
    resident.sign_in_to(&client).await;
    let request = client
        .sign_in_for("openid phone")
        .with("client_id", id)
        .with("redirect_uri", "https://evil.yunchuan.example/cb");
    let allow = resident.follow(&request).await;
    assert!(
        allow.text(".plaque .service").contains(name),
        "shown as it is written"
    );
    assert_harmless(&allow, name);
    request.read(&allow.press("#allow", &[]).await).code();
    assert_harmless(&resident.browser.get("/account").await, name);
}

#[tokio::test]
async fn at_the_protocol_endpoints() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    for payload in PAYLOADS {
        let code = [
            ("grant_type", "authorization_code"),
            ("code", payload),
            ("redirect_uri", payload),
        ];
        client
            .call("/oauth2/token", &code)
            .await
            .assert_error(400, "invalid_grant");
        client.refresh(payload).await.assert_error(400, "invalid_grant");
        assert_eq!(client.introspect(payload).await.json()["active"], false);
        assert_eq!(client.revoke(payload).await.status, 200);
        let form = [
            ("client_id", payload),
            ("client_secret", payload),
            ("grant_type", payload),
        ];
        app.post("/oauth2/token", &form)
            .await
            .assert_error(401, "invalid_client");
        let answer = app.post("/oauth2/userinfo", &[("access_token", payload)]).await;
        assert_eq!(answer.status, 401);
    }
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes())
        .collect::<String>()
        .replace('+', "%20")
}
