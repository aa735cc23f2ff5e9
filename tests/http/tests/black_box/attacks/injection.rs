//! SQL, HTML, header lines and broken text in every field that somebody else fills in.

use yimen_http_tests::{Page, Registration, TestApp};

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

pub(super) fn assert_harmless(page: &Page, payload: &str) {
    assert!(
        page.status() < 500,
        "{payload:?} at {}: {}",
        page.url,
        page.status()
    );
    for raw in ["<script>alert", "<img src=x", "onerror=alert(1)>"] {
        assert!(
            !page.answer.body.contains(raw),
            "{payload:?} stands unescaped at {}",
            page.url
        );
    }
    assert!(!page.answer.body.contains("49${") && !page.answer.body.contains("49<%"));
    assert_eq!(page.answer.header("set-cookie").matches("evil").count(), 0);
    for word in ["syntax error", "SQLITE", "sqlx", "panicked", "src/"] {
        assert!(!page.answer.body.contains(word), "{word} stands at {}", page.url);
    }
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
    let resident = app.resident("13800000001");
    resident.sign_in().await;
    // The device's name comes from the User-Agent header, and is shown to the resident.
    assert!(
        !resident
            .browser
            .get("/account")
            .await
            .answer
            .body
            .contains("<script>alert")
    );
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
    url::form_urlencoded::byte_serialize(text.as_bytes())
        .collect::<String>()
        .replace('+', "%20")
}
