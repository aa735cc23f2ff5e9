//! Who is there, as the provider vouches for them.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::{Map, Value};

use crate::clock::moment;
use crate::kiosk::KioskIdle;
use crate::session::Session;
use crate::settings::Settings;

/// What the provider has said of a person: the part of a [`Person`](crate::Person) that asks nobody.
#[derive(Clone)]
pub struct Identity {
    session: Arc<Session>,
    settings: Arc<Settings>,
}

impl Identity {
    pub(crate) const fn new(session: Arc<Session>, settings: Arc<Settings>) -> Self {
        Self { session, settings }
    }

    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    /// The person's name in this department's tables: the same at every visit, and of no use to any other
    /// department.
    #[must_use]
    pub fn sub(&self) -> &str {
        &self.session.sub
    }

    /// If the resident shared it (scope `profile`).
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.text("name")
    }

    /// In E.164 form, if the resident shared it (scope `phone`).
    #[must_use]
    pub fn phone(&self) -> Option<&str> {
        self.text("phone_number")
    }

    /// How sure the provider is of who is there: the number at the end of `acr`.
    #[must_use]
    pub fn level(&self) -> Option<u8> {
        self.settings.level_in(&self.session.claims)
    }

    /// When the person last proved to the provider who they are.
    #[must_use]
    pub fn auth_time(&self) -> Option<SystemTime> {
        self.session
            .claims
            .get("auth_time")
            .and_then(Value::as_i64)
            .map(moment)
    }

    /// At a registered kiosk: for how long the session may stand unused there. The SDK sees to it; you may leave out what
    /// has no place at a kiosk, such as a file to download.
    #[must_use]
    pub fn kiosk_idle(&self) -> Option<Duration> {
        KioskIdle::in_claims(&self.session.claims).map(KioskIdle::span)
    }

    /// Everything that the ID token and UserInfo said.
    #[must_use]
    pub fn claims(&self) -> &Map<String, Value> {
        &self.session.claims
    }

    fn text(&self, claim: &str) -> Option<&str> {
        self.session.claims.get(claim).and_then(Value::as_str)
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(…)")
    }
}
