use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::user_code::UserCode;
use crate::clock::Timestamp;
use crate::keys::jose::to_base64url;
use crate::oidc::authorization_details::AuthorizationDetails;
use crate::oidc::authorize::IssuedCode;
use crate::oidc::{Oidc, Scope, WireError};
use crate::store::hash;

/// How long a device's codes are good. Ours: to find the phone, sign in and read takes minutes.
pub(super) const LIFETIME: Duration = Duration::from_secs(10 * 60);
/// RFC 8628 §3.2: seconds between two questions of the device.
pub(super) const INTERVAL: u64 = 5;
/// How long a device is told that its code has expired, before nobody knows it any more.
const REMEMBERED: Duration = Duration::from_secs(10 * 60);
/// How often one change is tried against others at the same moment.
const ATTEMPTS: usize = 8;

/// By which a device's request is found: the hash of its code, which the device alone knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceKey(String);

impl DeviceKey {
    pub(super) fn of(device_code: &str) -> Self {
        Self(to_base64url(hash(device_code)))
    }

    fn name(&self) -> String {
        format!("device:{}", self.0)
    }
}

/// What a device has asked for, as it stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Request {
    pub(super) client_id: String,
    pub(super) scope: Scope,
    #[serde(default)]
    pub(super) details: AuthorizationDetails,
    /// Seconds; longer for a device that does not keep to it.
    interval: u64,
    asked_at: Option<Timestamp>,
    pub(super) ends_at: Timestamp,
    answer: Option<Answer>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Answer {
    Allowed(Box<IssuedCode>),
    Denied,
}

/// What a device that asks is told.
#[derive(Debug)]
pub enum Polled {
    Unknown,
    Expired,
    /// It asks too often, and waits five seconds longer from now on (RFC 8628 §3.5).
    TooSoon,
    Pending,
    Denied,
    Allowed(Box<IssuedCode>),
}

/// Keeps a new request under both its codes.
pub(super) async fn begin(
    oidc: &Oidc,
    client_id: &str,
    (scope, details): (Scope, AuthorizationDetails),
    now: Timestamp,
) -> Result<(String, UserCode), WireError> {
    let request = Request {
        client_id: client_id.to_owned(),
        scope,
        details,
        interval: INTERVAL,
        asked_at: None,
        ends_at: now.plus(LIFETIME),
        answer: None,
    };
    let device_code = oidc.rng.token();
    let key = DeviceKey::of(&device_code);
    oidc.state
        .put(&key.name(), &encode(&request)?, now, LIFETIME + REMEMBERED)
        .await?;
    for _ in 0..ATTEMPTS {
        let code = UserCode::draw(&oidc.rng);
        let name = by_user_code(oidc, &code);
        if oidc.state.put_new(&name, key.0.as_bytes(), now, LIFETIME).await? {
            return Ok((device_code, code));
        }
    }
    Err(WireError::internal("every user code drawn is taken"))
}

/// The request behind a user code, while it can be answered.
pub(super) async fn find(
    oidc: &Oidc,
    code: &UserCode,
    now: Timestamp,
) -> Result<Option<(DeviceKey, Request)>, WireError> {
    let Some(kept) = oidc.state.get(&by_user_code(oidc, code), now).await? else {
        return Ok(None);
    };
    let key = DeviceKey(String::from_utf8(kept).map_err(WireError::internal)?);
    Ok(open(oidc, &key, now).await?.map(|request| (key, request)))
}

/// As [`find`], by its key.
pub(super) async fn open(oidc: &Oidc, key: &DeviceKey, now: Timestamp) -> Result<Option<Request>, WireError> {
    let kept = oidc.state.get(&key.name(), now).await?;
    let request = kept.map(|kept| decode(&kept)).transpose()?;
    Ok(request.filter(|request| request.answer.is_none() && request.ends_at > now))
}

/// The resident allows the device; answers whether it still waited.
pub async fn allow(
    oidc: &Oidc,
    key: &DeviceKey,
    issued: IssuedCode,
    now: Timestamp,
) -> Result<bool, WireError> {
    answer(oidc, key, Answer::Allowed(Box::new(issued)), now).await
}

/// The resident does not.
pub async fn deny(oidc: &Oidc, key: &DeviceKey, now: Timestamp) -> Result<bool, WireError> {
    answer(oidc, key, Answer::Denied, now).await
}

async fn answer(oidc: &Oidc, key: &DeviceKey, answer: Answer, now: Timestamp) -> Result<bool, WireError> {
    let change = |request: &mut Request| {
        let waits = request.answer.is_none() && request.ends_at > now;
        if waits {
            request.answer = Some(answer.clone());
        }
        waits
    };
    Ok(change_one(oidc, key, now, change).await?.unwrap_or(false))
}

/// A device asks for its tokens.
///
/// # Errors
/// Where the short-lived state does not answer.
pub async fn poll(
    oidc: &Oidc,
    device_code: &str,
    client_id: &str,
    now: Timestamp,
) -> Result<Polled, WireError> {
    let ask = |request: &mut Request| {
        // Another client that has got hold of the code learns nothing, and slows nobody down.
        if request.client_id != client_id {
            return Polled::Unknown;
        }
        let last = request.asked_at.replace(now);
        if last.is_some_and(|last| now.since(last) < Duration::from_secs(request.interval)) {
            request.interval += INTERVAL;
            return Polled::TooSoon;
        }
        match &request.answer {
            _ if request.ends_at <= now => Polled::Expired,
            None => Polled::Pending,
            Some(Answer::Denied) => Polled::Denied,
            Some(Answer::Allowed(issued)) => Polled::Allowed(issued.clone()),
        }
    };
    let polled = change_one(oidc, &DeviceKey::of(device_code), now, ask).await?;
    Ok(polled.unwrap_or(Polled::Unknown))
}

/// Forgets a request whose tokens have been given; that they are given once is a record's business.
///
/// # Errors
/// Where the short-lived state does not answer.
pub async fn spend(oidc: &Oidc, device_code: &str) -> Result<(), WireError> {
    Ok(oidc.state.remove(&DeviceKey::of(device_code).name()).await?)
}

/// One compare-and-swap; none where there is no such request.
async fn change_one<T>(
    oidc: &Oidc,
    key: &DeviceKey,
    now: Timestamp,
    change: impl Fn(&mut Request) -> T,
) -> Result<Option<T>, WireError> {
    for _ in 0..ATTEMPTS {
        let Some(old) = oidc.state.get(&key.name(), now).await? else {
            return Ok(None);
        };
        let mut request = decode(&old)?;
        let outcome = change(&mut request);
        let left = request.ends_at.plus(REMEMBERED).since(now);
        if oidc
            .state
            .swap(&key.name(), &old, &encode(&request)?, now, left)
            .await?
        {
            return Ok(Some(outcome));
        }
    }
    Err(WireError::internal(
        "too many questions for one device code at once",
    ))
}

/// Few values, so the hash is keyed.
fn by_user_code(oidc: &Oidc, code: &UserCode) -> String {
    let index = oidc.vault.index("device.user_code", code.as_str());
    format!("device-user:{}", to_base64url(index))
}

fn encode(request: &Request) -> Result<Vec<u8>, WireError> {
    serde_json::to_vec(request).map_err(WireError::internal)
}

fn decode(kept: &[u8]) -> Result<Request, WireError> {
    serde_json::from_slice(kept).map_err(WireError::internal)
}
