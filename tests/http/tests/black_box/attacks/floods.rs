//! More than a node has room for: sign-ins begun and left, connections, requests at once.

use std::time::Duration;
use yimen_http_tests::{Answer, Raw, Registration, Setup, TestApp};

async fn from(app: &TestApp, address: &str, path: &str) -> reqwest::Response {
    let request = app.request("GET", path).header("x-forwarded-for", address);
    request.send().await.unwrap()
}

async fn behind_a_proxy(most: i64) -> TestApp {
    Setup::new()
        .set("http.trusted_proxies", vec!["127.0.0.0/8"])
        .set("http.sign_ins_per_minute", most)
        .start()
        .await
}

#[tokio::test]
async fn one_address_cannot_begin_sign_ins_without_end() {
    let app = behind_a_proxy(6).await;
    let client = app.client("hrss").await;
    let authorize = client.sign_in().url();
    for begun in 0..6 {
        // Every other one at a department's door; a browser without cookies reuses nothing.
        let path = if begun % 2 == 0 {
            "/account"
        } else {
            &authorize[app.url("").len()..]
        };
        assert_eq!(from(&app, "203.0.113.7", path).await.status(), 303, "{begun}");
    }
    for path in ["/account", &authorize[app.url("").len()..]] {
        let refused = from(&app, "203.0.113.7", path).await;
        assert_eq!(refused.status(), 429);
        assert_eq!(refused.headers()["retry-after"], "60");
        assert!(!refused.headers().contains_key("set-cookie"));
        let page = refused.text().await.unwrap();
        assert!(page.contains("id=\"trace-id\"") && page.contains("too_many_requests"));
    }
    // Its neighbours do not feel it, and neither does itself a minute later.
    assert_eq!(from(&app, "203.0.113.8", "/account").await.status(), 303);
    app.advance("61s").await;
    assert_eq!(from(&app, "203.0.113.7", "/account").await.status(), 303);
}

/// A department's own server pushes for all its residents; whoever says that they are an app may be anybody.
#[tokio::test]
async fn one_address_cannot_push_requests_without_end_in_the_name_of_an_app() {
    let app = behind_a_proxy(3).await;
    let public = app.register(Registration::new("app").public()).await;
    let keyed = app.register(Registration::new("hrss").with_key()).await;
    let request = public.sign_in();
    let from = async |address: &str| {
        let form = app
            .request("POST", "/oauth2/par")
            .header("x-forwarded-for", address);
        Answer::of(form.form(&request.form())).await
    };
    for _ in 0..3 {
        assert_eq!(from("203.0.113.7").await.status, 201);
    }
    let refused = from("203.0.113.7").await;
    refused.assert_error(503, "temporarily_unavailable");
    assert_eq!(refused.header("retry-after"), "5");
    assert_eq!(from("203.0.113.8").await.status, 201);
    for _ in 0..5 {
        assert_eq!(keyed.push(&keyed.sign_in()).await.status, 201);
    }
    app.advance("61s").await;
    assert_eq!(from("203.0.113.7").await.status, 201);
}

#[tokio::test]
async fn the_addresses_of_one_household_are_one_sender() {
    let app = behind_a_proxy(3).await;
    for host in 1..=3 {
        let address = format!("2001:db8:1:2::{host}");
        assert_eq!(from(&app, &address, "/account").await.status(), 303);
    }
    assert_eq!(from(&app, "2001:db8:1:2:ffff::9", "/account").await.status(), 429);
    assert_eq!(from(&app, "2001:db8:1:3::1", "/account").await.status(), 303);
}

#[tokio::test]
async fn more_connections_than_there_is_room_for_are_turned_away() {
    let app = Setup::new().set("http.max_connections", 4).start().await;
    let mut held = Vec::new();
    for _ in 0..4 {
        let mut connection = Raw::open(app.port()).await;
        connection
            .send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            .await;
        assert_eq!(
            connection.rest(Duration::from_millis(200)).await,
            None,
            "kept open"
        );
        held.push(connection);
    }
    let mut one_more = Raw::open(app.port()).await;
    one_more
        .send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await;
    let said = one_more
        .rest(Duration::from_secs(5))
        .await
        .expect("it is hung up on");
    assert!(
        said.starts_with("HTTP/1.1 503 ") && said.contains("Retry-After: 5"),
        "{said}"
    );
    drop(held);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(app.get("/readyz").await.status, 200);
}

#[tokio::test]
async fn one_sender_with_slow_bodies_leaves_room_for_everybody_else() {
    let app = Setup::new()
        .set("http.trusted_proxies", vec!["127.0.0.0/8"])
        .set("http.max_requests", 16)
        .start()
        .await;
    let mut held = Vec::new();
    for _ in 0..16 {
        let mut connection = Raw::open(app.port()).await;
        connection
            .send(
                b"POST /oauth2/token HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 203.0.113.7\r\n\
                Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 10\r\n\r\ngrant",
            )
            .await;
        held.push(connection);
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(from(&app, "203.0.113.7", "/privacy").await.status(), 503);
    assert_eq!(from(&app, "203.0.113.8", "/privacy").await.status(), 200);
}

#[tokio::test]
async fn more_requests_at_once_than_there_is_room_for_are_turned_away() {
    let app = Setup::new().set("http.max_requests", 2).start().await;
    let half = b"POST /oauth2/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\
        Content-Type: application/x-www-form-urlencoded\r\n\r\ngrant";
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut connection = Raw::open(app.port()).await;
        connection.send(half).await;
        held.push(connection);
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let refused: Answer = app.get("/account").await;
    assert_eq!((refused.status, refused.header("retry-after")), (503, "5"));
    assert!(refused.body.contains("id=\"trace-id\""));
    assert_eq!(app.get("/healthz").await.status, 200, "busy is not dead");
    drop(held);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(app.get("/readyz").await.status, 200);
}
