//! The city's SMS gateway, as Yimen's webhook provider calls it: it keeps the last code of each number.

use crate::Result;
use axum::Json;
use axum::extract::State;
use axum::routing::post;
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What `[sms.webhook] secret` says.
pub(crate) const SECRET: &str = "whsec_YmVuY2htYXJrIGJlbmNobWFyayBiZW5jaG1hcms=";

#[derive(Clone, Debug, Default)]
pub(crate) struct Gateway(Arc<Mutex<HashMap<String, String>>>);

#[derive(Deserialize)]
struct Message {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    phone: String,
    code: String,
}

impl Gateway {
    /// Serves on a port of its own until the program ends; returns its address.
    pub(crate) async fn open(&self) -> Result<String> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = format!("http://{}/", listener.local_addr()?);
        let app = axum::Router::new()
            .route("/", post(receive))
            .with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Ok(address)
    }

    /// The code for a number such as `+8613900000000`, which is then forgotten.
    pub(crate) fn take(&self, phone: &str) -> Option<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(phone)
    }
}

async fn receive(State(gateway): State<Gateway>, Json(message): Json<Message>) {
    let mut codes = gateway.0.lock().unwrap_or_else(PoisonError::into_inner);
    codes.insert(message.data.phone, message.data.code);
}
