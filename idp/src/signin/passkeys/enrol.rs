use serde_json::Value;
use webauthn_rs::prelude::{Passkey as Credential, PasskeyRegistration, RegisterPublicKeyCredential};

use super::super::sessions::{Session, Sessions};
use super::aaguid;
use super::{CEREMONY, Passkeys};
use crate::account::{self, NewPasskey, Notice, PasskeyAdded, Strength};
use crate::audit::{Change, Context};
use crate::web::{ErrorKind, PageError};

/// What came of making a passkey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enrolled {
    Made,
    /// The ceremony was never begun, has been finished, or took too long; or the session has ended.
    Over,
    /// This authenticator's passkey is known already.
    Known,
    /// The account has as many as anybody may have.
    TooMany,
    Refused,
}

impl Passkeys {
    /// Options for a new passkey of the session's account.
    ///
    /// # Errors
    /// Where there are no passkeys here or this is a kiosk, or the records or the short-lived state do not answer.
    pub async fn begin_enrolment(&self, context: &Context, session: &Session) -> Result<Value, PageError> {
        if session.is_at_kiosk() {
            return Err(PageError::new(ErrorKind::BadRequest)
                .developer("reason", "no passkey is made at a kiosk, which is everybody's"));
        }
        let relying_party = self.relying_party()?;
        let held = account::passkeys(&self.db, &self.vault, session.account).await?;
        let held = held.iter().filter_map(|passkey| {
            let credential: Credential = serde_json::from_str(&passkey.credential).ok()?;
            Some(credential.cred_id().clone())
        });
        let handle = account::passkey_handle(&self.db, context, session.account).await?;
        let profile = account::profile(&self.db, &self.vault, session.account).await?;
        let name = profile.phone.map(|phone| phone.masked()).unwrap_or_default();
        let (options, ceremony) = relying_party
            .begin_enrolment(handle, &name, held.collect())
            .map_err(PageError::internal)?;
        let kept = serde_json::to_vec(&ceremony).map_err(PageError::internal)?;
        self.state
            .put(&key(session), &kept, context.now, CEREMONY)
            .await?;
        Ok(options)
    }

    /// Keeps the passkey that an authenticator has made for the session's account. Without attestation nothing is
    /// signed in it, so the session is as strong as it was: the passkey shows itself at its first use.
    ///
    /// # Errors
    /// Where the records or the short-lived state do not answer.
    pub async fn finish_enrolment(
        &self,
        context: &Context,
        sessions: &Sessions,
        session: &Session,
        answer: &RegisterPublicKeyCredential,
    ) -> Result<Enrolled, PageError> {
        let relying_party = self.relying_party()?;
        let kept = self.state.take(&key(session), context.now).await?;
        let ceremony: Option<PasskeyRegistration> = kept.and_then(|kept| serde_json::from_slice(&kept).ok());
        let Some(ceremony) = ceremony else {
            return Ok(Enrolled::Over);
        };
        let credential = match relying_party.finish_enrolment(answer, &ceremony) {
            Ok(credential) => credential,
            Err(fault) => {
                tracing::info!(reason = %fault, "a new passkey was refused");
                return Ok(Enrolled::Refused);
            }
        };
        let aaguid = aaguid::of(&answer.response.attestation_object);
        let device = session.device.to_string();
        let new = NewPasskey {
            credential_id: credential.cred_id(),
            credential: &serde_json::to_string(&credential).map_err(PageError::internal)?,
            rp_id: relying_party.id(),
            origin: relying_party.origin(),
            aaguid,
            name: aaguid::name(aaguid).unwrap_or(&device),
            // Whoever is known by a passkey of theirs vouches for the next.
            is_vouched: session.strength == Strength::Passkey,
            session: session.id,
        };
        let mut change = Change::begin(&self.db, context).await?;
        match account::add_passkey(&mut change, &self.vault, session.account, &new).await? {
            PasskeyAdded::Known => Ok(Enrolled::Known),
            PasskeyAdded::TooMany => Ok(Enrolled::TooMany),
            // Whoever locks the account ends what was added before: nothing may come after.
            PasskeyAdded::Done if !sessions.is_live(&mut change, session.id).await? => Ok(Enrolled::Over),
            PasskeyAdded::Done => {
                let vault = &self.vault;
                account::tell(&mut change, vault, session.account, Notice::PasskeyAdded, &device).await?;
                change.commit().await?;
                Ok(Enrolled::Made)
            }
        }
    }
}

/// Bound to the session: what another browser answers finds no ceremony.
fn key(session: &Session) -> String {
    format!("new-passkey:{{{}}}", session.id)
}
