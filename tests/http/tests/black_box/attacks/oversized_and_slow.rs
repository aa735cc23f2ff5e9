//! Too much, too slowly, or not HTTP at all.

use std::time::Duration;
use yimen_http_tests::{Raw, Setup, TestApp, raw};

#[tokio::test]
async fn too_large_a_body_is_refused_everywhere() {
    let app = TestApp::start().await;
    let huge = "x".repeat(1 << 20);
    for path in [
        "/oauth2/authorize",
        "/oauth2/token",
        "/oauth2/introspect",
        "/oauth2/revoke",
        "/oauth2/userinfo",
        "/oauth2/logout",
        "/signin/AAAAAAAAAAAAAAAAAAAAAA/phone",
        "/account/sign-out",
        "/dev/clock",
    ] {
        // The server may hang up before it has read all of it.
        let sent = app.request("POST", path).form(&[("phone", &huge)]).send().await;
        if let Ok(answer) = sent {
            assert!(
                (400..500).contains(&answer.status().as_u16()),
                "{path}: {}",
                answer.status()
            );
        }
    }
    assert_eq!(app.get("/readyz").await.status, 200);
}

#[tokio::test]
async fn too_long_an_address_or_header_is_refused() {
    let app = TestApp::start().await;
    let port = app.port();
    for size in [9_000, 100_000, 1_000_000] {
        let request = format!(
            "GET /account?{} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
            "x".repeat(size)
        );
        assert!(raw(port, request.as_bytes()).await < 500, "{size}");
        let request = format!(
            "GET /account HTTP/1.1\r\nHost: localhost\r\nX: {}\r\nConnection: close\r\n\r\n",
            "x".repeat(size)
        );
        assert!(raw(port, request.as_bytes()).await < 500, "{size}");
    }
    let many: String = (0..2_000).map(|n| format!("X-{n}: y\r\n")).collect();
    let request = format!("GET /account HTTP/1.1\r\nHost: localhost\r\n{many}Connection: close\r\n\r\n");
    assert!(raw(port, request.as_bytes()).await < 500);
    assert_eq!(app.get("/readyz").await.status, 200);
}

#[tokio::test]
async fn what_is_not_http_is_not_answered() {
    let app = TestApp::start().await;
    let port = app.port();
    for bytes in [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".as_slice(),
        b"GET / HTTP/9.9\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
        b"GET /account HTTP/1.1\r\n\r\n",
        b"GET http://evil.example/account HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
        b"POST /oauth2/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n",
        b"POST /oauth2/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\nConnection: close\r\n\r\nabcdef",
        b"GET /acc\xffount HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"GET /account HTTP/1.1\r\nHost: localhost\r\nCookie: \xff\xfe\r\nConnection: close\r\n\r\n",
    ] {
        let status = raw(port, bytes).await;
        assert!(status < 500, "{:?}: {status}", String::from_utf8_lossy(bytes));
    }
    assert_eq!(app.get("/readyz").await.status, 200);
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
