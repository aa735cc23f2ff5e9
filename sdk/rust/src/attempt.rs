//! One attempt to sign in: what this browser must still know when the provider sends it back.
//!
//! It lives sealed in a cookie of its own, so no store is needed, any node can finish what another began, and two
//! tabs never touch each other's.

use std::cmp::Reverse;
use std::time::{Duration, SystemTime};

use http::header::{HeaderMap, HeaderValue};
use serde::{Deserialize, Serialize};

use crate::chance;
use crate::client::Yimen;
use crate::clock::{elapsed, moment, numeric_date};
use crate::cookies;
use crate::demand::Demand;
use crate::error::Error;
use crate::local_path::LocalPath;

/// Long enough for somebody who looks for their glasses, then their phone.
const LIFETIME: Duration = Duration::from_secs(3600);
/// More open attempts than this are forgotten, the oldest first,
const MOST: usize = 5;
/// and what is more than this in all, in bytes of the `Cookie` header: any other site can make a browser begin, and proxies
/// refuse requests whose header is longer than some eight kilobytes.
const ROOM: usize = 4096;
const PURPOSE: &str = "attempt";
const ID_LENGTH: usize = 10;

#[derive(Serialize, Deserialize)]
pub(crate) struct Attempt {
    pub(crate) state: String,
    pub(crate) nonce: String,
    pub(crate) verifier: String,
    pub(crate) return_to: LocalPath,
    #[serde(default)]
    pub(crate) demand: Demand,
    begun: i64,
}

impl Attempt {
    pub(crate) fn begin(return_to: LocalPath, demand: Demand, now: SystemTime) -> Result<Self, Error> {
        Ok(Self {
            state: chance::token()?,
            nonce: chance::token()?,
            verifier: chance::token()?,
            return_to,
            demand,
            begun: i64::try_from(numeric_date(now)).unwrap_or(i64::MAX),
        })
    }

    /// The attempt that `state` belongs to, if this browser holds it. Whoever gets one has proven that the
    /// answer belongs to this browser (RFC 6749 §10.12).
    pub(crate) fn find(yimen: &Yimen, headers: &HeaderMap, state: &str) -> Option<Self> {
        let cookie = cookies::find(headers, &cookie_name(yimen, state)?)?;
        Self::open(yimen, cookie).filter(|attempt| attempt.state == state)
    }

    fn open(yimen: &Yimen, sealed: &str) -> Option<Self> {
        let plain = yimen.sealer().open(PURPOSE, sealed)?;
        let attempt = serde_json::from_slice::<Self>(&plain).ok()?;
        (elapsed(moment(attempt.begun), yimen.now()) < LIFETIME).then_some(attempt)
    }

    /// The cookies to set when the attempt begins: its own, and an end to those too many.
    pub(crate) fn cookies(&self, yimen: &Yimen, headers: &HeaderMap) -> Result<Vec<HeaderValue>, Error> {
        let plain = serde_json::to_vec(self).unwrap_or_default();
        let sealed = yimen.sealer().seal(PURPOSE, &plain)?;
        let name = cookie_name(yimen, &self.state).unwrap_or_default();
        let own = yimen.cookies().set(&name, &sealed, Some(LIFETIME));
        let too_many = surplus(yimen, headers, size(&name, &sealed));
        Ok(own
            .into_iter()
            .chain(too_many.iter().filter_map(|name| yimen.cookies().clear(name)))
            .collect())
    }

    pub(crate) fn end(&self, yimen: &Yimen) -> Option<HeaderValue> {
        yimen.cookies().clear(&cookie_name(yimen, &self.state)?)
    }
}

fn cookie_name(yimen: &Yimen, state: &str) -> Option<String> {
    let id = state.get(..ID_LENGTH)?;
    let plain = id
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    plain.then(|| yimen.cookies().attempt(id))
}

/// What a cookie takes of the header, with what stands between it and the next.
fn size(name: &str, value: &str) -> usize {
    name.len() + value.len() + "=; ".len()
}

/// The names of the attempts that must give way to one more of this size: those that do not open, then the oldest.
fn surplus(yimen: &Yimen, headers: &HeaderMap, own: usize) -> Vec<String> {
    let mut held: Vec<(Option<i64>, &str, usize)> = cookies::all(headers)
        .filter(|(name, _)| yimen.cookies().is_attempt(name))
        .map(|(name, value)| {
            let begun = Attempt::open(yimen, value).map(|attempt| attempt.begun);
            (begun, name, size(name, value))
        })
        .collect();
    held.sort_unstable_by_key(|(begun, ..)| Reverse(*begun));
    let (mut kept, mut taken) = (1, own);
    held.retain(|(begun, _, size)| {
        let stays = begun.is_some() && kept < MOST && taken + size <= ROOM;
        if stays {
            kept += 1;
            taken += size;
        }
        !stays
    });
    held.into_iter().map(|(_, name, _)| name.to_owned()).collect()
}
