use serde::de::DeserializeOwned;

use super::outcome::{Fault, Outcome};

/// No provider's answer comes near this.
const LARGEST_ANSWER: usize = 64 * 1024;

/// What a provider answered, before anyone has understood it.
pub(super) struct Answer {
    pub(super) status: u16,
    body: Vec<u8>,
}

/// Sends a request and reads its answer. The client's error is reduced to its kind, because its text
/// holds the address, in which Aliyun's protocol carries number and code.
pub(super) async fn exchange(request: reqwest::RequestBuilder) -> Result<Answer, Outcome> {
    let mut response = request.send().await.map_err(|error| {
        if error.is_connect() || error.is_builder() {
            fault(Fault::Unreachable, "no-connection")
        } else if error.is_timeout() {
            fault(Fault::TimedOut, "no-answer")
        } else {
            fault(Fault::Broken, "connection-lost")
        }
    })?;
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|_| fault(Fault::Broken, "connection-lost"))?
    {
        if body.len() + chunk.len() > LARGEST_ANSWER {
            return Err(fault(Fault::Unreadable, "oversized-answer"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, body })
}

impl Answer {
    /// What a JSON answer means by `rule`; a 5xx that the rule knows nothing of is the provider's fault
    /// and not the operator's business.
    pub(super) fn read<T: DeserializeOwned>(&self, rule: fn(&T) -> Outcome) -> Outcome {
        let unreadable = || fault(Fault::Unreadable, &format!("http-{}", self.status));
        match self.json().as_ref().map_or_else(unreadable, rule) {
            Outcome::Fault { detail, .. } if self.status >= 500 => Outcome::Fault {
                fault: Fault::Broken,
                detail,
            },
            outcome => outcome,
        }
    }

    pub(super) fn json<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.body).ok()
    }
}

pub(super) fn fault(fault: Fault, detail: &str) -> Outcome {
    Outcome::Fault {
        fault,
        detail: detail.to_owned(),
    }
}
