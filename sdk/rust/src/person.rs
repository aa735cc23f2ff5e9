//! Who is signed in, and what can be done in their name.

use std::fmt;
use std::ops::Deref;

use http::HeaderMap;

use crate::client::Yimen;
use crate::cookies;
use crate::demand::Demand;
use crate::error::Error;
use crate::identity::Identity;
use crate::refresh::fresh_access_token;
use crate::revocation::revoke_behind;
use crate::session::SessionKey;
use crate::tokens::AccessToken;

/// A person with a live session at this department; who they are is their [`Identity`].
#[derive(Clone)]
pub struct Person {
    yimen: Yimen,
    key: SessionKey,
    identity: Identity,
}

impl Person {
    /// Whoever the session cookie of this request belongs to.
    pub(crate) async fn find(yimen: &Yimen, headers: &HeaderMap) -> Result<Option<Self>, Error> {
        match cookies::find(headers, yimen.cookies().session()) {
            Some(cookie) => Self::of(yimen, SessionKey::of(cookie)).await,
            None => Ok(None),
        }
    }

    pub(crate) fn new(yimen: &Yimen, key: SessionKey, identity: Identity) -> Self {
        Self {
            yimen: yimen.clone(),
            key,
            identity,
        }
    }

    /// Whoever this session belongs to, while it lasts.
    pub(crate) async fn of(yimen: &Yimen, key: SessionKey) -> Result<Option<Self>, Error> {
        let kept = yimen.sessions().find(key, yimen.now()).await?;
        Ok(kept.map(|kept| Self::new(yimen, key, yimen.identity(kept.session))))
    }

    /// Fresh enough to be used now. When the provider has ended the grant, so has this session, and the error is
    /// [`Error::SignedOut`]; when the provider cannot be reached, the session stays.
    pub async fn access_token(&self) -> Result<AccessToken, Error> {
        fresh_access_token(&self.yimen, self.key, self.identity.session()).await
    }

    /// At a kiosk the provider ends what it has not heard of for a while: somebody who is at work here would be thrown
    /// out. Nobody waits for it to hear.
    pub(crate) fn stay_at_kiosk(&self) {
        let is_due = self.identity.session().tokens.can_be_renewed(self.yimen.now());
        if !is_due || self.kiosk_idle().is_none() {
            return;
        }
        let person = self.clone();
        tokio::spawn(async move {
            match person.access_token().await {
                Ok(_) | Err(Error::SignedOut) => {}
                Err(error) => {
                    tracing::warn!(%error, "the provider does not know that somebody is still at the kiosk");
                }
            }
        });
    }

    /// For a hidden field `form_token` of each form, the sign-out form among them: other sites, also those that
    /// share this one's host or domain, cannot know it.
    #[must_use]
    pub fn form_token(&self) -> String {
        self.yimen.sealer().prove(self.key.as_bytes())
    }

    /// Whether the form was made for this person's session.
    #[must_use]
    pub fn owns_form(&self, form_token: &str) -> bool {
        self.yimen.sealer().is_proven(self.key.as_bytes(), form_token)
    }

    pub(crate) fn meets(&self, demand: Demand) -> bool {
        demand.is_met_by(self.yimen.settings(), self.claims(), self.yimen.now())
    }

    pub(crate) fn id_token(&self) -> &str {
        &self.identity.session().tokens.id_token
    }

    /// Whether the session still stands: a kiosk that shows a person's matters asks now and then, and shows its first
    /// page when the person has signed out on the phone.
    ///
    /// # Errors
    /// [`Error::SessionStore`], where it cannot be known.
    pub async fn is_signed_in(&self) -> Result<bool, Error> {
        let kept = self.yimen.sessions().find(self.key, self.yimen.now()).await?;
        Ok(kept.is_some())
    }

    /// Ends the session at this department: the "finished" button of a kiosk without a browser. The provider is asked
    /// to end what stands behind it, its refresh token with it; nobody waits for that, nor for a provider that is
    /// away.
    ///
    /// # Errors
    /// [`Error::SessionStore`], where the session may stand yet: try again.
    pub async fn leave(&self) -> Result<(), Error> {
        self.yimen.sessions().end(self.key).await?;
        revoke_behind(&self.yimen, self.identity.session());
        Ok(())
    }
}

impl Deref for Person {
    type Target = Identity;

    fn deref(&self) -> &Identity {
        &self.identity
    }
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Person(…)")
    }
}
