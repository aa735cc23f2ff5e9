//! A department's system that nobody has registered: it serves its entity configuration, and asks.

use crate::app::TestApp;
use crate::client::{Auth, Client};
use crate::key::Key;
use axum::Router;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

#[derive(Debug)]
pub struct Department {
    /// Its protocol side, whose id is its entity identifier.
    pub client: Client,
    /// Signs its statements.
    pub federation_key: Key,
    served: Arc<Mutex<Option<String>>>,
    asked: Arc<AtomicUsize>,
}

impl Department {
    /// Listens on loopback; what it says about itself names the server as its superior.
    pub async fn start(app: &TestApp) -> Department {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let id = format!("http://{}", listener.local_addr().expect("an address"));
        let (served, asked) = (
            Arc::<Mutex<Option<String>>>::default(),
            Arc::<AtomicUsize>::default(),
        );
        let (statement, count) = (served.clone(), asked.clone());
        let handler = get(async move || {
            count.fetch_add(1, Ordering::SeqCst);
            let statement = statement.lock().unwrap().clone();
            match statement {
                Some(jwt) => ([(CONTENT_TYPE, "application/entity-statement+jwt")], jwt).into_response(),
                None => StatusCode::NOT_FOUND.into_response(),
            }
        });
        let routes = Router::new().route("/.well-known/openid-federation", handler);
        tokio::spawn(async move { axum::serve(listener, routes).await });
        let department = Department {
            client: Client {
                redirect_uri: format!("{id}/callback"),
                id,
                scope: "openid".to_owned(),
                auth: Auth::Assertion(Arc::new(Key::new())),
                reach: app.reach.clone(),
            },
            federation_key: Key::new(),
            served,
            asked,
        };
        department.publish(|_| {});
        department
    }

    /// Serves what it says about itself from now on, with something otherwise.
    pub fn publish(&self, change: impl FnOnce(&mut Value)) {
        let mut claims = self.configuration();
        change(&mut claims);
        let header = json!({"alg": "ES256", "kid": self.federation_key.kid, "typ": "entity-statement+jwt"});
        let jwt = self.federation_key.sign_with(&header, &claims);
        *self.served.lock().unwrap() = Some(jwt);
    }

    /// The claims of its entity configuration.
    pub fn configuration(&self) -> Value {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .expect("after 1970")
            .as_secs();
        let id = &self.client.id;
        json!({
            "iss": id, "sub": id, "iat": now, "exp": now + 30 * 86_400,
            "jwks": self.federation_key.jwks(),
            "authority_hints": [self.client.reach.url],
            "metadata": {"openid_relying_party": {
                "redirect_uris": [self.client.redirect_uri],
                "client_registration_types": ["automatic"],
                "token_endpoint_auth_method": "private_key_jwt",
                "id_token_signed_response_alg": "ES256",
                "grant_types": ["authorization_code", "refresh_token"],
                "scope": "openid phone",
                "jwks": self.client.key().jwks(),
            }},
        })
    }

    /// How often somebody wanted to know who it is.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}
