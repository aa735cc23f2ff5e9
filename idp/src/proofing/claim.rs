use std::fmt;

use serde_json::{Value, json};

use super::name::RealName;
use super::number::IdentityNumber;
use super::photo::Photo;
use crate::clock::Timestamp;

/// Under this age a guardian must agree (Personal Information Protection Law, article 31).
const OF_AGE: i32 = 14;

/// What a person says of themselves, for the authority to confirm.
#[derive(Clone, Debug)]
pub enum Claim {
    Document {
        name: RealName,
        number: IdentityNumber,
        /// Of whoever stands there, where it was taken.
        photo: Option<Photo>,
    },
    /// By the national network identity (网号, 网证): who it is the authority tells, and no number passes through here.
    NetworkIdentity(Assertion),
}

/// What the network identity's app hands out for one question. It does not print.
#[derive(Clone)]
pub struct Assertion(String);

/// Longer than any that is in use.
const LONGEST: usize = 8 * 1024;

impl Assertion {
    /// `None` for what is no text of an app's.
    #[must_use]
    pub fn read(typed: &str) -> Option<Self> {
        let text = typed.trim();
        let sound = (1..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        sound.then(|| Self(text.to_owned()))
    }
}

impl fmt::Debug for Assertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Assertion")
    }
}

impl Claim {
    /// Whether the number itself says that a guardian must agree: then nobody is asked.
    #[must_use]
    pub fn is_of_a_minor(&self, now: Timestamp) -> bool {
        match self {
            Self::Document { number, .. } => number.is_under(OF_AGE, now),
            Self::NetworkIdentity(_) => false,
        }
    }

    pub(super) fn question(&self, transaction: &str) -> Value {
        match self {
            Self::Document { name, number, photo } => {
                let mut question = json!({
                    "transaction": transaction,
                    "name": name.as_str(),
                    "number": number.as_str(),
                    "document": number.document(),
                });
                if let Some(photo) = photo {
                    question["photo"] = photo.base64().into();
                }
                question
            }
            Self::NetworkIdentity(assertion) => {
                json!({ "transaction": transaction, "assertion": assertion.0 })
            }
        }
    }
}
