//! An HTTP answer, read whole.

use crate::armour::assert_armoured;
use reqwest::header::HeaderMap;
use serde_json::Value;

#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub async fn of(request: reqwest::RequestBuilder) -> Answer {
        Answer::try_of(request).await.expect("the server answers")
    }

    /// `Err` where it hangs up.
    pub async fn try_of(request: reqwest::RequestBuilder) -> reqwest::Result<Answer> {
        let response = request.send().await?;
        let at = response.url().clone();
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let body = response.bytes().await?;
        let answer = Answer {
            status,
            headers,
            body: String::from_utf8_lossy(&body).into_owned(),
        };
        assert_armoured(&at, &answer);
        Ok(answer)
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or("")
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body)
            .unwrap_or_else(|_| panic!("no JSON in answer {}: {}", self.status, self.body))
    }

    /// A member of the JSON, as text; empty when it is not there.
    pub fn field(&self, name: &str) -> String {
        self.json()[name].as_str().unwrap_or("").to_owned()
    }

    /// Asserts an OAuth error answer (RFC 6749 §5.2).
    #[track_caller]
    pub fn assert_error(&self, status: u16, error: &str) {
        assert_eq!(
            (self.status, self.field("error").as_str()),
            (status, error),
            "{}",
            self.body
        );
    }
}
