//! A provider in this process: honest unless a test bends it.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use url::Url;

use crate::keys::{Key, encode, is_signed_by, payload};
use crate::world::Time;

pub(crate) type Bend = Box<dyn Fn(&mut Value) + Send + Sync>;

pub(crate) struct Provider {
    pub(crate) issuer: String,
    pub(crate) time: Time,
    pub(crate) key: Mutex<Key>,
    pub(crate) client_jwks: Mutex<Value>,
    pub(crate) codes: Mutex<HashMap<String, Request>>,
    pub(crate) used_assertions: Mutex<Vec<String>>,
    pub(crate) redeemed: AtomicUsize,
    /// Refreshes that have been asked for, and those that have been answered.
    pub(crate) refreshing: AtomicUsize,
    pub(crate) refreshed: AtomicUsize,
    /// While a test has it, refreshes wait.
    pub(crate) hold_refreshes: tokio::sync::RwLock<()>,
    /// The tokens that have been revoked, and who waits for one.
    pub(crate) revoked: Mutex<Vec<String>>,
    pub(crate) revocation: tokio::sync::Notify,
    /// While a test has it, revocations wait.
    pub(crate) hold_revocations: tokio::sync::RwLock<()>,
    pub(crate) keys_read: AtomicUsize,
    /// The key set is not to be had.
    pub(crate) keys_away: AtomicBool,
    pub(crate) discovery_read: AtomicUsize,
    pub(crate) discovery_away: AtomicBool,
    pub(crate) token_life: Mutex<Duration>,
    /// Changes the ID token's claims before they are signed.
    pub(crate) bend: Mutex<Option<Bend>>,
    pub(crate) alg_none: AtomicBool,
    pub(crate) other_user_info: AtomicBool,
    /// What the token endpoint answers instead of tokens.
    pub(crate) refusal: Mutex<Option<(StatusCode, Value)>>,
    /// Requests are taken by the back channel, too (RFC 9126).
    pub(crate) takes_pushed: AtomicBool,
    pub(crate) pushed: Mutex<Vec<HashMap<String, String>>>,
    /// What is answered there instead.
    pub(crate) push_refusal: Mutex<Option<(StatusCode, Value)>>,
    /// What it states of the department (OpenID Federation 1.0 §8.1), once it has joined.
    pub(crate) about: Mutex<Option<Value>>,
    /// The `authorization_details` that are granted instead of those asked for, and what a refresh says of them.
    pub(crate) grants: Mutex<Option<Value>>,
    pub(crate) refresh_details: Mutex<Option<Value>>,
    /// No refresh token is given.
    pub(crate) gives_no_refresh: AtomicBool,
    /// Exchanges of a token (RFC 8693) that were asked for, what is answered instead, and who changes the answer.
    pub(crate) exchanges: Mutex<Vec<HashMap<String, String>>>,
    pub(crate) exchange_refusal: Mutex<Option<&'static str>>,
    pub(crate) bend_exchange: Mutex<Option<Bend>>,
    /// What waits for the department to ask for it (RFC 8936), by `jti`, and what it has said with each question.
    pub(crate) waiting: Mutex<BTreeMap<String, String>>,
    pub(crate) polled: Mutex<Vec<(String, Value)>>,
}

#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) nonce: String,
    pub(crate) challenge: String,
    pub(crate) redirect_uri: String,
    pub(crate) parameters: HashMap<String, String>,
}

impl Provider {
    pub(crate) async fn start(time: Time) -> Arc<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let provider = Self::at(&format!("http://{}", listener.local_addr().unwrap()), time);
        provider.serve(listener);
        provider
    }

    pub(crate) fn at(issuer: &str, time: Time) -> Arc<Self> {
        Arc::new(Self {
            issuer: issuer.to_owned(),
            time,
            key: Mutex::new(Key::new("k1")),
            client_jwks: Mutex::default(),
            codes: Mutex::default(),
            used_assertions: Mutex::default(),
            redeemed: AtomicUsize::new(0),
            refreshing: AtomicUsize::new(0),
            refreshed: AtomicUsize::new(0),
            hold_refreshes: tokio::sync::RwLock::default(),
            revoked: Mutex::default(),
            revocation: tokio::sync::Notify::new(),
            hold_revocations: tokio::sync::RwLock::default(),
            keys_read: AtomicUsize::new(0),
            keys_away: AtomicBool::new(false),
            discovery_read: AtomicUsize::new(0),
            discovery_away: AtomicBool::new(false),
            token_life: Mutex::new(Duration::from_secs(300)),
            bend: Mutex::default(),
            alg_none: AtomicBool::new(false),
            other_user_info: AtomicBool::new(false),
            refusal: Mutex::default(),
            takes_pushed: AtomicBool::new(true),
            pushed: Mutex::default(),
            push_refusal: Mutex::default(),
            about: Mutex::default(),
            grants: Mutex::default(),
            refresh_details: Mutex::default(),
            gives_no_refresh: AtomicBool::new(false),
            exchanges: Mutex::default(),
            exchange_refusal: Mutex::default(),
            bend_exchange: Mutex::default(),
            waiting: Mutex::default(),
            polled: Mutex::default(),
        })
    }

    pub(crate) fn serve(self: &Arc<Self>, listener: tokio::net::TcpListener) {
        let app = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/.well-known/openid-federation", get(entity_configuration))
            .route("/federation/fetch", get(fetch))
            .route("/oauth2/jwks", get(jwks))
            .route("/oauth2/token", post(token))
            .route("/oauth2/par", post(push))
            .route("/ssf/poll", post(crate::polling::poll))
            .route("/oauth2/revoke", post(revoke))
            .route("/oauth2/userinfo", get(user_info))
            .route("/oauth2/device_authorization", post(device_authorization))
            .with_state(Arc::clone(self));
        tokio::spawn(async move { axum::serve(listener, app).await });
    }

    /// What the browser would bring back after the resident agreed.
    pub(crate) fn agree(&self, address: &str) -> String {
        let code = format!("code-{}", self.codes.lock().unwrap().len());
        let (request, mut back) = self.read(address);
        self.codes.lock().unwrap().insert(code.clone(), request.clone());
        back.query_pairs_mut()
            .append_pair("code", &code)
            .append_pair("state", &request.parameters["state"])
            .append_pair("iss", &self.issuer);
        back.to_string()
    }

    /// Waits until a token has been revoked; answers all of them.
    pub(crate) async fn revocations(&self) -> Vec<String> {
        self.revocation.notified().await;
        self.revoked.lock().unwrap().clone()
    }

    pub(crate) fn refuse(&self, address: &str, error: &str) -> String {
        let (request, mut back) = self.read(address);
        back.query_pairs_mut()
            .append_pair("error", error)
            .append_pair("state", &request.parameters["state"])
            .append_pair("iss", &self.issuer);
        back.to_string()
    }

    pub(crate) fn read(&self, address: &str) -> (Request, Url) {
        let url = Url::parse(address).unwrap();
        assert!(
            address.starts_with(&format!("{}/oauth2/authorize?", self.issuer)),
            "{address}"
        );
        let mut parameters: HashMap<String, String> = url.query_pairs().into_owned().collect();
        if self.takes_pushed.load(Ordering::Relaxed) {
            assert_eq!(
                parameters.len(),
                2,
                "the browser carries the request's name alone: {address}"
            );
            let number = parameters["request_uri"].strip_prefix(PUSHED).unwrap();
            let pushed = self.pushed.lock().unwrap()[number.parse::<usize>().unwrap()].clone();
            assert_eq!(parameters["client_id"], pushed["client_id"]);
            parameters = pushed;
        }
        assert_eq!(parameters["response_type"], "code");
        assert_eq!(parameters["code_challenge_method"], "S256");
        let request = Request {
            nonce: parameters["nonce"].clone(),
            challenge: parameters["code_challenge"].clone(),
            redirect_uri: parameters["redirect_uri"].clone(),
            parameters,
        };
        let back = Url::parse(&request.redirect_uri).unwrap();
        (request, back)
    }

    pub(crate) fn bend(&self, bend: impl Fn(&mut Value) + Send + Sync + 'static) {
        *self.bend.lock().unwrap() = Some(Box::new(bend));
    }

    pub(crate) fn logout_token(&self, bend: impl Fn(&mut Value)) -> String {
        let now = self.time.seconds();
        let mut claims = json!({
            "iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 120, "jti": format!("jti-{now}"),
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} }, "sid": "sid-1",
        });
        bend(&mut claims);
        self.key.lock().unwrap().sign("logout+jwt", &claims)
    }

    pub(crate) fn access_token(&self, bend: impl Fn(&mut Value)) -> String {
        self.key.lock().unwrap().sign("at+jwt", &self.access_claims(bend))
    }

    pub(crate) fn access_claims(&self, bend: impl Fn(&mut Value)) -> Value {
        let now = self.time.seconds();
        let mut claims = json!({
            "iss": self.issuer, "sub": "sub-1", "aud": self.issuer, "client_id": CLIENT, "iat": now, "exp": now + 300,
            "jti": "1", "scope": "openid profile", "acr": format!("{}/acr/3", self.issuer), "auth_time": now - 5,
        });
        bend(&mut claims);
        claims
    }

    pub(crate) fn id_token(&self, nonce: Option<&str>) -> String {
        let now = self.time.seconds();
        let mut claims = json!({
            "iss": self.issuer, "sub": "sub-1", "aud": CLIENT, "iat": now, "exp": now + 300, "auth_time": now - 5,
            "acr": format!("{}/acr/2", self.issuer), "sid": "sid-1", "nonce": nonce,
        });
        if let Some(bend) = &*self.bend.lock().unwrap() {
            bend(&mut claims);
        }
        if self.alg_none.load(Ordering::Relaxed) {
            return format!("{}.{}.", encode(&json!({ "alg": "none" })), encode(&claims));
        }
        self.key.lock().unwrap().sign("JWT", &claims)
    }

    fn check_client(&self, form: &HashMap<String, String>) {
        let assertion = &form["client_assertion"];
        assert_eq!(
            form["client_assertion_type"],
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        );
        assert!(is_signed_by(&self.client_jwks.lock().unwrap(), assertion));
        let claims = payload(assertion);
        assert_eq!(claims["iss"], CLIENT);
        assert_eq!(claims["sub"], CLIENT);
        assert_eq!(
            claims["aud"],
            self.issuer.as_str(),
            "the issuer alone, as a string"
        );
        assert!(claims.get("nbf").is_none());
        assert!(claims["iat"].is_f64(), "finer than a second: {}", claims["iat"]);
        assert!(claims["exp"].as_u64().unwrap() <= self.time.seconds() + 60);
        let jti = claims["jti"].as_str().unwrap().to_owned();
        let mut used = self.used_assertions.lock().unwrap();
        assert!(!used.contains(&jti), "an assertion is used once");
        used.push(jti);
    }
}

pub(crate) const CLIENT: &str = "http://localhost:8001";
const PUSHED: &str = "urn:ietf:params:oauth:request_uri:";

/// As one that does not answer: the time that is waited for it has gone by.
fn no_answer(provider: &Provider) -> Response {
    provider.time.advance(10);
    StatusCode::SERVICE_UNAVAILABLE.into_response()
}

async fn entity_configuration(State(provider): State<Arc<Provider>>) -> Response {
    let endpoint = format!("{}/federation/fetch", provider.issuer);
    let claims = json!({
        "iss": provider.issuer, "sub": provider.issuer,
        "metadata": { "federation_entity": { "federation_fetch_endpoint": endpoint } },
    });
    statement(&provider, &claims)
}

async fn fetch(
    State(provider): State<Arc<Provider>>,
    Query(asked): Query<HashMap<String, String>>,
) -> Response {
    let about = provider.about.lock().unwrap().clone();
    match about.filter(|about| about["sub"] == asked["sub"].as_str()) {
        Some(claims) => statement(&provider, &claims),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn statement(provider: &Provider, claims: &Value) -> Response {
    const TYPE: &str = "entity-statement+jwt";
    let jwt = provider.key.lock().unwrap().sign(TYPE, claims);
    ([("content-type", format!("application/{TYPE}"))], jwt).into_response()
}

async fn discovery(State(provider): State<Arc<Provider>>) -> Response {
    provider.discovery_read.fetch_add(1, Ordering::Relaxed);
    if provider.discovery_away.load(Ordering::Relaxed) {
        return no_answer(&provider);
    }
    let at = |path: &str| format!("{}{path}", provider.issuer);
    let push = provider.takes_pushed.load(Ordering::Relaxed);
    let push = push.then(|| at("/oauth2/par"));
    Json(json!({
        "pushed_authorization_request_endpoint": push,
        "issuer": provider.issuer,
        "authorization_endpoint": at("/oauth2/authorize"),
        "token_endpoint": at("/oauth2/token"),
        "userinfo_endpoint": at("/oauth2/userinfo"),
        "jwks_uri": at("/oauth2/jwks"),
        "device_authorization_endpoint": at("/oauth2/device_authorization"),
        "revocation_endpoint": at("/oauth2/revoke"),
        "end_session_endpoint": at("/oauth2/logout"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["ES256", "RS256"],
        "authorization_response_iss_parameter_supported": true,
    }))
    .into_response()
}

async fn jwks(State(provider): State<Arc<Provider>>) -> Response {
    provider.keys_read.fetch_add(1, Ordering::Relaxed);
    if provider.keys_away.load(Ordering::Relaxed) {
        return no_answer(&provider);
    }
    Json(json!({ "keys": [provider.key.lock().unwrap().jwk()] })).into_response()
}

async fn token(State(provider): State<Arc<Provider>>, Form(form): Form<HashMap<String, String>>) -> Response {
    provider.check_client(&form);
    if let Some((status, body)) = provider.refusal.lock().unwrap().clone() {
        return (status, Json(body)).into_response();
    }
    let mut answer = json!({
        "access_token": "access-0", "token_type": "Bearer", "refresh_token": "refresh-1",
        "expires_in": provider.token_life.lock().unwrap().as_secs(),
    });
    if provider.gives_no_refresh.load(Ordering::Relaxed) {
        answer.as_object_mut().unwrap().remove("refresh_token");
    }
    if form["grant_type"] == "refresh_token" {
        assert_eq!(form["refresh_token"], "refresh-1");
        provider.refreshing.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(50)).await;
        let _held = provider.hold_refreshes.read().await;
        let count = provider.refreshed.fetch_add(1, Ordering::Relaxed) + 1;
        answer["access_token"] = json!(format!("access-{count}"));
        answer["id_token"] = json!(provider.id_token(None));
        if let Some(details) = &*provider.refresh_details.lock().unwrap() {
            answer["authorization_details"] = details.clone();
        }
        return Json(answer).into_response();
    }
    if form["grant_type"] == "urn:ietf:params:oauth:grant-type:token-exchange" {
        return exchange(&provider, form);
    }
    if form["grant_type"] == "urn:ietf:params:oauth:grant-type:device_code" {
        assert_eq!(form["device_code"], "device-1");
        if let Some(details) = &*provider.grants.lock().unwrap() {
            answer["authorization_details"] = details.clone();
        }
        answer["id_token"] = json!(provider.id_token(None));
        return Json(answer).into_response();
    }
    let Some(request) = provider.codes.lock().unwrap().remove(&form["code"]) else {
        return (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" }))).into_response();
    };
    let digest = ring::digest::digest(&ring::digest::SHA256, form["code_verifier"].as_bytes());
    assert_eq!(BASE64_URL_SAFE_NO_PAD.encode(digest), request.challenge);
    assert_eq!(form["redirect_uri"], request.redirect_uri);
    provider.redeemed.fetch_add(1, Ordering::Relaxed);
    answer["id_token"] = json!(provider.id_token(Some(&request.nonce)));
    let asked = request.parameters.get("authorization_details");
    let granted = provider.grants.lock().unwrap().clone();
    if let Some(details) = granted.or_else(|| serde_json::from_str(asked?).ok()) {
        answer["authorization_details"] = details;
    }
    Json(answer).into_response()
}

fn exchange(provider: &Provider, form: HashMap<String, String>) -> Response {
    const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
    assert_eq!(form["subject_token_type"], ACCESS_TOKEN);
    assert!(form["subject_token"].starts_with("access-"));
    let target = form.get("resource").or_else(|| form.get("audience")).unwrap();
    let details: Value = serde_json::from_str(&form["authorization_details"]).unwrap();
    let token = provider.access_token(|claims| {
        let members = claims.as_object_mut().unwrap();
        members.remove("scope");
        claims["aud"] = json!(target);
        claims["sub"] = json!("sub-there");
        claims["act"] = json!({ "sub": CLIENT });
        claims["authorization_details"] = details.clone();
        claims["exp"] = json!(provider.time.seconds() + 60);
    });
    provider.exchanges.lock().unwrap().push(form);
    if let Some(error) = *provider.exchange_refusal.lock().unwrap() {
        return (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response();
    }
    let mut answer = json!({
        "access_token": token, "issued_token_type": ACCESS_TOKEN, "token_type": "Bearer", "expires_in": 60,
        "authorization_details": details,
    });
    if let Some(bend) = &*provider.bend_exchange.lock().unwrap() {
        bend(&mut answer);
    }
    Json(answer).into_response()
}

async fn push(State(provider): State<Arc<Provider>>, Form(form): Form<HashMap<String, String>>) -> Response {
    provider.check_client(&form);
    if let Some((status, body)) = provider.push_refusal.lock().unwrap().clone() {
        return (status, Json(body)).into_response();
    }
    assert!(!form.contains_key("request_uri"), "RFC 9126 §2.1");
    let mut pushed = provider.pushed.lock().unwrap();
    let name = format!("{PUSHED}{}", pushed.len());
    pushed.push(form);
    let answer = json!({ "request_uri": name, "expires_in": 60 });
    (StatusCode::CREATED, Json(answer)).into_response()
}

async fn device_authorization(
    State(provider): State<Arc<Provider>>,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    provider.check_client(&form);
    if let Some((status, body)) = provider.refusal.lock().unwrap().clone() {
        return (status, Json(body)).into_response();
    }
    assert_eq!(form["scope"], "openid profile phone");
    if let Some(details) = form.get("authorization_details") {
        *provider.grants.lock().unwrap() = Some(serde_json::from_str(details).unwrap());
    }
    let page = format!("{}/oauth2/device", provider.issuer);
    Json(json!({
        "device_code": "device-1", "user_code": "BCDF-GHJK", "verification_uri": page,
        "verification_uri_complete": format!("{page}?user_code=BCDF-GHJK"), "expires_in": 600, "interval": 5,
    }))
    .into_response()
}

async fn revoke(
    State(provider): State<Arc<Provider>>,
    Form(form): Form<HashMap<String, String>>,
) -> StatusCode {
    provider.check_client(&form);
    let _held = provider.hold_revocations.read().await;
    assert_eq!(form["token_type_hint"], "refresh_token");
    provider.revoked.lock().unwrap().push(form["token"].clone());
    provider.revocation.notify_one();
    StatusCode::OK
}

async fn user_info(State(provider): State<Arc<Provider>>, headers: HeaderMap) -> Json<Value> {
    assert_eq!(headers["authorization"], "Bearer access-0");
    let sub = if provider.other_user_info.load(Ordering::Relaxed) {
        "sub-2"
    } else {
        "sub-1"
    };
    Json(
        json!({ "sub": sub, "name": "林晓", "phone_number": "+8613800000000", "phone_number_verified": true }),
    )
}
