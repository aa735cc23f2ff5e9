//! The endpoints that programs talk to, asked wrongly.

use yimen_http_tests::{Answer, TestApp};

const POSTED: [&str; 6] = [
    "/oauth2/token",
    "/oauth2/par",
    "/oauth2/device_authorization",
    "/oauth2/introspect",
    "/oauth2/revoke",
    "/oauth2/userinfo",
];

fn assert_oauth_error(answer: &Answer, about: &str) {
    assert!(
        (400..500).contains(&answer.status),
        "{about}: {} {}",
        answer.status,
        answer.body
    );
    let json = answer.json();
    let error = json["error"].as_str().unwrap_or_default();
    assert!(
        !error.is_empty() && error.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'),
        "{about}: {json}"
    );
    let said = json["error_description"].as_str().unwrap_or_default();
    assert!(
        said.bytes()
            .all(|b| (b' '..=b'~').contains(&b) && b != b'"' && b != b'\\'),
        "{about}: {said}"
    );
}

#[tokio::test]
async fn bodies_that_are_no_form() {
    let app = TestApp::start().await;
    for path in POSTED {
        for (kind, body) in [
            (
                "application/json",
                b"{\"grant_type\":\"refresh_token\"}".as_slice(),
            ),
            ("text/plain", b"grant_type=refresh_token"),
            ("multipart/form-data; boundary=x", b"--x--"),
            ("application/x-www-form-urlencoded", b""),
            ("application/x-www-form-urlencoded", b"\xff\xfe%ff%zz&&&=="),
            ("application/x-www-form-urlencoded; charset=utf-16", b"g\0r\0"),
        ] {
            let request = app
                .request("POST", path)
                .header("content-type", kind)
                .body(body.to_vec());
            assert_oauth_error(&Answer::of(request).await, &format!("{path} as {kind}"));
        }
        let bare = Answer::of(app.request("POST", path)).await;
        assert_oauth_error(&bare, &format!("{path} without a body"));
    }
}

#[tokio::test]
async fn a_field_that_comes_twice() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    for (path, name) in [
        ("/oauth2/token", "grant_type"),
        ("/oauth2/token", "code"),
        ("/oauth2/token", "client_id"),
        ("/oauth2/introspect", "token"),
        ("/oauth2/revoke", "token"),
    ] {
        let answer = client.call(path, &[(name, "a"), (name, "a")]).await;
        answer.assert_error(400, "invalid_request");
    }
    let form = [("access_token", "a"), ("access_token", "b")];
    assert_eq!(app.post("/oauth2/userinfo", &form).await.status, 400);
}

#[tokio::test]
async fn values_of_any_length() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    for size in [0, 1, 5_000, 40_000] {
        let long = "A".repeat(size);
        for name in [
            "code",
            "refresh_token",
            "redirect_uri",
            "code_verifier",
            "scope",
            "grant_type",
        ] {
            let form = [
                ("grant_type", "authorization_code"),
                ("code", "x"),
                ("redirect_uri", "x"),
            ];
            let mut form: Vec<_> = form.into_iter().filter(|(other, _)| *other != name).collect();
            form.push((name, &long));
            assert_oauth_error(
                &client.call("/oauth2/token", &form).await,
                &format!("{name} of {size}"),
            );
        }
        let answer = client.introspect(&long).await;
        assert!(answer.status < 500, "{size}");
        assert!(client.revoke(&long).await.status < 500, "{size}");
        assert!(client.userinfo(&long).await.status < 500, "{size}");
    }
}

#[tokio::test]
async fn headers_that_make_no_sense() {
    let app = TestApp::start().await;
    for header in [
        "Basic",
        "Basic ",
        "Basic AAAA",
        "Basic %%%",
        "basic OjoK",
        "Bearer",
        "Bearer ",
        "Digest x",
        "",
        "DPoP x",
    ] {
        for path in POSTED {
            let request = app
                .request("POST", path)
                .header("authorization", header)
                .form(&[("token", "x"), ("grant_type", "refresh_token")]);
            let answer = Answer::of(request).await;
            assert_oauth_error(&answer, &format!("{path} with {header:?}"));
        }
        let answer = Answer::of(
            app.request("GET", "/oauth2/userinfo")
                .header("authorization", header),
        )
        .await;
        assert!(
            (400..500).contains(&answer.status),
            "{header:?}: {}",
            answer.status
        );
    }
    let twice = app
        .request("GET", "/oauth2/userinfo")
        .header("authorization", "Bearer a")
        .header("authorization", "Bearer b");
    assert!((400..500).contains(&Answer::of(twice).await.status));
}

#[tokio::test]
async fn an_authorization_request_sent_as_something_else() {
    let app = TestApp::start().await;
    for (kind, body) in [
        ("application/json", b"{}".as_slice()),
        ("application/x-www-form-urlencoded", b"\xff\xfe%ff"),
        ("application/x-www-form-urlencoded", b""),
    ] {
        for path in ["/oauth2/authorize", "/oauth2/logout"] {
            let request = app
                .request("POST", path)
                .header("content-type", kind)
                .body(body.to_vec());
            let answer = Answer::of(request).await;
            assert!(answer.status < 500, "{path} {kind}: {}", answer.status);
            // A posted logout goes on by GET, which brings the cookies.
            assert!(
                answer.status == 303 || answer.header("content-type").starts_with("text/html"),
                "{path} answers residents"
            );
        }
    }
    for query in [
        "",
        "&&&",
        "=&=",
        "%",
        "%zz=%zz",
        "client_id",
        "client_id=%ff%fe",
        "client_id[]=a&client_id[0]=b",
    ] {
        let answer = app.get(&format!("/oauth2/authorize?{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.body.contains("id=\"trace-id\""), "{query}");
    }
}
