//! Who is signed in, and what can be done in their name.

use std::fmt;
use std::ops::Deref;

use http::HeaderMap;
use serde::de::DeserializeOwned;

use crate::client::Yimen;
use crate::cookies;
use crate::demand::Demand;
use crate::error::Error;
use crate::exchange::exchange;
use crate::fault::sign_in_address;
use crate::holder::{Reading, Told};
use crate::identity::Identity;
use crate::local_path::LocalPath;
use crate::record::Record;
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

    /// A token for the record's holder, which opens this record of this person alone, for about a minute; `None` where the
    /// person has said no. Send it as `Authorization: Bearer …` to the holder's interface, and to nobody else;
    /// [`read`](Self::read) does. The token is kept for as long as it lives, so that asking again costs nothing: each
    /// exchange stands in the person's account as one use of their record.
    ///
    /// # Errors
    /// [`Error::RecordNotGiven`], where the person has not been asked in this session or has taken their yes back: a
    /// handler that returns it with `?` has them asked, and the browser comes back to it. [`Error::MayNotAsk`], where the
    /// provider's operator has not allowed this department to ask for it.
    pub async fn exchange(&self, record: &Record) -> Result<Option<AccessToken>, Error> {
        exchange(&self.yimen, self.key, self.identity.session(), record).await
    }

    /// Reads the record at `address`, which its holder has published: JSON of at most 1 MiB, within 10 seconds, and no
    /// redirect is followed. The address lies at the holder's own, so that the token goes to nobody else.
    ///
    /// # Errors
    /// Those of [`exchange`](Self::exchange); [`Error::Holder`], where the holder does not answer or answers something
    /// else; [`Error::InsufficientAuthentication`], where it wants to be surer who the person is, whom a handler that
    /// returns it with `?` has confirm it.
    pub async fn read<T: DeserializeOwned>(
        &self,
        record: &Record,
        address: &str,
    ) -> Result<Reading<T>, Error> {
        let kept = self.yimen.exchanged().find(self.key, record, self.yimen.now());
        let Some(token) = self.exchange(record).await? else {
            return Ok(Reading::Declined);
        };
        match self.ask_holder(record, address, &token).await? {
            // The holder's clock is ahead of ours, so that the end of the token has come there.
            Told::Refused(_) if kept.as_ref() == Some(&token) => {
                self.yimen.exchanged().forget(self.key, record);
            }
            told => return self.reading(told),
        }
        let Some(token) = self.exchange(record).await? else {
            return Ok(Reading::Declined);
        };
        let told = self.ask_holder(record, address, &token).await?;
        self.reading(told)
    }

    /// Whoever is less sure than the holder wants is to confirm who they are; whoever is sure enough, as far as we can tell,
    /// would be asked in a circle.
    fn reading<T>(&self, told: Told<T>) -> Result<Reading<T>, Error> {
        match told {
            Told::Found(record) => Ok(Reading::Found(record)),
            Told::Nothing => Ok(Reading::Nothing),
            Told::Refused(fault) => Err(fault),
            Told::Unsure {
                level,
                max_age,
                fault,
            } => Err(if self.meets(&Demand::new(level, max_age)) {
                fault
            } else {
                Error::InsufficientAuthentication { level, max_age }
            }),
        }
    }

    async fn ask_holder<T: DeserializeOwned>(
        &self,
        record: &Record,
        address: &str,
        token: &AccessToken,
    ) -> Result<Told<T>, Error> {
        let holders = self.yimen.holders();
        holders.read(self.yimen.settings(), record, address, token).await
    }

    /// Where a link has the person asked for the record, also if they have said no to it before; they come back to
    /// `return_to`, a path of this department, or home where it is none.
    #[must_use]
    pub fn asking_address(&self, record: &Record, return_to: &str) -> String {
        let return_to = LocalPath::parse(return_to).unwrap_or_else(|| self.yimen.home().clone());
        let demand = Demand::default().with(vec![record.clone()]);
        sign_in_address(&self.yimen, &return_to, &demand)
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

    pub(crate) fn meets(&self, demand: &Demand) -> bool {
        let session = self.identity.session();
        demand.records.iter().all(|record| session.has_answered(record))
            && demand.is_met_by(self.yimen.settings(), self.claims(), self.yimen.now())
    }

    /// What is left to ask of a person who has said no to some of it. What they gave is asked for again, which shows no
    /// page: the session that begins by it has only what was asked for.
    pub(crate) fn as_answered(&self, mut demand: Demand) -> Demand {
        let declined = &self.identity.session().declined;
        demand.records.retain(|record| !declined.contains(record));
        demand
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
