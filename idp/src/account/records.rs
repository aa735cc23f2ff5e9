use uuid::Uuid;

use super::model::{Account, HeldPhone, Profile};
use super::phone::PhoneNumber;
use crate::args;
use crate::audit::{Action, Change, Event};
use crate::clock::Timestamp;
use crate::store::{Db, Row, StoreError, Vault};

const FIND_BY_PHONE: &str = "SELECT a.id, a.created_at, a.signed_out_at \
     FROM phone p JOIN account a ON a.id = p.account_id \
     WHERE p.number_index = $1 AND p.ended_at IS NULL";

const INSERT_ACCOUNT: &str = "INSERT INTO account (id, status, created_at) VALUES ($1, 'active', $2)";

/// Of two first sign-ins with one number, the second finds the first one's row here.
const INSERT_PHONE: &str = "INSERT INTO phone \
     (id, number_index, account_id, epoch, number, verified_at, last_used_at) \
     SELECT $1, $2, $3, COALESCE(MAX(epoch), 0) + 1, $4, $5, $6 FROM phone WHERE number_index = $2 \
     ON CONFLICT (number_index) WHERE ended_at IS NULL DO NOTHING";

const DELETE_ACCOUNT: &str = "DELETE FROM account WHERE id = $1";

const USE_PHONE: &str = "UPDATE phone SET last_used_at = $2, doubted_at = NULL WHERE number_index = $1 AND ended_at IS NULL RETURNING account_id";

const PHONES: &str = "SELECT id, number, verified_at, last_used_at, ends_at FROM phone \
     WHERE account_id = $1 AND ended_at IS NULL ORDER BY verified_at, id";

/// A number is held only after its code was answered, so every number here is verified.
const PROFILE: &str = "SELECT a.name, p.id AS phone_id, p.number FROM account a \
     LEFT JOIN phone p ON p.account_id = a.id AND p.ended_at IS NULL \
     WHERE a.id = $1 ORDER BY p.verified_at, p.id LIMIT 1";

const HOLD: &str = "UPDATE account SET status = status WHERE id = $1";

const HOLDER: &str = "SELECT account_id FROM phone WHERE number_index = $1 AND ended_at IS NULL";

const SET_NAME: &str = "UPDATE account SET name = $2 WHERE id = $1";
const FORGET_NAME: &str = "UPDATE account SET name = NULL WHERE id = $1";

fn account(row: &Row) -> Result<Account, StoreError> {
    Ok(Account {
        id: row.uuid("id")?,
        created_at: row.time("created_at")?,
        signed_out_at: row.time("signed_out_at")?,
    })
}

/// The account that holds a number at present.
///
/// # Errors
/// Where the database does not answer.
pub async fn find_by_phone(
    db: &Db,
    vault: &Vault,
    phone: &PhoneNumber,
) -> Result<Option<Account>, StoreError> {
    db.maybe(FIND_BY_PHONE, args![phone.index(vault)])
        .await?
        .as_ref()
        .map(account)
        .transpose()
}

/// The account of a number that has just been proven; a first proof makes the account.
///
/// Two first proofs at once make one account: the live number is unique, and whoever comes second
/// waits for the first one's transaction and takes its account.
///
/// # Errors
/// Where the database does not answer.
pub async fn enter(change: &mut Change, vault: &Vault, phone: &PhoneNumber) -> Result<Uuid, StoreError> {
    let number_index = phone.index(vault);
    if let Some(account) = use_phone(change, &number_index).await? {
        return Ok(account);
    }
    if let Some(id) = open_account(change, vault, phone).await? {
        return Ok(id);
    }
    use_phone(change, &number_index).await?.ok_or(StoreError::Missing)
}

/// A new account that holds this number; none where another one holds it.
pub(super) async fn open_account(
    change: &mut Change,
    vault: &Vault,
    phone: &PhoneNumber,
) -> Result<Option<Uuid>, StoreError> {
    let now = change.now();
    let id = change.rng().uuid(now);
    change.execute(INSERT_ACCOUNT, args![id, now]).await?;
    if !pair(change, vault, phone, id, now).await? {
        change.execute(DELETE_ACCOUNT, args![id]).await?;
        return Ok(None);
    }
    let event = Event::new(Action::AccountCreated).account(id);
    change.record(event).await?;
    Ok(Some(id))
}

/// Holds an account until the change is over: whatever else changes it in this way comes before or after. A change that
/// takes more than one row of what stands on an account (sessions, numbers, passkeys, codes …) holds the account first:
/// docs/architecture.md says why.
///
/// # Errors
/// Where the database does not answer.
pub async fn hold(change: &mut Change, account: Uuid) -> Result<(), StoreError> {
    change.execute(HOLD, args![account]).await.map(drop)
}

/// Both accounts, always in the same order.
pub(super) async fn hold_both(change: &mut Change, one: Uuid, other: Uuid) -> Result<(), StoreError> {
    hold(change, one.min(other)).await?;
    if one == other {
        return Ok(());
    }
    hold(change, one.max(other)).await
}

/// The account that holds a number, read within the change.
pub(super) async fn holder(change: &mut Change, number_index: &[u8]) -> Result<Option<Uuid>, StoreError> {
    let row = change.maybe(HOLDER, args![number_index.to_vec()]).await?;
    row.map(|row| row.uuid("account_id")).transpose()
}

const STANDS: &str = "SELECT a.id FROM account a JOIN phone p ON p.account_id = a.id \
     WHERE a.id = $1 AND a.status = 'active' AND p.number_index = $2 AND p.ended_at IS NULL";

/// Holds the account that a number was found to open a while ago.
///
/// # Errors
/// Where the database does not answer, or the number opens another account by now.
pub(super) async fn hold_found(
    change: &mut Change,
    account: Uuid,
    number_index: &[u8],
) -> Result<(), StoreError> {
    hold(change, account).await?;
    let stands = change
        .maybe(STANDS, args![account, number_index.to_vec()])
        .await?;
    stands
        .map(drop)
        .ok_or(StoreError::Overtaken("whose number it is"))
}

/// Gives a number that last answered a code then to an account, unless another one holds it; answers whether it did.
pub(super) async fn pair(
    change: &mut Change,
    vault: &Vault,
    phone: &PhoneNumber,
    account: Uuid,
    answered_at: Timestamp,
) -> Result<bool, StoreError> {
    let now = change.now();
    let id = change.rng().uuid(now);
    let sealed = vault.seal("phone.number", &id.to_string(), phone.e164())?;
    let args = args![id, phone.index(vault), account, sealed, now, answered_at];
    Ok(change.execute(INSERT_PHONE, args).await? == 1)
}

/// Notes the use of a number; answers the account that holds it, if one does.
async fn use_phone(change: &mut Change, number_index: &[u8; 32]) -> Result<Option<Uuid>, StoreError> {
    let now = change.now();
    let row = change.maybe(USE_PHONE, args![number_index, now]).await?;
    row.map(|row| row.uuid("account_id")).transpose()
}

/// The numbers an account holds at present, the oldest first.
///
/// # Errors
/// Where the database does not answer, or a number cannot be opened.
pub async fn phones(db: &Db, vault: &Vault, account: Uuid) -> Result<Vec<HeldPhone>, StoreError> {
    let rows = db.all(PHONES, args![account]).await?;
    rows.iter().map(|row| held_phone(row, vault)).collect()
}

/// The numbers of an account, for what is to be told to all of them.
pub(super) async fn live_numbers(
    change: &mut Change,
    vault: &Vault,
    account: Uuid,
) -> Result<Vec<HeldPhone>, StoreError> {
    let rows = change.all(PHONES, args![account]).await?;
    rows.iter().map(|row| held_phone(row, vault)).collect()
}

fn held_phone(row: &Row, vault: &Vault) -> Result<HeldPhone, StoreError> {
    let id = row.uuid("id")?;
    Ok(HeldPhone {
        id,
        number: number(vault, id, &row.bytes("number")?)?,
        verified_at: row.time("verified_at")?,
        last_used_at: row.time("last_used_at")?,
        ends_at: row.maybe_time("ends_at")?,
    })
}

pub(super) fn number(vault: &Vault, phone: Uuid, sealed: &[u8]) -> Result<PhoneNumber, StoreError> {
    let number = vault.open("phone.number", &phone.to_string(), sealed)?;
    PhoneNumber::from_e164(&number).ok_or(StoreError::Corrupt("number"))
}

/// What can be said of a resident; nothing, if there is no such account.
///
/// # Errors
/// Where the database does not answer, or a field cannot be opened.
pub async fn profile(db: &Db, vault: &Vault, account: Uuid) -> Result<Profile, StoreError> {
    let Some(row) = db.maybe(PROFILE, args![account]).await? else {
        return Ok(Profile::default());
    };
    let name = row
        .maybe_bytes("name")?
        .map(|sealed| vault.open("account.name", &account.to_string(), &sealed))
        .transpose()?;
    let phone = row
        .maybe_bytes("number")?
        .map(|sealed| number(vault, row.uuid("phone_id")?, &sealed))
        .transpose()?;
    Ok(Profile { name, phone })
}

/// Nobody is known by name here any more. The caller records why.
pub(super) async fn forget_name(change: &mut Change, account: Uuid) -> Result<(), StoreError> {
    change.execute(FORGET_NAME, args![account]).await.map(drop)
}

/// Sets the name an authority has confirmed. The caller records why.
pub(super) async fn set_name(
    change: &mut Change,
    vault: &Vault,
    account: Uuid,
    name: &str,
) -> Result<(), StoreError> {
    let sealed = vault.seal("account.name", &account.to_string(), name)?;
    change.execute(SET_NAME, args![account, sealed]).await.map(drop)
}
