use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::super::interaction::Caller;
use super::super::sessions::FRESH;
use crate::clock::Timestamp;
use crate::store::same;

/// How long a phone has for its answer. Ours.
pub(super) const OPEN: Duration = Duration::from_secs(2 * 60);
/// Wrong numbers after which the picture on the screen is good for nothing.
const TRIES: u32 = 3;

/// What a browser asks of a phone, as it stands.
#[derive(Clone, Serialize, Deserialize)]
pub struct Handover {
    /// Three digits on the screen, which whoever says yes has to see: the picture alone can be sent on.
    pub(super) number: String,
    /// Makes the picture's code this one's.
    pub(super) nonce: String,
    /// The service that the browser is on its way to.
    pub client: Option<Caller>,
    pub device: String,
    /// The name of the registered kiosk that asks.
    pub kiosk: Option<String>,
    /// Keyed hash of the range its address lies in.
    pub(super) network: Option<[u8; 32]>,
    /// About where that is, sealed.
    #[serde(default)]
    pub(super) place: Option<Vec<u8>>,
    /// Who asks wants a sign-in no older than this, on the phone as anywhere.
    pub(super) fresh_after: Option<Timestamp>,
    pub(super) wrong: u32,
    pub(super) answer: Option<Answer>,
    pub(super) ends_at: Timestamp,
}

/// What the phone's owner said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Answer {
    Yes(Approval),
    No,
}

/// Whose yes it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Approval {
    pub(super) account: Uuid,
    /// The phone's session: if it has ended meanwhile, so has its yes.
    pub(super) session: Uuid,
    pub(super) by_passkey: bool,
}

/// What came of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    Taken,
    /// Not the number on the screen.
    Wrong {
        tries_left: u32,
    },
    /// Answered already, too old, or its tries are used up.
    Over,
}

impl Handover {
    /// How long ago the phone's owner may have signed in.
    #[must_use]
    pub fn patience(&self, now: Timestamp) -> Duration {
        self.fresh_after
            .map_or(FRESH, |after| FRESH.min(now.since(after)))
    }

    pub(super) const fn is_open(&self) -> bool {
        self.answer.is_none() && self.wrong < TRIES
    }

    /// Takes a yes with the number that its owner has typed.
    pub(super) fn approve(&mut self, typed: &str, approval: Approval) -> Answered {
        if !self.is_open() {
            return Answered::Over;
        }
        if same(typed.as_bytes(), self.number.as_bytes()) {
            self.answer = Some(Answer::Yes(approval));
            return Answered::Taken;
        }
        self.wrong += 1;
        match TRIES - self.wrong {
            0 => Answered::Over,
            tries_left => Answered::Wrong { tries_left },
        }
    }

    pub(super) fn refuse(&mut self) -> Answered {
        if !self.is_open() {
            return Answered::Over;
        }
        self.answer = Some(Answer::No);
        Answered::Taken
    }
}

impl fmt::Debug for Handover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handover")
            .field("device", &self.device)
            .field("wrong", &self.wrong)
            .field("answer", &self.answer)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handover() -> Handover {
        Handover {
            number: "471".to_owned(),
            nonce: String::new(),
            client: None,
            device: String::new(),
            kiosk: None,
            network: None,
            place: None,
            fresh_after: None,
            wrong: 0,
            answer: None,
            ends_at: Timestamp::from_seconds(120),
        }
    }

    const APPROVAL: Approval = Approval {
        account: Uuid::nil(),
        session: Uuid::nil(),
        by_passkey: false,
    };

    #[test]
    fn three_wrong_numbers_end_it() {
        let mut asked = handover();
        assert_eq!(asked.approve("470", APPROVAL), Answered::Wrong { tries_left: 2 });
        assert_eq!(asked.approve("", APPROVAL), Answered::Wrong { tries_left: 1 });
        assert_eq!(asked.approve("4711", APPROVAL), Answered::Over);
        assert_eq!(asked.approve("471", APPROVAL), Answered::Over);
        assert_eq!(asked.answer, None);
    }

    #[test]
    fn it_is_answered_once() {
        let mut asked = handover();
        assert_eq!(asked.approve("471", APPROVAL), Answered::Taken);
        assert_eq!(asked.approve("471", APPROVAL), Answered::Over);
        assert_eq!(asked.refuse(), Answered::Over);
        let mut asked = handover();
        assert_eq!(asked.refuse(), Answered::Taken);
        assert_eq!(asked.approve("471", APPROVAL), Answered::Over);
    }

    #[test]
    fn the_number_is_not_printed() {
        assert!(!format!("{:?}", handover()).contains("471"));
    }
}
