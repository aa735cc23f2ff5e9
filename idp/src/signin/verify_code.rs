use std::net::IpAddr;
use std::time::Duration;

use axum::http::HeaderValue;

use super::Signin;
use super::code::{CodeMac, KeptCode, Spent, Standing, TypedCode};
use super::guard::{Browser, add_failure, count, number_guard, pressure, remember_browser, reset_failures};
use super::limits::{BROWSER_FAILURES, BrowserKnown, RANGE_FAILURES, TRIES, Wait, number_open, range_of};
use super::sessions::{Device, Session};
use crate::account::{self, PhoneNumber};
use crate::audit::{Action, Change, Context, Event};
use crate::clock::Timestamp;
use crate::web::{ErrorKind, PageError};

/// A code that a resident types.
#[derive(Clone, Debug)]
pub(super) struct VerifyCode {
    pub(super) interaction: String,
    pub(super) code: TypedCode,
    pub(super) browser: Browser,
    pub(super) address: IpAddr,
    /// The session this browser has at present.
    pub(super) previous: Option<Session>,
    pub(super) device: Device,
}

/// What came of it.
#[derive(Debug)]
pub(super) enum Verdict {
    /// The cookies of the session and of the browser.
    SignedIn(Vec<HeaderValue>),
    Wrong {
        tries_left: u32,
    },
    /// Too old, used, or its tries are used up.
    Dead,
    TooMany(Wait),
    Closed(Wait),
}

/// How often a try is counted against the same browser's other requests.
const ATTEMPTS: usize = 16;
const POLL: Duration = Duration::from_millis(50);
/// How long the second half of a double click waits for the first.
const POLLS: usize = 100;

impl Signin {
    /// Checks a code and signs in. Runs to its end even if the browser hangs up.
    pub(super) async fn verify_code(self, context: Context, ask: VerifyCode) -> Result<Verdict, PageError> {
        let task = tokio::spawn(async move { self.verify(&context, &ask).await });
        task.await
            .map_err(|fault| PageError::new(ErrorKind::Internal).because(fault.to_string()))?
    }

    async fn verify(&self, context: &Context, ask: &VerifyCode) -> Result<Verdict, PageError> {
        let now = context.now;
        let Some(kept) = self.kept_code(&ask.interaction, now).await? else {
            return Ok(Verdict::Dead);
        };
        let phone = self.phone_of(&kept, &ask.interaction)?;
        let known = ask.browser.is_known(&self.db, &phone.index(&self.vault)).await?;
        if let Some(refusal) = self.refuse(&kept, &phone, known, ask, now).await? {
            return Ok(refusal);
        }
        // The try is counted before it is compared: a thousand at once are still five.
        let Some((kept, standing)) = self.count_try(&ask.interaction, now).await? else {
            return Ok(Verdict::Dead);
        };
        let phone = self.phone_of(&kept, &ask.interaction)?;
        let is_right = kept.mac.is(&CodeMac::of(
            &self.vault,
            &ask.interaction,
            &phone,
            ask.code.digits(),
        ));
        match (is_right, standing) {
            (false, _) => {
                self.note_failure(context, ask, &phone).await?;
                let tries_left = TRIES.saturating_sub(kept.tries);
                Ok(if tries_left == 0 {
                    Verdict::Dead
                } else {
                    Verdict::Wrong { tries_left }
                })
            }
            (true, Standing::Open { .. }) if self.claim(&ask.interaction, &kept.mac, now).await? => {
                self.sign_in_once(context, ask, &phone, known).await
            }
            (true, _) => self.repeat(&ask.interaction, now).await,
        }
    }

    /// Whether codes are taken for this number, in this browser, from this place.
    async fn refuse(
        &self,
        kept: &KeptCode,
        phone: &PhoneNumber,
        known: BrowserKnown,
        ask: &VerifyCode,
        now: Timestamp,
    ) -> Result<Option<Verdict>, PageError> {
        let pressure = pressure(&self.db, &self.vault, &ask.browser, ask.address, now).await?;
        if let Err(wait) = pressure.check(known, now) {
            return Ok(Some(Verdict::TooMany(wait)));
        }
        if kept.is_last_chance {
            return Ok(None);
        }
        let guard = number_guard(&self.db, &phone.index(&self.vault)).await?;
        let open = number_open(guard.failures, guard.last_sent(), known, now);
        Ok(open.err().map(Verdict::Closed))
    }

    /// Counts one answer; none where the code takes no more.
    async fn count_try(
        &self,
        interaction: &str,
        now: Timestamp,
    ) -> Result<Option<(KeptCode, Standing)>, PageError> {
        for _ in 0..ATTEMPTS {
            let Some(old) = self.kept_code(interaction, now).await? else {
                return Ok(None);
            };
            let standing = old.standing(now);
            if standing == Standing::Dead {
                return Ok(None);
            }
            let new = KeptCode {
                tries: old.tries + 1,
                ..old.clone()
            };
            if self.swap_code(interaction, &old, &new, now).await? {
                return Ok(Some((new, standing)));
            }
        }
        Err(PageError::new(ErrorKind::Unavailable).because("too many answers to one code at once"))
    }

    /// Takes the code for this request alone; answers whether it was still to be had.
    async fn claim(&self, interaction: &str, mac: &CodeMac, now: Timestamp) -> Result<bool, PageError> {
        self.change_spent(interaction, mac, now, |spent| match spent {
            None => Some(Some(Spent {
                at: now,
                cookies: None,
            })),
            Some(_) => None,
        })
        .await
    }

    /// Signs in, and leaves the outcome for a repeated form; a sign-in that fails gives the code back.
    async fn sign_in_once(
        &self,
        context: &Context,
        ask: &VerifyCode,
        phone: &PhoneNumber,
        known: BrowserKnown,
    ) -> Result<Verdict, PageError> {
        let now = context.now;
        let mac = CodeMac::of(&self.vault, &ask.interaction, phone, ask.code.digits());
        let cookies = match self.sign_in(context, ask, phone, known).await {
            Ok(cookies) => cookies,
            Err(fault) => {
                self.change_spent(&ask.interaction, &mac, now, |_| Some(None))
                    .await?;
                return Err(fault);
            }
        };
        let lines: Vec<_> = cookies.iter().filter_map(|cookie| cookie.to_str().ok()).collect();
        let sealed = self
            .vault
            .seal(SEALED_COOKIES, &ask.interaction, &lines.join("\n"));
        let left = self.change_spent(&ask.interaction, &mac, now, |_| {
            Some(Some(Spent {
                at: now,
                cookies: Some(sealed.clone()),
            }))
        });
        if let Err(fault) = left.await {
            // The sign-in stands all the same; only a repeated form would not find it.
            tracing::warn!(?fault, "the outcome of a sign-in could not be kept");
        }
        Ok(Verdict::SignedIn(cookies))
    }

    /// One transaction: the account, its number's clean slate, the browser, the session.
    async fn sign_in(
        &self,
        context: &Context,
        ask: &VerifyCode,
        phone: &PhoneNumber,
        known: BrowserKnown,
    ) -> Result<Vec<HeaderValue>, PageError> {
        let mut change = Change::begin(&self.db, context).await?;
        let account = account::enter(&mut change, &self.vault, phone).await?.account.id;
        reset_failures(&mut change, &phone.index(&self.vault)).await?;
        let cookies = self.site.cookies();
        let browser = remember_browser(&mut change, &ask.browser, known, account, cookies).await?;
        let begun = self
            .sessions
            .begin(&mut change, account, ask.previous.as_ref(), ask.device.clone())
            .await?;
        change.commit().await?;
        Ok(vec![self.sessions.cookie(&begun.token), browser])
    }

    async fn note_failure(
        &self,
        context: &Context,
        ask: &VerifyCode,
        phone: &PhoneNumber,
    ) -> Result<(), PageError> {
        // Looked up whether or not there is an account: the work is the same.
        let holder = account::find_by_phone(&self.db, &self.vault, phone).await?;
        let mut change = Change::begin(&self.db, context).await?;
        if let Some(range) = range_of(ask.address) {
            count(&mut change, &self.vault, &RANGE_FAILURES, &range.to_string()).await?;
        }
        if let Some(browser) = ask.browser.name()
            && count(&mut change, &self.vault, &BROWSER_FAILURES, browser).await?
        {
            change.record(Event::new(Action::BrowserClosed)).await?;
        }
        add_failure(&mut change, &phone.index(&self.vault)).await?;
        let event = Event::new(Action::CodeFailed);
        change
            .record(holder.map_or(event.clone(), |holder| event.account(holder.id)))
            .await?;
        Ok(change.commit().await?)
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
                return Ok(Verdict::SignedIn(cookies.collect()));
            }
            tokio::time::sleep(POLL).await;
        }
        Err(PageError::new(ErrorKind::Unavailable)
            .because("the first copy of this form did not come to its end"))
    }

    /// Changes who has the code, while it is still the same code.
    async fn change_spent(
        &self,
        interaction: &str,
        mac: &CodeMac,
        now: Timestamp,
        next: impl Fn(Option<&Spent>) -> Option<Option<Spent>>,
    ) -> Result<bool, PageError> {
        for _ in 0..ATTEMPTS {
            let old = self
                .kept_code(interaction, now)
                .await?
                .filter(|kept| kept.mac.is(mac));
            let Some(old) = old else { return Ok(false) };
            let Some(spent) = next(old.spent.as_ref()) else {
                return Ok(false);
            };
            let new = KeptCode { spent, ..old.clone() };
            if self.swap_code(interaction, &old, &new, now).await? {
                return Ok(true);
            }
        }
        Err(PageError::new(ErrorKind::Unavailable).because("too many answers to one code at once"))
    }
}

const SEALED_COOKIES: &str = "interaction.cookies";
