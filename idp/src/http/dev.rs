//! `/dev/clock`: what only a development node has.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::app::App;
use crate::clock::Timestamp;
use crate::config::Span;
use crate::oidc::{Code, Form, WireError};

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
    Ok(Json(clock_says(app.clock.now())))
}

fn clock_says(now: Timestamp) -> Value {
    json!({ "now": now.millis(), "rfc3339": now.to_string() })
}
