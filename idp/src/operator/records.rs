use std::time::Duration;

use thiserror::Error;
use uuid::Uuid;

use super::model::{Invitation, Invited, Listed, Operator, OperatorPasskey, Role};
use crate::args;
use crate::audit::{Action, Change, Context, Event};
use crate::clock::Timestamp;
use crate::store::{Db, Row, StoreError, hash};

/// Why the command line's wish was not done.
#[derive(Debug, Error)]
pub enum OperatorError {
    #[error("a name has 1 to 40 characters, none of them a line break")]
    Name,
    #[error("there is no operator {0}; `yimen admin list` shows all")]
    Unknown(String),
    #[error(transparent)]
    Records(#[from] StoreError),
}

/// How long a link may wait for the person it was made for. Ours.
const INVITED: Duration = Duration::from_secs(24 * 3600);
const LONGEST_NAME: usize = 40;

const INSERT: &str = "INSERT INTO operator (id, name, role, created_at) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (name) WHERE ended_at IS NULL DO NOTHING";

const INVITE: &str = "UPDATE operator SET invitation_hash = $2, invited_until = $3, role = COALESCE($4, role) \
     WHERE name = $1 AND ended_at IS NULL RETURNING id, role";

const INVITED_BY: &str = "SELECT id AS operator_id, name, role FROM operator \
     WHERE invitation_hash = $1 AND invited_until > $2 AND ended_at IS NULL";

/// Of two answers to one link, one makes a passkey.
const ACCEPT: &str = "UPDATE operator SET invitation_hash = NULL, invited_until = NULL \
     WHERE id = $1 AND invitation_hash = $2 AND invited_until > $3 AND ended_at IS NULL";

const ADD_PASSKEY: &str = "INSERT INTO operator_passkey \
     (id, operator_id, credential_hash, credential, rp_id, version, created_at, last_used_at) \
     VALUES ($1, $2, $3, $4, $5, 1, $6, $6) ON CONFLICT (credential_hash) DO NOTHING";

const FIND: &str = "SELECT p.id, p.credential, p.version, o.id AS operator_id, o.name, o.role \
     FROM operator_passkey p JOIN operator o ON o.id = p.operator_id \
     WHERE p.credential_hash = $1 AND p.rp_id = $2 AND o.ended_at IS NULL";

const USE: &str = "UPDATE operator_passkey SET credential = $3, version = version + 1, last_used_at = $4 \
     WHERE id = $1 AND version = $2";

const NAMED: &str = "SELECT id AS operator_id, name, role FROM operator WHERE name = $1 AND ended_at IS NULL";

const LIST: &str = "SELECT name, role, invited_until, \
     (SELECT COUNT(*) FROM operator_passkey p WHERE p.operator_id = operator.id) AS passkeys \
     FROM operator WHERE ended_at IS NULL ORDER BY name";

const REMOVE: &str = "UPDATE operator SET ended_at = $2, invitation_hash = NULL, invited_until = NULL \
     WHERE name = $1 AND ended_at IS NULL RETURNING id";

const END_PASSKEY: &str = "DELETE FROM operator_passkey WHERE id = $1";

const END_PASSKEYS: &str = "DELETE FROM operator_passkey WHERE operator_id = $1";

const END_SESSIONS: &str = "DELETE FROM operator_session WHERE operator_id = $1";

/// Makes an operator, or another link for one whose device is lost: the links before it are good no more. Without a role, a
/// new one is at a window, and one that is there stays what they are; a role that is named counts at once.
///
/// # Errors
/// Where the name is none, or the database does not answer.
pub async fn invite(
    db: &Db,
    context: &Context,
    name: &str,
    role: Option<Role>,
) -> Result<Invited, OperatorError> {
    let length = name.chars().count();
    if !(1..=LONGEST_NAME).contains(&length) || name.trim() != name || name.chars().any(char::is_control) {
        return Err(OperatorError::Name);
    }
    let invitation = context.rng.id();
    let until = context.now.plus(INVITED);
    let mut change = Change::begin(db, context).await?;
    let id = change.rng().uuid(context.now);
    let named = role.unwrap_or(Role::Window).as_str();
    change
        .execute(INSERT, args![id, name, named, context.now])
        .await?;
    let args = args![name, hash(&invitation), until, role.map(Role::as_str)];
    let row = change.maybe(INVITE, args).await?.ok_or(StoreError::Missing)?;
    let role = role_of(&row)?;
    let event = Event::new(Action::OperatorInvited).with("operator", row.uuid("id")?);
    let event = event.with("role", role);
    change.record(event).await?;
    change.commit().await?;
    Ok(Invited {
        invitation: Invitation(invitation),
        until,
        role,
    })
}

/// The operator whom a row is about.
pub(super) fn operator_of(row: &Row) -> Result<Operator, StoreError> {
    Ok(Operator {
        id: row.uuid("operator_id")?,
        name: row.text("name")?,
        role: role_of(row)?,
    })
}

fn role_of(row: &Row) -> Result<Role, StoreError> {
    Role::named(&row.text("role")?).ok_or(StoreError::Corrupt("operator.role"))
}

/// Whom a link was made for, while it is good.
///
/// # Errors
/// Where the database does not answer.
pub async fn invited(db: &Db, link: &str, now: Timestamp) -> Result<Option<Operator>, StoreError> {
    let row = db.maybe(INVITED_BY, args![hash(link), now]).await?;
    row.as_ref().map(operator_of).transpose()
}

/// Keeps a passkey that was made by a link, which is then good no more; answers whether it was still good, and the
/// passkey a new one.
///
/// # Errors
/// Where the database does not answer.
pub async fn add_passkey(
    change: &mut Change,
    operator: Uuid,
    link: &str,
    credential_id: &[u8],
    credential: &str,
    rp_id: &str,
) -> Result<bool, StoreError> {
    let now = change.now();
    if change.execute(ACCEPT, args![operator, hash(link), now]).await? == 0 {
        return Ok(false);
    }
    let id = change.rng().uuid(now);
    let args = args![id, operator, hash(credential_id), credential, rp_id, now];
    if change.execute(ADD_PASSKEY, args).await? == 0 {
        return Ok(false);
    }
    let event = Event::new(Action::OperatorEnrolled).with("operator", operator);
    change.record(event.with("passkey", id)).await?;
    Ok(true)
}

/// The operator's passkey of this credential id, if it signs in at this relying party.
///
/// # Errors
/// Where the database does not answer.
pub async fn find_passkey(
    db: &Db,
    rp_id: &str,
    credential_id: &[u8],
) -> Result<Option<OperatorPasskey>, StoreError> {
    let row = db.maybe(FIND, args![hash(credential_id), rp_id]).await?;
    row.map(|row| {
        Ok(OperatorPasskey {
            id: row.uuid("id")?,
            operator: operator_of(&row)?,
            credential: row.text("credential")?,
            version: row.int("version")?,
        })
    })
    .transpose()
}

/// Writes down a passkey's use; answers whether it was still as it was read.
///
/// # Errors
/// Where the database does not answer.
pub async fn use_passkey(
    change: &mut Change,
    passkey: &OperatorPasskey,
    credential: &str,
) -> Result<bool, StoreError> {
    let now = change.now();
    let args = args![passkey.id, passkey.version, credential, now];
    Ok(change.execute(USE, args).await? == 1)
}

/// There are two of this passkey (WebAuthn Level 3 §7.2 step 22): neither signs in any more, and what its operator has
/// open is over. The caller records it.
///
/// # Errors
/// Where the database does not answer.
pub async fn end_cloned(change: &mut Change, passkey: &OperatorPasskey) -> Result<(), StoreError> {
    change.execute(END_PASSKEY, args![passkey.id]).await?;
    change
        .execute(END_SESSIONS, args![passkey.operator.id])
        .await
        .map(drop)
}

/// The operator of this name.
///
/// # Errors
/// Where there is none of this name, or the database does not answer.
pub async fn named(db: &Db, name: &str) -> Result<Operator, OperatorError> {
    let row = db.maybe(NAMED, args![name]).await?;
    let row = row.ok_or_else(|| OperatorError::Unknown(name.to_owned()))?;
    Ok(operator_of(&row)?)
}

/// Every operator.
///
/// # Errors
/// Where the database does not answer.
pub async fn list(db: &Db, now: Timestamp) -> Result<Vec<Listed>, StoreError> {
    let rows = db.all(LIST, args![]).await?;
    let listed = rows.iter().map(|row| {
        let until = row.maybe_time("invited_until")?.filter(|until| *until > now);
        Ok(Listed {
            name: row.text("name")?,
            role: role_of(row)?,
            passkeys: row.int("passkeys")?,
            invited_until: until.map(|until| until.to_string()),
        })
    });
    listed.collect()
}

/// Removes an operator, with their passkeys and sessions: the next request of theirs is refused.
///
/// # Errors
/// Where there is none of this name, or the database does not answer.
pub async fn remove(db: &Db, context: &Context, name: &str) -> Result<(), OperatorError> {
    let mut change = Change::begin(db, context).await?;
    let Some(row) = change.maybe(REMOVE, args![name, context.now]).await? else {
        return Err(OperatorError::Unknown(name.to_owned()));
    };
    let id = row.uuid("id")?;
    change.execute(END_PASSKEYS, args![id]).await?;
    change.execute(END_SESSIONS, args![id]).await?;
    let event = Event::new(Action::OperatorRemoved).with("operator", id);
    change.record(event).await?;
    Ok(change.commit().await?)
}
