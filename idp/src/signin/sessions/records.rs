use axum::http::{HeaderMap, HeaderValue};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use super::super::kiosks;
use super::device::Device;
use super::model::{Lifetime, Proof, Session, TokenHash};
use super::whereabouts::{Whence, Whereabouts};
use crate::account::{Identity, Strength};
use crate::args;
use crate::audit::{Action, Change, Context, EndReason, Event};
use crate::clock::Timestamp;
use crate::config::Session as Settings;
use crate::department::Departments;
use crate::rng::Rng;
use crate::store::{Db, Row, StoreError, Vault, hash};
use crate::web::{Cookies, Facts, PageError};

/// The cookie that says which session a browser has; the records hold its hash.
const COOKIE: &str = "session";

/// A session whose passkey has ended counts as one by a code. An account that closes while somebody signs in has none.
const BY_TOKEN: &str = "SELECT s.id, s.account_id, s.created_at, s.auth_time, s.last_seen_at, s.expires_at, s.amr, s.device, s.kiosk_id, \
     s.token_hash, a.identity, p.id AS passkey_id, p.vouched_at \
     FROM session s JOIN account a ON a.id = s.account_id \
     LEFT JOIN passkey p ON p.id = s.passkey_id AND p.ended_at IS NULL \
     WHERE s.token_hash = $1 AND s.ended_at IS NULL AND a.status = 'active'";

const OF_ACCOUNT: &str = "SELECT s.id, s.account_id, s.created_at, s.auth_time, s.last_seen_at, s.expires_at, s.amr, s.device, s.kiosk_id, \
     s.token_hash, a.identity, p.id AS passkey_id, p.vouched_at \
     FROM session s JOIN account a ON a.id = s.account_id \
     LEFT JOIN passkey p ON p.id = s.passkey_id AND p.ended_at IS NULL \
     WHERE s.account_id = $1 AND s.ended_at IS NULL ORDER BY s.last_seen_at DESC, s.id DESC";

const SEEN: &str = "UPDATE session SET last_seen_at = $2, seen_network = $3 WHERE id = $1 AND ended_at IS NULL AND last_seen_at < $2";

const INSERT: &str = "INSERT INTO session \
     (id, token_hash, account_id, created_at, auth_time, last_seen_at, expires_at, amr, device, passkey_id, kiosk_id, \
     begun_network, seen_network, place) \
     VALUES ($1, $2, $3, $4, $10, $4, $5, $6, $7, $8, $9, $11, $11, $12)";

const RENEW: &str = "UPDATE session SET token_hash = $2, auth_time = $9, last_seen_at = $3, \
     expires_at = $4, amr = $5, device = $6, passkey_id = $7, kiosk_id = $8, \
     begun_network = $10, seen_network = $10, place = $11 WHERE id = $1 AND ended_at IS NULL";

/// Of two copies of one form the second finds what the first has written; a sign-in that came between keeps its own.
const ROTATE: &str =
    "UPDATE session SET token_hash = $3 WHERE id = $1 AND token_hash IN ($2, $3) AND ended_at IS NULL";

/// A few at a time, should there be more from before there was a limit.
const TOO_MANY: &str = "SELECT id FROM session WHERE account_id = $1 AND ended_at IS NULL \
     ORDER BY last_seen_at DESC, id DESC LIMIT 10 OFFSET $2";

/// Sessions that an account may have open. Ours: more than anybody has devices, and few enough that whoever locks the
/// account, or signs out everywhere, ends all of them in one request.
const MOST_OPEN: i64 = 50;

/// The sessions of all residents. Other rooms come here to find, list and end them.
#[derive(Clone, Debug)]
pub struct Sessions {
    pub(super) db: Db,
    pub(super) departments: Departments,
    pub(super) cookies: Cookies,
    pub(super) rng: Rng,
    pub(super) lifetime: Lifetime,
    pub(super) whereabouts: Whereabouts,
}

/// A session just begun or renewed, with the token that its browser gets.
pub struct Begun {
    pub id: Uuid,
    pub(in crate::signin) token: String,
}

impl std::fmt::Debug for Begun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Begun")
            .field("session", &self.id)
            .finish_non_exhaustive()
    }
}

impl Sessions {
    #[must_use]
    pub fn new(
        settings: &Settings,
        db: Db,
        cookies: Cookies,
        rng: Rng,
        departments: Departments,
        whereabouts: Whereabouts,
    ) -> Self {
        let lifetime = Lifetime {
            idle: settings.idle.get(),
            absolute: settings.absolute.get(),
            kiosk: settings.kiosk_idle.get(),
        };
        Self {
            db,
            departments,
            cookies,
            rng,
            lifetime,
            whereabouts,
        }
    }

    /// The live session of a browser. Its use, and in which network that was, is written down at most once a minute.
    ///
    /// # Errors
    /// Where the database does not answer: that is no reason to think the resident signed out, and
    /// no cookie is cleared for it.
    pub async fn current(&self, headers: &HeaderMap, facts: &Facts) -> Result<Option<Session>, PageError> {
        let open = self.open(headers, facts.now).await?;
        let Some(mut session) = open.filter(|session| session.is_live(self.lifetime, facts.now)) else {
            return Ok(None);
        };
        self.note_use(&mut session, facts).await?;
        Ok(Some(session))
    }

    /// The session of a browser that nobody has ended, though it may have gone idle or run out: departments may still
    /// be in use by it. This is the one to sign out of, and the one that another person's sign-in ends. A live one goes
    /// before others.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn open(&self, headers: &HeaderMap, now: Timestamp) -> Result<Option<Session>, PageError> {
        let mut over = None;
        // By plain http, another port of the host may have set a cookie of this name.
        for token in self.cookies.read_all(headers, COOKIE).take(4) {
            let Some(session) = self.by_token(token).await? else {
                continue;
            };
            if session.is_live(self.lifetime, now) {
                return Ok(Some(session));
            }
            over = over.or(Some(session));
        }
        Ok(over)
    }

    /// What a resident recognises the browser of a request by: the name of the kiosk that it is, or what it says
    /// itself.
    ///
    /// # Errors
    /// Where the database does not answer: nobody is signed in for long where it should have been for minutes.
    pub(in crate::signin) async fn device(&self, headers: &HeaderMap) -> Result<Device, StoreError> {
        let device = Device::of(headers);
        let kiosk = kiosks::at(&self.db, self.cookies, headers).await?;
        Ok(match kiosk {
            Some(kiosk) => device.at(kiosk),
            None => device,
        })
    }

    async fn by_token(&self, token: &str) -> Result<Option<Session>, StoreError> {
        let row = self.db.maybe(BY_TOKEN, args![hash(token)]).await?;
        row.as_ref().map(read).transpose()
    }

    async fn note_use(&self, session: &mut Session, facts: &Facts) -> Result<(), StoreError> {
        let now = facts.now;
        if session.is_stale(now) {
            let network = self.whereabouts.network(&session.id.to_string(), facts.address);
            let mut change = Change::begin(&self.db, &Context::of_node(now, &self.rng)).await?;
            change.execute(SEEN, args![session.id, now, network]).await?;
            change.commit_housekeeping().await?;
            session.last_seen_at = now;
        }
        Ok(())
    }

    /// The live sessions of an account, the one used last first.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn list(&self, account: Uuid, now: Timestamp) -> Result<Vec<Session>, StoreError> {
        let mut sessions = self.list_open(account).await?;
        sessions.retain(|session| session.is_live(self.lifetime, now));
        Ok(sessions)
    }

    /// The sessions of an account that nobody has ended, live or not.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn list_open(&self, account: Uuid) -> Result<Vec<Session>, StoreError> {
        let rows = self.db.all(OF_ACCOUNT, args![account]).await?;
        rows.iter().map(read).collect()
    }

    /// Signs an account in on a browser, always under a new token.
    ///
    /// The browser's own session of the same account keeps its id, so that departments know it is
    /// the same one; a session of somebody else ends.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn begin(
        &self,
        change: &mut Change,
        account: Uuid,
        proof: Proof,
        previous: Option<&Session>,
        whence: &Whence,
    ) -> Result<Begun, StoreError> {
        let (amr, passkey) = (proof.amr(), proof.passkey());
        let now = change.now();
        let token = self.rng.token();
        let auth_time = proof.auth_time(now);
        let expires_at = proof.ends_at(now.plus(self.lifetime.absolute));
        let (kiosk, device) = (whence.device.kiosk, whence.device.to_string());
        let network = |id: Uuid| self.whereabouts.network(&id.to_string(), whence.address);
        if let Some(kiosk) = kiosk
            && !kiosks::hold(change, kiosk).await?
        {
            // Removed since this request began: what it ended is not to begin after it.
            return Err(StoreError::Missing);
        }
        let event = |action, id: Uuid| {
            let event = Event::new(action)
                .account(account)
                .with("session", id)
                .with("device", &device)
                .with("amr", amr);
            match kiosk {
                Some(kiosk) => event.with("kiosk", kiosk),
                None => event,
            }
        };
        if let Some(same) = previous.filter(|previous| previous.account == account) {
            let args = args![
                same.id,
                hash(&token),
                now,
                expires_at,
                amr,
                &device,
                passkey,
                kiosk,
                auth_time,
                network(same.id),
                self.sealed_place(same.id, whence)?
            ];
            if change.execute(RENEW, args).await? == 1 {
                change.record(event(Action::SignedInAgain, same.id)).await?;
                return Ok(Begun { id: same.id, token });
            }
        } else if let Some(other) = previous {
            self.end(change, other.id, EndReason::AnotherAccount).await?;
        }
        let id = change.rng().uuid(now);
        let args = args![
            id,
            hash(&token),
            account,
            now,
            expires_at,
            amr,
            &device,
            passkey,
            kiosk,
            auth_time,
            network(id),
            self.sealed_place(id, whence)?
        ];
        change.execute(INSERT, args).await?;
        change.record(event(Action::SignedIn, id)).await?;
        self.make_room(change, account).await?;
        Ok(Begun { id, token })
    }

    /// Puts a session whose assurance has risen under a new token, so that one which somebody planted or read before is
    /// worth nothing after. Answers the cookie to set, unless the browser has signed in anew meanwhile.
    ///
    /// The token is worked out from the former one, by a key of ours: a form that is sent twice gets one cookie, and
    /// whichever answer the browser keeps is good.
    pub(in crate::signin) async fn rotate(
        &self,
        change: &mut Change,
        vault: &Vault,
        session: &Session,
    ) -> Result<Option<HeaderValue>, StoreError> {
        let TokenHash(former) = &session.token;
        let token = URL_SAFE_NO_PAD.encode(vault.mac("session.raised", former));
        let args = args![session.id, former.clone(), hash(&token)];
        Ok((change.execute(ROTATE, args).await? == 1).then(|| self.cookie(&token)))
    }

    /// Ends the sessions used longest ago where an account has more than [`MOST_OPEN`].
    async fn make_room(&self, change: &mut Change, account: Uuid) -> Result<(), StoreError> {
        for row in change.all(TOO_MANY, args![account, MOST_OPEN]).await? {
            self.end(change, row.uuid("id")?, EndReason::GaveWay).await?;
        }
        Ok(())
    }

    /// The cookie that hands a browser its session. It goes when the browser is closed; on a
    /// phone that is seldom, and there the idle limit ends it.
    pub(in crate::signin) fn cookie(&self, token: &str) -> HeaderValue {
        self.cookies.set(COOKIE, token, None)
    }

    /// The cookie's end, for a sign-out that has committed.
    #[must_use]
    pub fn clear_cookie(&self) -> HeaderValue {
        self.cookies.clear(COOKIE)
    }
}

fn read(row: &Row) -> Result<Session, StoreError> {
    let passkey = row.maybe_uuid("passkey_id")?;
    Ok(Session {
        id: row.uuid("id")?,
        account: row.uuid("account_id")?,
        created_at: row.time("created_at")?,
        auth_time: row.time("auth_time")?,
        last_seen_at: row.time("last_seen_at")?,
        expires_at: row.time("expires_at")?,
        amr: row.text("amr")?.split(' ').map(str::to_owned).collect(),
        device: Device::from_record(&row.text("device")?, row.maybe_uuid("kiosk_id")?),
        identity: Identity::named(&row.text("identity")?).ok_or(StoreError::Corrupt("identity"))?,
        strength: match (passkey, row.maybe_time("vouched_at")?) {
            (None, _) => Strength::Code,
            (Some(_), None) => Strength::NewPasskey,
            (Some(_), Some(_)) => Strength::Passkey,
        },
        passkey,
        token: TokenHash(row.bytes("token_hash")?),
    })
}
