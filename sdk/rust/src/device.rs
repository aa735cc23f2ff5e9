//! Signing in on a device on which nobody types: a kiosk, a television (RFC 8628). It shows letters, and the person
//! allows it on a phone.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use openidconnect::TokenResponse;
use serde::Deserialize;

use crate::arrival::arrive;
use crate::client::Yimen;
use crate::demand::Demand;
use crate::error::Error;
use crate::id_token::{Expected, prove_id_token};
use crate::person::Person;
use crate::provider::Known;
use crate::question::ask_for;
use crate::record::Record;
use crate::session_store::Watermark;
use crate::token_answer::TokenAnswer;

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// RFC 8628 §3.2: where the provider names none. §3.5: so much longer after each `slow_down`.
const PAUSE: Duration = Duration::from_secs(5);

/// A sign-in that a device shows and a phone allows.
pub struct DeviceSignIn {
    yimen: Yimen,
    known: Arc<Known>,
    shown: Shown,
    demand: Demand,
    pause: Duration,
    ends_at: SystemTime,
}

/// RFC 8628 §3.2.
#[derive(Deserialize)]
struct Shown {
    device_code: String,
    user_code: String,
    verification_uri: String,
    verification_uri_complete: Option<String>,
    expires_in: u64,
    interval: Option<u64>,
}

/// What has become of it.
#[derive(Debug)]
#[non_exhaustive]
pub enum DeviceAnswer {
    /// Nobody has answered yet: ask again after [`DeviceSignIn::pause`].
    Waiting,
    /// The person said no.
    Refused,
    /// Too late: begin anew.
    Expired,
    /// With a session of its own in the session store, which ends when the provider says so.
    SignedIn(Person),
}

impl Yimen {
    /// Begins a sign-in on this device. Its client must be registered for the grant
    /// (`--grant-type urn:ietf:params:oauth:grant-type:device_code`).
    ///
    /// # Errors
    /// Where the provider does not answer, or knows no such client.
    pub async fn sign_in_on_device(&self) -> Result<DeviceSignIn, Error> {
        self.sign_in_on_device_asking([]).await
    }

    /// The same, and the person is asked for these records of other departments on the way. What they have given can be
    /// [read](Person::read); what they have not, they have declined.
    ///
    /// # Errors
    /// As above, and [`Error::MayNotAsk`].
    pub async fn sign_in_on_device_asking(
        &self,
        records: impl IntoIterator<Item = Record>,
    ) -> Result<DeviceSignIn, Error> {
        let demand = Demand::default().with(records.into_iter().collect());
        let known = self.provider().known().await?;
        let endpoint = known.device_endpoint();
        let endpoint = endpoint.ok_or_else(|| {
            self.provider()
                .nonsense(&"discovery names no device_authorization_endpoint")
        })?;
        let scope = self.settings().scopes.join(" ");
        let details = Record::authorization_details(&demand.records);
        let mut form = vec![("scope", scope.as_str())];
        if !demand.records.is_empty() {
            form.push(("authorization_details", &details));
        }
        let shown: Shown = match ask_for(self, endpoint, &form).await? {
            Ok(shown) => shown,
            Err(refusal) => return Err(refusal.into_error(self)),
        };
        Ok(DeviceSignIn {
            pause: shown.interval.map_or(PAUSE, Duration::from_secs),
            ends_at: self.now() + Duration::from_secs(shown.expires_in.min(24 * 3600)),
            yimen: self.clone(),
            known,
            shown,
            demand,
        })
    }
}

impl DeviceSignIn {
    /// The letters to show, large: the person compares them on the phone.
    #[must_use]
    pub fn user_code(&self) -> &str {
        &self.shown.user_code
    }

    /// Where the person types them.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.shown.verification_uri
    }

    /// The same with the letters in it, for a QR code. Show the letters beside it all the same.
    #[must_use]
    pub fn address_with_code(&self) -> &str {
        let complete = self.shown.verification_uri_complete.as_ref();
        complete.unwrap_or(&self.shown.verification_uri)
    }

    /// How long to wait before the next [`ask`](Self::ask); it grows when the provider says so.
    #[must_use]
    pub const fn pause(&self) -> Duration {
        self.pause
    }

    /// Asks once whether the person has answered.
    ///
    /// # Errors
    /// Where the provider does not answer (ask again), or what it answers is not to be trusted.
    pub async fn ask(&mut self) -> Result<DeviceAnswer, Error> {
        if self.yimen.now() >= self.ends_at {
            return Ok(DeviceAnswer::Expired);
        }
        let endpoint = self.known.metadata.token_endpoint().map(|url| url.as_str());
        let endpoint = endpoint.ok_or_else(|| self.yimen.provider().nonsense(&"no token endpoint"))?;
        let watermark = self.yimen.sessions().watermark().await?;
        let form = [("grant_type", GRANT), ("device_code", &self.shown.device_code)];
        let refusal = match ask_for::<TokenAnswer>(&self.yimen, endpoint, &form).await? {
            Ok(tokens) => return self.sign_in(&tokens, watermark).await,
            Err(refusal) => refusal,
        };
        match refusal.error.as_str() {
            "authorization_pending" => Ok(DeviceAnswer::Waiting),
            "slow_down" => {
                self.pause += PAUSE;
                Ok(DeviceAnswer::Waiting)
            }
            "access_denied" => Ok(DeviceAnswer::Refused),
            "expired_token" => Ok(DeviceAnswer::Expired),
            _ => Err(refusal.into_error(&self.yimen)),
        }
    }

    async fn sign_in(&self, tokens: &TokenAnswer, since: Watermark) -> Result<DeviceAnswer, Error> {
        let yimen = &self.yimen;
        let token = tokens.id_token();
        let token = token.ok_or_else(|| yimen.provider().nonsense(&"no ID token came"))?;
        let proven = prove_id_token(yimen, Arc::clone(&self.known), token, &Expected::OnDevice).await?;
        let arrival = arrive(yimen, &self.known, tokens, proven, &self.demand, since, None).await?;
        let arrival = arrival.ok_or(Error::SignedOut)?;
        Ok(DeviceAnswer::SignedIn(arrival.person))
    }
}

/// Without the device code, which is as good as the person's yes.
impl fmt::Debug for DeviceSignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceSignIn")
            .field("user_code", &self.shown.user_code)
            .finish_non_exhaustive()
    }
}
