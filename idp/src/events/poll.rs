use super::logout_token::Logout;
use super::records;
use crate::audit::{Action, Change, Context, Event};
use crate::clock::Timestamp;
use crate::keys::jose::{Algorithm, SignError};
use crate::keys::{KeyRing, TokenType};
use crate::store::{Db, StoreError};

/// An event that waits until its department asks for it. Its id is its `jti`, the same at every asking.
#[derive(Clone, Debug)]
pub struct Waiting {
    pub id: String,
    logout: Logout,
}

impl Waiting {
    /// The event as a security event token (RFC 8417): the logout token that would have been sent, good from now on.
    ///
    /// # Errors
    /// Where there is no key for it.
    pub fn sign(&self, keys: &KeyRing, issuer: &str, now: Timestamp) -> Result<String, SignError> {
        let algorithm = Algorithm::named(&self.logout.algorithm).unwrap_or(Algorithm::Rs256);
        let claims = self.logout.claims(issuer, &self.id, now);
        keys.sign(algorithm, TokenType::Logout, &claims)
    }
}

/// What waits for a client, the oldest first, `most` at once.
///
/// # Errors
/// Where the database does not answer.
pub async fn waiting(db: &Db, client_id: &str, most: usize) -> Result<Vec<Waiting>, StoreError> {
    let waiting = records::asked_for(db, client_id, most).await?;
    Ok(waiting
        .into_iter()
        .map(|(id, logout)| Waiting { id, logout })
        .collect())
}

/// A client has taken these (RFC 8936 §2.4); what was not waiting for it does not count.
///
/// # Errors
/// Where the database does not answer.
pub async fn acknowledge(
    db: &Db,
    context: &Context,
    client_id: &str,
    ids: &[String],
) -> Result<(), StoreError> {
    if ids.is_empty() {
        return Ok(());
    }
    let mut change = Change::begin(db, context).await?;
    let mut taken = 0;
    for id in ids {
        let Some(account) = records::take(&mut change, client_id, id).await? else {
            continue;
        };
        taken += 1;
        let event = Event::new(Action::EventDelivered)
            .client(client_id)
            .with("kind", "logout")
            .with("by", "poll");
        change
            .record(match account {
                Some(account) => event.account(account),
                None => event,
            })
            .await?;
    }
    if taken > 0 {
        change.commit().await?;
    }
    Ok(())
}
