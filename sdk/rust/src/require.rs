//! A layer for what only a person may do whose sign-in reaches a level, or is recent.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use tower::{Layer, Service};

use crate::demand::Demand;
use crate::error::Error;
use crate::visit::Visit;

/// Made by [`require_acr`] and [`require_fresh`].
#[derive(Clone, Copy, Debug)]
pub struct Require {
    level: Option<u8>,
    max_age: Option<Duration>,
}

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
///
/// # Panics
/// At the start, where there is no such level: nobody would ever get in.
#[must_use]
pub const fn require_acr(level: u8) -> Require {
    assert!(level >= 1 && level <= 4, "the levels are 1 to 4");
    Require {
        level: Some(level),
        max_age: None,
    }
}

/// For routes that only people may use who proved who they are at most so long ago, such as changing where money is paid
/// to: a session may be hours old, and somebody else may have sat down at the screen. Less than a minute counts as one.
///
/// Who comes later is sent to confirm that it is still them, and all else is as with [`require_acr`]; both at once are
/// `require_acr(3).fresh(within)`.
///
/// ```no_run
/// # use std::time::Duration;
/// # use axum::{Router, routing::get};
/// # fn routes() -> Router {
/// let fresh = yimen_sdk::require_fresh(Duration::from_secs(300));
/// Router::new().route("/bank-account", get("…").post("…")).route_layer(fresh)
/// # }
/// ```
#[must_use]
pub const fn require_fresh(within: Duration) -> Require {
    Require {
        level: None,
        max_age: Some(within),
    }
}

impl Require {
    /// And recent, as with [`require_fresh`].
    #[must_use]
    pub const fn fresh(self, within: Duration) -> Self {
        Self {
            max_age: Some(within),
            ..self
        }
    }
}

impl<S> Layer<S> for Require {
    type Service = RequireService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RequireService {
            inner,
            require: *self,
        }
    }
}

/// Routes with [`Require`] around them.
#[derive(Clone, Debug)]
pub struct RequireService<S> {
    inner: S,
    require: Require,
}

impl<S> Service<Request> for RequireService<S>
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
        let Require { level, max_age } = self.require;
        Box::pin(async move {
            let Some(visit) = request.extensions().get::<Visit>().cloned() else {
                return Ok(Error::NoLayer.into_response());
            };
            match visit.person(request.headers()).await {
                Ok(Some(person)) if person.meets(Demand::new(level, max_age)) => inner.call(request).await,
                Ok(_) => Ok(Error::InsufficientAuthentication { level, max_age }.into_response()),
                Err(error) => Ok(error.into_response()),
            }
        })
    }
}
