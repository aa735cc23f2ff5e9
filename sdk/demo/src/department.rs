//! One department as a running service.

use std::fmt;
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use axum::Router;
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::{
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::middleware::{Next, from_fn};
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::net::TcpListener;
use url::Url;
use yimen_sdk::{Clock, Yimen};

use crate::frame::City;
use crate::{business_registration, language, social_security};

/// What can stop a department.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Sdk(#[from] yimen_sdk::Error),
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 云川市人力资源和社会保障局
    SocialSecurity,
    /// 云川市市场监督管理局
    BusinessRegistration,
}

#[derive(Clone)]
pub struct Settings {
    /// The provider's `public_url`.
    pub issuer: String,
    /// This department's address, as residents see it.
    pub url: String,
    /// The other department's, for a link.
    pub other_department_url: String,
    pub client_id: String,
    /// Where this department's key is kept; it is made there if there is none.
    pub key_file: PathBuf,
    pub extra_ca: Option<PathBuf>,
    pub internal_address: Option<String>,
    /// The seconds since the epoch, where time is moved by hand; else the machine's clock.
    pub clock: Option<Arc<dyn Fn() -> i64 + Send + Sync>>,
}

impl Settings {
    fn clock(&self) -> Clock {
        let Some(seconds) = self.clock.clone() else {
            return Clock::default();
        };
        Clock::new(move || UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds()).unwrap_or(0)))
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("url", &self.url)
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}

/// A department that has its key and knows (or will come to know) its provider.
#[derive(Debug)]
pub struct Department {
    yimen: Yimen,
    router: Router,
}

impl Kind {
    const fn scopes(self) -> &'static [&'static str] {
        match self {
            Self::SocialSecurity => &["profile", "phone"],
            Self::BusinessRegistration => &["profile"],
        }
    }

    const fn assets(self) -> (&'static str, &'static str) {
        match self {
            Self::SocialSecurity => (
                include_str!("../assets/social_security.css"),
                include_str!("../assets/social_security.svg"),
            ),
            Self::BusinessRegistration => (
                include_str!("../assets/business_registration.css"),
                include_str!("../assets/business_registration.svg"),
            ),
        }
    }
}

impl Department {
    pub async fn join(kind: Kind, settings: Settings) -> Result<Self, Error> {
        let mut yimen = Yimen::at(&settings.issuer)
            .department(&settings.url)
            .client_id(&settings.client_id)
            .key_file(&settings.key_file)
            .scopes(kind.scopes().iter().copied())
            .clock(settings.clock());
        if let Some(path) = &settings.extra_ca {
            yimen = yimen.extra_ca(path);
        }
        if let Some(address) = &settings.internal_address {
            yimen = yimen.internal_address(address);
        }
        let yimen = yimen.load().await?;
        let router = routes(kind, &settings).layer(yimen.layer());
        Ok(Self { yimen, router })
    }

    /// What the provider must know of this department (`yimen client add`).
    #[must_use]
    pub fn registration(&self) -> serde_json::Value {
        self.yimen.registration()
    }

    /// Until `shutdown`; what is in flight then is finished.
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), Error> {
        Ok(axum::serve(listener, self.router)
            .with_graceful_shutdown(shutdown)
            .await?)
    }
}

/// [`Department::join`] and [`Department::serve`] in one.
pub async fn serve(
    kind: Kind,
    settings: Settings,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Error> {
    Department::join(kind, settings)
        .await?
        .serve(listener, shutdown)
        .await
}

fn routes(kind: Kind, settings: &Settings) -> Router {
    let city = City {
        other_department: settings.other_department_url.clone(),
        clock: settings.clock(),
    };
    let (style, icon) = kind.assets();
    let asset = |kind: &'static str, text: &'static str| {
        let headers = [
            (CONTENT_TYPE, kind),
            (HeaderName::from_static("cache-control"), "public, max-age=600"),
        ];
        get(async move || (headers, text))
    };
    let pages = match kind {
        Kind::SocialSecurity => social_security::routes(city),
        Kind::BusinessRegistration => business_registration::routes(city),
    };
    let policy = policy(&settings.issuer);
    pages
        .layer(from_fn(language::choose))
        .route("/style.css", asset("text/css; charset=utf-8", style))
        .route("/icon.svg", asset("image/svg+xml", icon))
        .layer(from_fn(move |request: Request, next: Next| {
            let policy = policy.clone();
            async move {
                let headers = [
                    (CONTENT_SECURITY_POLICY, policy),
                    // Forms must say where they come from, other sites need not know.
                    (REFERRER_POLICY, HeaderValue::from_static("same-origin")),
                    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
                ];
                (headers, next.run(request).await).into_response()
            }
        }))
}

/// Nothing but our own. The sign-out form ends in a redirect to the provider, which `form-action` must allow.
fn policy(issuer: &str) -> HeaderValue {
    let provider = Url::parse(issuer)
        .map(|url| url.origin().ascii_serialization())
        .unwrap_or_default();
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' {provider}; base-uri 'none'; \
         frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}
