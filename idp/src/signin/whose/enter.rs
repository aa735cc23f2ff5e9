use axum::http::HeaderValue;
use uuid::Uuid;

use super::super::Signin;
use super::super::arrival::{Entry, Manner, Visitor};
use super::super::guard::reset_failures;
use super::super::limits::BrowserKnown;
use super::super::sessions::Proof;
use crate::account::{self, PhoneNumber, Return};
use crate::audit::Change;
use crate::web::PageError;

/// Who is let in by an answer.
#[derive(Clone, Copy, Debug)]
pub(super) enum Whom {
    /// There was a doubt whose account it is, and they have shown that it is theirs.
    Owner(Uuid),
    /// The same, by name and number.
    OwnerByName(Uuid),
    /// Who was leaving: nothing but the proof says that they are the owner.
    Returning(Uuid, Proof),
    Newcomer,
}

impl Signin {
    /// One transaction: the owner is back, or somebody new begins; none where the number has meanwhile answered
    /// elsewhere, or there is nothing to come back to: whoever signs in once more is asked what is to be asked by then.
    pub(super) async fn enter_as(
        &self,
        mut change: Change,
        phone: Option<&PhoneNumber>,
        whom: Whom,
        known: BrowserKnown,
        visitor: &Visitor,
    ) -> Result<Option<Vec<HeaderValue>>, PageError> {
        let account = match whom {
            Whom::Newcomer => self.begin_anew(&mut change, phone).await?,
            Whom::Owner(owner) => self.come_back(&mut change, phone, owner).await?,
            Whom::OwnerByName(owner) => {
                account::hold(&mut change, owner).await?;
                // A lock has perhaps taken the name off since it was compared: it may have been a thief's.
                match account::is_proven(&mut change, owner).await? {
                    true => self.come_back(&mut change, phone, owner).await?,
                    false => None,
                }
            }
            Whom::Returning(owner, proof) => {
                account::hold(&mut change, owner).await?;
                let is_shown = known == BrowserKnown::Yes || matches!(proof, Proof::Passkey(_));
                match account::may_return(&mut change, owner).await? {
                    Return::Open => self.come_back(&mut change, phone, owner).await?,
                    Return::Locked if is_shown => self.come_back(&mut change, phone, owner).await?,
                    Return::Locked | Return::NotLeaving => None,
                }
            }
        };
        let Some(account) = account else {
            return Ok(None);
        };
        if let Some(phone) = phone {
            reset_failures(&mut change, &phone.index(&self.vault)).await?;
        }
        account::unlock(&mut change, account).await?;
        account::stay(&mut change, account).await?;
        let entry = |proof, known, manner| Entry {
            account,
            proof,
            known,
            manner,
        };
        let entry = match whom {
            // What the old account knows of the browser is not the new one's.
            Whom::Newcomer => entry(Proof::Code, BrowserKnown::No, Manner::First),
            Whom::Owner(_) | Whom::OwnerByName(_) => entry(Proof::Code, known, Manner::Odd),
            Whom::Returning(_, proof) => entry(proof, known, Manner::Odd),
        };
        Ok(Some(self.let_in(change, visitor, entry).await?))
    }

    async fn begin_anew(
        &self,
        change: &mut Change,
        phone: Option<&PhoneNumber>,
    ) -> Result<Option<Uuid>, PageError> {
        let Some(phone) = phone else {
            return Ok(None);
        };
        Ok(account::begin_anew(change, &self.vault, phone, self.lease()).await?)
    }

    /// None where the number is another's by now.
    async fn come_back(
        &self,
        change: &mut Change,
        phone: Option<&PhoneNumber>,
        owner: Uuid,
    ) -> Result<Option<Uuid>, PageError> {
        account::hold(change, owner).await?;
        let Some(phone) = phone else {
            return Ok(Some(owner));
        };
        let holder = account::enter(change, &self.vault, phone).await?;
        Ok((holder == owner).then_some(owner))
    }
}
