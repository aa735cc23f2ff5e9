use std::sync::{Mutex, MutexGuard, PoisonError};

use super::aliyun::Aliyun;
use super::breaker::Breaker;
use super::message::Message;
use super::outbox::Outbox;
use super::outcome::Outcome;
use super::tencent::Tencent;
use super::webhook::Webhook;
use crate::clock::Timestamp;
use crate::config::SmsProvider;

/// A configured provider and the state of its breaker.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) line: Line,
    breaker: Mutex<Breaker>,
}

#[derive(Debug)]
pub(super) enum Line {
    Outbox { outbox: Outbox, sign: String },
    Aliyun(Aliyun),
    Tencent(Tencent),
    Webhook(Webhook),
}

impl Route {
    pub(super) const fn new(line: Line) -> Self {
        Self {
            line,
            breaker: Mutex::new(Breaker::new()),
        }
    }

    pub(super) fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    pub(super) const fn provider(&self) -> SmsProvider {
        match self {
            Self::Outbox { .. } => SmsProvider::Outbox,
            Self::Aliyun(_) => SmsProvider::Aliyun,
            Self::Tencent(_) => SmsProvider::Tencent,
            Self::Webhook(_) => SmsProvider::Webhook,
        }
    }

    /// Whether it has a text for notices.
    pub(super) const fn takes_notices(&self) -> bool {
        match self {
            Self::Outbox { .. } | Self::Webhook(_) => true,
            Self::Aliyun(aliyun) => aliyun.0.notice_template_code.is_some(),
            Self::Tencent(tencent) => tencent.0.notice_template_id.is_some(),
        }
    }

    /// `nonce` has never been used before.
    pub(super) async fn send(
        &self,
        http: &reqwest::Client,
        message: &Message,
        nonce: String,
        now: Timestamp,
    ) -> Outcome {
        match self {
            Self::Outbox { outbox, sign } => {
                outbox.post(message, sign, now);
                Outcome::Accepted { message_id: nonce }
            }
            Self::Aliyun(aliyun) => aliyun.send(http, message, nonce, now).await,
            Self::Tencent(tencent) => tencent.send(http, message, now).await,
            Self::Webhook(webhook) => webhook.send(http, message, &nonce, now).await,
        }
    }
}
