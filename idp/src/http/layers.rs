use std::any::Any;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_TYPE, REFRESH, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument as _;

use super::app::App;
use super::client_address::client_address;
use super::places::Places;
use super::protocol_errors::unavailable;
use super::serve::Peer;
use crate::clock::Clock;
use crate::config::Config;
use crate::rng::Rng;
use crate::signin::{REST, is_kiosk};
use crate::web::{ClientAddress, Cookies, ErrorKind, PageError, RequestId, dress_errors};

/// The layers around every route, from the inside out: a limit on time, error pages in the
/// resident's language, and what is known of the request.
pub(super) fn layered(routes: Router, app: &App) -> Router {
    let limit = app.config.settings.http.body_limit;
    let places = Places::new(app.config.settings.http.max_requests, app.senders);
    let outermost = Outermost {
        config: Arc::clone(&app.config),
        clock: app.clock.clone(),
        rng: app.rng.clone(),
    };
    routes
        .layer(DefaultBodyLimit::max(limit))
        .layer(from_fn_with_state(outermost.clone(), end_in_time))
        .layer(from_fn_with_state(places, shed))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(app.site.clone(), dress_errors))
        .layer(from_fn_with_state(outermost, note_facts))
}

/// A handler's panic is a fault of ours: a page that says so, not a connection that breaks.
fn panicked(_: Box<dyn Any + Send>) -> Response {
    PageError::new(ErrorKind::Internal)
        .because("a handler panicked")
        .into_response()
}

#[derive(Clone)]
struct Outermost {
    config: Arc<Config>,
    clock: Clock,
    rng: Rng,
}

/// Notes the request's one `now`, its id and its sender.
async fn note_facts(State(known): State<Outermost>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<Peer>().map(|peer| peer.0);
    if let Some(peer) = peer {
        let trusted = &known.config.settings.http.trusted_proxies;
        let address = client_address(peer, request.headers(), trusted);
        request.extensions_mut().insert(ClientAddress(address));
    }
    request.extensions_mut().insert(known.clock.now());
    let id = RequestId::new(&known.rng);
    // The level at which no filter leaves it out: each line of the log tells to which request it belongs.
    let span = tracing::error_span!("request", %id, reference = %id.reference());
    request.extensions_mut().insert(id);
    let rest = rest_after(&known.config, &request);
    let mut response = next.run(request).instrument(span).await;
    if let Some(rest) = rest.filter(|_| is_page(&response)) {
        response.headers_mut().insert(REFRESH, rest);
    }
    response
        .headers_mut()
        .entry(X_CONTENT_TYPE_OPTIONS)
        .or_insert(HeaderValue::from_static("nosniff"));
    if known.config.public_url.is_https() {
        let a_year = HeaderValue::from_static("max-age=31536000");
        response
            .headers_mut()
            .entry(STRICT_TRANSPORT_SECURITY)
            .or_insert(a_year);
    }
    response
}

/// On a kiosk a page that nobody touches goes by itself, without any script.
fn rest_after(config: &Config, request: &Request) -> Option<HeaderValue> {
    let cookies = Cookies::for_url(config.public_url.url());
    let is_due = request.uri().path() != REST && is_kiosk(cookies, request.headers());
    let idle = config.settings.session.kiosk_idle.get().as_secs();
    is_due
        .then(|| HeaderValue::try_from(format!("{idle}; url={REST}")).ok())
        .flatten()
}

fn is_page(response: &Response) -> bool {
    let kind = response.headers().get(CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

/// Answers at once what there is no room for, so that the rest is answered in time.
async fn shed(State(places): State<Arc<Places>>, request: Request, next: Next) -> Response {
    // A node that is busy is alive: nobody should kill it for that.
    if request.uri().path() == "/healthz" {
        return next.run(request).await;
    }
    let address = request
        .extensions()
        .get::<ClientAddress>()
        .map(|address| address.0);
    match places.take(address) {
        Some(_place) => next.run(request).await,
        None => unavailable(
            request.uri().path(),
            "as many requests as http.max_requests allows, in all or for one sender, are under way",
        ),
    }
}

/// Ends a request that takes too long, slow senders included.
async fn end_in_time(State(known): State<Outermost>, request: Request, next: Next) -> Response {
    let limit = known.config.settings.http.request_timeout.get();
    let path = request.uri().path().to_owned();
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => unavailable(&path, "the request took too long"),
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::routing::get;
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test]
    async fn a_handler_that_panics_is_answered_for() {
        async fn fault() -> &'static str {
            panic!("a fault of ours")
        }
        let routes = Router::new()
            .route("/", get(fault))
            .layer(CatchPanicLayer::custom(panicked));
        let request = Request::get("/").body(Body::empty()).unwrap();
        let response = routes.oneshot(request).await.unwrap();
        assert_eq!(response.status(), 500);
    }
}
