//! `/dev/clock`: what only a development node has.

use std::net::IpAddr;
use std::time::Duration;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use super::app::App;
use super::sweep::sweep;
use crate::clock::Timestamp;
use crate::config::Span;
use crate::oidc::{Code, Form, WireError};
use crate::web::{asked_host, check_same_origin, is_local_name};

/// Keeps other sites out that a developer's browser visits: one whose name resolves to this machine (DNS rebinding)
/// would read the codes, one that posts a form would move the clock.
pub(super) async fn for_this_machine(State(app): State<App>, request: Request, next: Next) -> Response {
    let own = &app.config.public_url;
    let host = asked_host(request.uri(), request.headers());
    let is_ours =
        host.is_some_and(|host| names_this_machine(host) || own.origin().ends_with(&format!("//{host}")));
    let is_own_form =
        request.method() == Method::GET || check_same_origin(request.headers(), own.origin()).is_ok();
    if is_ours && is_own_form {
        next.run(request).await
    } else {
        let why = "/dev/* answers requests to this machine by its own name, and from no other site\n";
        (StatusCode::FORBIDDEN, why).into_response()
    }
}

/// Whether a `Host` is a name or address that nobody else's name can resolve to.
fn names_this_machine(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => name,
        _ => host,
    };
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    is_local_name(bare) || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// GET `/dev/clock`
pub(super) async fn read_clock(State(app): State<App>) -> Json<Value> {
    Json(clock_says(app.clock.now()))
}

/// POST `/dev/clock` with `advance=90s`: moves time forward.
pub(super) async fn move_clock(
    State(app): State<App>,
    form: Result<Form, WireError>,
) -> Result<Json<Value>, WireError> {
    let Form(parameters) = form?;
    let span = Span::parse(parameters.need("advance")?)
        .map_err(|fault| WireError::new(Code::InvalidRequest, format!("advance: {fault}")))?;
    app.clock
        .advance(span.get().min(Duration::from_secs(10 * 365 * 86_400)));
    // Keys follow the clock at once, so that a test need not wait for the ring's next look.
    app.keys
        .refresh(app.clock.now())
        .await
        .map_err(WireError::internal)?;
    // And what is over by then goes at once.
    sweep(&app).await;
    Ok(Json(clock_says(app.clock.now())))
}

fn clock_says(now: Timestamp) -> Value {
    json!({ "now": now.millis(), "rfc3339": now.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_goes_by_names_that_nobody_else_can_have() {
        for host in [
            "localhost",
            "localhost:8000",
            "id.localhost:1",
            "127.0.0.1:8000",
            "[::1]:8000",
            "[::1]",
        ] {
            assert!(names_this_machine(host), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "localhost.evil.example:8000",
            "evillocalhost",
            "192.0.2.1",
            "[2001:db8::1]:80",
        ] {
            assert!(!names_this_machine(host), "{host}");
        }
    }
}
