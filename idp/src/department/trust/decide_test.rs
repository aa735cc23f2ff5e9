use std::time::Duration;

use serde_json::{Value, json};

use super::allowed::{Pattern, Pause, Superior, Terms};
use super::entity::{EntityStatus, records as entities};
use super::{
    DecideError, Decided, Told, allow, decided, decisions, look, remove, resume, suspend, trust_keys,
};
use crate::args;
use crate::audit::{Action, Actor, Change, Context, Event};
use crate::clock::Clock;
use crate::department::{Client, ManageError, Origin, Standing, records as clients};
use crate::federation::{EntityId, Relaxation};
use crate::keys::jose::Algorithm;
use crate::keys::jose::forge::ForgedKey;
use crate::rng::Rng;
use crate::store::Db;
use crate::store::sample::Records;

const HRSS: &str = "https://hrss.gov.example";

/// The operator, at a command a second later each.
struct Desk {
    db: Db,
    clock: Clock,
    _records: Records,
}

impl Desk {
    async fn open() -> Self {
        let records = Records::open().await;
        Self {
            db: records.db.clone(),
            clock: Clock::system(),
            _records: records,
        }
    }

    fn context(&self) -> Context {
        let now = self.clock.advance(Duration::from_secs(1));
        Context::without_request(now, Actor::Operator, &Rng::system())
    }

    async fn allow(&self, text: &str, alter: impl Fn(&mut Terms)) -> Result<Decided, DecideError> {
        let pattern = pattern(text);
        let before = decided(&self.db, &pattern).await?;
        let mut terms = before.as_ref().map_or_else(terms, |before| before.terms.clone());
        alter(&mut terms);
        let (context, nothing) = (self.context(), Relaxation::Nothing);
        allow(&self.db, &context, &pattern, before.as_ref(), terms, nothing).await
    }

    async fn suspend(&self, text: &str) -> Result<Told, DecideError> {
        let reason = Some(Pause::Security);
        suspend(&self.db, &self.context(), &pattern(text), reason).await
    }

    async fn resume(&self, text: &str) -> Result<Told, DecideError> {
        resume(&self.db, &self.context(), &pattern(text)).await
    }

    /// What joining does, under the decision of this pattern.
    async fn join(&self, under: &str, jwks: &Value) {
        let context = self.context();
        let allowed = decided(&self.db, &pattern(under)).await.unwrap().unwrap();
        let client = Client {
            client_id: HRSS.to_owned(),
            sector: id().place().to_owned(),
            origin: Origin::Federation,
            allowed_id: Some(allowed.id),
            expires_at: Some(context.now.plus(Duration::from_secs(3600))),
            updated_at: context.now,
            ..Client::sample("https://hrss.gov.example/cb")
        };
        let mut change = Change::begin(&self.db, &context).await.unwrap();
        let now = context.now;
        assert!(
            entities::join(&mut change, &id(), allowed.id, jwks, now)
                .await
                .unwrap()
        );
        assert!(clients::register(&mut change, &client, None).await.unwrap());
        change.record(Event::new(Action::EntityJoined)).await.unwrap();
        change.commit().await.unwrap();
    }

    async fn client(&self) -> Client {
        clients::find(&self.db, HRSS).await.unwrap().unwrap()
    }

    async fn standing(&self) -> Standing {
        self.client().await.standing
    }
}

fn id() -> EntityId {
    EntityId::parse(HRSS, Relaxation::Nothing).unwrap()
}

fn pattern(text: &str) -> Pattern {
    Pattern::parse(text, Relaxation::Nothing).unwrap()
}

fn terms() -> Terms {
    Terms {
        name: "养老金查询".to_owned(),
        organisation: "人社局".to_owned(),
        scope: "openid phone".to_owned(),
        ..Terms::default()
    }
}

fn no_keys() -> Value {
    json!({ "keys": [] })
}

#[tokio::test]
async fn allowing_a_system_by_its_address_confirms_what_joined_by_a_wildcard() {
    let desk = Desk::open().await;
    let wide = desk.allow("*.gov.example", |_| ()).await.unwrap();
    assert!(wide.is_new && wide.systems.is_empty());
    desk.join("*.gov.example", &no_keys()).await;
    let before = desk.client().await;

    let done = desk.allow(HRSS, |_| ()).await.unwrap();
    assert_eq!(done.systems, [HRSS]);
    let (client, allowed) = (
        desk.client().await,
        decided(&desk.db, &pattern(HRSS)).await.unwrap(),
    );
    assert_eq!(client.allowed_id, allowed.map(|one| one.id));
    assert!(client.expires_at < before.expires_at && client.is_active());
    let mut change = Change::begin(&desk.db, &desk.context()).await.unwrap();
    let late = clients::register(&mut change, &before, Some(before.updated_at)).await;
    assert!(
        !late.unwrap(),
        "a registration by what was decided before comes too late"
    );
    drop(change);

    let refused = crate::department::remove(&desk.db, &desk.context(), HRSS).await;
    assert!(matches!(refused, Err(ManageError::NotTheOperators(_))));

    let again = desk
        .allow("*.gov.example", |terms| terms.name = "社保卡".to_owned())
        .await
        .unwrap();
    assert!(!again.is_new && again.systems.is_empty());
    assert_eq!(
        again.changed.iter().map(|one| one.name).collect::<Vec<_>>(),
        ["name"]
    );
    assert!(
        desk.allow("*.gov.example", |_| ())
            .await
            .unwrap()
            .changed
            .is_empty()
    );
    let counts: Vec<_> = decisions(&desk.db)
        .await
        .unwrap()
        .into_iter()
        .map(|one| one.systems)
        .collect();
    assert_eq!(counts, [0, 1]);
    let actions = "SELECT action FROM audit WHERE action LIKE 'department.%' ORDER BY id";
    let rows = desk.db.all(actions, args![]).await.unwrap();
    let actions: Vec<_> = rows.iter().map(|row| row.text("action").unwrap()).collect();
    assert_eq!(
        actions,
        ["department.allowed", "department.allowed", "department.changed"]
    );
}

#[tokio::test]
async fn a_suspension_ends_what_was_granted_for_good() {
    let desk = Desk::open().await;
    desk.allow("*.gov.example", |_| ()).await.unwrap();
    desk.join("*.gov.example", &no_keys()).await;
    for (name, told) in [("*.gov.example", Told::Decision), (HRSS, Told::System)] {
        let before = desk.clock.now();
        assert_eq!(desk.suspend(name).await.unwrap(), told);
        let twice = desk.suspend(name).await.unwrap_err();
        assert!(matches!(twice, DecideError::Already(..)), "{twice}");
        let client = desk.client().await;
        assert_eq!(client.standing, Standing::Suspended(Some(Pause::Security)));
        assert!(client.has_ended(before));
        let meanwhile = desk.clock.now();
        assert!(!client.has_ended(meanwhile.plus(Duration::from_millis(1))));
        assert_eq!(desk.resume(name).await.unwrap(), told);
        let client = desk.client().await;
        assert_eq!(client.standing, Standing::Active);
        assert!(client.has_ended(before) && client.has_ended(meanwhile));
        let twice = desk.resume(name).await.unwrap_err();
        assert!(matches!(twice, DecideError::NotSuspended(_)), "{twice}");
    }
    for name in ["https://other.gov.example", "gov.example"] {
        let unknown = desk.suspend(name).await.unwrap_err();
        assert!(matches!(unknown, DecideError::Unknown(_)), "{unknown}");
    }
    // Suspended alone, it stays so when it is confirmed.
    desk.suspend(HRSS).await.unwrap();
    desk.allow(HRSS, |_| ()).await.unwrap();
    assert!(!desk.client().await.is_active());
    desk.resume(HRSS).await.unwrap();
    assert!(desk.client().await.is_active());
}

#[tokio::test]
async fn what_was_removed_by_its_address_stays_out_until_it_is_named_again() {
    let desk = Desk::open().await;
    desk.allow("*.gov.example", |_| ()).await.unwrap();
    desk.allow(HRSS, |_| ()).await.unwrap();
    desk.join(HRSS, &no_keys()).await;
    let kept = remove(&desk.db, &desk.context(), &pattern(HRSS)).await.unwrap();
    assert_eq!(
        (kept.told, kept.covered_by.as_deref()),
        (Told::Decision, Some("*.gov.example"))
    );
    assert_eq!(desk.standing().await, Standing::Removed);
    let known = entities::find(&desk.db, &id()).await.unwrap().unwrap();
    assert_eq!(known.status, EntityStatus::Removed);
    let gone = remove(&desk.db, &desk.context(), &pattern(HRSS))
        .await
        .unwrap_err();
    assert!(matches!(gone, DecideError::Already(..)), "{gone}");
    // Not by a decision that does not name it.
    desk.allow("hrss.gov.example", |_| ()).await.unwrap();
    assert_eq!(desk.standing().await, Standing::Removed);
    // A node that had not heard of the removal yet.
    let granted = desk.clock.now();
    let made = desk.allow(HRSS, |_| ()).await.unwrap();
    assert!(desk.client().await.has_ended(granted));
    assert_eq!(
        (made.is_new, made.systems.as_slice()),
        (true, [HRSS.to_owned()].as_slice())
    );
    assert_eq!(desk.standing().await, Standing::Active);

    // One that nobody has heard of yet is kept out as well.
    let stranger = "https://other.gov.example";
    desk.allow(stranger, |_| ()).await.unwrap();
    remove(&desk.db, &desk.context(), &pattern(stranger))
        .await
        .unwrap();
    let stranger = EntityId::parse(stranger, Relaxation::Nothing).unwrap();
    let barred = entities::find(&desk.db, &stranger).await.unwrap().unwrap();
    assert_eq!(barred.status, EntityStatus::Removed);
    let mut change = Change::begin(&desk.db, &desk.context()).await.unwrap();
    let joined = entities::join(
        &mut change,
        &stranger,
        barred.allowed_id,
        &no_keys(),
        desk.clock.now(),
    )
    .await;
    assert!(!joined.unwrap());
}

#[tokio::test]
async fn held_keys_are_trusted_where_exactly_those_are_named() {
    let desk = Desk::open().await;
    desk.allow(HRSS, |_| ()).await.unwrap();
    let keys: [_; 3] = std::array::from_fn(|_| ForgedKey::new(Algorithm::Es256));
    let set = |at: &[usize]| json!({ "keys": at.iter().map(|at| keys[*at].jwk()).collect::<Vec<_>>() });
    let prints = |at: &[usize]| at.iter().map(|at| keys[*at].kid.clone()).collect::<Vec<_>>();
    desk.join(HRSS, &set(&[0])).await;
    let trust = async |named: Vec<String>| trust_keys(&desk.db, &desk.context(), &id(), &named).await;
    let nothing = trust(prints(&[1])).await.unwrap_err();
    assert!(matches!(nothing, DecideError::NothingHeld(_)), "{nothing}");

    let mut change = Change::begin(&desk.db, &desk.context()).await.unwrap();
    let entity = entities::find_within(&mut change, &id()).await.unwrap().unwrap();
    assert!(entities::hold(&mut change, &entity, &set(&[1, 2])).await.unwrap());
    change.record(Event::new(Action::EntityKeysHeld)).await.unwrap();
    change.commit().await.unwrap();
    let shown = look(&desk.db, &pattern(HRSS)).await.unwrap();
    assert_eq!(
        (shown.systems[0].pinned(), shown.systems[0].held_keys()),
        (prints(&[0]), prints(&[1, 2]))
    );
    for wrong in [prints(&[1]), prints(&[0]), prints(&[0, 1, 2]), Vec::new()] {
        let refused = trust(wrong).await.unwrap_err();
        assert!(matches!(refused, DecideError::OtherKeys { .. }), "{refused}");
    }
    assert_eq!(trust(prints(&[2, 1])).await.unwrap(), 2);
    let shown = look(&desk.db, &pattern(HRSS)).await.unwrap();
    assert_eq!(
        (shown.systems[0].pinned(), shown.systems[0].held.is_none()),
        (prints(&[1, 2]), true)
    );
    assert!(desk.client().await.expires_at <= Some(desk.clock.now()));
}

#[tokio::test]
async fn what_cannot_be_kept_to_is_not_decided() {
    let desk = Desk::open().await;
    let wrongs: [fn(&mut Terms); 11] = [
        |terms| terms.name.clear(),
        |terms| terms.organisation = " ".to_owned(),
        |terms| terms.name.push('\u{202e}'),
        |terms| terms.scope = "openid everything".to_owned(),
        |terms| terms.scope = "phone".to_owned(),
        |terms| terms.marks = vec!["two words".to_owned()],
        |terms| terms.ranges = vec!["0.0.0.0/0".parse().unwrap()],
        |terms| terms.ranges = vec!["127.0.0.1/32".parse().unwrap()],
        |terms| terms.through = Some("https://nobody.example".to_owned()),
        |terms| terms.superior = Some(Superior::default()),
        |terms| {
            terms.purposes = serde_json::from_value(json!({ "profile": { "zh": "x", "en": "" } })).unwrap()
        },
    ];
    for (at, wrong) in wrongs.into_iter().enumerate() {
        let refused = desk.allow("*.gov.example", wrong).await.unwrap_err();
        assert!(matches!(refused, DecideError::Invalid(_)), "{at} {refused}");
    }
    assert!(decisions(&desk.db).await.unwrap().is_empty());
    let bureau = "https://bureau.gov.example";
    let superior = |permitted: &str| Superior {
        permitted: vec![permitted.to_owned()],
        ..Superior::default()
    };
    let wrong = desk
        .allow(bureau, |terms| terms.superior = Some(superior("*.gov.example")))
        .await;
    assert!(wrong.is_err());
    desk.allow(bureau, |terms| terms.superior = Some(superior(".gov.example")))
        .await
        .unwrap();
    desk.allow("*.gov.example", |terms| terms.through = Some(bureau.to_owned()))
        .await
        .unwrap();
}

#[tokio::test]
async fn of_two_decisions_at_once_the_second_is_told() {
    let desk = Desk::open().await;
    let (context, nothing) = (desk.context(), Relaxation::Nothing);
    let hrss = pattern(HRSS);
    let first = async |terms: Terms| allow(&desk.db, &context, &hrss, None, terms, nothing).await;
    first(terms()).await.unwrap();
    let late = first(terms()).await.unwrap_err();
    assert!(matches!(late, DecideError::Overtaken(_)), "{late}");
    let read = decided(&desk.db, &hrss).await.unwrap();
    let named = |name: &str| Terms {
        name: name.to_owned(),
        ..terms()
    };
    let change =
        async |name: &str| allow(&desk.db, &context, &hrss, read.as_ref(), named(name), nothing).await;
    change("社保卡").await.unwrap();
    let late = change("医保").await.unwrap_err();
    assert!(matches!(late, DecideError::Overtaken(_)), "{late}");
    assert_eq!(
        decided(&desk.db, &hrss).await.unwrap().unwrap().terms.name,
        "社保卡"
    );
}
