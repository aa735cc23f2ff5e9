use reqwest::header::HeaderMap;
use serde::de::DeserializeOwned;

/// No counterpart's answer comes near this.
const LARGEST_ANSWER: usize = 64 * 1024;

/// What a counterpart answered, before anyone has understood it.
#[derive(Clone)]
pub struct Answer {
    pub status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silence {
    /// No connection: nothing was sent.
    Unreachable,
    TimedOut,
    CutShort,
    Oversized,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// Sends a request and reads its answer. The client's error is reduced to its kind, because its text holds the
/// address, in which some protocols carry personal data.
///
/// # Errors
/// Where no whole answer came.
pub async fn exchange(request: reqwest::RequestBuilder) -> Result<Answer, Silence> {
    let mut response = request.send().await.map_err(|error| {
        if error.is_connect() || error.is_builder() {
            Silence::Unreachable
        } else if error.is_timeout() {
            Silence::TimedOut
        } else {
            Silence::CutShort
        }
    })?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| Silence::CutShort)? {
        if body.len() + chunk.len() > LARGEST_ANSWER {
            return Err(Silence::Oversized);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer {
        status,
        headers,
        body,
    })
}

impl Answer {
    #[must_use]
    pub fn json<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.body).ok()
    }

    pub(super) fn body(&self) -> &[u8] {
        &self.body
    }

    /// A header that is there once, as text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let first = values.next()?.to_str().ok()?;
        values.next().is_none().then_some(first)
    }
}
