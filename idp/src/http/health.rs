use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::app::App;

/// GET `/healthz`: the process runs.
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// GET `/readyz`: whether this node can serve, and which part cannot if not.
pub(super) async fn readyz(State(app): State<App>) -> Response {
    let (database, state) = tokio::join!(app.db.ping(), app.state.ping());
    let say = |fine: bool| if fine { "ok" } else { "unavailable" };
    if let Err(fault) = &database {
        tracing::warn!(%fault, "not ready");
    }
    if let Err(fault) = &state {
        tracing::warn!(%fault, "not ready");
    }
    let ready = database.is_ok() && state.is_ok();
    let body = json!({ "ready": ready, "database": say(database.is_ok()), "state": say(state.is_ok()) });
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(body)).into_response()
}
