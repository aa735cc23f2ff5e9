use std::fmt;

use uuid::Uuid;

use super::assurance::Identity;
use super::records::hold;
use crate::args;
use crate::audit::{Action, Change, Context, Event};
use crate::clock::Timestamp;
use crate::store::{Db, Row, StoreError, Vault, hash};

/// A passkey that signs in to an account.
#[derive(Clone)]
pub struct Passkey {
    pub id: Uuid,
    pub account: Uuid,
    /// As the resident calls it.
    pub name: String,
    /// What checks its signatures, as the ceremony's library writes it.
    pub credential: String,
    pub aaguid: Uuid,
    pub is_vouched: bool,
    /// By which its authenticator knows the account it was made for, where that was closed into this one.
    pub handle: Option<Uuid>,
    pub created_at: Timestamp,
    pub last_used_at: Timestamp,
    version: i64,
}

impl fmt::Debug for Passkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passkey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// A passkey that has just been made.
#[derive(Clone)]
pub struct NewPasskey<'a> {
    pub credential_id: &'a [u8],
    pub credential: &'a str,
    pub rp_id: &'a str,
    pub origin: &'a str,
    pub aaguid: Uuid,
    pub name: &'a str,
    pub is_vouched: bool,
    /// The session that it is made in.
    pub session: Uuid,
}

impl fmt::Debug for NewPasskey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewPasskey")
            .field("aaguid", &self.aaguid)
            .finish_non_exhaustive()
    }
}

/// What a passkey's use is checked against.
#[derive(Clone, Debug)]
pub struct Found {
    pub passkey: Passkey,
    /// By which authenticators know the account.
    pub handle: Uuid,
    pub identity: Identity,
    /// Whether its owner is leaving.
    pub is_leaving: bool,
}

/// Why a passkey ended. The name is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasskeyEnd {
    Removed,
    /// Its counter went back: there are two of it.
    Cloned,
    /// It was made shortly before its owner locked the account.
    Locked,
    /// Whoever made it has said that the account is another person's.
    NotTheirs,
}

impl PasskeyEnd {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Removed => "removed",
            Self::Cloned => "cloned",
            Self::Locked => "locked",
            Self::NotTheirs => "not theirs",
        }
    }
}

/// More than anybody has devices; a list without end would be a way to fill the records. No more are added: those
/// that a merging brings in stay all the same.
pub const MOST_PASSKEYS: usize = 20;

const FIND: &str = "SELECT p.id, p.account_id, p.credential, p.aaguid, p.name, p.vouched_at, p.version, p.handle, \
     p.created_at, p.last_used_at, COALESCE(p.handle, a.passkey_handle) AS passkey_handle, a.identity, a.erase_at \
     FROM passkey p JOIN account a ON a.id = p.account_id \
     WHERE p.credential_hash = $1 AND p.rp_id = $2 AND p.ended_at IS NULL";

const OF_ACCOUNT: &str = "SELECT id, account_id, credential, aaguid, name, vouched_at, version, handle, created_at, last_used_at \
     FROM passkey WHERE account_id = $1 AND ended_at IS NULL ORDER BY created_at, id";

const HELD: &str = "SELECT COUNT(*) AS held FROM passkey WHERE account_id = $1 AND ended_at IS NULL";

const INSERT: &str = "INSERT INTO passkey \
     (id, account_id, credential_hash, credential, rp_id, origin, aaguid, name, vouched_at, version, created_at, last_used_at, made_in) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, $10, $10, $11) ON CONFLICT (credential_hash) DO NOTHING";

const USE: &str = "UPDATE passkey SET credential = $3, version = version + 1, last_used_at = $4 \
     WHERE id = $1 AND version = $2 AND ended_at IS NULL";

const RENAME: &str = "UPDATE passkey SET name = $3 WHERE id = $1 AND account_id = $2 AND ended_at IS NULL";

const END: &str = "UPDATE passkey SET ended_at = $3, end_reason = $4 WHERE id = $1 AND account_id = $2 AND ended_at IS NULL";

const VOUCH: &str = "UPDATE passkey SET vouched_at = $3 WHERE id = $1 AND account_id = $2 AND vouched_at IS NULL AND ended_at IS NULL";

const DOUBT: &str = "UPDATE passkey SET vouched_at = NULL WHERE account_id = $1 AND vouched_at IS NOT NULL AND ended_at IS NULL";

/// Whoever comes second keeps what the first has written.
const MAKE_HANDLE: &str =
    "UPDATE account SET passkey_handle = COALESCE(passkey_handle, $2) WHERE id = $1 RETURNING passkey_handle";

const HANDLE: &str = "SELECT passkey_handle FROM account WHERE id = $1";

const OFFER: &str = "SELECT passkey_offer_after FROM account a WHERE a.id = $1 AND a.created_at < $2 \
     AND NOT EXISTS (SELECT 1 FROM passkey p WHERE p.account_id = a.id AND p.ended_at IS NULL)";

const POSTPONE_OFFER: &str = "UPDATE account SET passkey_offer_after = $2 WHERE id = $1";

fn passkey(row: &Row, vault: &Vault) -> Result<Passkey, StoreError> {
    let id = row.uuid("id")?;
    Ok(Passkey {
        id,
        account: row.uuid("account_id")?,
        name: vault.open("passkey.name", &id.to_string(), &row.bytes("name")?)?,
        credential: row.text("credential")?,
        aaguid: row.uuid("aaguid")?,
        is_vouched: row.maybe_time("vouched_at")?.is_some(),
        handle: row.maybe_uuid("handle")?,
        created_at: row.time("created_at")?,
        last_used_at: row.time("last_used_at")?,
        version: row.int("version")?,
    })
}

/// The passkey of this credential id, if it signs in at this relying party.
///
/// # Errors
/// Where the database does not answer, or a field cannot be read.
pub async fn find_passkey(
    db: &Db,
    vault: &Vault,
    rp_id: &str,
    credential_id: &[u8],
) -> Result<Option<Found>, StoreError> {
    let Some(row) = db.maybe(FIND, args![hash(credential_id), rp_id]).await? else {
        return Ok(None);
    };
    let identity = row.text("identity")?;
    Ok(Some(Found {
        passkey: passkey(&row, vault)?,
        handle: row.uuid("passkey_handle")?,
        identity: Identity::named(&identity).ok_or(StoreError::Corrupt("identity"))?,
        is_leaving: row.maybe_time("erase_at")?.is_some(),
    }))
}

/// The passkeys of an account, the oldest first.
///
/// # Errors
/// As [`find_passkey`].
pub async fn passkeys(db: &Db, vault: &Vault, account: Uuid) -> Result<Vec<Passkey>, StoreError> {
    let rows = db.all(OF_ACCOUNT, args![account]).await?;
    rows.iter().map(|row| passkey(row, vault)).collect()
}

/// What authenticators are to know the account by; made once.
///
/// # Errors
/// Where the database does not answer.
pub async fn passkey_handle(db: &Db, context: &Context, account: Uuid) -> Result<Uuid, StoreError> {
    if let Some(handle) = known_handle(db, account).await? {
        return Ok(handle);
    }
    let fresh = uuid::Builder::from_random_bytes(context.rng.bytes()).into_uuid();
    let mut change = Change::begin(db, context).await?;
    let row = change.maybe(MAKE_HANDLE, args![account, fresh]).await?;
    let handle = row.ok_or(StoreError::Missing)?.uuid("passkey_handle")?;
    if handle == fresh {
        let made = Event::new(Action::PasskeyHandleMade).account(account);
        change.record(made).await?;
        change.commit().await?;
    }
    Ok(handle)
}

/// By what authenticators know the account, if any was made for it.
///
/// # Errors
/// Where the database does not answer.
pub async fn known_handle(db: &Db, account: Uuid) -> Result<Option<Uuid>, StoreError> {
    let row = db
        .maybe(HANDLE, args![account])
        .await?
        .ok_or(StoreError::Missing)?;
    row.maybe_uuid("passkey_handle")
}

const MERGED_HANDLES: &str =
    "SELECT DISTINCT handle FROM passkey WHERE account_id = $1 AND handle IS NOT NULL ORDER BY handle";

/// By what authenticators know the accounts that were closed into this one, also where no passkey of theirs is left.
///
/// # Errors
/// Where the database does not answer.
pub async fn merged_handles(db: &Db, account: Uuid) -> Result<Vec<Uuid>, StoreError> {
    let rows = db.all(MERGED_HANDLES, args![account]).await?;
    rows.iter().map(|row| row.uuid("handle")).collect()
}

/// What came of adding a passkey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasskeyAdded {
    Done,
    /// The credential is known already, to whichever account.
    Known,
    TooMany,
}

/// Adds a passkey.
///
/// # Errors
/// Where the database does not answer.
pub async fn add_passkey(
    change: &mut Change,
    vault: &Vault,
    account: Uuid,
    new: &NewPasskey<'_>,
) -> Result<PasskeyAdded, StoreError> {
    hold(change, account).await?;
    let row = change
        .maybe(HELD, args![account])
        .await?
        .ok_or(StoreError::Missing)?;
    if usize::try_from(row.int("held")?).is_ok_and(|held| held >= MOST_PASSKEYS) {
        return Ok(PasskeyAdded::TooMany);
    }
    let now = change.now();
    let id = change.rng().uuid(now);
    let name = vault.seal("passkey.name", &id.to_string(), new.name)?;
    let args = args![
        id,
        account,
        hash(new.credential_id),
        new.credential,
        new.rp_id,
        new.origin,
        new.aaguid,
        name,
        new.is_vouched.then_some(now),
        now,
        new.session
    ];
    if change.execute(INSERT, args).await? == 0 {
        return Ok(PasskeyAdded::Known);
    }
    let event = Event::new(Action::PasskeyAdded).account(account);
    change
        .record(event.with("passkey", id).with("aaguid", new.aaguid))
        .await?;
    Ok(PasskeyAdded::Done)
}

/// Writes down a passkey's use, with what the use changed of it; answers whether it was still as it was read.
///
/// # Errors
/// Where the database does not answer.
pub async fn use_passkey(
    change: &mut Change,
    passkey: &Passkey,
    credential: &str,
) -> Result<bool, StoreError> {
    let now = change.now();
    let args = args![passkey.id, passkey.version, credential, now];
    Ok(change.execute(USE, args).await? == 1)
}

/// Gives a passkey another name; answers whether the account has it.
///
/// # Errors
/// Where the database does not answer.
pub async fn rename_passkey(
    change: &mut Change,
    vault: &Vault,
    account: Uuid,
    passkey: Uuid,
    name: &str,
) -> Result<bool, StoreError> {
    let sealed = vault.seal("passkey.name", &passkey.to_string(), name)?;
    if change.execute(RENAME, args![passkey, account, sealed]).await? == 0 {
        return Ok(false);
    }
    let event = Event::new(Action::PasskeyRenamed).account(account);
    change.record(event.with("passkey", passkey)).await?;
    Ok(true)
}

/// Ends a passkey; answers whether the account had it.
///
/// # Errors
/// Where the database does not answer.
pub async fn end_passkey(
    change: &mut Change,
    account: Uuid,
    passkey: Uuid,
    reason: PasskeyEnd,
) -> Result<bool, StoreError> {
    let now = change.now();
    if change
        .execute(END, args![passkey, account, now, reason.as_str()])
        .await?
        == 0
    {
        return Ok(false);
    }
    let event = Event::new(Action::PasskeyEnded).account(account);
    change
        .record(event.with("passkey", passkey).with("reason", reason.as_str()))
        .await?;
    Ok(true)
}

const OWNER: &str = "SELECT account_id FROM passkey WHERE id = $1 AND ended_at IS NULL";

/// Whose passkey it is, while it signs in.
///
/// # Errors
/// Where the database does not answer.
pub async fn passkey_owner(db: &Db, passkey: Uuid) -> Result<Option<Uuid>, StoreError> {
    let row = db.maybe(OWNER, args![passkey]).await?;
    row.map(|row| row.uuid("account_id")).transpose()
}

const MADE_SINCE: &str =
    "SELECT id FROM passkey WHERE account_id = $1 AND created_at >= $2 AND ended_at IS NULL ORDER BY id";

/// Ends the passkeys of an account that were made since then.
///
/// # Errors
/// Where the database does not answer.
pub async fn end_passkeys_since(
    change: &mut Change,
    account: Uuid,
    since: Timestamp,
) -> Result<(), StoreError> {
    for row in change.all(MADE_SINCE, args![account, since]).await? {
        end_passkey(change, account, row.uuid("id")?, PasskeyEnd::Locked).await?;
    }
    Ok(())
}

/// Those of the person, once they are known by name, are theirs whoever was there when they were made.
const MADE_IN: &str = "SELECT id FROM passkey \
     WHERE account_id = $1 AND made_in = $2 AND vouched_at IS NULL AND ended_at IS NULL ORDER BY id";

/// Ends the passkeys that were made in a session whose owner has said that the account is another person's; answers
/// whether there were any.
///
/// # Errors
/// Where the database does not answer.
pub async fn end_passkeys_made_in(
    change: &mut Change,
    account: Uuid,
    session: Uuid,
) -> Result<bool, StoreError> {
    let made = change.all(MADE_IN, args![account, session]).await?;
    for row in &made {
        end_passkey(change, account, row.uuid("id")?, PasskeyEnd::NotTheirs).await?;
    }
    Ok(!made.is_empty())
}

/// From now on the passkey stands for the person, whose real name has just been proven in its session.
/// The caller records why.
///
/// # Errors
/// Where the database does not answer.
pub async fn vouch_for_passkey(change: &mut Change, account: Uuid, passkey: Uuid) -> Result<(), StoreError> {
    let now = change.now();
    change
        .execute(VOUCH, args![passkey, account, now])
        .await
        .map(drop)
}

/// From now on none stands for the person: it is not known any more who that is. The caller records why.
///
/// # Errors
/// Where the database does not answer.
pub(super) async fn doubt_passkeys(change: &mut Change, account: Uuid) -> Result<(), StoreError> {
    change.execute(DOUBT, args![account]).await.map(drop)
}

const STANDS_ALONE: &str = "SELECT p.id FROM passkey p JOIN account a ON a.id = p.account_id \
     WHERE p.account_id = $1 AND p.id = $2 AND p.vouched_at IS NOT NULL AND p.ended_at IS NULL AND a.identity <> 'unknown' \
     AND NOT EXISTS (SELECT 1 FROM passkey other WHERE other.account_id = $1 AND other.id <> $2 \
     AND other.vouched_at IS NOT NULL AND other.ended_at IS NULL)";

/// Whether this passkey is the only one that stands for a person who is known by name, read within the change.
///
/// # Errors
/// Where the database does not answer.
pub async fn stands_alone(change: &mut Change, account: Uuid, passkey: Uuid) -> Result<bool, StoreError> {
    let row = change.maybe(STANDS_ALONE, args![account, passkey]).await?;
    Ok(row.is_some())
}

/// Whether a passkey may be offered after this sign-in: it did not make the account, which has none yet, and nobody
/// said "not now" of late.
///
/// # Errors
/// Where the database does not answer.
pub async fn may_offer_passkey(db: &Db, account: Uuid, signed_in_at: Timestamp) -> Result<bool, StoreError> {
    let row = db.maybe(OFFER, args![account, signed_in_at]).await?;
    let after = row.map(|row| row.time("passkey_offer_after")).transpose()?;
    Ok(after.is_some_and(|after| signed_in_at >= after))
}

/// Offers no passkey until then.
///
/// # Errors
/// Where the database does not answer.
pub async fn postpone_passkey_offer(
    change: &mut Change,
    account: Uuid,
    until: Timestamp,
) -> Result<(), StoreError> {
    change.execute(POSTPONE_OFFER, args![account, until]).await?;
    change
        .record(Event::new(Action::PasskeyPutOff).account(account))
        .await
}
