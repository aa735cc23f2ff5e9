use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::FromRef;
use axum::http::header::{CONTENT_TYPE, COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode};
use axum::routing::{get, post};
use tower::ServiceExt as _;
use url::form_urlencoded;

use crate::account::PhoneNumber;
use crate::audit::{Actor, Change, Context};
use crate::clock::{Clock, Timestamp};
use crate::config::{Config, MasterKey, PublicUrl, Secret, Settings, SmsProvider, TestNumber, Written};
use crate::department::Departments;
use crate::place::Places;
use crate::rng::Rng;
use crate::signin::guard::count;
use crate::signin::limits::{Ceiling, day_of_city};
use crate::signin::sessions::Whereabouts;
use crate::signin::{
    Errands, Handovers, Interactions, NewInteraction, Passkeys, RealNames, Senders, Session, Sessions, Signin,
};
use crate::sms::Sms;
use crate::state::State;
use crate::store::sample::Records;
use crate::store::{Args, Row, Vault};
use crate::web::{ClientAddress, Facts, RequestId, Site};

pub(super) const ORIGIN_OF_OURS: &str = "http://localhost:8000";

/// A whole house with an outbox for text messages and a clock of its own.
pub(super) struct House {
    pub(super) signin: Signin,
    pub(super) clock: Clock,
    router: Router,
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

pub(super) fn asked_by_nobody() -> NewInteraction {
    NewInteraction {
        continuation: "/account".to_owned(),
        cancel: "/cancelled".to_owned(),
        restart: Some("/account?again".to_owned()),
        client: None,
        redirect: None,
        ui_locales: None,
        login_hint: None,
        fresh_after: None,
        by_themselves: false,
        aim: None,
        carried: String::new(),
    }
}

/// A browser that keeps cookies as browsers do.
#[derive(Clone)]
pub(super) struct Browser<'h> {
    pub(super) house: &'h House,
    pub(super) cookies: BTreeMap<String, String>,
    pub(super) address: IpAddr,
}

#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) location: String,
    pub(super) body: String,
    pub(super) set_cookies: Vec<String>,
}

impl Reply {
    pub(super) fn token(&self) -> String {
        self.after(r#"name="token" value=""#)
    }

    /// Whether the form has to be paid for before it goes on.
    pub(super) fn is_held(&self) -> bool {
        self.status == StatusCode::TOO_MANY_REQUESTS && self.body.contains("data-work=\"")
    }

    /// What the page's script would find.
    pub(super) fn work(&self) -> String {
        let challenge = self.after("data-work=\"");
        let zeros = 32 - self.after("data-bits=\"").parse::<u32>().unwrap();
        let first_word = |work: &str| {
            let hash = crate::store::hash(format!("{challenge}{work}"));
            u32::from_be_bytes(hash[..4].try_into().unwrap())
        };
        (0_u64..)
            .map(|n| n.to_string())
            .find(|work| first_word(work) >> zeros == 0)
            .unwrap()
    }

    pub(super) fn after(&self, opening: &str) -> String {
        let (_, rest) = self.body.split_once(opening).expect(opening);
        rest.split('"').next().unwrap().to_owned()
    }
}

impl Browser<'_> {
    pub(super) async fn begin(&mut self) -> String {
        self.begin_with(asked_by_nobody()).await
    }

    pub(super) async fn begin_with(&mut self, new: NewInteraction) -> String {
        let id = self.house.signin.rng.id();
        let interactions = &self.house.signin.interactions;
        let facts = Facts {
            now: self.house.now(),
            request_id: String::new(),
            address: self.address,
        };
        let cookies = interactions
            .open(id.clone(), new, &self.headers(), &facts)
            .await
            .unwrap();
        self.keep(cookies.iter().map(|cookie| cookie.to_str().unwrap()));
        id
    }

    pub(super) fn headers(&self) -> HeaderMap {
        let cookies: Vec<_> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        HeaderMap::from_iter([(COOKIE, cookies.join("; ").parse().unwrap())])
    }

    pub(super) fn keep<'c>(&mut self, cookies: impl Iterator<Item = &'c str>) {
        for cookie in cookies {
            let (name, rest) = cookie.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            if rest.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    pub(super) async fn send(&self, request: Request<Body>) -> Reply {
        let mut request = request;
        let cookies = self.headers();
        request.headers_mut().extend(cookies);
        request.extensions_mut().insert(self.house.now());
        request
            .extensions_mut()
            .insert(RequestId::new(&self.house.signin.rng));
        request.extensions_mut().insert(ClientAddress(self.address));
        let response = self.house.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let text = |value: &HeaderValue| value.to_str().unwrap().to_owned();
        Reply {
            status: parts.status,
            location: parts.headers.get(LOCATION).map(text).unwrap_or_default(),
            set_cookies: parts.headers.get_all(SET_COOKIE).iter().map(text).collect(),
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    /// As a second copy of a request whose answer the browser throws away.
    pub(super) async fn send_and_forget(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        self.send(form(path, fields)).await
    }

    pub(super) async fn get(&mut self, path: &str) -> Reply {
        let reply = self.send(Request::get(path).body(Body::empty()).unwrap()).await;
        self.keep(reply.set_cookies.iter().map(String::as_str));
        reply
    }

    pub(super) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let reply = self.send(form(path, fields)).await;
        self.keep(reply.set_cookies.iter().map(String::as_str));
        reply
    }

    pub(super) async fn ask_for_code(&mut self, id: &str, phone: &str) -> Reply {
        let token = self.get(&format!("/signin/{id}")).await.token();
        self.post(
            &format!("/signin/{id}/phone"),
            &[("token", &token), ("phone", phone)],
        )
        .await
    }

    pub(super) async fn answer(&mut self, id: &str, code: &str) -> Reply {
        let token = self.get(&format!("/signin/{id}/code")).await.token();
        self.post(
            &format!("/signin/{id}/code"),
            &[("token", &token), ("code", code)],
        )
        .await
    }

    pub(super) async fn send_again(&mut self, id: &str) -> Reply {
        let token = self.get(&format!("/signin/{id}/code")).await.token();
        self.post(&format!("/signin/{id}/resend"), &[("token", &token)])
            .await
    }

    /// The whole way, from a new interaction to signed in.
    pub(super) async fn sign_in(&mut self, phone: &str) -> Session {
        let fresh_after = Some(self.house.now());
        let id = self
            .begin_with(NewInteraction {
                fresh_after,
                ..asked_by_nobody()
            })
            .await;
        assert_eq!(self.ask_for_code(&id, phone).await.status, StatusCode::SEE_OTHER);
        let code = self.house.codes(phone)[0].clone();
        let reply = self.answer(&id, &code).await;
        assert_eq!(
            (reply.status, reply.location.as_str()),
            (StatusCode::SEE_OTHER, "/account"),
            "{}",
            reply.body
        );
        self.session().await.unwrap()
    }

    pub(super) fn facts(&self) -> Facts {
        Facts {
            now: self.house.now(),
            request_id: String::new(),
            address: self.address,
        }
    }

    pub(super) async fn session(&self) -> Option<Session> {
        self.house
            .signin
            .sessions
            .current(&self.headers(), &self.facts())
            .await
            .unwrap()
    }
}

pub(super) fn form(path: &str, fields: &[(&str, &str)]) -> Request<Body> {
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    Request::post(path)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(ORIGIN, ORIGIN_OF_OURS)
        .header("sec-fetch-site", "same-origin")
        .body(Body::from(body))
        .unwrap()
}

/// A code that is not this one.
pub(super) fn not(code: &str) -> String {
    let first = if code.starts_with('0') { '1' } else { '0' };
    format!("{first}{}", &code[1..])
}

impl Browser<'_> {
    /// Posts a code with the token of another page: the code page may no longer show a form.
    pub(super) async fn answer_blindly(&mut self, id: &str, code: &str) -> Reply {
        let token = self.get(&format!("/signin/{id}")).await.token();
        self.post(
            &format!("/signin/{id}/code"),
            &[("token", &token), ("code", code)],
        )
        .await
    }
}

/// Drives all of them together to their ends.
pub(super) async fn all_at_once<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut futures: Vec<_> = futures.map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|context| {
        for (future, output) in &mut futures {
            if output.is_none()
                && let Poll::Ready(ready) = future.as_mut().poll(context)
            {
                *output = Some(ready);
            }
        }
        if futures.iter().all(|(_, output)| output.is_some()) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
    futures.into_iter().filter_map(|(_, output)| output).collect()
}
