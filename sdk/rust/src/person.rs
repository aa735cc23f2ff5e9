//! Who is signed in, as the provider vouched for them.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use http::HeaderMap;
use serde_json::{Map, Value};

use crate::client::Yimen;
use crate::clock::moment;
use crate::cookies;
use crate::error::Error;
use crate::refresh::fresh_access_token;
use crate::session::{Session, SessionKey};
use crate::tokens::AccessToken;

/// A person with a live session at this department.
#[derive(Clone)]
pub struct Person {
    yimen: Yimen,
    key: SessionKey,
    session: Arc<Session>,
}

impl Person {
    /// Whoever the session cookie of this request belongs to.
    pub(crate) async fn find(yimen: &Yimen, headers: &HeaderMap) -> Result<Option<Self>, Error> {
        match cookies::find(headers, yimen.cookies().session()) {
            Some(cookie) => Self::of(yimen, SessionKey::of(cookie)).await,
            None => Ok(None),
        }
    }

    /// Whoever this session belongs to, while it lasts.
    pub(crate) async fn of(yimen: &Yimen, key: SessionKey) -> Result<Option<Self>, Error> {
        let kept = yimen.sessions().find(key, yimen.now()).await?;
        Ok(kept.map(|kept| Self {
            yimen: yimen.clone(),
            key,
            session: Arc::new(kept.session),
        }))
    }

    /// The person's name in this department's tables: the same at every visit, and of no use to any other
    /// department.
    #[must_use]
    pub fn sub(&self) -> &str {
        &self.session.sub
    }

    /// If the resident shared it (scope `profile`).
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.text("name")
    }

    /// In E.164 form, if the resident shared it (scope `phone`).
    #[must_use]
    pub fn phone(&self) -> Option<&str> {
        self.text("phone_number")
    }

    /// How sure the provider is of who is there: the number at the end of `acr`.
    #[must_use]
    pub fn level(&self) -> Option<u8> {
        level_in(&self.yimen, &self.session.claims)
    }

    /// When the person last proved to the provider who they are.
    #[must_use]
    pub fn auth_time(&self) -> Option<SystemTime> {
        self.session
            .claims
            .get("auth_time")
            .and_then(Value::as_i64)
            .map(moment)
    }

    /// Everything that the ID token and UserInfo said.
    #[must_use]
    pub fn claims(&self) -> &Map<String, Value> {
        &self.session.claims
    }

    /// Fresh enough to be used now. When the provider has ended the grant, so has this session, and the error is
    /// [`Error::SignedOut`]; when the provider cannot be reached, the session stays.
    pub async fn access_token(&self) -> Result<AccessToken, Error> {
        fresh_access_token(&self.yimen, self.key, &self.session).await
    }

    /// For a hidden field `form_token` of each form, the sign-out form among them: other sites, also those that
    /// share this one's host or domain, cannot know it.
    #[must_use]
    pub fn form_token(&self) -> String {
        self.yimen.key().sealer().prove(self.key.as_bytes())
    }

    /// Whether the form was made for this person's session.
    #[must_use]
    pub fn owns_form(&self, form_token: &str) -> bool {
        self.yimen
            .key()
            .sealer()
            .is_proven(self.key.as_bytes(), form_token)
    }

    pub(crate) fn id_token(&self) -> &str {
        &self.session.tokens.id_token
    }

    /// Whether the session still stands: a kiosk that shows a person's matters asks now and then, and shows its first page
    /// when the person has signed out on the phone.
    ///
    /// # Errors
    /// [`Error::SessionStore`], where it cannot be known.
    pub async fn is_signed_in(&self) -> Result<bool, Error> {
        let kept = self.yimen.sessions().find(self.key, self.yimen.now()).await?;
        Ok(kept.is_some())
    }

    /// Ends the session at this department: the "finished" button of a kiosk without a browser.
    ///
    /// # Errors
    /// [`Error::SessionStore`], where the session may stand yet: try again.
    pub async fn leave(&self) -> Result<(), Error> {
        self.yimen.sessions().end(self.key).await
    }

    fn text(&self, claim: &str) -> Option<&str> {
        self.session.claims.get(claim).and_then(Value::as_str)
    }
}

/// The level that claims tell of.
pub(crate) fn level_in(yimen: &Yimen, claims: &Map<String, Value>) -> Option<u8> {
    level_of(yimen, claims.get("acr")?.as_str()?)
}

/// The level that an `acr` stands for.
pub(crate) fn level_of(yimen: &Yimen, acr: &str) -> Option<u8> {
    let issuer = yimen.settings().issuer.trim_end_matches('/');
    acr.strip_prefix(issuer)?.strip_prefix("/acr/")?.parse().ok()
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Person(…)")
    }
}
