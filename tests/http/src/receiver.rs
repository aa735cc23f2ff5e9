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
    /// Listens on loopback, apart from the test: what is on its way when that ends arrives.
    pub fn start() -> Receiver {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a listener");
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
        let routes = Router::new().route("/logout", handler);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
                axum::serve(listener, routes).await
            })
        });
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
