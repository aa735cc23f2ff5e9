//! A layer for what only a person may do whose sign-in reaches a level, or is recent, or who has been asked for a record
//! that another department holds.

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
use crate::record::Record;
use crate::visit::Visit;

/// Made by [`require_acr`], [`require_fresh`] and [`require_record`].
#[derive(Clone, Debug)]
pub struct Require {
    level: Option<u8>,
    max_age: Option<Duration>,
    records: Vec<Record>,
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
        records: Vec::new(),
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
        records: Vec::new(),
    }
}

/// For routes that want to read a record that another department holds, such as what somebody has paid into social
/// security: whoever opens a page has been asked for it before the handler runs, at sign-in if they were not signed in,
/// and comes back to the same page whether they said yes or no. The handler reads it by
/// [`Person::read`](crate::Person::read), and says what somebody is to do who has said no, such as to hand it in
/// themselves.
///
/// Nobody is asked twice in one session, unless they took their yes back; who has allowed it until some day is not asked
/// before that day. A page that has heard no may offer a link to be asked again,
/// [`Person::asking_address`](crate::Person::asking_address). Who submits a form without having been asked is told so, and
/// a script or a program gets 401 and JSON with `consent_required`.
///
/// ```no_run
/// # use axum::{Router, routing::get};
/// # use serde::Deserialize;
/// use yimen_sdk::{Error, Reading, Record, SignedIn, require_record};
///
/// const HRSS: &str = "https://hrss.city.example";
///
/// #[derive(Deserialize)]
/// struct Contributions {
///     months: u32,
/// }
///
/// fn record() -> Record {
///     Record::of(HRSS, "contribution_record").purpose("rent_subsidy")
/// }
///
/// async fn subsidy(person: SignedIn) -> Result<String, Error> {
///     let address = format!("{HRSS}/api/contributions");
///     Ok(match person.read::<Contributions>(&record(), &address).await? {
///         Reading::Found(paid) => format!("{} months", paid.months),
///         Reading::Nothing => "you have never paid in".to_owned(),
///         Reading::Declined => "please upload your statement".to_owned(),
///     })
/// }
///
/// # fn routes() -> Router {
/// Router::new().route("/subsidy", get(subsidy).route_layer(require_record(record())))
/// # }
/// ```
#[must_use]
pub fn require_record(record: Record) -> Require {
    Require {
        level: None,
        max_age: None,
        records: vec![record],
    }
}

impl Require {
    /// And recent, as with [`require_fresh`].
    #[must_use]
    pub const fn fresh(mut self, within: Duration) -> Self {
        self.max_age = Some(within);
        self
    }

    /// And asked for this record, as with [`require_record`], on the same way.
    #[must_use]
    pub fn record(mut self, record: Record) -> Self {
        self.records.push(record);
        self
    }
}

impl<S> Layer<S> for Require {
    type Service = RequireService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RequireService {
            inner,
            require: self.clone(),
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
        let Require {
            level,
            max_age,
            records,
        } = self.require.clone();
        Box::pin(async move {
            let Some(visit) = request.extensions().get::<Visit>().cloned() else {
                return Ok(Error::NoLayer.into_response());
            };
            let demand = Demand::new(level, max_age).with(records);
            match visit.person(request.headers()).await {
                Ok(Some(person)) if person.meets(&demand) => inner.call(request).await,
                Ok(Some(person)) => Ok(visit.ask_for(&person.as_answered(demand))),
                Ok(None) => Ok(visit.ask_for(&demand)),
                Err(error) => Ok(error.into_response()),
            }
        })
    }
}
