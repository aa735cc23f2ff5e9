//! `/dev/*`: what only a development node shows.

use std::time::Duration;

use axum::Json;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::app::App;
use crate::account::PhoneNumber;
use crate::clock::Timestamp;
use crate::config::Span;
use crate::oidc::{Code, Form, WireError};
use crate::signin::pages::{OutboxMessage, OutboxPage};
use crate::sms::Posted;
use crate::web::Page;

#[derive(Deserialize)]
pub(super) struct To {
    #[serde(default)]
    phone: String,
}

fn messages(app: &App, phone: &str) -> Vec<Posted> {
    let Some(outbox) = app.sms.outbox() else { return Vec::new() };
    match PhoneNumber::read(phone, &app.config.settings.sms.country_codes) {
        Ok(number) => outbox.to(number.e164()),
        Err(_) => outbox.all(),
    }
}

/// GET `/dev/outbox`: the messages, newest first.
pub(super) async fn outbox(State(app): State<App>, page: Page, Query(to): Query<To>) -> Response {
    let messages = messages(&app, &to.phone)
        .into_iter()
        .map(|posted| OutboxMessage { phone: posted.phone, text: posted.text, code: posted.code, sent: posted.at })
        .collect();
    OutboxPage { page, messages }.into_response()
}

/// GET `/dev/outbox.json?phone=…`
pub(super) async fn outbox_json(State(app): State<App>, Query(to): Query<To>) -> Json<Value> {
    Json(json!(messages(&app, &to.phone)))
}

/// GET `/dev/clock`
pub(super) async fn read_clock(State(app): State<App>) -> Json<Value> {
    Json(clock_says(app.clock.now()))
}

/// POST `/dev/clock` with `advance=90s`: moves time forward.
pub(super) async fn move_clock(State(app): State<App>, form: Result<Form, WireError>) -> Result<Json<Value>, WireError> {
    let Form(parameters) = form?;
    let span = Span::parse(parameters.need("advance")?)
        .map_err(|fault| WireError::new(Code::InvalidRequest, format!("advance: {fault}")))?;
    app.clock.advance(span.get().min(Duration::from_secs(10 * 365 * 86_400)));
    // Keys follow the clock at once, so that a test need not wait for the ring's next look.
    app.keys.refresh(app.clock.now()).await.map_err(WireError::internal)?;
    Ok(Json(clock_says(app.clock.now())))
}

fn clock_says(now: Timestamp) -> Value {
    json!({ "now": now.millis(), "rfc3339": now.to_string() })
}
