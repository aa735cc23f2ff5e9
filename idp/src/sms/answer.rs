use serde::de::DeserializeOwned;

use super::outcome::{Fault, Outcome};
use crate::gateway::{self, Answer, Silence};

/// Sends a request and reads its answer; none at all is an outcome already.
pub(super) async fn exchange(request: reqwest::RequestBuilder) -> Result<Answer, Outcome> {
    gateway::exchange(request).await.map_err(|silence| match silence {
        Silence::Unreachable => fault(Fault::Unreachable, "no-connection"),
        Silence::TimedOut => fault(Fault::TimedOut, "no-answer"),
        Silence::CutShort => fault(Fault::Broken, "connection-lost"),
        Silence::Oversized => fault(Fault::Unreadable, "oversized-answer"),
    })
}

/// What a JSON answer means by `rule`; a 5xx that the rule knows nothing of is the provider's fault
/// and not the operator's business.
pub(super) fn read<T: DeserializeOwned>(answer: &Answer, rule: fn(&T) -> Outcome) -> Outcome {
    let unreadable = || fault(Fault::Unreadable, &format!("http-{}", answer.status));
    match answer.json().as_ref().map_or_else(unreadable, rule) {
        Outcome::Fault { detail, .. } if answer.status >= 500 => Outcome::Fault {
            fault: Fault::Broken,
            detail,
        },
        outcome => outcome,
    }
}

pub(super) fn fault(fault: Fault, detail: &str) -> Outcome {
    Outcome::Fault {
        fault,
        detail: detail.to_owned(),
    }
}
