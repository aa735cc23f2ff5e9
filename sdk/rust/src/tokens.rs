//! What the provider gave for one session.

use std::fmt;
use std::time::{Duration, SystemTime};

use openidconnect::{OAuth2TokenResponse, RefreshToken};
use serde::{Deserialize, Serialize};

use crate::clock::LEEWAY;
use crate::kiosk::KioskIdle;
use crate::token_answer::TokenAnswer;

/// What opens the provider's and other departments' interfaces in the person's name. Send it as
/// `Authorization: Bearer …`; never show it to a browser.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken(String);

impl AccessToken {
    pub(crate) const fn new(secret: String) -> Self {
        Self(secret)
    }

    #[must_use]
    pub fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(…)")
    }
}

/// The tokens of one session. The ID token is kept as the hint that sign-out sends.
#[derive(Serialize, Deserialize)]
pub(crate) struct Tokens {
    access: String,
    /// `None`: the provider named no end.
    renew_at: Option<SystemTime>,
    pub(crate) refresh: Option<RefreshToken>,
    pub(crate) id_token: String,
}

impl Tokens {
    pub(crate) fn new(
        answer: &TokenAnswer,
        id_token: String,
        former: Option<RefreshToken>,
        kiosk: Option<KioskIdle>,
        now: SystemTime,
    ) -> Self {
        let refresh = answer.refresh_token().cloned().or(former);
        // Early enough to be good when it arrives, but not before half its life.
        let margin = |life: Duration| {
            if refresh.is_some() {
                LEEWAY.min(life / 2)
            } else {
                Duration::ZERO
            }
        };
        let good_until = answer.expires_in().map(|life| now + life - margin(life));
        // At a kiosk sooner: by a refresh the provider knows that somebody is still there.
        let told_at = kiosk.filter(|_| refresh.is_some());
        let told_at = told_at.map(|kiosk| now + kiosk.span() / 4);
        Self {
            access: answer.access_token().secret().clone(),
            renew_at: good_until.into_iter().chain(told_at).min(),
            refresh,
            id_token,
        }
    }

    /// The access token, if it is good for a while yet.
    pub(crate) fn fresh(&self, now: SystemTime) -> Option<AccessToken> {
        self.renew_at.is_none_or(|then| now < then).then(|| self.access())
    }

    /// Whether a refresh is due, and can be had.
    pub(crate) fn can_be_renewed(&self, now: SystemTime) -> bool {
        self.refresh.is_some() && self.fresh(now).is_none()
    }

    pub(crate) fn access(&self) -> AccessToken {
        AccessToken::new(self.access.clone())
    }
}
