use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::args;
use crate::audit::Change;
use crate::clock::Timestamp;
use crate::department::{Client, DataKey};
use crate::oidc::Scope;
use crate::oidc::authorization_details::AuthorizationDetails;
use crate::store::{Db, Row, StoreError};

/// A grant with everything its liveness depends on.
#[derive(Clone, Debug)]
pub struct Grant {
    pub id: String,
    pub account: Uuid,
    /// The session that it was made in.
    pub session: Uuid,
    pub client_id: String,
    pub sub: String,
    pub scope: Scope,
    /// The records of others that its client may ask for.
    pub details: AuthorizationDetails,
    pub offline: bool,
    /// [`crate::oidc::tokens::Authentication`] as JSON.
    pub authentication: String,
    pub created_at: Timestamp,
    /// How its scopes were asked for when it was made.
    pub revisions: Revisions,
    pub(super) ended: bool,
    pub(super) account_active: bool,
    pub(super) signed_out_at: Timestamp,
    pub(super) session_ended: bool,
    pub(super) session_expires_at: Timestamp,
    /// What its client was given up to then is over.
    pub(super) client_ended_at: Option<Timestamp>,
    /// When the consent to sign in was given and until when it stands, unless withdrawn.
    pub(super) consent: Option<(Timestamp, Timestamp)>,
    /// The same of the consent to access without a session.
    pub(super) offline_consent: Option<(Timestamp, Timestamp)>,
}

const INSERT: &str = "INSERT INTO oauth_grant \
    (id, account_id, client_id, session_id, sub, scope, offline, authentication, created_at, revisions, authorization_details) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

const FIND: &str = "SELECT g.id, g.account_id, g.session_id, g.client_id, g.sub, g.scope, g.offline, g.authentication, g.created_at, g.revisions, g.authorization_details, \
    g.ended_at, client.grants_ended_at, a.status, a.signed_out_at, s.ended_at AS session_ended_at, s.expires_at AS session_expires_at, \
    c.granted_at, c.expires_at AS consent_expires_at, c.withdrawn_at, \
    o.granted_at AS offline_granted_at, o.expires_at AS offline_expires_at, o.withdrawn_at AS offline_withdrawn_at \
    FROM oauth_grant g JOIN account a ON a.id = g.account_id JOIN session s ON s.id = g.session_id \
    LEFT JOIN client ON client.client_id = g.client_id \
    LEFT JOIN consent c ON c.account_id = g.account_id AND c.client_id = g.client_id AND c.item = 'openid' \
    LEFT JOIN consent o ON o.account_id = g.account_id AND o.client_id = g.client_id AND o.item = 'offline_access' \
    WHERE g.id = $1";

const END: &str = "UPDATE oauth_grant SET ended_at = $2, end_reason = $3 WHERE id = $1 AND ended_at IS NULL";

const REDEEM: &str = "INSERT INTO redeemed_code (code_hash, grant_id, redeemed_at) VALUES ($1, $2, $3) \
    ON CONFLICT (code_hash) DO NOTHING";

const REDEEMED: &str = "SELECT r.grant_id, g.client_id, g.account_id FROM redeemed_code r \
    JOIN oauth_grant g ON g.id = r.grant_id WHERE r.code_hash = $1";

const INSERT_REFRESH: &str =
    "INSERT INTO refresh_token (token_hash, grant_id, issued_at, expires_at) VALUES ($1, $2, $3, $4)";

const FIND_REFRESH: &str = "SELECT r.grant_id, r.expires_at, r.used_at, r.successor, n.used_at AS successor_used_at \
    FROM refresh_token r LEFT JOIN refresh_token n ON n.token_hash = r.successor_hash WHERE r.token_hash = $1";

const ROTATE: &str = "UPDATE refresh_token SET used_at = $2, successor_hash = $3, successor = $4 \
    WHERE token_hash = $1 AND used_at IS NULL";

/// How scopes and records were asked for at one moment: their revisions, without those that never changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revisions(BTreeMap<String, i64>);

impl Revisions {
    #[must_use]
    pub fn at_present(scope: &Scope, details: &AuthorizationDetails, client: &Client) -> Self {
        let scopes = scope.iter().map(str::to_owned);
        let names = scopes.chain(details.iter().map(DataKey::to_string));
        let revisions = names.map(|name| {
            let revision = client.revision(&name);
            (name, revision)
        });
        Self(revisions.filter(|(_, revision)| *revision > 0).collect())
    }

    fn of(&self, name: &str) -> i64 {
        self.0.get(name).copied().unwrap_or_default()
    }

    fn to_json(&self) -> String {
        serde_json::json!(self.0).to_string()
    }

    fn from_json(text: &str) -> Result<Self, StoreError> {
        serde_json::from_str(text)
            .map(Self)
            .map_err(|_| StoreError::Corrupt("oauth_grant.revisions"))
    }
}

/// Which grant a code that was redeemed before belongs to.
#[derive(Clone, Debug)]
pub struct Redeemed {
    pub grant_id: String,
    pub client_id: String,
    pub account: Uuid,
}

/// A refresh token as stored.
#[derive(Clone, Debug)]
pub struct Refresh {
    pub grant_id: String,
    pub expires_at: Timestamp,
    /// A rotating token that has been used, and its sealed successor.
    pub successor: Option<Vec<u8>>,
    /// Whether that successor has itself been used.
    pub successor_used: bool,
    pub used_at: Option<Timestamp>,
}

/// Its code must be redeemed in the same transaction: by that the sweep finds it.
///
/// # Errors
/// Where the database does not take it; so for every function below.
pub async fn insert(change: &mut Change, grant: &Grant) -> Result<(), StoreError> {
    let args = args![
        &grant.id,
        grant.account,
        &grant.client_id,
        grant.session,
        &grant.sub,
        grant.scope.to_string(),
        grant.offline,
        &grant.authentication,
        grant.created_at,
        grant.revisions.to_json(),
        details_to_json(&grant.details)
    ];
    change.execute(INSERT, args).await.map(drop)
}

impl Grant {
    /// A grant about to be stored: live, by the session and consent that make it.
    #[must_use]
    pub fn new(
        id: String,
        (account, session): (Uuid, Uuid),
        client_id: &str,
        sub: String,
        (scope, details): (Scope, AuthorizationDetails),
        authentication: String,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            account,
            session,
            client_id: client_id.to_owned(),
            sub,
            offline: scope.has("offline_access"),
            scope,
            details,
            authentication,
            created_at: now,
            revisions: Revisions::default(),
            ended: false,
            account_active: true,
            signed_out_at: Timestamp::from_millis(0),
            session_ended: false,
            session_expires_at: now,
            client_ended_at: None,
            consent: None,
            offline_consent: None,
        }
    }

    /// Whether its client has been suspended since that moment.
    #[must_use]
    pub fn is_suspended_since(&self, at: Timestamp) -> bool {
        self.client_ended_at.is_some_and(|ended| at <= ended)
    }

    /// The grant of what was asked for so.
    #[must_use]
    pub fn asked_as(mut self, revisions: Revisions) -> Self {
        self.revisions = revisions;
        self
    }

    /// The grant without what its client has ceased to ask for since, or asks for another purpose.
    #[must_use]
    pub fn held_to(mut self, client: &Client) -> Self {
        let asked = |scope: &&str| client.still_asks(scope, self.revisions.of(scope));
        let scopes: Vec<_> = self.scope.iter().filter(asked).collect();
        self.scope = Scope::parse(&scopes.join(" "));
        self.offline &= self.scope.has("offline_access");
        let asked = |key: &DataKey| client.still_asks_record(key, self.revisions.of(&key.to_string()));
        self.details = self.details.only(asked);
        self
    }
}

/// # Errors
/// Where the database does not answer.
pub async fn find(db: &Db, id: &str) -> Result<Option<Grant>, StoreError> {
    db.maybe(FIND, args![id]).await?.as_ref().map(read).transpose()
}

/// As [`find`], within a change.
///
/// # Errors
/// Where the database does not answer.
pub async fn find_within(change: &mut Change, id: &str) -> Result<Option<Grant>, StoreError> {
    change
        .maybe(FIND, args![id])
        .await?
        .as_ref()
        .map(read)
        .transpose()
}

fn read(row: &Row) -> Result<Grant, StoreError> {
    let consent = given(row, ["granted_at", "consent_expires_at", "withdrawn_at"])?;
    let offline_consent = given(
        row,
        ["offline_granted_at", "offline_expires_at", "offline_withdrawn_at"],
    )?;
    Ok(Grant {
        id: row.text("id")?,
        account: row.uuid("account_id")?,
        session: row.uuid("session_id")?,
        client_id: row.text("client_id")?,
        sub: row.text("sub")?,
        scope: Scope::parse(&row.text("scope")?),
        details: details_from_json(row.maybe_text("authorization_details")?)?,
        offline: row.bool("offline")?,
        authentication: row.text("authentication")?,
        created_at: row.time("created_at")?,
        revisions: Revisions::from_json(&row.text("revisions")?)?,
        ended: row.maybe_int("ended_at")?.is_some(),
        account_active: row.text("status")? == "active",
        signed_out_at: row.time("signed_out_at")?,
        session_ended: row.maybe_int("session_ended_at")?.is_some(),
        session_expires_at: row.time("session_expires_at")?,
        client_ended_at: row.maybe_time("grants_ended_at")?,
        consent,
        offline_consent,
    })
}

/// Most grants have none, and no column is written for them.
fn details_to_json(details: &AuthorizationDetails) -> Option<String> {
    (!details.is_empty()).then(|| serde_json::json!(details).to_string())
}

fn details_from_json(text: Option<String>) -> Result<AuthorizationDetails, StoreError> {
    let read = |text: String| {
        serde_json::from_str(&text).map_err(|_| StoreError::Corrupt("oauth_grant.authorization_details"))
    };
    Ok(text.map(read).transpose()?.unwrap_or_default())
}

fn given(row: &Row, columns: [&'static str; 3]) -> Result<Option<(Timestamp, Timestamp)>, StoreError> {
    let [granted, expires, withdrawn] = columns;
    if row.maybe_int(withdrawn)?.is_some() {
        return Ok(None);
    }
    Ok(row.maybe_time(granted)?.zip(row.maybe_time(expires)?))
}

/// Why a grant ended. The name is stored, and shown in an export: never rename one.
#[derive(Clone, Copy, Debug)]
pub enum GrantEnd {
    Revoked,
    RefreshReused,
    CodeReplayed,
}

impl GrantEnd {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Revoked => "revoked by the client",
            Self::RefreshReused => "refresh token reused",
            Self::CodeReplayed => "code replayed",
        }
    }
}

/// Ends a grant; answers whether it was this call that did.
///
/// # Errors
/// Where the database does not answer.
pub async fn end(change: &mut Change, id: &str, reason: GrantEnd) -> Result<bool, StoreError> {
    let now = change.now();
    Ok(change.execute(END, args![id, now, reason.as_str()]).await? == 1)
}

/// Spends a code by a unique row; answers whether it was unspent.
///
/// # Errors
/// Where the database does not answer.
pub async fn redeem_code(
    change: &mut Change,
    code_hash: &[u8; 32],
    grant_id: &str,
) -> Result<bool, StoreError> {
    let now = change.now();
    Ok(change.execute(REDEEM, args![code_hash, grant_id, now]).await? == 1)
}

/// # Errors
/// Where the database does not answer.
pub async fn find_by_redeemed_code(db: &Db, code_hash: &[u8; 32]) -> Result<Option<Redeemed>, StoreError> {
    let Some(row) = db.maybe(REDEEMED, args![code_hash]).await? else {
        return Ok(None);
    };
    Ok(Some(Redeemed {
        grant_id: row.text("grant_id")?,
        client_id: row.text("client_id")?,
        account: row.uuid("account_id")?,
    }))
}

/// # Errors
/// Where the database does not take it.
pub async fn insert_refresh(
    change: &mut Change,
    token_hash: &[u8; 32],
    grant_id: &str,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    let now = change.now();
    change
        .execute(INSERT_REFRESH, args![token_hash, grant_id, now, expires_at])
        .await
        .map(drop)
}

/// # Errors
/// Where the database does not answer.
pub async fn find_refresh(db: &Db, token_hash: &[u8; 32]) -> Result<Option<Refresh>, StoreError> {
    let Some(row) = db.maybe(FIND_REFRESH, args![token_hash]).await? else {
        return Ok(None);
    };
    Ok(Some(Refresh {
        grant_id: row.text("grant_id")?,
        expires_at: row.time("expires_at")?,
        successor: row.maybe_bytes("successor")?,
        successor_used: row.maybe_int("successor_used_at")?.is_some(),
        used_at: row.maybe_time("used_at")?,
    }))
}

/// Marks a token as used and names its successor, in one compare-and-swap: of two that race, one wins.
///
/// # Errors
/// Where the database does not answer.
pub async fn rotate(
    change: &mut Change,
    token_hash: &[u8; 32],
    successor_hash: &[u8; 32],
    successor: Vec<u8>,
) -> Result<bool, StoreError> {
    let now = change.now();
    Ok(change
        .execute(ROTATE, args![token_hash, now, successor_hash, successor])
        .await?
        == 1)
}
