use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::FromRef;
use axum::routing::{get, post};

use super::walk::Browser;
use crate::account::PhoneNumber;
use crate::audit::{Actor, Change, Context};
use crate::clock::{Clock, Timestamp};
use crate::config::{Config, MasterKey, PublicUrl, Secret, Settings, SmsProvider, TestNumber, Written};
use crate::department::Departments;
use crate::department::adoption::Adoption;
use crate::place::Places;
use crate::rng::Rng;
use crate::signin::guard::count;
use crate::signin::limits::{Ceiling, day_of_city};
use crate::signin::sessions::Whereabouts;
use crate::signin::{Errands, Handovers, Interactions, Passkeys, RealNames, Senders, Sessions, Signin};
use crate::sms::Sms;
use crate::state::State;
use crate::store::sample::Records;
use crate::store::{Args, Row, Vault};
use crate::web::Site;

pub(super) const ORIGIN_OF_OURS: &str = "http://localhost:8000";

/// A whole house with an outbox for text messages and a clock of its own.
pub(super) struct House {
    pub(super) signin: Signin,
    pub(super) clock: Clock,
    pub(super) router: Router,
    _records: Records,
}

#[derive(Clone)]
struct Handles(Signin);

impl FromRef<Handles> for Signin {
    fn from_ref(handles: &Handles) -> Self {
        handles.0.clone()
    }
}

impl FromRef<Handles> for Site {
    fn from_ref(handles: &Handles) -> Self {
        handles.0.site.clone()
    }
}

/// Memory, or the Redis that `YIMEN_TEST_REDIS` names.
async fn short_lived_state(prefix: &str) -> State {
    let Ok(url) = std::env::var("YIMEN_TEST_REDIS") else {
        return State::memory();
    };
    let config = crate::config::State {
        url: Secret::new(url),
        prefix: prefix.to_owned(),
        ..crate::config::State::default()
    };
    State::open(&config, Timestamp::from_millis(0)).await.unwrap()
}

fn test_number() -> TestNumber {
    TestNumber {
        phone: "13900000000".to_owned(),
        code: Secret::new("246810".to_owned()),
    }
}

fn routes(signin: &Signin) -> Router {
    Router::new()
        .route("/signin/{id}", get(crate::signin::show_phone))
        .route("/signin/{id}/phone", post(crate::signin::enter_phone))
        .route(
            "/signin/{id}/code",
            get(crate::signin::show_code).post(crate::signin::enter_code),
        )
        .route("/signin/{id}/resend", post(crate::signin::resend))
        .route("/signin/{id}/another", post(crate::signin::another_account))
        .route("/signin/{id}/stop", post(crate::signin::stop))
        .with_state(Handles(signin.clone()))
}

#[expect(clippy::disallowed_methods, reason = "for the stand-in of a gateway alone")]
fn http_client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().build().unwrap()
}

/// Three past noon: no test begins just before a period of some count ends.
fn past_noon() -> Clock {
    let clock = Clock::system();
    let (_, midnight) = day_of_city(clock.now());
    clock.advance(midnight.since(clock.now()) + Duration::from_secs(12 * 3600 + 180));
    clock
}

impl House {
    pub(super) async fn open() -> Self {
        Self::with(|_| {}).await
    }

    pub(super) async fn with(decide: impl FnOnce(&mut Settings)) -> Self {
        let records = Records::open().await;
        let rng = Rng::system();
        let mut settings = Settings {
            dev: true,
            ..Settings::default()
        };
        settings.sms.providers = vec![SmsProvider::Outbox];
        settings.sms.test_number = vec![test_number()];
        decide(&mut settings);
        let master_key = MasterKey::from_bytes([9; 32]);
        let db = records.db.clone();
        let site = Site::sample(ORIGIN_OF_OURS);
        let http = http_client();
        let sms = Sms::new(&settings, http, rng.clone()).unwrap();
        let clock = past_noon();
        let departments = Departments::new(db.clone(), clock.clone());
        let state = short_lived_state(&rng.id()).await;
        let senders = Senders::new(false);
        let vault = Vault::new(&master_key, rng.clone());
        let places = Places::open(&settings).unwrap();
        let whereabouts = Whereabouts::new(vault.clone(), senders, places);
        let sessions = Sessions::new(
            &settings.session,
            db.clone(),
            site.cookies(),
            rng.clone(),
            departments.clone(),
            whereabouts.clone(),
        );
        let errands = Errands::default();
        let signin = Signin {
            senders,
            interactions: Interactions::new(
                state.clone(),
                site.clone(),
                rng.clone(),
                departments.clone(),
                Adoption::new(vault.clone()),
                senders,
                &settings.http,
            ),
            real_names: RealNames::new(None, &db, &vault, &sessions, &errands),
            handovers: Handovers::new(state.clone(), vault.clone(), rng.clone(), whereabouts),
            carrier: None,
            errands,
            sessions,
            passkeys: Passkeys::new(None, state.clone(), db.clone(), vault.clone()),
            vault,
            config: Arc::new(Config {
                public_url: PublicUrl::parse(ORIGIN_OF_OURS).unwrap(),
                master_key,
                settings,
                written: Written::default(),
                private_files: Vec::new(),
            }),
            rng,
            db,
            state,
            sms,
            site,
        };
        let router = routes(&signin);
        Self {
            signin,
            clock,
            router,
            _records: records,
        }
    }

    pub(super) fn browser(&self) -> Browser<'_> {
        Browser {
            house: self,
            cookies: BTreeMap::new(),
            address: IpAddr::from([203, 0, 113, 7]),
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) fn wait(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    pub(super) fn context(&self) -> Context {
        let rng = self.signin.rng.clone();
        Context::without_request(self.now(), Actor::Resident, &rng)
    }

    /// The codes sent to a number, newest first.
    pub(super) fn codes(&self, typed: &str) -> Vec<String> {
        let to = number(typed);
        self.signin
            .sms
            .outbox()
            .unwrap()
            .to(to.e164())
            .into_iter()
            .filter_map(|posted| posted.code)
            .collect()
    }

    pub(super) async fn rows(&self, sql: &'static str) -> Vec<Row> {
        self.signin.db.all(sql, Args::new()).await.unwrap()
    }

    pub(super) async fn count(&self, sql: &'static str) -> i64 {
        self.signin
            .db
            .one(sql, Args::new())
            .await
            .unwrap()
            .int("n")
            .unwrap()
    }

    /// Writes to the records behind the house's back.
    pub(super) async fn tamper(&self, sql: &'static str) {
        let mut change = Change::begin(&self.signin.db, &self.context()).await.unwrap();
        change.execute(sql, Args::new()).await.unwrap();
        change.commit_housekeeping().await.unwrap();
    }

    /// Counts so many more from an address range.
    pub(super) async fn put_under_pressure(&self, ceiling: &Ceiling, range: &str, amount: i64) {
        let mut change = Change::begin(&self.signin.db, &self.context()).await.unwrap();
        for _ in 0..amount {
            count(&mut change, &self.signin.vault, ceiling, range)
                .await
                .unwrap();
        }
        change.commit_housekeeping().await.unwrap();
    }

    pub(super) async fn failures(&self) -> i64 {
        self.rows("SELECT failures FROM number_guard")
            .await
            .first()
            .map_or(0, |row| row.int("failures").unwrap())
    }
}

pub(super) fn number(typed: &str) -> PhoneNumber {
    PhoneNumber::read(typed, &[86]).unwrap()
}
