use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::args;
use crate::audit::{Action, Actor, Change, Context, Event};
use crate::clock::{Clock, Timestamp};
use crate::config::MasterKey;
use crate::department::trust::allowed::{
    Allowed, AllowedDepartments, Pattern, Pause, Status, Superior, Terms, records as decisions,
};
use crate::department::trust::entity::{Entity, records as entities};
use crate::department::trust::join::{JoinFault, Joining, Means};
use crate::department::trust::{About, Ourselves, allow, decided, remove, suspend};
use crate::department::{Client, Departments, records as clients};
use crate::federation::{Anchor, EntityId, Limits, Metadata, Relaxation};
use crate::fetch::stand_in::at_home;
use crate::keys::jose::forge::ForgedKey;
use crate::keys::jose::{Algorithm, JwkSet};
use crate::keys::{FederationKeys, Keeper, Policy};
use crate::rng::Rng;
use crate::store::Vault;
use crate::store::sample::Records;

const DAY: Duration = Duration::from_secs(24 * 3600);
pub(super) const US: &str = "https://id.city.example";
const STATEMENT: &str = "application/entity-statement+jwt";

/// What is served, by host and what follows it, and what was asked for.
#[derive(Debug, Default)]
struct Net {
    answers: BTreeMap<String, (&'static str, String)>,
    asked: Vec<String>,
    /// Places at which an answer is waited for.
    held: BTreeSet<String>,
}

/// A city with one node or more, and a network of its own.
pub(super) struct City {
    pub(super) records: Records,
    pub(super) clock: Clock,
    pub(super) joining: Joining,
    ourselves: Ourselves,
    net: Arc<Mutex<Net>>,
    port: u16,
}

/// A department's system, or one above it.
pub(super) struct System {
    pub(super) id: EntityId,
    pub(super) key: ForgedKey,
    /// Of the protocol.
    pub(super) own: ForgedKey,
}

impl City {
    pub(super) async fn new() -> Self {
        Self::with(|_| Vec::new(), 3).await
    }

    /// With other anchors, which are made for the port of its network.
    pub(super) async fn with(anchors: impl Fn(u16) -> Vec<Anchor>, intermediates: usize) -> Self {
        let (records, clock) = (Records::open().await, Clock::system());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let net = Arc::<Mutex<Net>>::default();
        let router = Router::new().fallback(answer).with_state(Arc::clone(&net));
        tokio::spawn(async move { axum::serve(listener, router).await });

        let vault = Vault::new(&MasterKey::from_bytes([7; 32]), Rng::system());
        let keeper = Keeper::new(
            records.db.clone(),
            vault,
            Rng::system(),
            Policy::for_statements(DAY),
        );
        let keys = FederationKeys::open(keeper, clock.now()).await.unwrap();
        let metadata =
            json!({"federation_entity": {"federation_fetch_endpoint": format!("{US}/federation/fetch")}});
        let types: BTreeMap<_, _> = serde_json::from_value(metadata).unwrap();
        let about = About {
            id: EntityId::parse(US, Relaxation::Nothing).unwrap(),
            metadata: Metadata::from(types),
            superiors: Vec::new(),
            anchors: anchors(port),
            limits: Limits {
                intermediates,
                relaxation: Relaxation::PlainLoopback,
            },
            lifetime: DAY,
        };
        let ourselves = Ourselves::new(about, keys);
        let joining = node(&records, &clock, &ourselves);
        Self {
            records,
            clock,
            joining,
            ourselves,
            net,
            port,
        }
    }

    /// One more, that remembers nothing.
    pub(super) fn another_node(&self) -> Joining {
        node(&self.records, &self.clock, &self.ourselves)
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) fn later(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// `http://{name}.localhost`, on the port of the network.
    pub(super) fn system(&self, name: &str) -> System {
        System::at(name, self.port)
    }

    pub(super) fn system_at(&self, name: &str, path: &str) -> System {
        let id = format!("http://{name}.localhost:{}{path}", self.port);
        System {
            id: EntityId::parse(&id, Relaxation::PlainLoopback).unwrap(),
            ..System::at(name, self.port)
        }
    }

    pub(super) fn pattern(&self, text: &str) -> String {
        format!("{text}:{}", self.port)
    }

    pub(super) async fn allow(&self, pattern: &str, change: impl FnOnce(&mut Terms)) -> Allowed {
        let context = self.operator();
        let mut terms = terms();
        change(&mut terms);
        let allowed = Allowed {
            id: context.rng.uuid(context.now),
            pattern: pattern_of(pattern),
            status: Status::Active,
            reason: None,
            terms,
            created_at: context.now,
            updated_at: context.now,
        };
        let mut change = Change::begin(&self.records.db, &context).await.unwrap();
        assert!(decisions::insert(&mut change, &allowed).await.unwrap());
        self.commit(change).await;
        allowed
    }

    pub(super) async fn allow_superior(&self, superior: &System) -> Allowed {
        self.allow(superior.id.as_str(), |terms| {
            terms.superior = Some(Superior::default());
        })
        .await
    }

    pub(super) async fn suspend(&self, allowed: &Allowed) {
        let mut change = Change::begin(&self.records.db, &self.operator()).await.unwrap();
        let set = decisions::set_status(&mut change, allowed, Status::Suspended, Some(Pause::Security));
        assert!(set.await.unwrap());
        self.commit(change).await;
    }

    /// By whom its systems must come from now on.
    pub(super) async fn demand(&self, allowed: &Allowed, through: &str) {
        let terms = Terms {
            through: Some(through.to_owned()),
            ..allowed.terms.clone()
        };
        self.decide(allowed, &terms).await;
    }

    /// Other terms for the same systems.
    pub(super) async fn decide(&self, allowed: &Allowed, terms: &Terms) {
        let now = decisions::list(&self.records.db).await.unwrap();
        let read = now.iter().find(|one| one.id == allowed.id).unwrap();
        let mut change = Change::begin(&self.records.db, &self.operator()).await.unwrap();
        assert!(decisions::set_terms(&mut change, read, terms).await.unwrap());
        self.commit(change).await;
    }

    /// The operator has looked at the keys that wait.
    pub(super) async fn trust_held_keys(&self, system: &System) {
        let entity = self.entity(system).await.unwrap();
        let mut change = Change::begin(&self.records.db, &self.operator()).await.unwrap();
        assert!(entities::release(&mut change, &entity).await.unwrap());
        self.commit(change).await;
    }

    /// As the operator's command does it, and nobody forgets anything.
    pub(super) async fn operate(&self, pattern: &str, alter: impl FnOnce(&mut Terms)) -> Allowed {
        let (db, pattern) = (&self.records.db, pattern_of(pattern));
        let before = decided(db, &pattern).await.unwrap();
        let mut terms = before.as_ref().map_or_else(terms, |before| before.terms.clone());
        alter(&mut terms);
        let plain = Relaxation::PlainLoopback;
        allow(db, &self.operator(), &pattern, before.as_ref(), terms, plain)
            .await
            .unwrap();
        decided(db, &pattern).await.unwrap().unwrap()
    }

    pub(super) async fn operate_suspend(&self, pattern: &str) {
        let (db, reason) = (&self.records.db, Some(Pause::Security));
        suspend(db, &self.operator(), &pattern_of(pattern), reason)
            .await
            .unwrap();
    }

    pub(super) async fn operate_remove(&self, pattern: &str) {
        remove(&self.records.db, &self.operator(), &pattern_of(pattern))
            .await
            .unwrap();
    }

    /// As if they had joined.
    pub(super) async fn fill(&self, allowed: &Allowed, systems: &[System]) {
        let mut change = Change::begin(&self.records.db, &self.operator()).await.unwrap();
        for system in systems {
            let (keys, now) = (json!({"keys": [system.key.jwk()]}), self.now());
            let joined = entities::join(&mut change, &system.id, allowed.id, &keys, now);
            assert!(joined.await.unwrap());
        }
        self.commit(change).await;
    }

    /// As if a registration had been on its way by another decision.
    pub(super) async fn put_back_under(&self, system: &System, allowed: Uuid) {
        let mut change = Change::begin(&self.records.db, &self.operator()).await.unwrap();
        entities::put_under(&mut change, system.id.as_str(), allowed)
            .await
            .unwrap();
        clients::put_under(&mut change, system.id.as_str(), allowed)
            .await
            .unwrap();
        self.commit(change).await;
    }

    async fn commit(&self, mut change: Change) {
        let event = Event::new(Action::DepartmentAllowed);
        change.record(event).await.unwrap();
        change.commit().await.unwrap();
        // What is remembered for seconds is forgotten.
        self.later(4);
    }

    fn operator(&self) -> Context {
        Context::without_request(self.now(), Actor::Operator, &Rng::system())
    }

    /// Serves what the system says about itself, below these superiors.
    pub(super) fn publish(&self, system: &System, superiors: &[&str]) {
        self.publish_as(system, &system.key, &system.configuration(superiors, self.now()));
    }

    pub(super) fn publish_as(&self, system: &System, key: &ForgedKey, claims: &Value) {
        self.serve(&system.id.configuration_url(), STATEMENT, sign(key, claims));
    }

    /// Serves what a superior says about another.
    pub(super) fn state(&self, superior: &System, about: &System) {
        self.state_as(superior, about, &superior.about(about, self.now()));
    }

    pub(super) fn state_as(&self, superior: &System, about: &System, claims: &Value) {
        let sub: String = url::form_urlencoded::byte_serialize(about.id.as_str().as_bytes()).collect();
        let url = format!("{}/fetch?sub={sub}", superior.id);
        self.serve(&url, STATEMENT, sign(&superior.key, claims));
    }

    pub(super) fn serve(&self, url: &str, media_type: &'static str, body: String) {
        let place = url.strip_prefix("http://").unwrap().to_owned();
        self.net.lock().unwrap().answers.insert(place, (media_type, body));
    }

    /// Keeps whoever asks at an address waiting.
    pub(super) fn hold(&self, url: &str) {
        let place = url.strip_prefix("http://").unwrap().to_owned();
        self.net.lock().unwrap().held.insert(place);
    }

    pub(super) fn release(&self) {
        self.net.lock().unwrap().held.clear();
    }

    /// Until it is asked once more than so often.
    pub(super) async fn until_asked(&self, before: usize) {
        while self.asked() <= before {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Nobody answers there any more.
    pub(super) fn take_down(&self, system: &System) {
        let host = system.id.authority().to_owned();
        let mut net = self.net.lock().unwrap();
        net.answers.retain(|place, _| !place.starts_with(&host));
    }

    pub(super) fn asked(&self) -> usize {
        self.net.lock().unwrap().asked.len()
    }

    pub(super) async fn join(&self, system: &System) -> Result<Arc<Client>, JoinFault> {
        self.join_with(system, None).await
    }

    pub(super) async fn join_with(
        &self,
        system: &System,
        chain: Option<Vec<String>>,
    ) -> Result<Arc<Client>, JoinFault> {
        let client = self.joining.client(system.id.as_str(), chain, self.now()).await;
        client.map(Option::unwrap)
    }

    pub(super) async fn entity(&self, system: &System) -> Option<Entity> {
        entities::find(&self.records.db, &system.id).await.unwrap()
    }

    /// How many rows of the audit are about a system, by what happened.
    pub(super) async fn audited(&self, action: Action, system: &System) -> i64 {
        const COUNT: &str = "SELECT COUNT(*) AS rows FROM audit WHERE action = $1 AND client_id = $2";
        let args = args![action.as_str(), system.id.as_str()];
        let row = self.records.db.maybe(COUNT, args).await.unwrap().unwrap();
        row.int("rows").unwrap()
    }

    pub(super) async fn written(&self) -> i64 {
        const COUNT: &str = "SELECT COUNT(*) AS rows FROM audit";
        let row = self.records.db.maybe(COUNT, args![]).await.unwrap().unwrap();
        row.int("rows").unwrap()
    }

    /// What would come along as a chain: its own statement, and ours about it.
    pub(super) fn chain(&self, system: &System, allowed: &Allowed) -> Vec<String> {
        let (now, ourselves) = (self.now(), &self.ourselves);
        vec![
            sign(&system.key, &system.configuration(&[US], now)),
            ourselves.about(&system.id, allowed, &system.keys(), now).unwrap(),
            ourselves.configuration(now).unwrap(),
        ]
    }
}

impl System {
    pub(super) fn at(name: &str, port: u16) -> Self {
        let id = format!("http://{name}.localhost:{port}");
        Self {
            id: EntityId::parse(&id, Relaxation::PlainLoopback).unwrap(),
            key: ForgedKey::new(Algorithm::Es256),
            own: ForgedKey::new(Algorithm::Es256),
        }
    }

    pub(super) fn keys(&self) -> JwkSet {
        JwkSet::parse_federation(&json!({"keys": [self.key.jwk()]})).unwrap()
    }

    pub(super) fn as_anchor(&self) -> Anchor {
        Anchor {
            id: self.id.clone(),
            keys: self.keys(),
            configuration: None,
        }
    }

    /// The claims of its entity configuration, below these superiors.
    pub(super) fn configuration(&self, superiors: &[&str], now: Timestamp) -> Value {
        let id = &self.id;
        let mut claims = json!({
            "iss": id.as_str(), "sub": id.as_str(), "iat": now.seconds(), "exp": now.seconds() + 86_400,
            "jwks": {"keys": [self.key.jwk()]},
            "metadata": {
                "federation_entity": {"federation_fetch_endpoint": format!("{id}/fetch")},
                "openid_relying_party": {
                    "client_name": "Free Money",
                    "redirect_uris": [format!("{id}/cb")],
                    "backchannel_logout_uri": format!("{id}/logout"),
                    "client_registration_types": ["automatic"],
                    "token_endpoint_auth_method": "private_key_jwt",
                    "id_token_signed_response_alg": "ES256",
                    "grant_types": ["authorization_code", "refresh_token"],
                    "scope": "openid phone profile",
                    "jwks": {"keys": [self.own.jwk()]},
                },
            },
        });
        if !superiors.is_empty() {
            claims["authority_hints"] = json!(superiors);
        }
        claims
    }

    /// The claims of what it says about one below it.
    pub(super) fn about(&self, below: &Self, now: Timestamp) -> Value {
        json!({
            "iss": self.id.as_str(), "sub": below.id.as_str(), "iat": now.seconds(), "exp": now.seconds() + 86_400,
            "jwks": {"keys": [below.key.jwk()]},
        })
    }
}

fn pattern_of(text: &str) -> Pattern {
    Pattern::parse(text, Relaxation::PlainLoopback).unwrap()
}

fn terms() -> Terms {
    Terms {
        name: "养老金查询".to_owned(),
        name_en: "Pension".to_owned(),
        organisation: "人社局".to_owned(),
        scope: "openid phone".to_owned(),
        ..Terms::default()
    }
}

pub(super) fn sign(key: &ForgedKey, claims: &Value) -> String {
    key.sign(&key.header("entity-statement+jwt"), claims)
}

fn node(records: &Records, clock: &Clock, ourselves: &Ourselves) -> Joining {
    Joining::new(Means {
        departments: Departments::new(records.db.clone(), clock.clone()),
        allowed: AllowedDepartments::new(records.db.clone(), clock.clone()),
        fetcher: at_home(),
        ourselves: ourselves.clone(),
        db: records.db.clone(),
        rng: Rng::system(),
    })
}

async fn answer(State(net): State<Arc<Mutex<Net>>>, headers: HeaderMap, uri: Uri) -> Response {
    let host = headers[HOST].to_str().unwrap();
    let place = format!("{host}{}", uri.path_and_query().unwrap());
    net.lock().unwrap().asked.push(place.clone());
    while net.lock().unwrap().held.contains(&place) {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    match net.lock().unwrap().answers.get(&place) {
        Some((media_type, body)) => ([(CONTENT_TYPE, *media_type)], body.clone()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
