//! A department joins with its own address: what it states about itself, and who believes it.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use axum::http::StatusCode;
use serde_json::{Value, json};
use yimen_sdk::{Signer, SignerFault, SigningAlgorithm};

use crate::browser::Browser;
use crate::keys::{Key, department_key, header, is_signed_by, payload};
use crate::provider::{CLIENT, Provider};
use crate::world::{Time, World, department, settings};

const WELL_KNOWN: &str = "/.well-known/openid-federation";

/// The superior of a department, which goes by what it has seen (OpenID Federation 1.0 §9, §11).
pub(crate) struct Superior {
    entity: String,
    /// Once there are some, a statement must be signed by one of them.
    pins: Mutex<Option<Value>>,
    newest: Mutex<u64>,
}

impl Superior {
    pub(crate) fn of(entity: &str) -> Self {
        Self {
            entity: entity.to_owned(),
            pins: Mutex::default(),
            newest: Mutex::default(),
        }
    }

    /// Reads the department's statement at `path`, and pins its keys; the claims, if they are to be believed.
    pub(crate) async fn read(&self, browser: &mut Browser, path: &str, now: u64) -> Value {
        let answer = browser.send("GET", path, &[], "").await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        assert_eq!(answer.headers["content-type"], "application/entity-statement+jwt");
        let jwt = answer.body;
        assert_eq!(header(&jwt)["typ"], "entity-statement+jwt");
        let claims = payload(&jwt);
        assert_eq!(
            (&claims["iss"], &claims["sub"]),
            (&json!(self.entity), &json!(self.entity))
        );
        let at = |name: &str| claims[name].as_u64().unwrap();
        assert!(at("iat") <= now && now < at("exp"), "{claims}");
        assert_eq!(at("exp") - at("iat"), 24 * 3600);
        assert!(at("exp") - now > 15 * 3600, "renewed when a third is gone");
        let mut newest = self.newest.lock().unwrap();
        assert!(at("iat") >= *newest, "an old statement");
        *newest = at("iat");
        assert!(is_signed_by(&claims["jwks"], &jwt), "by a key of its own");
        let mut pins = self.pins.lock().unwrap();
        if let Some(pins) = &*pins {
            assert!(is_signed_by(pins, &jwt), "no pinned key has signed it");
        }
        *pins = Some(claims["jwks"].clone());
        claims
    }
}

/// A world whose department has its keys in files.
pub(crate) async fn with_files(folder: &Path) -> World {
    World::of(|settings| settings.key_file(folder.join("yimen-key.pem"))).await
}

#[tokio::test]
async fn a_department_states_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::of(|settings| {
        settings
            .key_file(folder.path().join("yimen-key.pem"))
            .organisation("云川市人力资源和社会保障局")
    })
    .await;
    let mut browser = world.browser();
    let superior = Superior::of(CLIENT);
    let claims = superior
        .read(&mut browser, WELL_KNOWN, world.time.seconds())
        .await;
    assert_eq!(claims["authority_hints"], json!([world.provider.issuer]));
    let mut registration = world.yimen.registration();
    registration.as_object_mut().unwrap().remove("client_id");
    registration["client_registration_types"] = json!(["automatic"]);
    assert_eq!(
        claims["metadata"],
        json!({
            "openid_relying_party": registration,
            "federation_entity": { "organization_name": "云川市人力资源和社会保障局" },
        })
    );
    assert_eq!(registration["token_endpoint_auth_method"], "private_key_jwt");
    assert_eq!(
        registration["initiate_login_uri"],
        "http://localhost:8001/yimen/sign-in"
    );
    assert!(claims.get("trust_marks").is_none());
    assert!(!claims.to_string().contains("\"d\""));

    let post = browser.send("POST", WELL_KNOWN, &[], "").await;
    assert_eq!(post.status, StatusCode::METHOD_NOT_ALLOWED);
    world.signed_in().await;
}

#[tokio::test]
async fn neither_key_signs_what_is_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let world = with_files(folder.path()).await;
    world.signed_in().await;
    let claims = Superior::of(CLIENT)
        .read(&mut world.browser(), WELL_KNOWN, world.time.seconds())
        .await;
    let federation = &claims["jwks"];
    let protocol = &claims["metadata"]["openid_relying_party"]["jwks"];
    assert_ne!(federation["keys"][0]["x"], protocol["keys"][0]["x"]);
    let assertion = world.provider.pushed.lock().unwrap()[0]["client_assertion"].clone();
    assert!(is_signed_by(protocol, &assertion) && !is_signed_by(federation, &assertion));
    let jwt = world.browser().send("GET", WELL_KNOWN, &[], "").await.body;
    assert!(!is_signed_by(protocol, &jwt));
}

#[tokio::test]
async fn it_is_found_below_the_departments_path_whether_its_proxy_takes_it_off_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::start().await;
    let entity = "http://localhost:8001/hrss";
    let yimen = settings(&world.provider.issuer, &world.time)
        .department(entity)
        .key_file(folder.path().join("hrss.pem"))
        .load()
        .await
        .unwrap();
    assert!(folder.path().join("hrss-federation-key.pem").exists());
    let superior = Superior::of(entity);
    let now = world.time.seconds();
    let mut behind_proxy = Browser::new(department(&yimen), entity);
    superior.read(&mut behind_proxy, WELL_KNOWN, now).await;
    let nested = axum::Router::new()
        .nest("/hrss", department(&yimen))
        .layer(yimen.layer());
    let mut direct = Browser::new(nested, "http://localhost:8001");
    let path = format!("/hrss{WELL_KNOWN}");
    let claims = superior.read(&mut direct, &path, now).await;
    assert_eq!(
        claims["metadata"]["openid_relying_party"]["redirect_uris"][0],
        "http://localhost:8001/hrss/yimen/callback"
    );
}

#[tokio::test]
async fn superiors_and_marks_are_as_they_are_set() {
    let folder = tempfile::tempdir().unwrap();
    let time = Time::start();
    let issuer = Key::new("mark");
    let mark = |sub: &str| {
        let kind = "https://city.example/marks/id-number";
        let claims = json!({ "sub": sub, "trust_mark_type": kind, "exp": time.seconds() + 9 * 3600 });
        issuer.sign("trust-mark+jwt", &claims)
    };
    let ours = mark(CLIENT);
    let provider = Provider::start(time.clone()).await;
    let world = World::joined(provider, time.clone(), |settings| {
        settings
            .key_file(folder.path().join("yimen-key.pem"))
            .authority_hints(["https://hrss.city.example", "https://id.city.example"])
            .trust_mark(&ours)
    })
    .await;
    let superior = Superior::of(CLIENT);
    let read = async || {
        let mut browser = world.browser();
        superior
            .read(&mut browser, WELL_KNOWN, world.time.seconds())
            .await
    };
    let claims = read().await;
    assert_eq!(
        claims["authority_hints"],
        json!(["https://hrss.city.example", "https://id.city.example"])
    );
    assert_eq!(
        claims["trust_marks"],
        json!([{ "trust_mark_type": "https://city.example/marks/id-number", "trust_mark": ours }])
    );
    world.time.advance(18 * 3600);
    assert!(read().await.get("trust_marks").is_none(), "it has ended");

    let anothers = settings(&world.provider.issuer, &time).trust_mark(mark("https://tax.city.example"));
    let error = anothers.load().await.unwrap_err().to_string();
    assert!(error.contains("about `https://tax.city.example`"), "{error}");
}

#[tokio::test]
async fn a_department_whose_key_is_a_text_states_nothing_unless_it_has_another() {
    let world = World::start().await;
    let answer = world.browser().send("GET", WELL_KNOWN, &[], "").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND, "the department's own");

    let world = World::of(|settings| settings.federation_key_pem(department_key())).await;
    Superior::of(CLIENT)
        .read(&mut world.browser(), WELL_KNOWN, world.time.seconds())
        .await;
}

/// A module that signs, and may be away.
struct Module {
    pair: Key,
    is_away: Arc<AtomicBool>,
}

impl Signer for Module {
    fn algorithm(&self) -> SigningAlgorithm {
        SigningAlgorithm::Es256
    }

    fn public_jwk(&self) -> Value {
        self.pair.jwk()
    }

    async fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerFault> {
        tokio::task::yield_now().await;
        if self.is_away.load(Ordering::Relaxed) {
            return Err("slot 7 is empty".into());
        }
        Ok(self.pair.signature(message))
    }
}

#[tokio::test]
async fn keys_may_live_in_a_module_that_is_sometimes_away() {
    let is_away = Arc::<AtomicBool>::default();
    let module = |kid: &str| Module {
        pair: Key::new(kid),
        is_away: is_away.clone(),
    };
    let (protocol, federation) = (module("slot-1"), module("slot-2"));
    let world = World::of(|settings| settings.protocol_signer(protocol).federation_signer(federation)).await;
    world.signed_in().await;
    let superior = Superior::of(CLIENT);
    let claims = superior
        .read(&mut world.browser(), WELL_KNOWN, world.time.seconds())
        .await;
    assert_eq!(claims["jwks"]["keys"][0]["kid"], "slot-2");
    assert_eq!(
        claims["metadata"]["openid_relying_party"]["jwks"]["keys"][0]["kid"],
        "slot-1"
    );

    is_away.store(true, Ordering::Relaxed);
    let page = world.browser().get("/yimen/sign-in").await;
    assert_eq!(page.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!page.body.contains("slot"), "{}", page.body);
    world.time.advance(9 * 3600);
    let mut browser = world.browser();
    let stale = browser.send("GET", WELL_KNOWN, &[], "").await;
    assert_eq!(stale.status, StatusCode::OK, "it lives yet");
    world.time.advance(24 * 3600);
    let over = browser.send("GET", WELL_KNOWN, &[], "").await;
    assert_eq!(over.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn the_operator_is_told_the_one_command_that_lets_the_department_join() {
    let folder = tempfile::tempdir().unwrap();
    let world = with_files(folder.path()).await;
    *world.provider.refusal.lock().unwrap() = Some((
        StatusCode::UNAUTHORIZED,
        json!({ "error": "invalid_client", "error_description": "nobody allows it" }),
    ));
    let error = world.yimen.sign_in_on_device().await.unwrap_err().to_string();
    assert!(
        error.contains("yimen department allow 'http://localhost:8001'")
            && error.contains("nobody allows it"),
        "{error}"
    );
}
