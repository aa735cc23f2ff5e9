use std::time::Duration;

use axum::http::HeaderValue;

use super::Signin;
use super::arrival::{Entry, Manner, Visitor};
use super::code::{CodeMac, KeptCode, Spent, Standing, TypedCode};
use super::due::Owed;
use super::guard::{Seen, add_failure, count, look, reset_failures, tell_of_pressure};
use super::limits::{BROWSER_FAILURES, Payment, Price, RANGE_FAILURES, TRIES, Wait, number_open};
use super::sessions::Proof;
use super::whose::Question;
use crate::account::{self, PhoneNumber};
use crate::audit::{Action, Change, Context, Event};
use crate::carrier::Holder;
use crate::clock::Timestamp;
use crate::store::StoreError;
use crate::web::{ErrorKind, PageError};

/// A code that a resident types.
#[derive(Clone, Debug)]
pub(super) struct VerifyCode {
    pub(super) interaction: String,
    pub(super) code: TypedCode,
    pub(super) visitor: Visitor,
    /// What the browser found, where it was asked for work.
    pub(super) work: String,
}

/// What came of it.
#[derive(Debug)]
pub(super) enum Verdict {
    /// The cookies of the session and of the browser.
    SignedIn(Vec<HeaderValue>),
    /// The code is right, and yet there is a question first: whose account this is, or whether it is to be kept.
    Asked,
    Wrong {
        tries_left: u32,
    },
    /// Too old, used, or its tries are used up.
    Dead,
    TooMany(Wait),
    Closed(Wait),
    /// The code is looked at once this is paid.
    Owed(Owed),
}

/// How often a try is counted against the same browser's other requests.
const ATTEMPTS: usize = 16;
const POLL: Duration = Duration::from_millis(50);
/// How long the second half of a double click waits for the first.
const POLLS: usize = 100;

impl Signin {
    /// Checks a code and signs in. Runs to its end even if the browser hangs up.
    pub(super) async fn verify_code(self, context: Context, ask: VerifyCode) -> Result<Verdict, PageError> {
        let errands = self.errands.clone();
        errands
            .run(async move { self.verify(&context, &ask).await })
            .await
    }

    async fn verify(&self, context: &Context, ask: &VerifyCode) -> Result<Verdict, PageError> {
        let now = context.now;
        let Some(kept) = self.kept_code(&ask.interaction, now).await? else {
            return Ok(Verdict::Dead);
        };
        let phone = self.phone_of(&kept, &ask.interaction)?;
        let number = phone.index(&self.vault);
        let range = self.senders.range_of(ask.visitor.whence.address);
        let seen = look(&self.db, &self.vault, &number, &ask.visitor.browser, range, now).await?;
        if let Some(refusal) = refuse(&kept, &seen, now) {
            return Ok(refusal);
        }
        let payment = match price(&kept, &seen, now) {
            None => None,
            Some(price) => match self
                .collect(
                    &ask.interaction,
                    price,
                    &ask.work,
                    ask.visitor.whence.address,
                    now,
                )
                .await?
            {
                Ok(payment) => Some(payment),
                Err(owed) => return Ok(Verdict::Owed(owed)),
            },
        };
        let Some(Tried { kept, phone, outcome }) = self.count_try(kept, ask, payment, now).await? else {
            return Ok(Verdict::Dead);
        };
        match outcome {
            Outcome::Wrong => {
                self.note_failure(context, ask, &phone).await?;
                let tries_left = TRIES.saturating_sub(kept.tries);
                Ok(if tries_left == 0 {
                    Verdict::Dead
                } else {
                    Verdict::Wrong { tries_left }
                })
            }
            Outcome::Taken => self.sign_in_once(context, ask, kept, &phone, &seen).await,
            Outcome::Repeated => self.repeat(&ask.interaction, now).await,
        }
    }

    /// Counts one answer, and takes the code for this request if it is the right one; none where the
    /// code takes no more answers.
    ///
    /// Both are one compare-and-swap, and nothing is said before it has succeeded: a thousand answers
    /// at once are still five, and of two right ones one signs in.
    pub(super) async fn count_try(
        &self,
        kept: KeptCode,
        ask: &VerifyCode,
        payment: Option<Payment>,
        now: Timestamp,
    ) -> Result<Option<Tried>, PageError> {
        let mut old = kept;
        for _ in 0..ATTEMPTS {
            let standing = old.standing(now);
            if standing == Standing::Dead {
                return Ok(None);
            }
            let phone = self.phone_of(&old, &ask.interaction)?;
            let typed = CodeMac::of(&self.vault, &ask.interaction, &phone, ask.code.digits());
            let outcome = match (old.mac.is(&typed), standing) {
                (false, _) => Outcome::Wrong,
                (true, Standing::Open { .. }) => Outcome::Taken,
                (true, _) => Outcome::Repeated,
            };
            let mut new = old.clone();
            new.tries += 1;
            new.is_paid |= payment.is_some();
            if outcome == Outcome::Taken {
                new.spent = Some(Spent {
                    at: now,
                    cookies: None,
                });
            }
            if self.swap_code(&ask.interaction, &old, &new, now).await? {
                return Ok(Some(Tried {
                    kept: new,
                    phone,
                    outcome,
                }));
            }
            // Another code, of another number perhaps, is not what this answer was looked at for.
            match self.kept_code(&ask.interaction, now).await? {
                Some(kept) if kept.mac.is(&old.mac) => old = kept,
                _ => return Ok(None),
            }
        }
        Err(PageError::new(ErrorKind::Unavailable).because("too many answers to one code at once"))
    }

    /// Signs in, and leaves the outcome for a repeated form; a sign-in that fails gives the code back.
    async fn sign_in_once(
        &self,
        context: &Context,
        ask: &VerifyCode,
        taken: KeptCode,
        phone: &PhoneNumber,
        seen: &Seen,
    ) -> Result<Verdict, PageError> {
        let now = context.now;
        let question = if self.is_in_doubt(phone, seen, now).await? {
            Some(Question::Whose)
        } else if seen.is_leaving && seen.claimed_by.is_none() {
            Some(Question::Leaving { passkey: None })
        } else {
            None
        };
        let entered = match question {
            Some(question) => {
                let asked = self.ask(&ask.interaction, Some(phone), question, now).await;
                asked.map(|()| Vec::new())
            }
            None => self.sign_in(context, ask, phone, seen).await,
        };
        let cookies = match entered {
            Ok(cookies) => cookies,
            Err(fault) => {
                self.settle(&ask.interaction, taken, None, now).await?;
                return Err(fault);
            }
        };
        let lines: Vec<_> = cookies.iter().filter_map(|cookie| cookie.to_str().ok()).collect();
        let sealed = self
            .vault
            .seal(SEALED_COOKIES, &ask.interaction, &lines.join("\n"))?;
        let spent = Spent {
            at: now,
            cookies: Some(sealed),
        };
        if let Err(fault) = self.settle(&ask.interaction, taken, Some(spent), now).await {
            // The sign-in stands all the same; only a repeated form would not find it.
            tracing::warn!(?fault, "the outcome of a sign-in could not be kept");
        }
        Ok(entered_with(cookies))
    }

    /// The carriers are asked where the number has been silent, and only then: that it was given away asks even in a
    /// browser that is known, and that it was not spares whoever has nothing but the telephone to answer with.
    async fn is_in_doubt(&self, phone: &PhoneNumber, seen: &Seen, now: Timestamp) -> Result<bool, PageError> {
        let settings = &self.config.settings.phone;
        let in_doubt = seen.is_in_doubt(settings, now);
        let silent = seen
            .number
            .answered_at
            .filter(|last| now.since(*last) >= settings.silence.get());
        let (Some(since), Some(carrier)) = (silent, &self.carrier) else {
            return Ok(in_doubt);
        };
        Ok(match carrier.holder_since(phone.e164(), since, now).await {
            Holder::Another => true,
            Holder::Same if in_doubt => !account::is_by_phone_alone(&self.db, &self.vault, phone).await?,
            Holder::Same | Holder::Unknown => in_doubt,
        })
    }

    /// One transaction: the account, its number's clean slate, the browser, the session. No cookies where a question
    /// was left open.
    pub(super) async fn sign_in(
        &self,
        context: &Context,
        ask: &VerifyCode,
        phone: &PhoneNumber,
        seen: &Seen,
    ) -> Result<Vec<HeaderValue>, PageError> {
        let mut change = Change::begin(&self.db, context).await?;
        let behind = account::hold_behind(&mut change, &self.vault, phone, seen.claimed_by).await?;
        if behind.is_locked && !seen.is_locked {
            // A link has locked it since we looked, and forgotten this browser perhaps.
            drop(change);
            let question = self.ask(&ask.interaction, Some(phone), Question::Whose, context.now);
            return question.await.map(|()| Vec::new());
        }
        let account = match seen.claimed_by {
            None => {
                let holder = account::enter(&mut change, &self.vault, phone).await?;
                if behind.account.is_some_and(|held| held != holder) {
                    return Err(StoreError::Overtaken("whose number it is").into());
                }
                holder
            }
            Some(owner) => {
                if !account::take_back(&mut change, &self.vault, phone, owner).await? {
                    return Err(StoreError::Overtaken("a claim to a number").into());
                }
                account::stay(&mut change, owner).await?;
                owner
            }
        };
        if seen.is_locked {
            account::unlock(&mut change, account).await?;
        }
        // A wrong code that is counted at this very moment may come before or after this right one.
        if seen.number.failures > 0 {
            reset_failures(&mut change, &phone.index(&self.vault)).await?;
        }
        let manner = match seen.number.answered_at {
            Some(_) => Manner::after(seen.number.failures),
            None => Manner::First,
        };
        let entry = Entry {
            account,
            proof: Proof::Code,
            known: seen.known,
            manner,
        };
        Ok(self.let_in(change, &ask.visitor, entry).await?)
    }

    pub(super) async fn note_failure(
        &self,
        context: &Context,
        ask: &VerifyCode,
        phone: &PhoneNumber,
    ) -> Result<(), PageError> {
        // Looked up whether or not there is an account: the work is the same.
        let holder = account::find_by_phone(&self.db, &self.vault, phone).await?;
        let mut change = Change::begin(&self.db, context).await?;
        let mut failures = None;
        if let Some(range) = self.senders.range_of(ask.visitor.whence.address) {
            failures = Some(count(&mut change, &self.vault, &RANGE_FAILURES, &range.to_string()).await?);
        }
        if let Some(browser) = ask.visitor.browser.name()
            && count(&mut change, &self.vault, &BROWSER_FAILURES, browser).await? == BROWSER_FAILURES.most
        {
            change.record(Event::new(Action::BrowserClosed)).await?;
        }
        add_failure(&mut change, &phone.index(&self.vault)).await?;
        let event = Event::new(Action::CodeFailed);
        change
            .record(holder.map_or(event.clone(), |holder| event.account(holder.id)))
            .await?;
        change.commit().await?;
        if let Some(failures) = failures {
            tell_of_pressure(&RANGE_FAILURES, failures);
        }
        Ok(())
    }

    /// The same form again: the answer is the sign-in that its first copy made.
    async fn repeat(&self, interaction: &str, now: Timestamp) -> Result<Verdict, PageError> {
        for _ in 0..POLLS {
            let kept = self.kept_code(interaction, now).await?;
            let Some(spent) = kept.and_then(|kept| kept.spent) else {
                break;
            };
            if let Some(sealed) = spent.cookies {
                let lines = self.vault.open(SEALED_COOKIES, interaction, &sealed)?;
                let cookies = lines.lines().filter_map(|line| HeaderValue::try_from(line).ok());
                return Ok(entered_with(cookies.collect()));
            }
            tokio::time::sleep(POLL).await;
        }
        Err(PageError::new(ErrorKind::Unavailable)
            .because("the first copy of this form did not come to its end"))
    }

    /// Writes down what became of the code that this request has taken, while it is still that code.
    async fn settle(
        &self,
        interaction: &str,
        taken: KeptCode,
        spent: Option<Spent>,
        now: Timestamp,
    ) -> Result<(), PageError> {
        let mut old = taken;
        for _ in 0..ATTEMPTS {
            let mut new = old.clone();
            new.spent.clone_from(&spent);
            if self.swap_code(interaction, &old, &new, now).await? {
                return Ok(());
            }
            // A repeated form has been counted meanwhile; another code is none of this request's.
            let kept = self.kept_code(interaction, now).await?;
            match kept.filter(|kept| kept.mac.is(&new.mac)) {
                Some(kept) => old = kept,
                None => return Ok(()),
            }
        }
        Err(PageError::new(ErrorKind::Unavailable).because("too many answers to one code at once"))
    }
}

/// A sign-in gives cookies; a code that left a question open gives none.
fn entered_with(cookies: Vec<HeaderValue>) -> Verdict {
    if cookies.is_empty() {
        Verdict::Asked
    } else {
        Verdict::SignedIn(cookies)
    }
}

/// Whether codes are taken for this number in this browser.
pub(super) fn refuse(kept: &KeptCode, seen: &Seen, now: Timestamp) -> Option<Verdict> {
    if let Err(wait) = seen.pressure.check(now) {
        return Some(Verdict::TooMany(wait));
    }
    if kept.is_last_chance {
        return None;
    }
    let guard = &seen.number;
    let open = number_open(guard.failures, guard.last_sent(), seen.known, now);
    open.err().map(Verdict::Closed)
}

/// What is to be paid before a code is looked at: nothing for one that was paid for when it was sent.
fn price(kept: &KeptCode, seen: &Seen, now: Timestamp) -> Option<Price> {
    match kept.standing(now) {
        Standing::Open { .. } if !kept.is_paid => seen.pressure.price_of_answer(seen.known),
        _ => None,
    }
}

/// An answer that has been counted, with the code as it then stood.
pub(super) struct Tried {
    pub(super) kept: KeptCode,
    pub(super) phone: PhoneNumber,
    pub(super) outcome: Outcome,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Wrong,
    /// Right, and this request alone may sign in with it.
    Taken,
    /// Right, and another copy of the form has taken it.
    Repeated,
}

const SEALED_COOKIES: &str = "interaction.cookies";
