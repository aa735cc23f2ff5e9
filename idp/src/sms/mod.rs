//! Sends text messages, codes and notices, through the first provider in the operator's order that can.
//! May import: gateway, clock, rng, config.

mod aliyun;
mod answer;
mod breaker;
mod message;
mod outbox;
mod outcome;
mod route;
mod send;
mod setup;
mod sign;
#[cfg(test)]
mod stand_in;
mod tencent;
#[cfg(test)]
mod tests;
mod text;
mod webhook;

pub use message::{Content, Language, Message, Recipient, Sentence};
pub use outbox::{Outbox, Posted};
pub use outcome::{Attempt, Delivery, Fault, Outcome, Refusal};
pub use send::Sms;
pub use setup::SetupError;
