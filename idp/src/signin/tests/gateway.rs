use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use tokio::sync::{Mutex, Semaphore, mpsc};

use crate::config::sms::Webhook;
use crate::config::{Secret, Settings, SmsProvider, Span};

/// A provider that keeps every message waiting until the test says how it fares.
#[derive(Clone)]
pub(super) struct Gateway {
    endpoint: String,
    messages: Arc<AtomicUsize>,
    asked: Arc<Semaphore>,
    answers: mpsc::UnboundedSender<StatusCode>,
    next_answer: Arc<Mutex<mpsc::UnboundedReceiver<StatusCode>>>,
}

impl Gateway {
    pub(super) async fn open() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (answers, next_answer) = mpsc::unbounded_channel();
        let gateway = Self {
            endpoint: format!("http://{}/", listener.local_addr().unwrap()),
            messages: Arc::default(),
            asked: Arc::new(Semaphore::new(0)),
            answers,
            next_answer: Arc::new(Mutex::new(next_answer)),
        };
        let routes = Router::new().fallback(take).with_state(gateway.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        gateway
    }

    /// Makes it the only provider.
    pub(super) fn enter(&self, settings: &mut Settings) {
        settings.sms.providers = vec![SmsProvider::Webhook];
        settings.sms.timeout = Span::minutes(1);
        settings.sms.webhook = Some(Webhook {
            url: self.endpoint.parse().unwrap(),
            secret: Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned()),
        });
    }

    pub(super) fn messages(&self) -> usize {
        self.messages.load(Ordering::SeqCst)
    }

    /// Waits for the next message.
    pub(super) async fn asked(&self) {
        self.asked.acquire().await.unwrap().forget();
    }

    /// What the next message gets.
    pub(super) fn answer(&self, status: StatusCode) {
        self.answers.send(status).unwrap();
    }
}

async fn take(State(gateway): State<Gateway>) -> StatusCode {
    gateway.messages.fetch_add(1, Ordering::SeqCst);
    gateway.asked.add_permits(1);
    gateway.next_answer.lock().await.recv().await.unwrap()
}
