//! The pages of passkeys on the way through a sign-in: the offer of one, and the raising of a sign-in.

use askama::Template;

use super::enrol::Enrolled;
use crate::web::{Door, Page, views};

/// `GET /signin/{id}/offer`: a passkey for the next time.
#[derive(Template)]
#[template(path = "signin/offer.html")]
pub struct OfferPage {
    pub page: Page,
    pub door: Door,
    pub id: String,
    pub token: String,
    pub trouble: Option<PasskeyTrouble>,
}

/// `GET /signin/{id}/raise`: what a stronger sign-in lacks.
#[derive(Template)]
#[template(path = "signin/raise.html")]
pub struct RaisePage {
    pub page: Page,
    pub door: Door,
    pub id: String,
    pub token: String,
    pub step: RaiseStep,
    /// Whether the service goes on without it.
    pub is_required: bool,
    pub trouble: Option<PasskeyTrouble>,
}

/// The one thing that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RaiseStep {
    UsePasskey,
    MakePasskey,
}

impl RaisePage {
    pub(super) fn makes(&self) -> bool {
        self.step == RaiseStep::MakePasskey
    }
}

/// Why a passkey did not do what it was to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PasskeyTrouble {
    /// It took too long, or was done already.
    Over,
    /// It signs in nowhere here; the authenticator is told so.
    Unknown {
        /// In base64url, as the authenticator gave it.
        credential_id: String,
    },
    OtherAccount,
    /// The device's passkey is in the account already.
    Known,
    TooMany,
    Refused,
}

impl PasskeyTrouble {
    /// What stands in the way of a passkey that was to be made.
    #[must_use]
    pub const fn of(enrolled: Enrolled) -> Option<Self> {
        match enrolled {
            Enrolled::Made => None,
            Enrolled::Over => Some(Self::Over),
            Enrolled::Known => Some(Self::Known),
            Enrolled::TooMany => Some(Self::TooMany),
            Enrolled::Refused => Some(Self::Refused),
        }
    }

    #[must_use]
    pub fn heading(&self, page: &Page) -> String {
        let id = match self {
            Self::Over => "passkey-over",
            Self::Unknown { .. } => "passkey-unknown",
            Self::OtherAccount => "passkey-other-account",
            Self::Known => "passkey-known",
            Self::TooMany => "passkey-too-many",
            Self::Refused => "passkey-refused",
        };
        page.say(id).to_string()
    }

    #[must_use]
    pub fn advice(&self, page: &Page) -> String {
        let id = match self {
            Self::Over => "passkey-over-advice",
            Self::Unknown { .. } => "passkey-unknown-advice",
            Self::OtherAccount => "passkey-other-account-advice",
            Self::Known => "passkey-known-advice",
            Self::TooMany => "passkey-too-many-advice",
            Self::Refused => "passkey-refused-advice",
        };
        page.say(id).to_string()
    }

    /// The credential that the authenticator should forget.
    #[must_use]
    pub fn unknown(&self) -> Option<&str> {
        match self {
            Self::Unknown { credential_id } => Some(credential_id),
            _ => None,
        }
    }
}

views!(OfferPage, RaisePage);
