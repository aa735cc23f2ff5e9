//! An authority of the demo's own: what a city's provider asks whether a name and a number belong together, as a
//! service of its own and by signed requests. It knows a handful of people, none of whom exists. Beside it, the carrier.

mod carrier;
mod people;
mod signature;

use std::future::Future;
use std::time::Duration;

use askama::Template;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::json;
use tokio::net::TcpListener;
use yimen_sdk::Clock;

use crate::department::Error;
pub use carrier::RECYCLED;
use people::Fate;
pub use people::{PEOPLE, Person};
use signature::Secret;

/// Longer than any provider waits.
const NEVER: Duration = Duration::from_secs(120);
const SOURCE: &str = "云川市人口库";
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const STYLE: &str = include_str!("../../assets/authority.css");

#[derive(Clone)]
struct Authority {
    secret: Secret,
    clock: Clock,
}

/// Answers at `/check` and `/recycled` until `shutdown`, and lists its people at `/`. `secret` is `whsec_` and base64.
pub async fn serve_counterparts(
    secret: &str,
    clock: Clock,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Error> {
    let secret = Secret::read(secret).ok_or(Error::Secret)?;
    Ok(axum::serve(listener, routes(Authority { secret, clock }))
        .with_graceful_shutdown(shutdown)
        .await?)
}

fn routes(authority: Authority) -> Router {
    Router::new()
        .route("/", get(list))
        .route(
            "/style.css",
            get(([(CONTENT_TYPE, "text/css; charset=utf-8")], STYLE)),
        )
        .route("/check", post(check))
        .route("/recycled", post(carrier::recycled))
        .with_state(authority)
}

#[derive(Template)]
#[template(path = "authority/people.html")]
struct List {
    people: &'static [Person],
}

async fn list() -> Response {
    match (List { people: PEOPLE }).render() {
        Ok(html) => ([(CONTENT_SECURITY_POLICY, POLICY)], Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be made");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// By name and number, or by what the network identity's app gave.
#[derive(Deserialize)]
struct Question {
    transaction: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    number: String,
    #[serde(default)]
    assertion: String,
    /// A JPEG in base64, where one was taken of whoever stands there.
    photo: Option<String>,
}

async fn check(State(authority): State<Authority>, headers: HeaderMap, body: Bytes) -> Response {
    let now = authority.clock.now();
    if !authority.secret.has_signed(&headers, &body, now) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let Ok(question) = serde_json::from_slice::<Question>(&body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let Ok(photo) = question
        .photo
        .as_deref()
        .map(|text| STANDARD.decode(text))
        .transpose()
    else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let found = PEOPLE.iter().find(|person| question.is_about(person));
    if found.is_some_and(|person| person.fate == Fate::Silent) {
        tokio::time::sleep(NEVER).await;
    }
    let found = found.filter(|person| question.name.is_empty() || question.name == person.recorded_as());
    let found = found.filter(|_| photo.is_none_or(|photo| !is_of_somebody_else(&photo)));
    let mut answer = json!({
        "transaction": question.transaction,
        "matched": found.is_some(),
        "source": SOURCE,
    });
    if let Some(person) = found {
        answer["name"] = person.name.into();
        answer["person"] = person.app.into();
        answer["minor"] = (person.fate == Fate::Minor).into();
        answer["deceased"] = (person.fate == Fate::Deceased).into();
    }
    let answer = answer.to_string();
    let headers = authority.secret.sign(&question.transaction, &answer, now);
    (headers, [(CONTENT_TYPE, "application/json")], answer).into_response()
}

/// What a picture says in its comment, so that one that does not match can be made.
pub const SOMEBODY_ELSE: &str = "yimen-demo: somebody else";

/// This authority knows no faces: it believes the comment that a picture carries.
fn is_of_somebody_else(photo: &[u8]) -> bool {
    let mark = SOMEBODY_ELSE.as_bytes();
    photo.windows(mark.len()).any(|part| part == mark)
}

impl Question {
    fn is_about(&self, person: &Person) -> bool {
        if self.assertion.is_empty() {
            self.number == person.number
        } else {
            self.assertion == person.app
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use serde_json::Value;
    use tower::ServiceExt as _;

    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_396_361)
    }

    async fn ask(question: Value, signed_at: SystemTime) -> (StatusCode, Value) {
        ask_at("/check", question, signed_at).await
    }

    async fn ask_at(path: &str, question: Value, signed_at: SystemTime) -> (StatusCode, Value) {
        let secret = Secret::read(SECRET).unwrap();
        let authority = Authority {
            secret: secret.clone(),
            clock: Clock::new(now),
        };
        let body = question.to_string();
        let mut request = Request::post(path).body(Body::from(body.clone())).unwrap();
        let headers = secret.sign(question["transaction"].as_str().unwrap(), &body, signed_at);
        for (name, value) in headers {
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        let response = routes(authority).oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        if parts.status == StatusCode::OK {
            assert!(secret.has_signed(&parts.headers, &body, now()));
        }
        (parts.status, serde_json::from_slice(&body).unwrap_or_default())
    }

    fn question(name: &str, number: &str) -> Value {
        json!({ "transaction": "t1", "name": name, "number": number })
    }

    #[tokio::test]
    async fn each_of_its_people_is_answered_as_listed() {
        for (name, number, said) in [
            ("李秀英", "11010519491231002X", json!([true, false, false])),
            ("李秀莲", "11010519491231002X", json!([false, null, null])),
            ("李秀英", "440524188001010014", json!([false, null, null])),
            ("赵子虚", "100000199001010011", json!([false, null, null])),
            ("孙小朵", "100000202006010082", json!([true, true, false])),
            ("周远山", "10000019310412011X", json!([true, false, true])),
        ] {
            let (status, answer) = ask(question(name, number), now()).await;
            assert_eq!(status, StatusCode::OK);
            let found = json!([answer["matched"], answer["minor"], answer["deceased"]]);
            assert_eq!(found, said, "{name}");
            assert_eq!(answer["transaction"], "t1");
        }
    }

    #[tokio::test]
    async fn a_picture_of_somebody_else_matches_nobody() {
        let jpeg = |comment: &str| STANDARD.encode([b"\xff\xd8\xff\xfe", comment.as_bytes()].concat());
        for (photo, matched) in [
            (jpeg(""), json!(true)),
            (jpeg(SOMEBODY_ELSE), json!(false)),
            ("?".to_owned(), Value::Null),
        ] {
            let mut asked = question("李秀英", "11010519491231002X");
            asked["photo"] = photo.into();
            let (status, answer) = ask(asked, now()).await;
            assert_eq!(status.is_success(), !matched.is_null());
            assert_eq!(answer["matched"], matched);
        }
    }

    #[tokio::test]
    async fn a_network_identity_is_answered_with_the_name() {
        let asked = json!({ "transaction": "t1", "assertion": "WZ-CHEN-JING" });
        let (_, answer) = ask(asked, now()).await;
        assert_eq!(
            (&answer["matched"], &answer["name"]),
            (&json!(true), &json!("陈静"))
        );
    }

    #[tokio::test]
    async fn the_carrier_knows_of_one_number_that_it_was_given_away() {
        let of = |phone: &str| json!({ "transaction": "t1", "phone": phone, "since": 1_700_000_000 });
        let (status, answer) = ask_at("/recycled", of("+8613800000009"), now()).await;
        assert_eq!((status, &answer["recycled"]), (StatusCode::OK, &json!(true)));
        let (status, _) = ask_at("/recycled", of("+8613800000001"), now()).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        let old = now() - Duration::from_secs(301);
        let (status, _) = ask_at("/recycled", of("+8613800000009"), old).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
    }

    #[tokio::test]
    async fn what_is_not_signed_or_is_old_is_not_answered() {
        let asked = question("李秀英", "11010519491231002X");
        let (status, _) = ask(asked, now() - Duration::from_secs(301)).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        assert!(Secret::read("whsec_c2hvcnQ=").is_none());
    }
}
