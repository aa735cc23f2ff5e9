//! One department, one provider, and the time that both live in.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use axum::Router;
use axum::extract::Path;
use axum::response::Html;
use axum::routing::{get, post};
use yimen_sdk::{
    Access, Bearer, Builder, Clock, Error, MaybeSignedIn, SignedIn, Yimen, require_acr, require_fresh,
};

use crate::browser::Browser;
use crate::keys::department_key;
use crate::provider::{CLIENT, Provider};

#[derive(Clone)]
pub(crate) struct Time(Arc<AtomicU64>);

impl Time {
    pub(crate) fn start() -> Self {
        let now = Clock::default().now().duration_since(UNIX_EPOCH).unwrap();
        Self::at(now.as_secs())
    }

    pub(crate) fn at(seconds: u64) -> Self {
        Self(Arc::new(AtomicU64::new(seconds)))
    }

    pub(crate) fn seconds(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }

    pub(crate) fn clock(&self) -> Clock {
        let time = self.clone();
        Clock::new(move || UNIX_EPOCH + Duration::from_secs(time.seconds()))
    }
}

pub(crate) struct World {
    pub(crate) time: Time,
    pub(crate) provider: Arc<Provider>,
    pub(crate) yimen: Yimen,
    pub(crate) app: Router,
}

impl World {
    pub(crate) async fn start() -> Self {
        let time = Time::start();
        Self::around(Provider::start(time.clone()).await, time).await
    }

    pub(crate) async fn around(provider: Arc<Provider>, time: Time) -> Self {
        Self::joined(provider, time, |settings| settings).await
    }

    /// With settings of a test's own.
    pub(crate) async fn of(set: impl FnOnce(Builder) -> Builder) -> Self {
        let time = Time::start();
        Self::joined(Provider::start(time.clone()).await, time, set).await
    }

    pub(crate) async fn joined(
        provider: Arc<Provider>,
        time: Time,
        set: impl FnOnce(Builder) -> Builder,
    ) -> Self {
        let yimen = set(settings(&provider.issuer, &time)).load().await.unwrap();
        *provider.client_jwks.lock().unwrap() = yimen.registration()["jwks"].clone();
        let app = department(&yimen);
        Self {
            time,
            provider,
            yimen,
            app,
        }
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.app.clone(), CLIENT)
    }

    pub(crate) async fn signed_in(&self) -> Browser {
        let mut browser = self.browser();
        let to_provider = browser.get("/pension").await.follow(&mut browser).await;
        let landed = browser.get(&self.provider.agree(&to_provider.location())).await;
        assert_eq!(landed.location(), "/pension");
        browser
    }
}

pub(crate) fn settings(issuer: &str, time: &Time) -> Builder {
    Yimen::at(issuer)
        .department(CLIENT)
        .scopes(["profile", "phone"])
        .api_callers(["hall-kiosk"])
        .key_pem(department_key())
        .clock(time.clock())
}

/// The whole of a department's code.
pub(crate) fn department(yimen: &Yimen) -> Router {
    Router::new()
        .route(
            "/",
            get(async |person: MaybeSignedIn| if person.is_some() { "welcome" } else { "nobody" }),
        )
        .route("/pension", get(pension))
        .route(
            "/file/{*name}",
            get(async |Path(name): Path<String>, _: SignedIn| name),
        )
        .route(
            "/filing/{number}",
            get(filing).post(filing).route_layer(require_acr(3)),
        )
        .route(
            "/bank-account",
            get(bank_account)
                .post(bank_account)
                .route_layer(require_fresh(Duration::from_secs(300))),
        )
        .route(
            "/deed",
            get(async |_: SignedIn| "sealed").route_layer(require_acr(3).fresh(Duration::from_secs(300))),
        )
        .route(
            "/beyond",
            get(async |_: SignedIn| {
                Err::<String, _>(Error::InsufficientAuthentication {
                    level: Some(5),
                    max_age: None,
                })
            }),
        )
        // What every visitor sees, and a cache may keep.
        .route(
            "/leaflet",
            get(async || ([("cache-control", "public, max-age=600")], Html("<p>how to apply</p>"))),
        )
        .route(
            "/long-form",
            get(async |_: SignedIn| ([("refresh", "600; url=/yimen/rest")], Html("<form></form>"))),
        )
        .route("/apply", post(async |_: SignedIn| "applied"))
        .route("/form-token", get(async |person: SignedIn| person.form_token()))
        .route("/token", get(token))
        .route("/why", get(why))
        .route("/api/whoami", get(async |caller: Bearer| caller.sub().to_owned()))
        .route(
            "/api/sign",
            post(async |caller: Bearer<Sign>| format!("signed for {}", caller.sub())),
        )
        .layer(yimen.layer())
}

struct Sign;

impl Access for Sign {
    const SCOPE: Option<&'static str> = Some("profile");
    const LEVEL: u8 = 3;
    const MAX_AGE: Option<Duration> = Some(Duration::from_secs(300));
}

async fn filing(Path(number): Path<String>, person: SignedIn) -> String {
    format!("{number} at {}", person.level().unwrap())
}

async fn bank_account(_: SignedIn) -> &'static str {
    "changed"
}

async fn pension(person: SignedIn) -> String {
    let age = person
        .auth_time()
        .unwrap()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    format!(
        "{} {:?} {:?} {:?} {age}",
        person.sub(),
        person.name(),
        person.phone(),
        person.level()
    )
}

async fn token(person: SignedIn) -> Result<String, Error> {
    Ok(person.access_token().await?.secret().to_owned())
}

async fn why(person: SignedIn) -> String {
    person.access_token().await.unwrap_err().to_string()
}
