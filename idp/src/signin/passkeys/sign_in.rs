use axum::http::HeaderValue;
use serde_json::Value;
use uuid::Uuid;
use webauthn_rs::prelude::{
    AuthenticationResult, DiscoverableAuthentication, Passkey as Credential, PublicKeyCredential,
    WebauthnError,
};

use super::super::Signin;
use super::super::arrival::{Entry, Manner, Visitor};
use super::super::sessions::Proof;
use super::super::whose::Question;
use super::{CEREMONY, Passkeys};
use crate::account::{self, Found, Notice, PasskeyEnd};
use crate::audit::{Action, Change, Context, EndReason, Event};
use crate::clock::Timestamp;
use crate::web::{ErrorKind, PageError};

/// What an authenticator has answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) interaction: String,
    pub(super) credential: PublicKeyCredential,
    pub(super) visitor: Visitor,
    /// The account whose sign-in is being raised: nobody else's passkey will do.
    pub(super) only: Option<Uuid>,
}

/// What came of it.
#[derive(Debug)]
pub(super) enum Verdict {
    /// The cookies of the session and of the browser.
    SignedIn(Vec<HeaderValue>),
    /// It is the owner, who is leaving: do they stay?
    Asked,
    /// The ceremony was never begun, has been finished, or took too long.
    Over,
    /// No passkey that signs in here: removed, or never ours.
    Unknown,
    /// It signs in to another account than the one at hand.
    OtherAccount,
    /// The answer does not hold.
    Refused,
}

/// How often one answer is written down against other uses of the same passkey.
const ATTEMPTS: usize = 5;

impl Passkeys {
    /// Options for a sign-in in this interaction. Whatever was begun there before counts no more.
    ///
    /// # Errors
    /// Where there are no passkeys here, or the short-lived state does not answer.
    pub(super) async fn begin_sign_in(&self, interaction: &str, now: Timestamp) -> Result<Value, PageError> {
        let (options, ceremony) = self
            .relying_party()?
            .begin_sign_in()
            .map_err(PageError::internal)?;
        let kept = serde_json::to_vec(&ceremony).map_err(PageError::internal)?;
        self.state.put(&key(interaction), &kept, now, CEREMONY).await?;
        Ok(options)
    }

    /// Takes the ceremony out, so that its challenge is answered once.
    async fn take(
        &self,
        interaction: &str,
        now: Timestamp,
    ) -> Result<Option<DiscoverableAuthentication>, PageError> {
        let kept = self.state.take(&key(interaction), now).await?;
        // What an older version wrote and this one cannot read is a ceremony that is over.
        Ok(kept.and_then(|kept| serde_json::from_slice(&kept).ok()))
    }

    fn check(
        &self,
        answer: &PublicKeyCredential,
        ceremony: DiscoverableAuthentication,
        found: &Found,
    ) -> Result<(AuthenticationResult, Credential), WebauthnError> {
        let relying_party = self
            .relying_party
            .as_deref()
            .ok_or(WebauthnError::Configuration)?;
        let credential: Credential = serde_json::from_str(&found.passkey.credential)?;
        // Discoverable ones always say whose they are (WebAuthn Level 3 §7.2 step 6).
        if answer.get_user_unique_id() != Some(found.handle.as_bytes().as_slice()) {
            return Err(WebauthnError::InvalidUserUniqueId);
        }
        let result = relying_party.finish_sign_in(answer, ceremony, &credential)?;
        Ok((result, credential))
    }
}

impl Signin {
    /// Checks an authenticator's answer and signs in.
    ///
    /// # Errors
    /// Where the records or the short-lived state do not answer.
    pub(super) async fn answer_by_passkey(
        &self,
        context: &Context,
        answer: Answer,
    ) -> Result<Verdict, PageError> {
        let Some(ceremony) = self.passkeys.take(&answer.interaction, context.now).await? else {
            return Ok(Verdict::Over);
        };
        let rp_id = self.passkeys.relying_party()?.id();
        for _ in 0..ATTEMPTS {
            let credential_id = answer.credential.get_credential_id();
            let Some(found) = account::find_passkey(&self.db, &self.vault, rp_id, credential_id).await?
            else {
                return Ok(unknown(&answer.credential));
            };
            if answer.only.is_some_and(|only| only != found.passkey.account) {
                return Ok(Verdict::OtherAccount);
            }
            let (result, credential) = match self.passkeys.check(&answer.credential, ceremony.clone(), &found)
            {
                Ok(checked) => checked,
                Err(fault) => {
                    self.note_refusal(context, &found, &fault).await?;
                    return Ok(Verdict::Refused);
                }
            };
            if found.is_leaving {
                let question = Question::Leaving {
                    passkey: Some(found.passkey.id),
                };
                self.ask(&answer.interaction, None, question, context.now).await?;
                return Ok(Verdict::Asked);
            }
            if let Some(cookies) = self
                .enter_by_passkey(context, &answer, &found, &result, credential)
                .await?
            {
                return Ok(Verdict::SignedIn(cookies));
            }
        }
        Err(PageError::new(ErrorKind::Unavailable).because("too many uses of one passkey at once"))
    }

    /// One transaction: the passkey's use, the browser, the session. None where another use came between.
    async fn enter_by_passkey(
        &self,
        context: &Context,
        answer: &Answer,
        found: &Found,
        result: &AuthenticationResult,
        mut credential: Credential,
    ) -> Result<Option<Vec<HeaderValue>>, PageError> {
        let passkey = &found.passkey;
        credential.update_credential(result);
        let credential = serde_json::to_string(&credential).map_err(PageError::internal)?;
        let known = answer.visitor.browser.is_known(&self.db, passkey.account).await?;
        let mut change = Change::begin(&self.db, context).await?;
        account::hold(&mut change, passkey.account).await?;
        if !account::use_passkey(&mut change, passkey, &credential).await? {
            return Ok(None);
        }
        account::unlock(&mut change, passkey.account).await?;
        let entry = Entry {
            account: passkey.account,
            proof: Proof::Passkey(passkey.id),
            known,
            manner: Manner::Usual,
        };
        Ok(Some(self.let_in(change, &answer.visitor, entry).await?))
    }

    /// A counter that went back says that there are two of this passkey (WebAuthn Level 3 §7.2 step 22): neither
    /// opens the account any more.
    async fn note_refusal(
        &self,
        context: &Context,
        found: &Found,
        fault: &WebauthnError,
    ) -> Result<(), PageError> {
        let (account, passkey) = (found.passkey.account, found.passkey.id);
        tracing::info!(reason = %fault, "a passkey was refused");
        let mut change = Change::begin(&self.db, context).await?;
        if matches!(fault, WebauthnError::CredentialPossibleCompromise) {
            account::hold(&mut change, account).await?;
            account::end_passkey(&mut change, account, passkey, PasskeyEnd::Cloned).await?;
            // What it has opened may go on without a session: all of it ends.
            self.sessions
                .end_all(&mut change, account, EndReason::PasskeyRemoved)
                .await?;
            account::tell(&mut change, &self.vault, account, Notice::PasskeyCloned, "").await?;
        }
        let refused = Event::new(Action::PasskeyFailed).account(account);
        change
            .record(refused.with("passkey", passkey).with("reason", fault.to_string()))
            .await?;
        Ok(change.commit().await?)
    }
}

/// Authenticators are told to forget what signs in nowhere. An operator's passkey signs in elsewhere here: what it is
/// known by is a record's id, and no resident's handle, which is random.
fn unknown(credential: &PublicKeyCredential) -> Verdict {
    let handle = credential
        .get_user_unique_id()
        .and_then(|handle| Uuid::from_slice(handle).ok());
    if handle.is_some_and(|handle| handle.get_version_num() == 7) {
        Verdict::Refused
    } else {
        Verdict::Unknown
    }
}

fn key(interaction: &str) -> String {
    format!("passkey:{{{interaction}}}")
}
