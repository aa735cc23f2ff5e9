//! Too much, too slowly, or not HTTP at all.

use crate::bad_input::PATHS;
use std::time::Duration;
use yimen_http_tests::{Answer, HUNG_UP, Raw, Setup, TestApp, raw};

/// Posts a form as one of our own pages would.
async fn post(app: &TestApp, path: &str, size: usize) -> reqwest::Result<Answer> {
    let request = app.request("POST", path).header("origin", app.url(""));
    Answer::try_of(request.form(&[("phone", "x".repeat(size))])).await
}

/// By a page, or as the protocol has it. What is forged, missing or out of place would be answered otherwise.
#[track_caller]
fn assert_too_large(path: &str, answer: &Answer) {
    // Nothing that a stranger sends to the operators' interface is read.
    if path.starts_with("/api/") {
        assert_eq!(answer.status, 401, "{path}: {}", answer.body);
    } else if answer.status == 400 {
        assert!(
            answer.body.contains("the body is too large"),
            "{path}: {}",
            answer.body
        );
    } else {
        assert_eq!(answer.status, 413, "{path}: {}", answer.body);
        assert!(answer.body.contains("id=\"trace-id\""), "{path}: {}", answer.body);
    }
}

#[tokio::test]
async fn too_large_a_body_is_refused_everywhere() {
    let app = TestApp::start().await;
    let mut asked = 0;
    for (path, methods) in PATHS {
        if !methods.contains(&"POST") {
            continue;
        }
        asked += 1;
        let answer = post(&app, path, 100_000).await.expect("an answer");
        assert_too_large(path, &answer);
        // Of one that is larger than what lies in buffers, the server may hang up before it has read all.
        if let Ok(answer) = post(&app, path, 1 << 20).await {
            assert_too_large(path, &answer);
        }
    }
    assert!(asked > 40, "{asked}");
    assert_eq!(app.get("/readyz").await.status, 200);
}

/// An address, a header, and many headers, of so many octets.
fn long(size: usize) -> [String; 3] {
    let x = "x".repeat(size);
    let many: String = (0..size / 10).map(|n| format!("X-{n}: y\r\n")).collect();
    let end = "Connection: close\r\n\r\n";
    [
        format!("GET /account?{x} HTTP/1.1\r\nHost: localhost\r\n{end}"),
        format!("GET /account HTTP/1.1\r\nHost: localhost\r\nX: {x}\r\n{end}"),
        format!("GET /account HTTP/1.1\r\nHost: localhost\r\n{many}{end}"),
    ]
}

#[tokio::test]
async fn too_long_an_address_or_header_is_refused() {
    let app = TestApp::start().await;
    for size in [100_000, 1_000_000] {
        for request in long(size) {
            let status = raw(app.port(), request.as_bytes()).await;
            assert!(
                matches!(status, HUNG_UP | 414 | 431),
                "{size} octets, {request:.40}: {status}"
            );
        }
    }
    assert_eq!(app.get("/readyz").await.status, 200);
}

#[tokio::test]
async fn an_address_or_header_that_is_merely_long_is_read() {
    let app = TestApp::start().await;
    for request in &long(9_000)[..2] {
        assert_eq!(raw(app.port(), request.as_bytes()).await, 303, "{request:.40}");
    }
}

#[tokio::test]
async fn what_is_not_http_is_not_answered() {
    let app = TestApp::start().await;
    let post = |heads: &str, body: &str| {
        format!(
            "POST /oauth2/token HTTP/1.1\r\nHost: localhost\r\n{heads}\r\nConnection: close\r\n\r\n{body}"
        )
        .into_bytes()
    };
    let requests: Vec<Vec<u8>> = vec![
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(),
        b"GET / HTTP/9.9\r\n\r\n".to_vec(),
        b"\0\0\0\0\r\n\r\n".to_vec(),
        b"GET /acc\xffount HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".to_vec(),
        // Whose end two readers would see in two places (request smuggling, RFC 9112 §11.2).
        post("Content-Length: 5\r\nContent-Length: 6", "abcdef"),
        post("Content-Length: 5, 6", "abcdef"),
        post("Content-Length: +6", "abcdef"),
        post("Content-Length: -1", "abcdef"),
        post("Content-Length : 6", "abcdef"),
        post("Transfer-Encoding: gzip", "abcdef"),
        post("Transfer-Encoding: chunked, identity", "0\r\n\r\n"),
        post("Transfer-Encoding: chunked\r\n chunked", "0\r\n\r\n"),
        b"POST /oauth2/token HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".to_vec(),
    ];
    for bytes in requests {
        let status = raw(app.port(), &bytes).await;
        assert!(
            matches!(status, HUNG_UP | 400),
            "{:?}: {status}",
            String::from_utf8_lossy(&bytes)
        );
    }
    assert_eq!(app.get("/readyz").await.status, 200);
}

/// Sends a request with these lengths and no body, and another right behind it; all that is said.
async fn answers_after(app: &TestApp, lengths: &str) -> String {
    let mut connection = Raw::open(app.port()).await;
    let request = format!(
        "POST /oauth2/token HTTP/1.1\r\nHost: localhost\r\n{lengths}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\n0\r\n\r\n\
         GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    );
    connection.send(request.as_bytes()).await;
    let said = connection.rest(Duration::from_secs(60)).await;
    said.expect("it is hung up on")
}

/// Of two lengths the chunks count, and the connection ends with the answer (RFC 9112 §6.1): what a proxy took for the
/// body is no request here.
#[tokio::test]
async fn after_a_request_of_two_lengths_nothing_is_read() {
    let app = TestApp::start().await;
    let lawful = answers_after(&app, "Transfer-Encoding: chunked").await;
    assert!(lawful.contains("HTTP/1.1 200 "), "{lawful}");
    for lengths in [
        "Content-Length: 60\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 60",
    ] {
        let said = answers_after(&app, lengths).await;
        assert!(!said.contains("HTTP/1.1 200 "), "{lengths}: {said}");
        assert!(said.matches("HTTP/1.1 ").count() <= 1, "{lengths}: {said}");
    }
}

/// Lawful, and odd: whatever a request calls us or brings along, the answer is about ourselves.
#[tokio::test]
async fn what_names_another_host_or_none_is_led_nowhere_else() {
    let app = TestApp::start().await;
    for head in [
        b"GET /account HTTP/1.1\r\n".as_slice(),
        b"GET http://evil.example/account HTTP/1.1\r\nHost: evil.example\r\n",
        b"GET /account HTTP/1.1\r\nHost: evil.example\r\n",
        b"GET /account HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-Host: evil.example\r\n",
        b"GET /account HTTP/1.1\r\nHost: localhost\r\nCookie: \xff\xfe\r\n",
    ] {
        let mut connection = Raw::open(app.port()).await;
        connection
            .send(&[head, b"Connection: close\r\n\r\n"].concat())
            .await;
        let said = connection.rest(Duration::from_secs(20)).await;
        let said = said.expect("it is hung up on").to_ascii_lowercase();
        let about = String::from_utf8_lossy(head);
        assert!(!said.contains("evil.example"), "{about}: {said}");
        assert!(
            said.starts_with("http/1.1 400 ") || said.contains("\r\nlocation: /signin/"),
            "{about}: {said}"
        );
    }
}

#[tokio::test]
async fn a_sender_who_dawdles_is_hung_up_on() {
    let setup = Setup::new()
        .set("http.request_timeout", "3s")
        .set("sms.timeout", "1s");
    let app = setup.start().await;
    let mut body = Raw::open(app.port()).await;
    body.send(b"POST /oauth2/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\ngrant").await;
    let mut head = Raw::open(app.port()).await;
    head.send(b"GET /account HTTP/1.1\r\nHost: loc").await;
    let mut silent = Raw::open(app.port()).await;
    let mut undecided = Raw::open(app.port()).await;
    undecided.send(b"P").await;
    for (what, connection) in [
        ("body", &mut body),
        ("head", &mut head),
        ("nothing", &mut silent),
        ("one letter", &mut undecided),
    ] {
        let began = std::time::Instant::now();
        let answer = connection.rest(Duration::from_secs(40)).await;
        println!("a slow {what} was given up after {:?}", began.elapsed());
        assert!(answer.is_some(), "a slow {what} is kept for ever");
    }
}

#[tokio::test]
async fn many_who_dawdle_keep_nobody_else_out() {
    let app = TestApp::start().await;
    let mut slow = Vec::new();
    for _ in 0..200 {
        let mut connection = Raw::open(app.port()).await;
        connection
            .send(
                b"POST /oauth2/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\
                  Content-Type: application/x-www-form-urlencoded\r\n\r\n",
            )
            .await;
        slow.push(connection);
    }
    app.resident("13800000001").sign_in().await;
}
