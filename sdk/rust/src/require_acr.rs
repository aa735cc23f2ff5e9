//! A layer for what only a person may do whose sign-in reaches a level.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use tower::{Layer, Service};

use crate::error::Error;
use crate::visit::Visit;

/// Made by [`require_acr`].
#[derive(Clone, Copy, Debug)]
pub struct RequireAcr(u8);

/// For routes that only people may use whose sign-in reaches this level: 1 a phone answered, 2 real name verified, 3
/// and a passkey, 4 seen in person.
///
/// Who opens a page with less is sent to confirm who they are, is asked only for what is missing, and comes back to the
/// same page; who submits a form is told to do so first; a script or a program gets 401 and JSON. Whoever will not
/// confirm gets a calm page, and nothing else changes for them.
///
/// ```no_run
/// # use axum::{Router, routing::get};
/// # fn routes() -> Router {
/// Router::new().route("/filing", get("…").post("…")).route_layer(yimen_sdk::require_acr(3))
/// # }
/// ```
///
/// [`Yimen::layer`](crate::Yimen::layer) belongs around it.
#[must_use]
pub const fn require_acr(level: u8) -> RequireAcr {
    RequireAcr(level)
}

impl<S> Layer<S> for RequireAcr {
    type Service = RequireAcrService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RequireAcrService { inner, level: self.0 }
    }
}

/// Routes with [`RequireAcr`] around them.
#[derive(Clone, Debug)]
pub struct RequireAcrService<S> {
    inner: S,
    level: u8,
}

impl<S> Service<Request> for RequireAcrService<S>
where
    S: Service<Request, Response = Response> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let next = self.inner.clone();
        // The one that was polled ready is the one to call.
        let mut inner = mem::replace(&mut self.inner, next);
        let level = self.level;
        Box::pin(async move {
            let Some(visit) = request.extensions().get::<Visit>().cloned() else {
                return Ok(Error::NoLayer.into_response());
            };
            match visit.person(request.headers()).await {
                Ok(Some(person)) if person.level() >= Some(level) => inner.call(request).await,
                Ok(_) => Ok(Error::LevelTooLow { level }.into_response()),
                Err(error) => Ok(error.into_response()),
            }
        })
    }
}
