//! What is the same on every page of one installation.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::http::header::HOST;
use axum::http::{HeaderMap, Uri};

use super::cookies::Cookies;
use super::locale::Locale;
use crate::config::PublicUrl;

/// What configuration says about the pages.
pub struct SiteSettings {
    pub city: String,
    pub city_en: String,
    /// The telephone number residents may call for help.
    pub helpline: String,
    pub public_url: PublicUrl,
    /// The other addresses at which the same pages are served.
    pub other_urls: Vec<PublicUrl>,
    /// How long the audit is kept.
    pub audit_kept: Duration,
    /// Keys the form tokens; derived from the master key so that all nodes agree.
    pub form_key: [u8; 32],
}

impl fmt::Debug for SiteSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SiteSettings")
            .field("public_url", &self.public_url.origin())
            .finish_non_exhaustive()
    }
}

/// The installation as its pages show it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Site(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: SiteSettings,
    cookies: Cookies,
}

impl Site {
    #[must_use]
    pub fn new(settings: SiteSettings) -> Self {
        let cookies = Cookies::for_url(settings.public_url.url());
        Self(Arc::new(Inner { settings, cookies }))
    }

    #[must_use]
    pub fn city(&self, locale: Locale) -> &str {
        match locale {
            Locale::Chinese => &self.0.settings.city,
            Locale::English => &self.0.settings.city_en,
        }
    }

    #[must_use]
    pub fn helpline(&self) -> &str {
        &self.0.settings.helpline
    }

    #[must_use]
    pub fn audit_kept(&self) -> Duration {
        self.0.settings.audit_kept
    }

    /// `https://id.city.example`, as browsers write it in `Origin`.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.0.settings.public_url.origin()
    }

    /// Of our addresses, the one that a request came to: its forms and its pages are one another's. The public one, where
    /// it names none of ours.
    #[must_use]
    pub fn origin_at(&self, uri: &Uri, headers: &HeaderMap) -> &str {
        let host = asked_host(uri, headers).unwrap_or_default();
        let mut others = self.0.settings.other_urls.iter().map(PublicUrl::origin);
        let found = others.find(|origin| {
            let authority = origin.split_once("://").map(|(_, authority)| authority);
            authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host))
        });
        found.unwrap_or_else(|| self.origin())
    }

    #[must_use]
    pub fn host(&self) -> &str {
        self.0.settings.public_url.host()
    }

    #[must_use]
    pub fn cookies(&self) -> Cookies {
        self.0.cookies
    }

    pub(super) fn form_key(&self) -> &[u8; 32] {
        &self.0.settings.form_key
    }

    #[cfg(test)]
    pub(crate) fn sample(public_url: &str) -> Self {
        Self::new(SiteSettings {
            city: "云川市".to_owned(),
            city_en: "Yunchuan".to_owned(),
            helpline: "12345".to_owned(),
            public_url: PublicUrl::parse(public_url).unwrap(),
            other_urls: Vec::new(),
            audit_kept: Duration::from_secs(1095 * 24 * 3600),
            form_key: [7; 32],
        })
    }
}

/// The host that a request names, by HTTP/2 or by HTTP/1.
#[must_use]
pub fn asked_host<'r>(uri: &'r Uri, headers: &'r HeaderMap) -> Option<&'r str> {
    let named = uri.authority().map(|authority| authority.as_str());
    named.or_else(|| headers.get(HOST)?.to_str().ok())
}
