use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::super::limits::{CODE_LIFETIME, TRIES};
use crate::account::PhoneNumber;
use crate::clock::Timestamp;
use crate::store::{Vault, same};

/// A code's keyed hash: six digits have few values, so that a plain hash would hide nothing.
/// It is bound to the interaction and the number, and good for no other.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(in crate::signin) struct CodeMac([u8; 32]);

impl CodeMac {
    pub(in crate::signin) fn of(vault: &Vault, interaction: &str, phone: &PhoneNumber, code: &str) -> Self {
        let bound = [interaction, phone.e164(), code].join("\0");
        Self(vault.mac("code", bound.as_bytes()))
    }

    /// In constant time.
    pub(in crate::signin) fn is(&self, other: &Self) -> bool {
        same(&self.0, &other.0)
    }
}

impl fmt::Debug for CodeMac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeMac")
    }
}

/// What is kept of the code that an interaction is waiting for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::signin) struct KeptCode {
    /// The number it went to, sealed.
    pub(in crate::signin) phone: Vec<u8>,
    pub(in crate::signin) mac: CodeMac,
    pub(in crate::signin) sent_at: Timestamp,
    /// Answers given so far, counted before they are compared.
    pub(in crate::signin) tries: u32,
    /// It went to a closed number that was due to be tried once more: its tries are then allowed.
    pub(in crate::signin) is_last_chance: bool,
    /// Its price has been paid, before it was sent or before it was looked at: its tries cost no more.
    #[serde(default)]
    pub(in crate::signin) is_paid: bool,
    /// The right answer came, and is being or has been turned into a session.
    pub(in crate::signin) spent: Option<Spent>,
}

/// The one use of a code. A form sent twice by an impatient finger gets the same session twice,
/// not an error in place of the sign-in that the browser has already thrown away.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::signin) struct Spent {
    pub(in crate::signin) at: Timestamp,
    /// The cookies of the sign-in, sealed; none until it has committed.
    pub(in crate::signin) cookies: Option<Vec<u8>>,
}

/// What a code is good for at a given moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::signin) enum Standing {
    Open {
        tries_left: u32,
    },
    /// Used a moment ago: the same answer from the same browser may be repeated.
    JustSpent,
    Dead,
}

/// Ours: how long a repeated form gets the same answer.
pub(in crate::signin) const REPEATABLE: Duration = Duration::from_secs(60);

/// And how many copies of it, so that a spent code is no oracle to guess at.
const REPEATS: u32 = 3;

impl KeptCode {
    pub(in crate::signin) fn standing(&self, now: Timestamp) -> Standing {
        match &self.spent {
            Some(spent) if spent.at.plus(REPEATABLE) > now && self.tries < TRIES + REPEATS => {
                Standing::JustSpent
            }
            Some(_) => Standing::Dead,
            None if self.sent_at.plus(CODE_LIFETIME) <= now || self.tries >= TRIES => Standing::Dead,
            None => Standing::Open {
                tries_left: TRIES - self.tries,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::MasterKey;
    use crate::rng::Rng;

    fn kept(tries: u32) -> KeptCode {
        let mac = CodeMac([7; 32]);
        KeptCode {
            phone: vec![],
            mac,
            sent_at: Timestamp::from_seconds(1000),
            tries,
            is_last_chance: false,
            is_paid: false,
            spent: None,
        }
    }

    #[test]
    fn a_code_dies_after_five_tries_or_five_minutes() {
        let at = |seconds: i64| Timestamp::from_seconds(1000 + seconds);
        assert_eq!(kept(0).standing(at(299)), Standing::Open { tries_left: 5 });
        assert_eq!(kept(4).standing(at(1)), Standing::Open { tries_left: 1 });
        assert_eq!(kept(5).standing(at(1)), Standing::Dead);
        assert_eq!(kept(0).standing(at(300)), Standing::Dead);
    }

    #[test]
    fn a_spent_code_only_repeats_itself_for_a_minute() {
        let spent = KeptCode {
            spent: Some(Spent {
                at: Timestamp::from_seconds(1010),
                cookies: None,
            }),
            ..kept(1)
        };
        assert_eq!(spent.standing(Timestamp::from_seconds(1069)), Standing::JustSpent);
        assert_eq!(spent.standing(Timestamp::from_seconds(1070)), Standing::Dead);
    }

    #[test]
    fn a_code_answers_for_its_own_interaction_and_number_alone() {
        let vault = Vault::new(&MasterKey::from_bytes([1; 32]), Rng::system());
        let phone = |text| PhoneNumber::read(text, &[86]).unwrap();
        let mac = CodeMac::of(&vault, "a", &phone("13800000000"), "123456");
        assert!(mac.is(&CodeMac::of(&vault, "a", &phone("13800000000"), "123456")));
        assert!(!mac.is(&CodeMac::of(&vault, "b", &phone("13800000000"), "123456")));
        assert!(!mac.is(&CodeMac::of(&vault, "a", &phone("13800000001"), "123456")));
        assert!(!mac.is(&CodeMac::of(&vault, "a", &phone("13800000000"), "123457")));
    }
}
