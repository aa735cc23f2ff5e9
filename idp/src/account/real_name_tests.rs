use uuid::Uuid;

use super::*;
use crate::audit::{Actor, Change, Context};
use crate::clock::Clock;
use crate::config::MasterKey;
use crate::proofing::Match;
use crate::rng::Rng;
use crate::store::Vault;
use crate::store::sample::Records;

const XIUYING: &str = "11010519491231002X";
const OTHER: &str = "440524188001010014";

struct House {
    records: Records,
    vault: Vault,
    context: Context,
}

impl House {
    async fn open() -> Self {
        let rng = Rng::system();
        Self {
            records: Records::open().await,
            vault: Vault::new(&MasterKey::from_bytes([3; 32]), rng.clone()),
            context: Context::without_request(Clock::system().now(), Actor::Resident, &rng),
        }
    }

    async fn account(&self, phone: &str) -> Uuid {
        let phone = PhoneNumber::read(phone, &[86]).unwrap();
        let mut change = Change::begin(&self.records.db, &self.context).await.unwrap();
        let account = enter(&mut change, &self.vault, &phone).await.unwrap();
        change.commit().await.unwrap();
        account
    }

    async fn prove(&self, account: Uuid, matched: Match) -> Proven {
        let mut change = Change::begin(&self.records.db, &self.context).await.unwrap();
        let proven = prove_real_name(&mut change, &self.vault, account, None, &matched).await;
        let proven = proven.unwrap();
        if proven == Proven::Done {
            change.commit().await.unwrap();
        }
        proven
    }

    /// The account's level and name.
    async fn known(&self, account: Uuid) -> (String, Option<String>) {
        let row = self
            .records
            .db
            .one(
                "SELECT identity FROM account WHERE id = $1",
                crate::args![account],
            )
            .await
            .unwrap();
        let profile = profile(&self.records.db, &self.vault, account).await.unwrap();
        (row.text("identity").unwrap(), profile.name)
    }

    async fn live_proofs(&self) -> usize {
        let live = "SELECT id FROM identity_proof WHERE ended_at IS NULL";
        self.records.db.all(live, vec![]).await.unwrap().len()
    }
}

fn numbered(name: &str, number: &str) -> Match {
    Match::sample(name, Some(number), None)
}

#[tokio::test]
async fn a_proof_names_the_account_and_keeps_no_number() {
    let house = House::open().await;
    let account = house.account("13800000001").await;
    assert_eq!(
        house.prove(account, numbered("李秀英", XIUYING)).await,
        Proven::Done
    );
    let expected = ("real_name".to_owned(), Some("李秀英".to_owned()));
    assert_eq!(house.known(account).await, expected);
    let rows = house
        .records
        .db
        .all(
            "SELECT identity_index, transaction_id FROM identity_proof",
            vec![],
        )
        .await
        .unwrap();
    let index = rows[0].bytes("identity_index").unwrap();
    assert_eq!(index.len(), 32, "a keyed hash and not the number");
    let proof = identity_proof(&house.records.db, account).await.unwrap().unwrap();
    assert_eq!(
        (proof.at, proof.source.as_str()),
        (house.context.now, "population register")
    );
    let audit = "SELECT detail FROM audit WHERE action = 'identity.proven'";
    let audit = house
        .records
        .db
        .one(audit, vec![])
        .await
        .unwrap()
        .text("detail")
        .unwrap();
    assert!(
        audit.contains("\"transaction\":\"t1\"") && !audit.contains("1231"),
        "{audit}"
    );
}

#[tokio::test]
async fn the_same_person_may_be_proven_again_and_be_called_otherwise() {
    let house = House::open().await;
    let account = house.account("13800000001").await;
    for name in ["李秀英", "李秀英", "李秀瑛"] {
        assert_eq!(house.prove(account, numbered(name, XIUYING)).await, Proven::Done);
    }
    assert_eq!(house.known(account).await.1.as_deref(), Some("李秀瑛"));
    assert_eq!(house.live_proofs().await, 1);
}

#[tokio::test]
async fn an_account_is_one_person_and_a_person_has_one_account() {
    let house = House::open().await;
    let (one, two) = (
        house.account("13800000001").await,
        house.account("13800000002").await,
    );
    assert_eq!(house.prove(one, numbered("李秀英", XIUYING)).await, Proven::Done);
    let second = house.prove(two, numbered("李秀英", XIUYING)).await;
    assert_eq!(second, Proven::OtherAccount(one));
    assert_eq!(house.known(two).await, ("unknown".to_owned(), None));
    assert_eq!(
        house.prove(one, numbered("王五", OTHER)).await,
        Proven::OtherPerson
    );
    assert_eq!(house.known(one).await.1.as_deref(), Some("李秀英"));
    assert_eq!(house.prove(two, numbered("王五", OTHER)).await, Proven::Done);
    assert_eq!(
        house.prove(two, numbered("李秀英", XIUYING)).await,
        Proven::OtherPerson
    );
    assert_eq!(house.live_proofs().await, 2);
}

#[tokio::test]
async fn a_person_is_known_by_number_and_by_network_identity_alike() {
    let house = House::open().await;
    let (one, two) = (
        house.account("13800000001").await,
        house.account("13800000002").await,
    );
    let by_number = Match::sample("李秀英", Some(XIUYING), Some("p7"));
    let by_network = Match::sample("李秀英", None, Some("p7"));
    assert_eq!(house.prove(one, by_number.clone()).await, Proven::Done);
    assert_eq!(house.prove(one, by_network.clone()).await, Proven::Done);
    assert_eq!(house.prove(two, by_network).await, Proven::OtherAccount(one));
    // The later proof showed no number, and the account is still known by the earlier one's.
    assert_eq!(
        house.prove(two, numbered("李秀英", XIUYING)).await,
        Proven::OtherAccount(one)
    );
    assert_eq!(house.prove(one, by_number).await, Proven::Done);
    let stranger = Match::sample("王五", None, Some("p8"));
    assert_eq!(house.prove(one, stranger).await, Proven::OtherPerson);
}

#[tokio::test]
async fn an_account_without_a_number_is_as_good() {
    let house = House::open().await;
    let account = house.account("13800000001").await;
    let by_network = Match::sample("李秀英", None, Some("p7"));
    assert_eq!(house.prove(account, by_network).await, Proven::Done);
    assert_eq!(house.known(account).await.0, "real_name");
}

#[tokio::test]
async fn of_many_proofs_of_one_person_at_once_one_stands() {
    let house = House::open().await;
    let mut accounts = Vec::new();
    for last in 1..=6 {
        accounts.push(house.account(&format!("1380000000{last}")).await);
    }
    let tasks: Vec<_> = accounts
        .iter()
        .map(|account| {
            let (db, vault, context) = (
                house.records.db.clone(),
                house.vault.clone(),
                house.context.clone(),
            );
            let account = *account;
            tokio::spawn(async move {
                let matched = numbered("李秀英", XIUYING);
                let mut change = Change::begin(&db, &context).await.unwrap();
                let proven = prove_real_name(&mut change, &vault, account, None, &matched).await;
                let proven = proven.unwrap();
                if proven == Proven::Done {
                    change.commit().await.unwrap();
                }
                proven
            })
        })
        .collect();
    let mut done = 0;
    for task in tasks {
        done += usize::from(task.await.unwrap() == Proven::Done);
    }
    assert_eq!((done, house.live_proofs().await), (1, 1));
}

/// Two presses of one button, of which the second waits for the first to commit.
#[tokio::test]
async fn a_twin_of_a_proof_is_a_proof() {
    let house = House::open().await;
    let account = house.account("13800000001").await;
    let tasks: Vec<_> = (0..6)
        .map(|_| {
            let (db, vault, context) = (
                house.records.db.clone(),
                house.vault.clone(),
                house.context.clone(),
            );
            tokio::spawn(async move {
                let matched = numbered("李秀英", XIUYING);
                let mut change = Change::begin(&db, &context).await.unwrap();
                let proven = prove_real_name(&mut change, &vault, account, None, &matched).await;
                assert_eq!(proven.unwrap(), Proven::Done);
                change.commit().await.unwrap();
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(house.live_proofs().await, 1);
}

#[tokio::test]
async fn whom_staff_have_seen_stays_so() {
    let house = House::open().await;
    let account = house.account("13800000001").await;
    let mut change = Change::begin(&house.records.db, &house.context).await.unwrap();
    let seen = "UPDATE account SET identity = 'in_person' WHERE id = $1";
    change.execute(seen, crate::args![account]).await.unwrap();
    change.commit_housekeeping().await.unwrap();
    assert_eq!(
        house.prove(account, numbered("李秀英", XIUYING)).await,
        Proven::Done
    );
    assert_eq!(house.known(account).await.0, "in_person");
}
