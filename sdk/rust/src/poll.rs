//! A provider that cannot reach this department is asked for what it would have sent (RFC 8936).

use std::collections::BTreeMap;
use std::time::Duration;

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{Method, Request};
use openidconnect::AsyncHttpClient;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::assertion::client_assertion;
use crate::backchannel::heed;
use crate::chance;
use crate::client::Yimen;
use crate::error::Error;
use crate::refusal::Refusal;

/// The provider holds an answer back while nothing waits: this is between two of them.
const PAUSE: Duration = Duration::from_secs(1);
/// Between two questions that were not answered, at first and at most.
const AFTER_FAULT: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(60);

/// What becomes of the events of one answer, told with the next question.
#[derive(Debug, Default)]
struct Outcome {
    taken: Vec<String>,
    refused: Map<String, Value>,
}

#[derive(Deserialize)]
struct Answer {
    /// Each event under its `jti`.
    sets: BTreeMap<String, String>,
}

/// Asks for as long as the department has any use for it.
pub(crate) fn poll_behind(yimen: &Yimen) {
    let yimen = yimen.weakly();
    tokio::spawn(async move {
        let mut outcome = Outcome::default();
        let mut fault_pause = AFTER_FAULT;
        let mut said = String::new();
        loop {
            let Some(yimen) = yimen() else { return };
            let pause = match poll(&yimen, &mut outcome).await {
                Ok(0) => PAUSE,
                Ok(_) => Duration::ZERO,
                Err(error) => {
                    let text = error.to_string();
                    // Once: the same is met every minute until somebody mends it.
                    if text != said {
                        tracing::warn!(%error, "the provider could not be asked for sign-outs");
                        said = text;
                    }
                    let pause = fault_pause;
                    fault_pause = (fault_pause * 2).min(LONGEST);
                    pause
                }
            };
            if pause <= PAUSE {
                said.clear();
                fault_pause = AFTER_FAULT;
            }
            // Nobody keeps a department that has gone.
            drop(yimen);
            tokio::time::sleep(jittered(pause)).await;
        }
    });
}

/// Up to a quarter more, so that departments that came back together do not stay together.
fn jittered(pause: Duration) -> Duration {
    let [chance] = chance::bytes().unwrap_or_default();
    pause + pause.mul_f32(f32::from(chance) / 255.0 / 4.0)
}

/// Tells what has become of the last events, and heeds those that wait; answers how many there were.
async fn poll(yimen: &Yimen, outcome: &mut Outcome) -> Result<usize, Error> {
    let answer = ask(yimen, outcome).await?;
    *outcome = Outcome::default();
    let count = answer.sets.len();
    for (jti, set) in answer.sets {
        match heed(yimen, &set).await {
            // What was used before has done its work; its acknowledgement was lost.
            Ok(ended) => {
                tracing::info!(
                    sessions = ended.unwrap_or_default(),
                    "the provider signed somebody out"
                );
                outcome.taken.push(jti);
            }
            // Not the event's fault: it comes again.
            Err(error) if error.is_temporary() => {
                tracing::warn!(%error, "a sign-out could not be heeded yet");
            }
            Err(error) => {
                tracing::warn!(%error, "a logout token was refused");
                let fault = json!({ "err": "invalid_request", "description": error.to_string() });
                outcome.refused.insert(jti, fault);
            }
        }
    }
    // What comes again at once would be asked for without end.
    Ok(outcome.taken.len().min(count))
}

async fn ask(yimen: &Yimen, outcome: &Outcome) -> Result<Answer, Error> {
    let provider = yimen.provider();
    let endpoint = format!("{}/ssf/poll", yimen.settings().issuer.trim_end_matches('/'));
    let mut asked = json!({ "ack": outcome.taken });
    if !outcome.refused.is_empty() {
        asked["setErrs"] = Value::Object(outcome.refused.clone());
    }
    let proof = client_assertion(yimen).await?;
    let request = Request::builder()
        .method(Method::POST)
        .uri(&endpoint)
        .header(AUTHORIZATION, format!("Bearer {proof}"))
        .header(CONTENT_TYPE, "application/json")
        .header(ACCEPT, "application/json")
        .body(asked.to_string().into_bytes())
        .map_err(|error| provider.nonsense(&error))?;
    let answer = provider.http.call(request).await;
    let answer = answer.map_err(|reason| provider.unreachable(&reason))?;
    // The text of a parse error could quote a token.
    let unread = |_| provider.nonsense(&format!("what {endpoint} answered cannot be read"));
    if answer.status().is_success() {
        return serde_json::from_slice(answer.body()).map_err(unread);
    }
    let refusal: Refusal = serde_json::from_slice(answer.body()).map_err(unread)?;
    Err(refusal.into_error(yimen))
}
