//! The authority that knows names and numbers: it checks a question's signature by its own rules, and answers as it
//! is told.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const KEY: &[u8; 32] = b"the tests' own proofing key, 32b";

/// A name, its number, and what the network identity's app gives.
const PEOPLE: [(&str, &str, &str); 4] = [
    ("李秀英", "11010519491231002X", "WZ-1"),
    ("王建国", "100000197110010310", "WZ-2"),
    ("孙小朵", "100000202006010082", "WZ-3"),
    ("周远山", "10000019310412011X", "WZ-4"),
];

/// How it answers.
#[derive(Clone, Debug)]
pub enum Manner {
    Honest,
    Status(u16),
    /// This text, signed.
    Say(&'static str),
    /// An honest answer, with this changed in it, signed.
    But(Value),
    /// An honest answer without a signature, with somebody else's, or signed for another question.
    Unsigned,
    SignedByAnother,
    SignedForAnother,
    Never,
}

#[derive(Clone, Debug)]
pub struct Authority {
    pub url: String,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug)]
struct Shared {
    manner: Manner,
    asked: Vec<Value>,
}

impl Authority {
    /// Listens on loopback until the test's runtime ends.
    pub async fn start() -> Authority {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let authority = Authority {
            url: format!("http://{}/check", listener.local_addr().expect("an address")),
            shared: Arc::new(Mutex::new(Shared {
                manner: Manner::Honest,
                asked: Vec::new(),
            })),
        };
        let inner = authority.clone();
        let app = Router::new()
            .fallback(async move |headers: HeaderMap, body: Bytes| inner.answer(&headers, &body).await);
        tokio::spawn(async move { axum::serve(listener, app).await });
        authority
    }

    /// As `proofing.secret` has it.
    pub fn secret(&self) -> String {
        format!("whsec_{}", STANDARD.encode(KEY))
    }

    pub fn be(&self, manner: Manner) {
        self.shared.lock().unwrap().manner = manner;
    }

    /// The questions so far; each was properly signed.
    pub fn asked(&self) -> Vec<Value> {
        self.shared.lock().unwrap().asked.clone()
    }

    async fn answer(&self, headers: &HeaderMap, body: &[u8]) -> Response<Body> {
        let question: Value = serde_json::from_slice(body).expect("a question in JSON");
        let transaction = question["transaction"]
            .as_str()
            .expect("a transaction")
            .to_owned();
        assert_eq!(header(headers, "webhook-id"), transaction);
        let expected = sign(KEY, &transaction, header(headers, "webhook-timestamp"), body);
        assert_eq!(header(headers, "webhook-signature"), expected);
        let manner = {
            let mut shared = self.shared.lock().unwrap();
            shared.asked.push(question.clone());
            shared.manner.clone()
        };
        let honest = honest(&question);
        let (status, text) = match &manner {
            Manner::Status(status) => (*status, honest.to_string()),
            Manner::Say(text) => (200, (*text).to_owned()),
            Manner::But(change) => {
                let mut bent = honest;
                for (name, value) in change.as_object().expect("an object") {
                    bent[name] = value.clone();
                }
                (200, bent.to_string())
            }
            Manner::Never => {
                tokio::time::sleep(Duration::from_secs(60)).await;
                (200, String::new())
            }
            _ => (200, honest.to_string()),
        };
        let (key, id): (&[u8], &str) = match manner {
            Manner::SignedByAnother => (&[7; 32], &transaction),
            Manner::SignedForAnother => (KEY, "proof_another"),
            _ => (KEY, &transaction),
        };
        let mut response = Response::builder()
            .status(status)
            .header("content-type", "application/json")
            .header("location", "/elsewhere");
        if !matches!(manner, Manner::Unsigned) {
            response = response
                .header("webhook-id", id)
                .header("webhook-timestamp", "1772352000")
                .header("webhook-signature", sign(key, id, "1772352000", text.as_bytes()));
        }
        response.body(Body::from(text)).expect("a response")
    }
}

fn honest(question: &Value) -> Value {
    let found = PEOPLE.iter().find(|(name, number, app)| {
        (question["name"] == *name && question["number"] == *number) || question["assertion"] == *app
    });
    let mut answer = json!({
        "transaction": question["transaction"],
        // As the carriers' stand-in it has given nothing away, unless it is told to have.
        "recycled": false,
        "matched": found.is_some(),
        "source": "测试人口库",
    });
    if let Some((name, _, app)) = found {
        answer["name"] = json!(name);
        answer["person"] = json!(app);
        answer["deceased"] = json!(*name == "周远山");
        answer["minor"] = json!(*name == "孙小朵");
    }
    answer
}

fn sign(key: &[u8], id: &str, timestamp: &str, body: &[u8]) -> String {
    let content = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat();
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), &content);
    format!("v1,{}", STANDARD.encode(tag))
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}
