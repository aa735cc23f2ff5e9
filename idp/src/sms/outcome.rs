use std::time::Duration;

use serde::Serialize;

use super::message::Message;
use crate::config::SmsProvider;

/// What came of asking one provider. It holds neither number nor code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// The provider took the message; `message_id` is its own reference.
    Accepted { message_id: String },
    /// The provider failed us, so the next one is asked. `detail` is its error code.
    Fault { fault: Fault, detail: String },
    /// The provider will not send to this number now, and nobody else is asked.
    Refused { refusal: Refusal, detail: String },
    /// Not asked: its circuit breaker is open.
    Skipped,
}

impl Outcome {
    /// The outcome without what a gateway may have echoed of the message.
    pub(super) fn discreet(self, message: &Message) -> Self {
        let echo = |text: &str| text.contains(message.to.domestic()) || text.contains(message.secret());
        match self {
            Self::Accepted { message_id } if echo(&message_id) => Self::Accepted {
                message_id: "-".to_owned(),
            },
            Self::Fault { fault, detail } if echo(&detail) => Self::Fault {
                fault,
                detail: "-".to_owned(),
            },
            Self::Refused { refusal, detail } if echo(&detail) => Self::Refused {
                refusal,
                detail: "-".to_owned(),
            },
            other => other,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// No connection: the message was not sent.
    Unreachable,
    /// No answer in time.
    TimedOut,
    /// A 5xx, a connection cut short, or the provider's own "system error".
    Broken,
    /// An answer that is not the provider's protocol.
    Unreadable,
    /// The provider will send nothing until the operator has acted: balance, keys, template, signature.
    NeedsOperator,
}

impl Fault {
    /// Whether the message may reach the phone although no provider said so.
    #[must_use]
    pub const fn may_have_been_delivered(self) -> bool {
        matches!(self, Self::TimedOut | Self::Broken | Self::Unreadable)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// A sending limit, of the number or of the account. Asking another provider would get round it.
    Limit,
    /// The number does not exist, has opted out, or is on the provider's block list.
    Number,
}

/// One provider's part in a delivery, in the order of asking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Attempt {
    pub provider: SmsProvider,
    #[serde(flatten)]
    pub outcome: Outcome,
    #[serde(rename = "elapsed_ms", serialize_with = "whole_millis")]
    pub elapsed: Duration,
}

fn whole_millis<S: serde::Serializer>(elapsed: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX))
}

/// How a message fared. It holds neither number nor code, so it can go into the audit as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Delivery {
    /// The provider that took the message.
    pub accepted: Option<SmsProvider>,
    pub attempts: Vec<Attempt>,
}

impl Delivery {
    /// Whether the resident may get the message although no provider confirmed it: the code must then
    /// stay valid, and the page must still ask for it.
    #[must_use]
    pub fn may_have_been_delivered(&self) -> bool {
        self.accepted.is_some()
            || self.attempts.iter().any(|attempt| {
                matches!(attempt.outcome, Outcome::Fault { fault, .. } if fault.may_have_been_delivered())
            })
    }
}

/// A provider's reference or error code, if it is one: a sentence is dropped, it may quote anything.
pub(super) fn token(text: &str) -> String {
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || b"._-:^".contains(&byte);
    let is_token = (1..=64).contains(&text.len()) && text.bytes().all(safe);
    if is_token { text.to_owned() } else { "-".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_reads_well_in_the_audit() {
        let delivery = Delivery {
            accepted: None,
            attempts: vec![Attempt {
                provider: SmsProvider::Aliyun,
                outcome: Outcome::Refused {
                    refusal: Refusal::Limit,
                    detail: "isv.BUSINESS_LIMIT_CONTROL".to_owned(),
                },
                elapsed: Duration::from_millis(31),
            }],
        };
        assert_eq!(
            serde_json::to_string(&delivery).unwrap(),
            r#"{"accepted":null,"attempts":[{"provider":"aliyun","outcome":"refused","refusal":"limit","detail":"isv.BUSINESS_LIMIT_CONTROL","elapsed_ms":31}]}"#
        );
    }

    #[test]
    fn a_sentence_is_no_token() {
        assert_eq!(token("900619746936498440^0"), "900619746936498440^0");
        for wrong in ["", "bad number +8613912345678", "a\r\nb", "号码", &"x".repeat(65)] {
            assert_eq!(token(wrong), "-");
        }
    }
}
