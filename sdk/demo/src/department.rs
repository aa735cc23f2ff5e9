//! One department as a running service.

use std::future::{Future, ready};
use std::path::PathBuf;

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
use yimen_sdk::{Clock, Linked, Yimen};

use crate::frame::City;
use crate::social_security::Insured;
use crate::{business_registration, language, social_security};

/// What can stop a department, or the authority.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Sdk(#[from] yimen_sdk::Error),
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error("the authority's secret must be `whsec_` and the base64 of 24 to 64 bytes")]
    Secret,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 云川市人力资源和社会保障局
    SocialSecurity,
    /// 云川市市场监督管理局
    BusinessRegistration,
}

/// The business registration's own devices in the service hall, which may call its API: a screen that is any program,
/// and a terminal that is the SDK's example `device`.
pub const SCREEN: &str = "hall-screen";
pub const TERMINAL: &str = "hall-terminal";

#[derive(Clone, Debug)]
pub struct Settings {
    /// The provider's `public_url`.
    pub issuer: String,
    /// This department's address, as residents see it.
    pub department: String,
    /// The other department's, for a link; business registration asks the social security there for a record.
    pub other_department: String,
    /// Where this department's protocol key is kept, and its federation key beside it; they are made there if there are none.
    pub key_file: PathBuf,
    pub extra_ca: Option<PathBuf>,
    pub internal_address: Option<String>,
    /// So that the demo can move time for the departments as for the provider.
    pub clock: Clock,
}

/// A department that has its keys and knows (or will come to know) its provider.
#[derive(Debug)]
pub struct Department {
    router: Router,
}

impl Kind {
    const fn scopes(self) -> &'static [&'static str] {
        match self {
            Self::SocialSecurity => &["profile", "phone"],
            Self::BusinessRegistration => &["profile"],
        }
    }

    const fn api_callers(self) -> &'static [&'static str] {
        match self {
            Self::SocialSecurity => &[],
            Self::BusinessRegistration => &[SCREEN, TERMINAL],
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
            .department(&settings.department)
            .key_file(&settings.key_file)
            .scopes(kind.scopes().iter().copied())
            .api_callers(kind.api_callers().iter().copied())
            .clock(settings.clock.clone());
        if let Some(path) = &settings.extra_ca {
            yimen = yimen.extra_ca(path);
        }
        if let Some(address) = &settings.internal_address {
            yimen = yimen.internal_address(address);
        }
        let insured = Insured::default();
        if kind == Kind::SocialSecurity {
            let insured = insured.clone();
            yimen = yimen.link(move |person| {
                insured.note(person.sub());
                ready(Ok(Linked::Done))
            });
        }
        let yimen = yimen.load().await?;
        let router = routes(kind, &settings, insured).layer(yimen.layer());
        Ok(Self { router })
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

fn routes(kind: Kind, settings: &Settings, insured: Insured) -> Router {
    let city = City {
        other_department: settings.other_department.clone(),
        clock: settings.clock.clone(),
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
        Kind::SocialSecurity => social_security::routes(city, insured),
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
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self' {provider}; \
         base-uri 'none'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::{Body, to_bytes};
    use axum::http::{Response, StatusCode};
    use base64::Engine;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;
    use tower::ServiceExt;

    /// With a provider that is not there: what a department can do by itself.
    async fn department(kind: Kind) -> Department {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings {
            issuer: "http://127.0.0.1:1".to_owned(),
            department: "http://localhost:8001".to_owned(),
            other_department: "http://localhost:8002".to_owned(),
            key_file: folder.path().join("key.pem"),
            extra_ca: None,
            internal_address: None,
            clock: Clock::default(),
        };
        Department::join(kind, settings).await.unwrap()
    }

    async fn get(department: &Department, path: &str, language: &str) -> (Response<()>, String) {
        let request = Request::builder()
            .uri(path)
            .header("accept", "text/html")
            .header("accept-language", language)
            .body(Body::empty())
            .unwrap();
        let (parts, body) = department
            .router
            .clone()
            .oneshot(request)
            .await
            .unwrap()
            .into_parts();
        let text = String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap();
        (Response::from_parts(parts, ()), text)
    }

    #[tokio::test]
    async fn both_departments_greet_in_two_languages_and_keep_their_pages_closed() {
        for (kind, chinese, english, closed) in [
            (
                Kind::SocialSecurity,
                "云川市人力资源和社会保障局",
                "Social Security Bureau",
                "/pension",
            ),
            (
                Kind::BusinessRegistration,
                "云川市市场监督管理局",
                "Market Regulation Bureau",
                "/applications",
            ),
        ] {
            let department = department(kind).await;
            let (home, text) = get(&department, "/", "zh-CN,zh;q=0.9,en;q=0.8").await;
            assert!(
                text.contains(chinese) && text.contains("id=\"sign-in\""),
                "{text}"
            );
            let policy = home.headers()["content-security-policy"].to_str().unwrap();
            assert!(
                policy.contains("form-action 'self' http://127.0.0.1:1;") && !policy.contains("unsafe"),
                "{policy}"
            );
            assert!(get(&department, "/", "en-GB").await.1.contains(english));
            assert!(
                !text.contains("style=")
                    && text.matches("<script").count() == text.matches("<script src=").count(),
                "nothing inline"
            );

            let (answer, _) = get(&department, closed, "zh").await;
            assert_eq!(answer.status(), StatusCode::SEE_OTHER);
            assert!(
                answer.headers()["location"]
                    .to_str()
                    .unwrap()
                    .starts_with("/yimen/sign-in?return_to=")
            );
            let (answer, text) = get(&department, "/nowhere", "en").await;
            assert_eq!(answer.status(), StatusCode::NOT_FOUND);
            assert!(text.contains("There is no such page"), "{text}");
            assert_eq!(
                get(&department, "/style.css", "en").await.0.headers()["content-type"],
                "text/css; charset=utf-8"
            );
        }
    }

    #[tokio::test]
    async fn a_record_is_asked_for_on_the_way_in_and_told_to_nobody_without_a_token() {
        let registration = department(Kind::BusinessRegistration).await;
        let (answer, _) = get(&registration, "/subsidy", "zh").await;
        let location = answer.headers()["location"].to_str().unwrap();
        let record = "record=startup_subsidy%3Acontribution_record%40http%3A%2F%2Flocalhost%3A8002";
        assert!(location.ends_with(record), "{location}");
        let social_security = department(Kind::SocialSecurity).await;
        let (answer, _) = get(&social_security, "/api/contributions", "zh").await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    }

    #[tokio::test]
    async fn a_chosen_language_is_remembered_and_leads_nowhere_else() {
        let department = department(Kind::SocialSecurity).await;
        let (answer, _) = get(&department, "//evil.example/?lang=en", "zh").await;
        assert_eq!(answer.headers()["location"], "/evil.example/");
        assert!(
            answer.headers()["set-cookie"]
                .to_str()
                .unwrap()
                .starts_with("lang=en;")
        );
    }

    #[tokio::test]
    async fn each_department_states_what_it_needs() {
        for (kind, scope) in [
            (Kind::SocialSecurity, "openid profile phone"),
            (Kind::BusinessRegistration, "openid profile"),
        ] {
            let path = "/.well-known/openid-federation";
            let (_, statement) = get(&department(kind).await, path, "en").await;
            let claims = statement.split('.').nth(1).unwrap();
            let claims = BASE64_URL_SAFE_NO_PAD.decode(claims).unwrap();
            let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
            assert_eq!(claims["sub"], "http://localhost:8001");
            assert_eq!(claims["metadata"]["openid_relying_party"]["scope"], scope);
        }
    }
}
