//! A city's own SMS gateway that takes its time: a message is under way until the test lets it go.

use crate::wait::PATIENCE;
use axum::Router;
use axum::http::StatusCode;
use std::sync::Arc;
use tokio::sync::Semaphore;

#[derive(Clone, Debug)]
pub struct Gateway {
    pub url: String,
    asked: Arc<Semaphore>,
    answers: Arc<Semaphore>,
}

impl Gateway {
    /// Listens on loopback, apart from the test: it answers while that waits for a process to end.
    pub fn start() -> Gateway {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a listener");
        let gateway = Gateway {
            url: format!("http://{}/send", listener.local_addr().expect("an address")),
            asked: Arc::new(Semaphore::new(0)),
            answers: Arc::new(Semaphore::new(0)),
        };
        let inner = gateway.clone();
        let routes = Router::new().fallback(async move || {
            inner.asked.add_permits(1);
            inner.answers.acquire().await.expect("never closed").forget();
            StatusCode::OK
        });
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
                axum::serve(listener, routes).await
            })
        });
        gateway
    }

    /// As `sms.webhook.secret` has it.
    pub fn secret(&self) -> &'static str {
        "whsec_dGhlIHRlc3RzJyBvd24gZ2F0ZXdheSBrZXksIDMyIGI="
    }

    /// Waits until one more message has come in.
    pub async fn wait_for_one(&self) {
        let asked = tokio::time::timeout(PATIENCE, self.asked.acquire()).await;
        let asked = asked.unwrap_or_else(|_| panic!("the gateway was given no message within {PATIENCE:?}"));
        asked.expect("never closed").forget();
    }

    /// Takes one message.
    pub fn take_one(&self) {
        self.answers.add_permits(1);
    }
}
