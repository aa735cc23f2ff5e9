use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use super::message::{Content, Message};
use super::text;
use crate::clock::Timestamp;

/// The oldest message makes room for the newest.
const CAPACITY: usize = 1000;

/// The development provider: messages stay in this process, to be read at `/dev/outbox`.
/// Clones share one list.
#[derive(Clone, Default)]
pub struct Outbox(Arc<Mutex<VecDeque<Posted>>>);

/// A message in the outbox, for a developer to read.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Posted {
    pub phone: String,
    /// None in a notice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// None in a code's message. Programs find it in the text.
    #[serde(skip)]
    pub link: Option<String>,
    pub text: String,
    pub at: Timestamp,
}

impl Outbox {
    pub(super) fn post(&self, message: &Message, sign: &str, now: Timestamp) {
        let mut list = self.list();
        list.truncate(CAPACITY - 1);
        list.push_front(Posted {
            phone: message.to.e164().to_owned(),
            code: match &message.content {
                Content::Code { code, .. } => Some(code.expose().to_owned()),
                Content::Notice { .. } => None,
            },
            link: match &message.content {
                Content::Code { .. } => None,
                Content::Notice { link, .. } => Some(link.expose().to_owned()),
            },
            text: text::compose(message, sign),
            at: now,
        });
    }

    /// Every message, newest first.
    #[must_use]
    pub fn all(&self) -> Vec<Posted> {
        self.list().iter().cloned().collect()
    }

    /// The messages to one number in E.164, newest first.
    #[must_use]
    pub fn to(&self, phone: &str) -> Vec<Posted> {
        self.list()
            .iter()
            .filter(|posted| posted.phone == phone)
            .cloned()
            .collect()
    }

    fn list(&self) -> MutexGuard<'_, VecDeque<Posted>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Outbox({})", self.list().len())
    }
}

impl fmt::Debug for Posted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Posted({})", self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;
    use crate::sms::Recipient;
    use crate::sms::stand_in::message;

    #[test]
    fn messages_are_found_by_number_newest_first() {
        let outbox = Outbox::default();
        outbox
            .clone()
            .post(&message(), "云川一门", Timestamp::from_seconds(1));
        let second = Message {
            content: Content::Code {
                code: Secret::new("654321".to_owned()),
                minutes: 5,
            },
            ..message()
        };
        outbox.post(&second, "云川一门", Timestamp::from_seconds(2));
        let to = Recipient::from_e164("+8613900000000").unwrap();
        outbox.post(
            &Message { to, ..message() },
            "云川一门",
            Timestamp::from_seconds(3),
        );

        let codes: Vec<_> = outbox
            .to("+8613912345678")
            .into_iter()
            .filter_map(|posted| posted.code)
            .collect();
        assert_eq!(codes, ["654321", "123456"]);
        assert_eq!(outbox.all().len(), 3);
        assert!(!format!("{outbox:?} {:?}", outbox.all()).contains("139"));
    }

    #[test]
    fn it_forgets_the_oldest() {
        let outbox = Outbox::default();
        for second in 0..=i64::try_from(CAPACITY).unwrap() {
            outbox.post(&message(), "云川一门", Timestamp::from_seconds(second));
        }
        let all = outbox.all();
        assert_eq!(all.len(), CAPACITY);
        assert_eq!(all.last().unwrap().at, Timestamp::from_seconds(1));
    }
}
