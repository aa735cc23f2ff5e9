use axum::http::HeaderValue;
use uuid::Uuid;

use super::super::guard::{give_back, reserve_in};
use super::super::limits::{ACCOUNT_PROOFS, BIRTHDAY_PROOFS, Ceiling};
use super::super::sessions::Session;
use super::RealNames;
use super::typed::{Trouble, Typed, Whole};
use crate::account::{Proven, TO_MERGE, is_proven_to_be, propose_merging, prove_real_name};
use crate::audit::{Action, Change, Context, Event};
use crate::proofing::{Authority, Claim, Match, Reference, Verdict};
use crate::web::{ErrorKind, PageError};

/// A name that a resident wants proven.
#[derive(Clone, Debug)]
pub struct Prove {
    pub session: Session,
    pub typed: Typed,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// With the cookie of the session, which has risen.
    Proven(Option<HeaderValue>),
    /// It may be tried again.
    Again(Trouble),
    /// Typing it again would change nothing.
    Stopped(Stop),
    /// The session ended meanwhile.
    SignedOut,
}

/// Why a name cannot be proven here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// A guardian must agree.
    Minor,
    /// Staff must look at the authority's record.
    Records,
    /// The person has another account.
    OtherAccount,
    /// The account is another person's.
    OtherPerson,
}

impl Stop {
    /// As the audit has it. The name is stored.
    const fn reason(self) -> &'static str {
        match self {
            Self::Minor => "minor",
            Self::Records => "deceased",
            Self::OtherAccount => "other account",
            Self::OtherPerson => "other person",
        }
    }
}

impl RealNames {
    /// Has a name confirmed and writes down whose account this is. Runs to its end even if the browser hangs up: what
    /// was asked of the authority is written down.
    ///
    /// # Errors
    /// Where there is no authority, or the records do not answer.
    pub async fn prove(self, context: Context, ask: Prove) -> Result<Outcome, PageError> {
        let errands = self.errands.clone();
        errands
            .run(async move { self.prove_to_the_end(&context, &ask).await })
            .await
    }

    async fn prove_to_the_end(&self, context: &Context, ask: &Prove) -> Result<Outcome, PageError> {
        let authority = self.authority()?;
        let claim = match ask.typed.claim(context.now) {
            Ok(claim) => claim,
            Err(trouble) => return Ok(Outcome::Again(trouble)),
        };
        let counted = counted(ask.session.account, &claim);
        if let Some(full) = self.reserve(context, &counted).await? {
            let wait = full.end_of_period(context.now).since(context.now);
            return Ok(Outcome::Again(Whole::TooMany { wait }.into()));
        }
        match authority.ask(&claim, context.now).await {
            Ok(Verdict::Matched(matched)) => {
                // Whoever was right has learned nothing.
                self.give_back(context, &counted[1..]).await?;
                self.write_down(context, ask, &matched).await
            }
            Ok(Verdict::NoMatch(reference)) => {
                let refused = refusal(ask.session.account, "no match", Some(&reference));
                context.record(&self.db, refused).await?;
                Ok(Outcome::Again(Whole::NoMatch.into()))
            }
            Ok(Verdict::Minor) => self.stop(context, ask, Stop::Minor, None).await,
            Ok(Verdict::Deceased(reference)) => {
                self.stop(context, ask, Stop::Records, Some(&reference)).await
            }
            Err(_) => {
                self.give_back(context, &counted).await?;
                Ok(Outcome::Again(Whole::NotNow.into()))
            }
        }
    }

    /// Whether whoever is there knows name and number of the person whose account this is. Runs to its end, as
    /// [`RealNames::prove`] does.
    ///
    /// # Errors
    /// Where there is no authority, or the records do not answer.
    pub async fn recognise(
        self,
        context: Context,
        account: Uuid,
        typed: Typed,
    ) -> Result<Result<(), Trouble>, PageError> {
        let errands = self.errands.clone();
        errands
            .run(async move { self.recognise_to_the_end(&context, account, &typed).await })
            .await
    }

    /// The authority is asked whatever is known of the account, so that nobody learns whether its owner was ever
    /// proven.
    async fn recognise_to_the_end(
        &self,
        context: &Context,
        account: Uuid,
        typed: &Typed,
    ) -> Result<Result<(), Trouble>, PageError> {
        let authority = self.authority()?;
        let claim = match typed.claim(context.now) {
            Ok(claim) => claim,
            Err(trouble) => return Ok(Err(trouble)),
        };
        let counted = counted(account, &claim);
        if let Some(full) = self.reserve(context, &counted).await? {
            let wait = full.end_of_period(context.now).since(context.now);
            return Ok(Err(Whole::TooMany { wait }.into()));
        }
        match authority.ask(&claim, context.now).await {
            Ok(Verdict::Matched(matched))
                if is_proven_to_be(&self.db, &self.vault, account, &matched).await? =>
            {
                self.give_back(context, &counted).await?;
                Ok(Ok(()))
            }
            Ok(_) => {
                let refused = refusal(account, "not the owner", None);
                context.record(&self.db, refused).await?;
                Ok(Err(Whole::NoMatch.into()))
            }
            Err(_) => {
                self.give_back(context, &counted).await?;
                Ok(Err(Whole::NotNow.into()))
            }
        }
    }

    /// One transaction: the proof, the name, the account's level, the session's passkey and token.
    async fn write_down(
        &self,
        context: &Context,
        ask: &Prove,
        matched: &Match,
    ) -> Result<Outcome, PageError> {
        let session = &ask.session;
        let mut change = Change::begin(&self.db, context).await?;
        let proven = prove_real_name(
            &mut change,
            &self.vault,
            session.account,
            session.passkey,
            matched,
        );
        match proven.await? {
            // Who has signed out meanwhile, perhaps elsewhere, wants nothing proven.
            Proven::Done if !self.sessions.is_live(&mut change, session.id).await? => Ok(Outcome::SignedOut),
            Proven::Done => {
                let cookie = self.sessions.rotate(&mut change, &self.vault, session).await?;
                change.commit().await?;
                Ok(Outcome::Proven(cookie))
            }
            Proven::OtherPerson => {
                drop(change);
                self.stop(context, ask, Stop::OtherPerson, Some(matched.reference()))
                    .await
            }
            Proven::OtherAccount(holder) => {
                drop(change);
                let mut change = Change::begin(&self.db, context).await?;
                propose_merging(&mut change, &self.vault, session.account, holder, TO_MERGE).await?;
                change.commit().await?;
                self.stop(context, ask, Stop::OtherAccount, Some(matched.reference()))
                    .await
            }
        }
    }

    async fn stop(
        &self,
        context: &Context,
        ask: &Prove,
        stop: Stop,
        reference: Option<&Reference>,
    ) -> Result<Outcome, PageError> {
        let refused = refusal(ask.session.account, stop.reason(), reference);
        context.record(&self.db, refused).await?;
        Ok(Outcome::Stopped(stop))
    }

    /// Counts one question; answers the ceiling that has no room.
    async fn reserve(
        &self,
        context: &Context,
        counted: &[Counted],
    ) -> Result<Option<&'static Ceiling>, PageError> {
        let mut change = Change::begin(&self.db, context).await?;
        for (ceiling, who) in counted {
            if !reserve_in(&mut change, &self.vault, ceiling, who).await? {
                return Ok(Some(ceiling));
            }
        }
        change.commit_housekeeping().await?;
        Ok(None)
    }

    /// A question whose answer told nobody anything is not counted.
    async fn give_back(&self, context: &Context, counted: &[Counted]) -> Result<(), PageError> {
        let mut change = Change::begin(&self.db, context).await?;
        for (ceiling, who) in counted {
            give_back(&mut change, &self.vault, ceiling, who).await?;
        }
        Ok(change.commit_housekeeping().await?)
    }

    fn authority(&self) -> Result<&Authority, PageError> {
        let none = || PageError::new(ErrorKind::NotFound).because("no [proofing] is configured");
        self.authority.as_ref().ok_or_else(none)
    }
}

/// A ceiling, and of what there may be so many.
type Counted = (&'static Ceiling, String);

/// What a question counts against, the account first.
fn counted(account: Uuid, claim: &Claim) -> Vec<Counted> {
    let account = (&ACCOUNT_PROOFS, account.to_string());
    let birthday = match claim {
        Claim::Document { number, .. } => Some((&BIRTHDAY_PROOFS, number.birthday().to_owned())),
        Claim::NetworkIdentity(_) => None,
    };
    [account].into_iter().chain(birthday).collect()
}

fn refusal(account: Uuid, reason: &str, reference: Option<&Reference>) -> Event {
    let event = Event::new(Action::IdentityRefused)
        .account(account)
        .with("reason", reason);
    match reference {
        None => event,
        Some(reference) => event
            .with("source", &reference.source)
            .with("transaction", &reference.transaction),
    }
}
