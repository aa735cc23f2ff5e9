use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Request, StatusCode};

use super::house::{House, ORIGIN_OF_OURS};
use super::walk::form;

const PHONE: &str = "13812345678";

#[tokio::test]
async fn whatever_is_typed_gets_a_page() {
    let house = House::open().await;
    let mut browser = house.browser();
    let id = browser.begin().await;
    let token = browser.get(&format!("/signin/{id}")).await.token();
    let path = format!("/signin/{id}/phone");
    let long = "1".repeat(30_000);
    for phone in [
        "",
        " ",
        "abc",
        "123",
        "<b>x</b>",
        "'; DROP TABLE account; --",
        "+852 5123 4567",
        "\0",
        "😀",
        &long,
    ] {
        let reply = browser.post(&path, &[("token", &token), ("phone", phone)]).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{phone:.40}");
        assert!(
            reply.body.contains(r#"id="phone-error""#) && !reply.body.contains("<b>x"),
            "{phone:.40}"
        );
    }
    browser.post(&path, &[("token", &token), ("phone", PHONE)]).await;
    let path = format!("/signin/{id}/code");
    for code in ["", "12345", "1234567", "abcdef", "<b>x</b>", "\0", &long] {
        let reply = browser.post(&path, &[("token", &token), ("code", code)]).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{code:.40}");
        assert!(reply.body.contains(r#"id="code-error""#), "{code:.40}");
    }
    assert_eq!(house.failures().await, 0, "what is no code is no wrong code");
}

#[tokio::test]
async fn a_form_that_is_no_form_is_refused() {
    let house = House::open().await;
    let mut browser = house.browser();
    let id = browser.begin().await;
    let token = browser.get(&format!("/signin/{id}")).await.token();
    let path = format!("/signin/{id}/phone");
    let twice = [("token", token.as_str()), ("phone", PHONE), ("phone", PHONE)];
    assert_eq!(browser.post(&path, &twice).await.status, StatusCode::BAD_REQUEST);
    for (kind, body) in [("application/json", "{}"), ("text/plain", "phone=1"), ("", "")] {
        let request = Request::post(&path)
            .header("origin", ORIGIN_OF_OURS)
            .header(CONTENT_TYPE, kind)
            .body(Body::from(body))
            .unwrap();
        assert_eq!(
            browser.send(request).await.status,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "{kind}"
        );
    }
    assert!(house.codes(PHONE).is_empty());
}

#[tokio::test]
async fn ids_that_are_none_are_not_found() {
    let house = House::open().await;
    let mut browser = house.browser();
    for id in ["x", "..%2f..%2fetc", "%00", &"A".repeat(300), "%E4%B8%80"] {
        assert_eq!(
            browser.get(&format!("/signin/{id}")).await.status,
            StatusCode::NOT_FOUND,
            "{id}"
        );
        let posted = browser
            .send(form(&format!("/signin/{id}/code"), &[("code", "123456")]))
            .await;
        assert_eq!(posted.status, StatusCode::NOT_FOUND, "{id}");
    }
    assert_eq!(
        browser.get(&format!("/signin/{}", "A".repeat(22))).await.status,
        StatusCode::GONE
    );
}

#[tokio::test]
async fn steps_out_of_order_lead_back_into_it() {
    let house = House::open().await;
    let mut browser = house.browser();
    let id = browser.begin().await;
    let token = browser.get(&format!("/signin/{id}")).await.token();
    assert_eq!(
        browser.get(&format!("/signin/{id}/code")).await.location,
        format!("/signin/{id}")
    );
    for (step, field) in [("code", ("code", "123456")), ("resend", ("x", ""))] {
        let reply = browser
            .post(&format!("/signin/{id}/{step}"), &[("token", &token), field])
            .await;
        assert_eq!(reply.location, format!("/signin/{id}"), "{step}");
    }
}

#[tokio::test]
async fn junk_cookies_are_nobody() {
    let house = House::open().await;
    let mut browser = house.browser();
    let id = browser.begin().await;
    for value in ["", "x", "\"", "a=b=c", &"x".repeat(4000)] {
        browser.cookies.insert("session".to_owned(), value.to_owned());
        browser.cookies.insert("browser".to_owned(), value.to_owned());
        assert_eq!(
            browser.get(&format!("/signin/{id}")).await.status,
            StatusCode::OK,
            "{value:.20}"
        );
    }
}

#[tokio::test]
async fn a_database_that_is_gone_signs_nobody_out() {
    let house = House::open().await;
    let mut browser = house.browser();
    browser.sign_in(PHONE).await;
    let id = browser.begin().await;
    house.signin.db.close().await;
    let reply = browser.get(&format!("/signin/{id}")).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(reply.set_cookies.is_empty(), "no cookie is cleared for it");
}
