//! The layer around the department's routes: answers `/yimen/*` and the entity configuration itself and tells the rest who is asking.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use http::{Method, StatusCode};
use tower::{Layer, Service};

use crate::backchannel::backchannel_logout;
use crate::callback::callback;
use crate::client::Yimen;
use crate::entity;
use crate::error::Failure;
use crate::fault::Fault;
use crate::kiosk::{KioskIdle, is_html};
use crate::page;
use crate::rest::rest;
use crate::sign_in::{sign_in, sign_in_by_form};
use crate::sign_out::{sign_out, signed_out_landing};
use crate::visit::Visit;

const LARGEST_FORM: usize = 64 * 1024;

/// Made by [`Yimen::layer`].
#[derive(Clone, Debug)]
pub struct YimenLayer(Yimen);

impl Yimen {
    /// Answers `/yimen/*` and `/.well-known/openid-federation`, and makes [`SignedIn`](crate::SignedIn) work in everything below it. Give it to the
    /// outermost router.
    #[must_use]
    pub fn layer(&self) -> YimenLayer {
        YimenLayer(self.clone())
    }
}

impl<S> Layer<S> for YimenLayer {
    type Service = YimenService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        YimenService {
            inner,
            yimen: self.0.clone(),
        }
    }
}

/// The department's routes with Yimen around them.
#[derive(Clone, Debug)]
pub struct YimenService<S> {
    inner: S,
    yimen: Yimen,
}

impl<S> Service<Request> for YimenService<S>
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
        let yimen = self.yimen.clone();
        Box::pin(async move {
            match Endpoint::of(&yimen, &request) {
                Some(endpoint) => {
                    let kiosk = KioskIdle::of_request(yimen.cookies(), request.headers());
                    let mut response = endpoint.answer(&yimen, request).await;
                    if let Some(kiosk) = kiosk.filter(|_| is_html(&response)) {
                        kiosk.watch(yimen.settings(), &mut response);
                    }
                    Ok(response)
                }
                None => pass_on(&mut inner, yimen, request).await,
            }
        })
    }
}

async fn pass_on<S>(inner: &mut S, yimen: Yimen, mut request: Request) -> Result<Response, S::Error>
where
    S: Service<Request, Response = Response>,
{
    if let Some(clean) = signed_out_landing(&yimen, request.uri()) {
        return Ok(clean);
    }
    let visit = Visit::new(yimen, request.method(), request.uri(), request.headers());
    request.extensions_mut().insert(visit.clone());
    let mut response = inner.call(request).await?;
    if let Some(Failure(error)) = response.extensions_mut().remove() {
        response = visit.refuse(error);
    }
    visit.keep_private(&mut response);
    visit.keep_for_nobody(&mut response);
    Ok(response)
}

#[derive(Clone, Copy)]
enum Endpoint {
    SignIn,
    Callback,
    SignOut,
    BackchannelLogout,
    Rest,
    Jwks,
    Registration,
    EntityConfiguration,
    Style,
    Private,
}

impl Endpoint {
    /// With the department's prefix, or without, where a proxy takes it off.
    fn of(yimen: &Yimen, request: &Request) -> Option<Self> {
        let path = request.uri().path();
        let inside = path.strip_prefix(yimen.settings().prefix()).unwrap_or(path);
        if inside == entity::PATH && yimen.federation_keys().is_some() {
            return Some(Self::EntityConfiguration);
        }
        Some(
            match inside
                .strip_prefix("/yimen/")
                .or_else(|| path.strip_prefix("/yimen/"))?
            {
                "sign-in" => Self::SignIn,
                "callback" => Self::Callback,
                "sign-out" => Self::SignOut,
                "backchannel-logout" => Self::BackchannelLogout,
                "rest" => Self::Rest,
                "jwks" => Self::Jwks,
                "registration" => Self::Registration,
                "page.css" => Self::Style,
                "private.js" => Self::Private,
                _ => return None,
            },
        )
    }

    async fn answer(self, yimen: &Yimen, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let query = parts.uri.query().unwrap_or_default();
        let or_page =
            |answer: Result<Response, Fault>| answer.unwrap_or_else(|fault| fault.into_response(yimen));
        let headers = &parts.headers;
        if !self.allowed().contains(&parts.method) {
            return method_not_allowed(self.allowed());
        }
        match self {
            Self::Jwks => return public(axum::Json(yimen.protocol_keys().now().await.public_jwks())),
            Self::Registration => return public(format!("{}\n", yimen.registration_command())),
            Self::EntityConfiguration => return entity_configuration(yimen).await,
            Self::Style => return page::style(),
            Self::Private => return page::private(),
            Self::Rest => return rest(yimen, headers).await,
            Self::Callback => return or_page(callback(yimen, headers, query).await),
            Self::SignIn if parts.method == Method::GET => {
                return or_page(sign_in(yimen, headers, query).await);
            }
            Self::SignIn | Self::SignOut | Self::BackchannelLogout => {}
        }
        let Some(form) = read(body).await else {
            return StatusCode::PAYLOAD_TOO_LARGE.into_response();
        };
        match self {
            Self::BackchannelLogout => backchannel_logout(yimen, headers, &form).await,
            Self::SignOut => or_page(sign_out(yimen, headers, &form).await),
            _ => sign_in_by_form(yimen, &form),
        }
    }

    const fn allowed(self) -> &'static [Method] {
        match self {
            Self::SignIn => &[Method::GET, Method::POST],
            Self::Callback | Self::Rest => &[Method::GET],
            Self::Jwks | Self::Registration | Self::EntityConfiguration | Self::Style | Self::Private => {
                &[Method::GET, Method::HEAD]
            }
            Self::SignOut | Self::BackchannelLogout => &[Method::POST],
        }
    }
}

fn method_not_allowed(allowed: &[Method]) -> Response {
    let names = allowed.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
    (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, names)]).into_response()
}

async fn entity_configuration(yimen: &Yimen) -> Response {
    match yimen.entity_statement().await {
        Some(Ok(jwt)) => public(([(CONTENT_TYPE, entity::CONTENT_TYPE)], jwt)),
        Some(Err(error)) => {
            tracing::error!(%error, "what this department states in the federation is not signed");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn public(document: impl IntoResponse) -> Response {
    ([(CACHE_CONTROL, "public, max-age=300")], document).into_response()
}

async fn read(body: Body) -> Option<String> {
    let bytes = to_bytes(body, LARGEST_FORM).await.ok()?;
    String::from_utf8(bytes.to_vec()).ok()
}
