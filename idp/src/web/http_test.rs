//! The room over HTTP: extractors, error pages, assets and the display switch on a small router.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::DefaultBodyLimit;
use axum::http::header::{
    ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, LOCATION,
    ORIGIN, REFERER, RETRY_AFTER,
};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use tower::ServiceExt as _;

use super::*;
use crate::rng::Rng;

const ORIGIN_OF_OURS: &str = "https://id.yunchuan.example";

async fn answer(form: PostedForm) -> Result<String, PageError> {
    form.check_token("abc")?;
    Ok(format!("{} {}", form.one("phone")?, form.all("item").count()))
}

async fn fail() -> PageError {
    PageError::new(ErrorKind::Unavailable).because("database: 13800000000")
}

fn app() -> Router {
    let site = Site::sample(ORIGIN_OF_OURS);
    Router::new()
        .route("/form", post(answer))
        .route("/fail", get(fail))
        .route("/json", get(|| async { StatusCode::NOT_FOUND }))
        .merge(routes())
        .fallback(|| async { PageError::new(ErrorKind::NotFound) })
        .method_not_allowed_fallback(|| async { PageError::new(ErrorKind::MethodNotAllowed) })
        .layer(from_fn_with_state(site.clone(), dress_errors))
        .layer(DefaultBodyLimit::max(1000))
        .with_state(site)
}

async fn send(mut request: Request<Body>) -> (StatusCode, HeaderMap, String) {
    request.extensions_mut().insert(RequestId::new(&Rng::system()));
    let response = app().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    (
        parts.status,
        parts.headers,
        String::from_utf8(body.to_vec()).unwrap(),
    )
}

fn form(body: impl Into<Body>) -> Request<Body> {
    Request::post("/form")
        .header(ORIGIN, ORIGIN_OF_OURS)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded;charset=utf-8")
        .body(body.into())
        .unwrap()
}

fn token() -> String {
    form_token(&[7; 32], "abc")
}

#[tokio::test]
async fn a_form_of_ours_is_read() {
    let (status, _, body) = send(form(format!("token={}&phone=1%2038&item=a&item=b", token()))).await;
    assert_eq!((status, body.as_str()), (StatusCode::OK, "1 38 2"));
}

#[tokio::test]
async fn a_faulty_form_ends_on_a_page() {
    let token = token();
    for (request, expected) in [
        (form("phone=1"), StatusCode::FORBIDDEN),
        (
            form(format!("token={token}&token={token}")),
            StatusCode::BAD_REQUEST,
        ),
        (
            form(format!("token={token}&phone=1&phone=2")),
            StatusCode::BAD_REQUEST,
        ),
        (form("x&".repeat(150)), StatusCode::BAD_REQUEST),
        (
            form(format!("token={token}&phone={}", "1".repeat(1000))),
            StatusCode::PAYLOAD_TOO_LARGE,
        ),
        (form(&b"\xff\xfe%ff=%"[..]), StatusCode::FORBIDDEN),
    ] {
        let (status, headers, body) = send(request).await;
        assert_eq!(status, expected, "{body}");
        assert!(
            headers[CONTENT_SECURITY_POLICY]
                .to_str()
                .unwrap()
                .contains("frame-ancestors 'none'")
        );
        assert!(body.contains("id=\"trace-id\""));
    }
}

#[tokio::test]
async fn a_form_from_elsewhere_or_of_another_type_is_refused() {
    let body = || Body::from(format!("token={}", token()));
    let mut foreign = form(body());
    foreign
        .headers_mut()
        .insert(ORIGIN, "https://evil.yunchuan.example".parse().unwrap());
    assert_eq!(send(foreign).await.0, StatusCode::FORBIDDEN);
    let mut plain = form(body());
    plain
        .headers_mut()
        .insert(CONTENT_TYPE, "text/plain".parse().unwrap());
    assert_eq!(send(plain).await.0, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn an_error_page_speaks_the_residents_language_and_keeps_the_cause_to_the_log() {
    let request = Request::get("/fail")
        .header(ACCEPT_LANGUAGE, "en")
        .body(Body::empty())
        .unwrap();
    let (status, headers, body) = send(request).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(headers[RETRY_AFTER], "5");
    assert_eq!(headers[CACHE_CONTROL], "no-store");
    assert!(body.contains("<html lang=\"en\">") && body.contains("We are busy"));
    assert!(!body.contains("13800000000"));
}

#[tokio::test]
async fn what_is_not_there_has_a_page_and_an_apis_own_answer_is_left_alone() {
    let get = |path: &str| Request::get(path).body(Body::empty()).unwrap();
    assert!(send(get("/nowhere")).await.2.contains("error: not_found"));
    assert!(send(get("/form")).await.2.contains("error: method_not_allowed"));
    assert!(
        send(get("/assets/nothing.css"))
            .await
            .2
            .contains("error: not_found")
    );
    assert_eq!(send(get("/json")).await.2, "");
}

#[tokio::test]
async fn an_asset_is_kept_for_ever_under_a_name_that_changes_with_it() {
    let path = assets::STYLESHEET.path.as_str();
    let (status, headers, body) = send(Request::get(path).body(Body::empty()).unwrap()).await;
    assert_eq!(
        (status, body.len()),
        (StatusCode::OK, assets::STYLESHEET.body.len())
    );
    assert_eq!(headers[CACHE_CONTROL], "public, max-age=31536000, immutable");
    let again = Request::get(path)
        .header(IF_NONE_MATCH, &headers[ETAG])
        .body(Body::empty())
        .unwrap();
    assert_eq!(send(again).await.0, StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn the_display_switch_comes_back_to_the_page_it_stands_on() {
    let page = send(Request::get("/privacy?a=1").body(Body::empty()).unwrap())
        .await
        .2;
    let switch = page
        .split("href=\"")
        .find_map(|rest| rest.split('"').next().filter(|url| url.contains("lang=en")));
    let switch = switch.unwrap().replace("&#38;", "&");
    let (status, headers, _) = send(Request::get(switch).body(Body::empty()).unwrap()).await;
    assert_eq!(
        (status, &headers[LOCATION]),
        (StatusCode::SEE_OTHER, &"/privacy?a=1".parse().unwrap())
    );
}

#[tokio::test]
async fn from_an_answer_to_a_form_it_comes_back_to_the_forms_page() {
    for (referer, expected) in [
        ("https://id.yunchuan.example/signin/abc", "%2Fsignin%2Fabc"),
        ("https://id.yunchuan.example.evil.example/x", "%2F"),
        ("https://evil.example/x", "%2F"),
    ] {
        let mut request = form("phone=1");
        request.headers_mut().insert(REFERER, referer.parse().unwrap());
        let body = send(request).await.2;
        assert!(body.contains(&format!("back={expected}\"")), "{referer}");
    }
}

#[tokio::test]
async fn junk_in_the_display_switch_leads_home() {
    for query in [
        "",
        "?back=//evil.example&lang=%ff",
        "?lang=en&lang=zh&back=%0d%0aSet-Cookie:x",
        "?&&=&",
    ] {
        let (status, headers, _) = send(
            Request::get(format!("/display{query}"))
                .body(Body::empty())
                .unwrap(),
        )
        .await;
        assert_eq!(
            (status, &headers[LOCATION]),
            (StatusCode::SEE_OTHER, &"/".parse().unwrap()),
            "{query}"
        );
    }
}
