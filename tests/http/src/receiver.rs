//! A department's back-channel logout endpoint that keeps what it is sent, and may fail on purpose.

use axum::http::StatusCode;
use axum::routing::post;
use axum::{Form, Router};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

#[derive(Clone, Debug)]
pub struct Receiver {
    pub uri: String,
    got: Arc<Mutex<Vec<String>>>,
    status: Arc<AtomicU16>,
}

impl Receiver {
    /// Listens on loopback until the test's runtime ends.
    pub async fn start() -> Receiver {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let uri = format!("http://{}/logout", listener.local_addr().expect("an address"));
        let receiver = Receiver {
            uri,
            got: Arc::default(),
            status: Arc::new(AtomicU16::new(200)),
        };
        let inner = receiver.clone();
        let handler = post(async move |Form(form): Form<HashMap<String, String>>| {
            let token = form.get("logout_token").cloned().unwrap_or_default();
            inner.got.lock().unwrap().push(token);
            StatusCode::from_u16(inner.status.load(Ordering::Relaxed)).expect("a status")
        });
        tokio::spawn(async move { axum::serve(listener, Router::new().route("/logout", handler)).await });
        receiver
    }

    /// What it answers from now on.
    pub fn answer_with(&self, status: u16) {
        self.status.store(status, Ordering::Relaxed);
    }

    pub fn received(&self) -> Vec<String> {
        self.got.lock().unwrap().clone()
    }

    /// Waits until `count` logout tokens have come, and prints how long that took.
    pub async fn wait_for(&self, count: usize) -> Vec<String> {
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(20) {
            let got = self.received();
            if got.len() >= count {
                println!("{count} logout tokens after {:?}", began.elapsed());
                return got;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!(
            "{} of {count} logout tokens came within 20 s",
            self.received().len()
        );
    }
}
