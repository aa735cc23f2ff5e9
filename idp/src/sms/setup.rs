use thiserror::Error;
use url::Url;

use super::aliyun::Aliyun;
use super::outbox::Outbox;
use super::route::{Line, Route};
use super::send::{Inner, Sms};
use super::tencent::Tencent;
use super::text::sign_of;
use super::webhook::Webhook;
use crate::config::{Settings, SmsProvider};
use crate::gateway::SecretError;
use crate::rng::Rng;

/// Why the configured providers cannot be used.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum SetupError {
    #[error("sms.providers names \"{0}\", but there is no [sms.{0}] section")]
    NoSection(&'static str),
    #[error("sms.providers names \"{0}\" twice; once is enough")]
    Repeated(&'static str),
    #[error("sms.providers may name \"outbox\" only when dev = true")]
    OutboxOutsideDev,
    #[error("sms.{0} must be https unless dev = true: codes and credentials pass through it")]
    PlainHttp(&'static str),
    #[error("sms.{0} must be only scheme and host (and port): the signature is made for the path /")]
    EndpointWithPath(&'static str),
    #[error("sms.webhook.secret {0}")]
    WebhookSecret(SecretError),
}

impl SetupError {
    /// The key of the configuration that is to blame.
    #[must_use]
    pub fn key(&self) -> Option<String> {
        match self {
            Self::NoSection(_) | Self::Repeated(_) | Self::OutboxOutsideDev => {
                Some("sms.providers".to_owned())
            }
            Self::PlainHttp(key) | Self::EndpointWithPath(key) => Some(format!("sms.{key}")),
            Self::WebhookSecret(_) => Some("sms.webhook.secret".to_owned()),
        }
    }
}

impl Sms {
    /// Takes the providers in the operator's order.
    ///
    /// # Errors
    /// Says which key of the configuration is wrong and what to write instead.
    pub fn new(settings: &Settings, http: reqwest::Client, rng: Rng) -> Result<Self, SetupError> {
        let providers = &settings.sms.providers;
        let repeated = (1..providers.len()).find(|&i| providers[..i].contains(&providers[i]));
        if let Some(i) = repeated {
            return Err(SetupError::Repeated(name(providers[i])));
        }
        let routes = providers
            .iter()
            .map(|&provider| Ok(Route::new(line(settings, provider)?)));
        Ok(Self::from_routes(Inner {
            routes: routes.collect::<Result<_, SetupError>>()?,
            timeout: settings.sms.timeout.get(),
            http,
            rng,
        }))
    }
}

fn line(settings: &Settings, provider: SmsProvider) -> Result<Line, SetupError> {
    let sign = sign_of(&settings.city);
    let missing = SetupError::NoSection(name(provider));
    match provider {
        SmsProvider::Outbox if settings.dev => Ok(Line::Outbox {
            outbox: Outbox::default(),
            sign,
        }),
        SmsProvider::Outbox => Err(SetupError::OutboxOutsideDev),
        SmsProvider::Aliyun => {
            let account = settings.sms.aliyun.as_ref().ok_or(missing)?;
            check_endpoint(&account.endpoint, "aliyun.endpoint", settings)?;
            Ok(Line::Aliyun(Aliyun(account.clone())))
        }
        SmsProvider::Tencent => {
            let account = settings.sms.tencent.as_ref().ok_or(missing)?;
            check_endpoint(&account.endpoint, "tencent.endpoint", settings)?;
            Ok(Line::Tencent(Tencent(account.clone())))
        }
        SmsProvider::Webhook => {
            let gateway = settings.sms.webhook.as_ref().ok_or(missing)?;
            check_scheme(&gateway.url, "webhook.url", settings)?;
            Webhook::new(gateway, &sign)
                .map(Line::Webhook)
                .map_err(SetupError::WebhookSecret)
        }
    }
}

fn check_endpoint(url: &Url, key: &'static str, settings: &Settings) -> Result<(), SetupError> {
    check_scheme(url, key, settings)?;
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    bare.then_some(()).ok_or(SetupError::EndpointWithPath(key))
}

fn check_scheme(url: &Url, key: &'static str, settings: &Settings) -> Result<(), SetupError> {
    let safe = url.scheme() == "https" || (settings.dev && url.scheme() == "http");
    safe.then_some(()).ok_or(SetupError::PlainHttp(key))
}

const fn name(provider: SmsProvider) -> &'static str {
    match provider {
        SmsProvider::Outbox => "outbox",
        SmsProvider::Aliyun => "aliyun",
        SmsProvider::Tencent => "tencent",
        SmsProvider::Webhook => "webhook",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;
    use crate::sms::stand_in::settings;

    fn refusal(settings: &Settings) -> SetupError {
        let http = crate::sms::stand_in::client();
        Sms::new(settings, http, Rng::system()).unwrap_err()
    }

    #[test]
    fn what_cannot_work_is_refused_at_start() {
        use SmsProvider::{Aliyun, Outbox, Tencent, Webhook};
        let all = settings("https://sms.example", &[Aliyun, Tencent, Webhook]);
        let http = crate::sms::stand_in::client();
        let sms = Sms::new(&all, http, Rng::system()).unwrap();
        assert_eq!(format!("{sms:?}"), "[Aliyun, Tencent, Webhook]");
        assert!(sms.outbox().is_none());

        let mut production = settings("http://sms.example", &[Outbox]);
        production.dev = false;
        assert_eq!(refusal(&production), SetupError::OutboxOutsideDev);
        production.sms.providers = vec![Tencent];
        assert_eq!(refusal(&production), SetupError::PlainHttp("tencent.endpoint"));
        production.sms.providers = vec![Webhook];
        assert_eq!(refusal(&production), SetupError::PlainHttp("webhook.url"));

        assert_eq!(
            refusal(&settings("https://sms.example/v2", &[Aliyun])),
            SetupError::EndpointWithPath("aliyun.endpoint")
        );
        assert_eq!(
            refusal(&settings("https://sms.example", &[Aliyun, Aliyun])),
            SetupError::Repeated("aliyun")
        );

        let mut bare = all.clone();
        bare.sms.tencent = None;
        assert_eq!(refusal(&bare), SetupError::NoSection("tencent"));
        let mut weak = all;
        weak.sms.webhook.as_mut().unwrap().secret = Secret::new("s".to_owned());
        assert_eq!(refusal(&weak), SetupError::WebhookSecret(SecretError));
    }
}
