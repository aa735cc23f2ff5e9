use std::time::Duration;

use uuid::Uuid;

use super::records::{self, Given};
use super::{Consents, Item, count_exchange, exchanges_of, move_exchanges, sweep, withdraw, withdraw_all};
use crate::account::{self, PhoneNumber};
use crate::audit::{Action, Actor, Change, Context, Event};
use crate::clock::Timestamp;
use crate::config::MasterKey;
use crate::department::{Client, DataKey};
use crate::rng::Rng;
use crate::state::State;
use crate::store::Vault;
use crate::store::sample::Records;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
const DAY: Duration = Duration::from_secs(24 * 3600);

struct Room {
    consents: Consents,
    account: Uuid,
    rng: Rng,
    records: Records,
}

fn hrss() -> Client {
    let mut client = Client::sample("https://hrss.city.example/cb");
    "hrss".clone_into(&mut client.client_id);
    client
}

impl Room {
    async fn open() -> Self {
        let (rng, records) = (Rng::system(), Records::open().await);
        let consents = Consents::new(records.db.clone(), State::memory());
        let mut room = Self {
            consents,
            account: Uuid::nil(),
            rng,
            records,
        };
        let vault = Vault::new(&MasterKey::from_bytes([3; 32]), room.rng.clone());
        let mut change = room.change(NOW).await;
        let number = PhoneNumber::read("13812345678", &[86]).unwrap();
        room.account = account::enter(&mut change, &vault, &number).await.unwrap();
        room.commit(change).await;
        room
    }

    fn context(&self, now: Timestamp) -> Context {
        Context::without_request(now, Actor::Resident, &self.rng)
    }

    async fn change(&self, now: Timestamp) -> Change {
        Change::begin(&self.records.db, &self.context(now)).await.unwrap()
    }

    async fn commit(&self, mut change: Change) {
        change.record(Event::new(Action::ConsentGiven)).await.unwrap();
        change.commit().await.unwrap();
    }

    async fn give(&self, item: Item, at: Timestamp) {
        let mut change = self.change(at).await;
        records::give(&mut change, self.account, &hrss(), &item, at.plus(DAY))
            .await
            .unwrap();
        self.commit(change).await;
    }

    async fn withdraw(&self, item: Item, at: Timestamp) -> bool {
        let mut change = self.change(at).await;
        let stood = withdraw(&mut change, self.account, "hrss", &item).await.unwrap();
        self.commit(change).await;
        stood
    }

    async fn standing(&self, now: Timestamp) -> Vec<Given> {
        let mut given = self.consents.standing(self.account, "hrss", now).await.unwrap();
        given.sort_by_key(|given| given.item.clone());
        given
    }
}

#[tokio::test]
async fn what_is_given_stands_until_its_end() {
    let room = Room::open().await;
    room.give(Item::OpenId, NOW).await;
    room.give(Item::Phone, NOW.plus(DAY / 2)).await;
    assert_eq!(room.standing(NOW.plus(DAY / 2)).await.len(), 2);
    let late = room.standing(NOW.plus(DAY)).await;
    assert_eq!(
        late.iter().map(|given| given.item.clone()).collect::<Vec<_>>(),
        [Item::Phone]
    );
    assert_eq!(
        room.consents.standing(room.account, "other", NOW).await.unwrap(),
        []
    );
    assert_eq!(
        room.consents
            .standing(Uuid::from_u128(1), "hrss", NOW)
            .await
            .unwrap(),
        []
    );
}

#[tokio::test]
async fn a_yes_in_time_prolongs_and_one_after_a_break_begins_anew() {
    let room = Room::open().await;
    let later = NOW.plus(DAY / 2);
    room.give(Item::OpenId, NOW).await;
    room.give(Item::OpenId, later).await;
    let given = room.standing(later).await.remove(0);
    assert_eq!(
        (given.granted_at, given.answered_at, given.expires_at),
        (NOW, later, later.plus(DAY))
    );

    let lapsed = later.plus(DAY);
    room.give(Item::OpenId, lapsed).await;
    assert_eq!(room.standing(lapsed).await[0].granted_at, lapsed);

    let again = lapsed.plus(Duration::from_secs(10));
    assert!(room.withdraw(Item::OpenId, lapsed).await);
    room.give(Item::OpenId, again).await;
    assert_eq!(room.standing(again).await[0].granted_at, again);
}

#[tokio::test]
async fn what_is_withdrawn_is_gone_at_once_and_alone() {
    let room = Room::open().await;
    room.give(Item::OpenId, NOW).await;
    room.give(Item::Phone, NOW).await;
    assert!(room.withdraw(Item::Phone, NOW).await);
    assert!(!room.withdraw(Item::Phone, NOW).await);
    assert!(!room.withdraw(Item::Name, NOW).await);
    assert_eq!(room.standing(NOW).await.len(), 1);
    assert_eq!(
        room.consents.all_standing(room.account, NOW).await.unwrap().len(),
        1
    );
}

#[tokio::test]
async fn of_two_withdrawals_at_once_one_counts() {
    let room = std::sync::Arc::new(Room::open().await);
    room.give(Item::Phone, NOW).await;
    let tasks: Vec<_> = (0..6)
        .map(|_| {
            let room = room.clone();
            tokio::spawn(async move { room.withdraw(Item::Phone, NOW).await })
        })
        .collect();
    let mut counted = 0;
    for task in tasks {
        counted += usize::from(task.await.unwrap());
    }
    assert_eq!(counted, 1);
}

#[tokio::test]
async fn what_ran_out_a_month_ago_is_swept_withdrawn_or_not() {
    let room = Room::open().await;
    let sweep = async |now| sweep(&room.records.db, &room.context(now)).await.unwrap();
    room.give(Item::OpenId, NOW).await;
    room.give(Item::Name, NOW).await;
    room.give(Item::Phone, NOW.plus(DAY)).await;
    assert!(room.withdraw(Item::Name, NOW).await);
    assert_eq!(sweep(NOW.plus(30 * DAY)).await, 0);
    assert_eq!(sweep(NOW.plus(31 * DAY)).await, 2);
    assert!(
        room.standing(NOW)
            .await
            .iter()
            .all(|given| given.item == Item::Phone)
    );
    // What was given before it went does not come back to life.
    room.give(Item::OpenId, NOW.plus(31 * DAY)).await;
    assert_eq!(
        room.standing(NOW.plus(31 * DAY)).await[0].granted_at,
        NOW.plus(31 * DAY)
    );
}

#[tokio::test]
async fn a_yes_given_in_the_midst_of_a_sweep_stands() {
    let room = Room::open().await;
    room.give(Item::OpenId, NOW).await;
    let later = NOW.plus(40 * DAY);
    let mut change = room.change(later).await;
    records::give(&mut change, room.account, &hrss(), &Item::OpenId, later.plus(DAY))
        .await
        .unwrap();
    let (db, context) = (room.records.db.clone(), room.context(later));
    let sweeping = tokio::spawn(async move { sweep(&db, &context).await });
    change.commit_when_awaited(&room.records.db).await;
    assert_eq!(sweeping.await.unwrap().unwrap(), 0);
    assert_eq!(room.standing(later).await.len(), 1);
}

#[tokio::test]
async fn all_of_one_client_is_withdrawn_together_records_too() {
    let room = Room::open().await;
    let record = Item::named("rent_subsidy:contribution_record@https://gjj.city.example").unwrap();
    room.give(record.clone(), NOW).await;
    room.give(Item::OpenId, NOW).await;
    let mut change = room.change(NOW).await;
    let stood = withdraw_all(&mut change, room.account, "hrss").await.unwrap();
    room.commit(change).await;
    assert_eq!(stood, [Item::OpenId, record]);
    assert!(room.standing(NOW).await.is_empty());
}

#[tokio::test]
async fn exchanges_are_counted_and_follow_their_person_into_another_account() {
    let room = Room::open().await;
    let vault = Vault::new(&MasterKey::from_bytes([3; 32]), room.rng.clone());
    let keys = ["a:b@holder", "a:c@holder"].map(|key| DataKey::parse(key).unwrap());
    let mut change = room.change(NOW).await;
    let number = PhoneNumber::read("13812345679", &[86]).unwrap();
    let other = account::enter(&mut change, &vault, &number).await.unwrap();
    for (account, key) in [
        (room.account, &keys[0]),
        (room.account, &keys[0]),
        (room.account, &keys[1]),
        (other, &keys[0]),
    ] {
        count_exchange(&mut change, account, "hrss", key).await.unwrap();
    }
    room.commit(change).await;
    let counted = async |account| -> Vec<i64> {
        let all = exchanges_of(&room.records.db, account).await.unwrap();
        all.iter().map(|one| one.times).collect()
    };
    assert_eq!(counted(room.account).await, [2, 1]);

    let mut change = room.change(NOW.plus(DAY)).await;
    move_exchanges(&mut change, room.account, other).await.unwrap();
    room.commit(change).await;
    assert_eq!(counted(room.account).await, [0; 0]);
    assert_eq!(counted(other).await, [3, 1]);
}
