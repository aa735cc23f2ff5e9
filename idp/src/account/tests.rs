use uuid::Uuid;

use super::records::set_name;
use super::*;
use crate::audit::{Action, Actor, Change, Context, Event};
use crate::clock::Clock;
use crate::config::MasterKey;
use crate::rng::Rng;
use crate::store::sample::Records;
use crate::store::{Db, Vault};

async fn records() -> (Records, Vault, Context) {
    let rng = Rng::system();
    let records = Records::open().await;
    let vault = Vault::new(&MasterKey::from_bytes([3; 32]), rng.clone());
    let now = Clock::system().now();
    (
        records,
        vault,
        Context::without_request(now, Actor::Resident, &rng),
    )
}

fn number() -> PhoneNumber {
    PhoneNumber::read("13812345678", &[86]).unwrap()
}

async fn sign_in(db: &Db, vault: &Vault, context: &Context) -> Uuid {
    let mut change = Change::begin(db, context).await.unwrap();
    let account = enter(&mut change, vault, &number()).await.unwrap();
    change
        .record(Event::new(Action::SignedIn).account(account))
        .await
        .unwrap();
    change.commit().await.unwrap();
    account
}

/// How often an account was made.
async fn made(db: &Db) -> usize {
    let made = "SELECT id FROM audit WHERE action = 'account.created'";
    db.all(made, vec![]).await.unwrap().len()
}

#[tokio::test]
async fn the_first_proof_of_a_number_makes_the_account_and_the_next_finds_it() {
    let (records, vault, context) = records().await;
    let db = &records.db;
    assert!(find_by_phone(db, &vault, &number()).await.unwrap().is_none());
    let first = sign_in(db, &vault, &context).await;
    let second = sign_in(db, &vault, &context).await;
    assert_eq!(first, second);
    assert_eq!(made(db).await, 1);
    let found = find_by_phone(db, &vault, &number()).await.unwrap();
    assert_eq!(found.map(|account| account.id), Some(first));
}

#[tokio::test]
async fn many_first_proofs_at_once_make_one_account() {
    let (records, vault, context) = records().await;
    let db = &records.db;
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let (db, vault, context) = (db.clone(), vault.clone(), context.clone());
            tokio::spawn(async move { sign_in(&db, &vault, &context).await })
        })
        .collect();
    let mut ids = std::collections::HashSet::new();
    for task in tasks {
        ids.insert(task.await.unwrap());
    }
    assert_eq!((made(db).await, ids.len()), (1, 1));
    let accounts = db.all("SELECT id FROM account", vec![]).await.unwrap();
    assert_eq!(accounts.len(), 1);
}

#[tokio::test]
async fn names_and_numbers_are_stored_sealed() {
    let (records, vault, context) = records().await;
    let db = &records.db;
    let account = sign_in(db, &vault, &context).await;
    let mut change = Change::begin(db, &context).await.unwrap();
    set_name(&mut change, &vault, account, "林知夏").await.unwrap();
    change
        .record(Event::new(Action::Demo).account(account))
        .await
        .unwrap();
    change.commit().await.unwrap();

    let profile = profile(db, &vault, account).await.unwrap();
    assert_eq!(profile.name.as_deref(), Some("林知夏"));
    assert_eq!(profile.phone, Some(number()));
    assert!(!format!("{profile:?}").contains("林知夏"));
    assert_eq!(phones(db, &vault, account).await.unwrap()[0].number, number());

    let row = db
        .one(
            "SELECT a.name, p.number FROM account a JOIN phone p ON p.account_id = a.id",
            vec![],
        )
        .await;
    let row = row.unwrap();
    for column in ["name", "number"] {
        let bytes = row.bytes(column).unwrap();
        assert!(
            !bytes
                .windows(5)
                .any(|part| part == b"13812" || part == &"林知".as_bytes()[..5]),
            "{column}"
        );
    }
}

#[tokio::test]
async fn what_authenticators_know_the_account_by_is_made_once_and_told_once() {
    let (records, vault, context) = records().await;
    let db = &records.db;
    let account = sign_in(db, &vault, &context).await;
    assert_eq!(known_handle(db, account).await.unwrap(), None);
    let both = tokio::join!(
        passkey_handle(db, &context, account),
        passkey_handle(db, &context, account)
    );
    let (first, second) = (both.0.unwrap(), both.1.unwrap());
    assert_eq!(first, second);
    assert_eq!(known_handle(db, account).await.unwrap(), Some(first));
    let told = "SELECT account_id FROM audit WHERE action = 'passkey.handle_made'";
    let told = db.all(told, vec![]).await.unwrap();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].uuid("account_id").unwrap(), account);
}

/// Adds a passkey of this credential, and commits.
async fn with_passkey(
    db: &Db,
    vault: &Vault,
    context: &Context,
    account: Uuid,
    credential: &str,
) -> PasskeyAdded {
    let new = NewPasskey {
        credential_id: credential.as_bytes(),
        credential: "{}",
        rp_id: "id.example",
        origin: "https://id.example",
        aaguid: Uuid::nil(),
        name: "Phone",
        is_vouched: false,
        session: Uuid::nil(),
    };
    let mut change = Change::begin(db, context).await.unwrap();
    let added = add_passkey(&mut change, vault, account, &new).await.unwrap();
    if added == PasskeyAdded::Done {
        change.commit().await.unwrap();
    }
    added
}

#[tokio::test]
async fn an_account_has_so_many_passkeys_and_those_of_a_merging_besides() {
    let (records, vault, context) = records().await;
    let db = &records.db;
    let account = sign_in(db, &vault, &context).await;
    let add = async |name: &str| with_passkey(db, &vault, &context, account, name).await;
    for one in 1..MOST_PASSKEYS {
        assert_eq!(add(&format!("p{one}")).await, PasskeyAdded::Done);
    }
    let (a, b) = tokio::join!(add("a"), add("b"));
    assert!(
        [(a, b), (b, a)].contains(&(PasskeyAdded::Done, PasskeyAdded::TooMany)),
        "of two at once, one: {a:?} {b:?}"
    );
    // What a merging moves here.
    let mut change = Change::begin(db, &context).await.unwrap();
    let closing = PhoneNumber::read("13812345679", &[86]).unwrap();
    let closing = enter(&mut change, &vault, &closing).await.unwrap();
    change.commit().await.unwrap();
    assert_eq!(
        with_passkey(db, &vault, &context, closing, "c").await,
        PasskeyAdded::Done
    );
    let moved = "UPDATE passkey SET account_id = $1 WHERE account_id = $2";
    db.execute(moved, crate::args![account, closing]).await.unwrap();
    let held = passkeys(db, &vault, account).await.unwrap();
    assert_eq!(held.len(), MOST_PASSKEYS + 1, "all of them stay");
    for (one, room) in held.iter().zip([false, false, true]) {
        let expected = if room {
            PasskeyAdded::Done
        } else {
            PasskeyAdded::TooMany
        };
        assert_eq!(add("d").await, expected);
        let mut change = Change::begin(db, &context).await.unwrap();
        end_passkey(&mut change, account, one.id, PasskeyEnd::Removed)
            .await
            .unwrap();
        change.commit().await.unwrap();
    }
}
