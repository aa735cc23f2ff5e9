use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};
use yimen_http_tests::{Key, TestApp};

/// A department's system that says of itself whatever a test wants, and counts how often it is asked.
pub(crate) struct System {
    pub(crate) id: String,
    pub(crate) key: Key,
    stated: Arc<Mutex<String>>,
    asked: Arc<AtomicUsize>,
}

impl System {
    pub(crate) async fn start() -> System {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let id = format!("http://{}", listener.local_addr().unwrap());
        let (stated, asked) = (Arc::<Mutex<String>>::default(), Arc::<AtomicUsize>::default());
        let (shown, counted) = (Arc::clone(&stated), Arc::clone(&asked));
        let handler = get(async move || {
            counted.fetch_add(1, Ordering::Relaxed);
            (
                [(CONTENT_TYPE, "application/entity-statement+jwt")],
                shown.lock().unwrap().clone(),
            )
        });
        let routes = Router::new().route("/.well-known/openid-federation", handler);
        tokio::spawn(async move { axum::serve(listener, routes).await });
        System {
            id,
            key: Key::new(),
            stated,
            asked,
        }
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    /// What it says from now on, signed by this key.
    pub(crate) fn state_by(&self, key: &Key, app: &TestApp, marks: &Value) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let claims = json!({
            "iss": self.id, "sub": self.id, "iat": now, "exp": now + 3600, "jwks": key.jwks(),
            "authority_hints": [app.url("")], "trust_marks": marks,
            "metadata": {"openid_relying_party": {
                "redirect_uris": [format!("{}/cb", self.id)], "scope": "openid phone profile",
                "client_registration_types": ["automatic"], "jwks": Key::new().jwks(),
            }},
        });
        let header = json!({"alg": "ES256", "typ": "entity-statement+jwt", "kid": key.kid});
        *self.stated.lock().unwrap() = key.sign_with(&header, &claims);
    }
}
