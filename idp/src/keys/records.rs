use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use zeroize::Zeroizing;

use super::error::KeyError;
use super::jose::{Algorithm, PublicKey, SigningKey};
use super::model::{Key, Status};
use crate::args;
use crate::audit::{Action, Change, Context, Event};
use crate::clock::Timestamp;
use crate::rng::Rng;
use crate::store::{Args, Db, Row, StoreError, Vault};

const ALL: &str = "SELECT kid, alg, status, public_jwk, published_at, activates_at, activated_at, ended_at, leaves_at \
     FROM signing_key ORDER BY alg, published_at, kid";

const PRIVATE: &str = "SELECT private_key FROM signing_key WHERE kid = $1 AND status = 'active'";

/// Does nothing where another node has put a key of this algorithm into this place.
const INSERT: &str = "INSERT INTO signing_key (kid, alg, status, private_key, public_jwk, published_at, activated_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";

const RETIRE: &str = "UPDATE signing_key SET status = 'retired', private_key = NULL, ended_at = $2, leaves_at = $3 \
     WHERE kid = $1 AND status = 'active'";

const ACTIVATE: &str = "UPDATE signing_key SET status = 'active', activates_at = NULL, activated_at = $2 \
     WHERE kid = $1 AND status = 'next'";

const SCHEDULE: &str = "UPDATE signing_key SET activates_at = $2 WHERE kid = $1 AND status = 'next'";

const REVOKE: &str = "UPDATE signing_key SET status = 'revoked', private_key = NULL, ended_at = $2, leaves_at = $2 \
     WHERE kid = $1 AND status <> 'revoked'";

const FORGET: &str = "DELETE FROM signing_key WHERE kid = $1 AND status IN ('retired', 'revoked')";

const SEALED: &str = "signing_key.private_key";

pub(super) async fn all(db: &Db) -> Result<Vec<Key>, StoreError> {
    db.all(ALL, args![]).await?.iter().map(key).collect()
}

fn key(row: &Row) -> Result<Key, StoreError> {
    let corrupt = |column| StoreError::Corrupt(column);
    let jwk: Value =
        serde_json::from_str(&row.text("public_jwk")?).map_err(|_| corrupt("signing_key.public_jwk"))?;
    let public = jwk.as_object().and_then(|jwk| PublicKey::from_jwk(jwk).ok());
    Ok(Key {
        kid: row.text("kid")?,
        algorithm: Algorithm::named(&row.text("alg")?).ok_or_else(|| corrupt("signing_key.alg"))?,
        status: Status::named(&row.text("status")?).ok_or_else(|| corrupt("signing_key.status"))?,
        public: public.ok_or_else(|| corrupt("signing_key.public_jwk"))?,
        published_at: row.time("published_at")?,
        activates_at: row.maybe_time("activates_at")?,
        activated_at: row.maybe_time("activated_at")?,
        ended_at: row.maybe_time("ended_at")?,
        leaves_at: row.maybe_time("leaves_at")?,
    })
}

/// The private half of an active key; [`StoreError::Missing`] where it is active no more.
pub(super) async fn signer(db: &Db, vault: &Vault, rng: &Rng, key: &Key) -> Result<SigningKey, KeyError> {
    let sealed = db.one(PRIVATE, args![&key.kid]).await?.bytes("private_key")?;
    let unreadable = |_| KeyError::Sealed { kid: key.kid.clone() };
    let text = Zeroizing::new(vault.open(SEALED, &key.kid, &sealed).map_err(unreadable)?);
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
    context: &Context,
    vault: &Vault,
    (key, der): &(SigningKey, Zeroizing<Vec<u8>>),
    status: Status,
) -> Result<bool, StoreError> {
    let now = context.now;
    let sealed = vault.seal(SEALED, key.kid(), &Zeroizing::new(STANDARD.encode(der)))?;
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
    if change.execute(INSERT, values).await? == 0 {
        return Ok(false);
    }
    change.record(became(key.kid(), status)).await?;
    change.commit().await?;
    Ok(true)
}

/// Both halves of a succession, or neither.
pub(super) async fn activate(
    db: &Db,
    context: &Context,
    kid: &str,
    retiring: Option<&str>,
    leaves_at: Timestamp,
) -> Result<bool, StoreError> {
    let mut change = Change::begin(db, context).await?;
    if let Some(old) = retiring {
        if change.execute(RETIRE, args![old, context.now, leaves_at]).await? == 0 {
            return Ok(false);
        }
        change.record(became(old, Status::Retired)).await?;
    }
    match change.execute(ACTIVATE, args![kid, context.now]).await {
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
    context: &Context,
    kid: &str,
    activates_at: Timestamp,
) -> Result<bool, StoreError> {
    let event = Event::new(Action::KeyChanged)
        .with("kid", kid)
        .with("activates_at", activates_at.to_string());
    one_row(db, context, SCHEDULE, args![kid, activates_at], event).await
}

pub(super) async fn revoke(db: &Db, context: &Context, kid: &str) -> Result<bool, StoreError> {
    one_row(
        db,
        context,
        REVOKE,
        args![kid, context.now],
        became(kid, Status::Revoked),
    )
    .await
}

pub(super) async fn forget(db: &Db, context: &Context, kid: &str) -> Result<bool, StoreError> {
    let event = Event::new(Action::KeyChanged)
        .with("kid", kid)
        .with("status", "forgotten");
    one_row(db, context, FORGET, args![kid], event).await
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
