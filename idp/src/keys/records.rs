use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use zeroize::Zeroizing;

use super::error::KeyError;
use super::jose::{Algorithm, PublicKey, SigningKey};
use super::model::{Key, Status};
use super::table::Table;
use crate::args;
use crate::audit::{Action, Change, Context, Event};
use crate::clock::Timestamp;
use crate::rng::Rng;
use crate::store::{Args, Db, Row, StoreError, Vault};

pub(super) async fn all(db: &Db, table: &Table) -> Result<Vec<Key>, StoreError> {
    db.all(table.all, args![]).await?.iter().map(key).collect()
}

fn key(row: &Row) -> Result<Key, StoreError> {
    let corrupt = |column| StoreError::Corrupt(column);
    let jwk: Value = serde_json::from_str(&row.text("public_jwk")?).map_err(|_| corrupt("public_jwk"))?;
    let public = jwk.as_object().and_then(|jwk| PublicKey::from_jwk(jwk).ok());
    Ok(Key {
        kid: row.text("kid")?,
        algorithm: Algorithm::named(&row.text("alg")?).ok_or_else(|| corrupt("alg"))?,
        status: Status::named(&row.text("status")?).ok_or_else(|| corrupt("status"))?,
        public: public.ok_or_else(|| corrupt("public_jwk"))?,
        published_at: row.time("published_at")?,
        activates_at: row.maybe_time("activates_at")?,
        activated_at: row.maybe_time("activated_at")?,
        ended_at: row.maybe_time("ended_at")?,
        leaves_at: row.maybe_time("leaves_at")?,
    })
}

/// The private half of an active key; [`StoreError::Missing`] where it is active no more.
pub(super) async fn signer(
    db: &Db,
    table: &Table,
    vault: &Vault,
    rng: &Rng,
    key: &Key,
) -> Result<SigningKey, KeyError> {
    let sealed = db
        .one(table.private, args![&key.kid])
        .await?
        .bytes("private_key")?;
    let unreadable = |_| KeyError::Sealed { kid: key.kid.clone() };
    let text = Zeroizing::new(vault.open(table.sealed, &key.kid, &sealed).map_err(unreadable)?);
    let der = STANDARD
        .decode(text.as_bytes())
        .map(Zeroizing::new)
        .unwrap_or_default();
    SigningKey::from_pkcs8(key.algorithm, &der, rng).map_err(|fault| KeyError::Damaged {
        kid: key.kid.clone(),
        fault,
    })
}

pub(super) async fn insert(
    db: &Db,
    table: &Table,
    context: &Context,
    vault: &Vault,
    (key, der): &(SigningKey, Zeroizing<Vec<u8>>),
    status: Status,
) -> Result<bool, StoreError> {
    let now = context.now;
    let sealed = vault.seal(table.sealed, key.kid(), &Zeroizing::new(STANDARD.encode(der)))?;
    let activated_at = (status == Status::Active).then_some(now);
    let mut change = Change::begin(db, context).await?;
    let values = args![
        key.kid(),
        key.algorithm().name(),
        status.as_str(),
        sealed,
        key.public().to_jwk().to_string(),
        now,
        activated_at,
    ];
    if change.execute(table.insert, values).await? == 0 {
        return Ok(false);
    }
    change.record(became(key.kid(), status)).await?;
    change.commit().await?;
    Ok(true)
}

/// Both halves of a succession, or neither.
pub(super) async fn activate(
    db: &Db,
    table: &Table,
    context: &Context,
    kid: &str,
    retiring: Option<&str>,
    leaves_at: Timestamp,
) -> Result<bool, StoreError> {
    let mut change = Change::begin(db, context).await?;
    if let Some(old) = retiring {
        if change
            .execute(table.retire, args![old, context.now, leaves_at])
            .await?
            == 0
        {
            return Ok(false);
        }
        change.record(became(old, Status::Retired)).await?;
    }
    match change.execute(table.activate, args![kid, context.now]).await {
        Ok(0) | Err(StoreError::Conflict(_)) => return Ok(false),
        Ok(_) => {}
        Err(fault) => return Err(fault),
    }
    change.record(became(kid, Status::Active)).await?;
    change.commit().await?;
    Ok(true)
}

pub(super) async fn schedule(
    db: &Db,
    table: &Table,
    context: &Context,
    kid: &str,
    activates_at: Timestamp,
) -> Result<bool, StoreError> {
    let event = Event::new(Action::KeyChanged)
        .with("kid", kid)
        .with("activates_at", activates_at.to_string());
    one_row(db, context, table.schedule, args![kid, activates_at], event).await
}

pub(super) async fn revoke(db: &Db, table: &Table, context: &Context, kid: &str) -> Result<bool, StoreError> {
    one_row(
        db,
        context,
        table.revoke,
        args![kid, context.now],
        became(kid, Status::Revoked),
    )
    .await
}

pub(super) async fn forget(db: &Db, table: &Table, context: &Context, kid: &str) -> Result<bool, StoreError> {
    let Some(forget) = table.forget else {
        return Ok(false);
    };
    let event = Event::new(Action::KeyChanged)
        .with("kid", kid)
        .with("status", "forgotten");
    one_row(db, context, forget, args![kid], event).await
}

async fn one_row(
    db: &Db,
    context: &Context,
    sql: &'static str,
    values: Args,
    event: Event,
) -> Result<bool, StoreError> {
    let mut change = Change::begin(db, context).await?;
    if change.execute(sql, values).await? == 0 {
        return Ok(false);
    }
    change.record(event).await?;
    change.commit().await?;
    Ok(true)
}

fn became(kid: &str, status: Status) -> Event {
    Event::new(Action::KeyChanged)
        .with("kid", kid)
        .with("status", status)
}
