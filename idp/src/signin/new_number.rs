//! One more number for whoever is signed in: a code to it, under the same limits as a sign-in's, and its answer.

use axum::http::HeaderMap;

use super::Signin;
use super::arrival::Visitor;
use super::code::{Standing, TypedCode};
use super::guard::{Browser, look, reset_failures};
use super::limits::{MINUTE, TRIES, Wait};
use super::pages::{CodeNotice, PhoneProblem};
use super::send_code::{Occasion, Unsent};
use super::sessions::Session;
use super::verify_code::{Outcome, VerifyCode, refuse};
use crate::account::{self, PhoneAdded, PhoneNumber};
use crate::audit::{Change, Context};
use crate::clock::Timestamp;
use crate::web::{Facts, Locale, Page, PageError};

/// What came of a code for a new number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewNumber {
    Answered(PhoneAdded),
    NotYet(CodeNotice),
    /// No code was sent, or its session has ended.
    Over,
}

impl Signin {
    /// Sends a code to a number that the session's account is to have. Nothing that is said depends on whose it is.
    ///
    /// # Errors
    /// Where the records or the short-lived state do not answer.
    pub async fn send_to_new_number(
        &self,
        context: Context,
        session: &Session,
        typed: &str,
        facts: &Facts,
        page: &Page,
        headers: &HeaderMap,
    ) -> Result<Result<(), PhoneProblem>, PageError> {
        let phone = match PhoneNumber::read(typed, &self.config.settings.sms.country_codes) {
            Ok(phone) => phone,
            Err(fault) => return Ok(Err(fault.into())),
        };
        let ask = self.ask_for(
            &place(session),
            phone,
            facts,
            page.locale(),
            headers,
            Occasion::Typed,
        );
        Ok(match self.clone().send_code(context, ask).await? {
            Ok(()) => Ok(()),
            Err(Unsent::Refused(refusal)) => Err(refusal.into()),
            // Nobody adds a number in such a hurry that their browser should work for it.
            Err(Unsent::Owed(owed)) => Err(PhoneProblem::TooMany {
                wait: owed.wait.max(MINUTE),
            }),
        })
    }

    /// The number that a code was sent to in this session, as the page shows it.
    ///
    /// # Errors
    /// As [`Signin::send_to_new_number`].
    pub async fn new_number(&self, session: &Session, now: Timestamp) -> Result<Option<String>, PageError> {
        let place = place(session);
        let kept = self.kept_code(&place, now).await?;
        let kept = kept.filter(|kept| matches!(kept.standing(now), Standing::Open { .. }));
        kept.map(|kept| self.phone_of(&kept, &place).map(|phone| phone.masked()))
            .transpose()
    }

    /// Checks the code and gives the number to the session's account. Runs to its end even if the browser hangs up.
    ///
    /// # Errors
    /// As [`Signin::send_to_new_number`].
    pub async fn answer_new_number(
        self,
        context: Context,
        session: Session,
        typed: &str,
        facts: &Facts,
        headers: &HeaderMap,
    ) -> Result<NewNumber, PageError> {
        let code = match TypedCode::read(typed) {
            Ok(code) => code,
            Err(fault) => return Ok(NewNumber::NotYet(fault.into())),
        };
        let ask = VerifyCode {
            interaction: place(&session),
            code,
            // Nobody signs in by it.
            visitor: Visitor {
                browser: Browser::of(self.site.cookies(), headers),
                previous: None,
                whence: self.sessions.whence(headers, facts.address).await?,
                locale: Locale::default(),
            },
            work: String::new(),
        };
        let errands = self.errands.clone();
        errands
            .run(async move { self.check_new_number(&context, &session, &ask).await })
            .await
    }

    async fn check_new_number(
        &self,
        context: &Context,
        session: &Session,
        ask: &VerifyCode,
    ) -> Result<NewNumber, PageError> {
        let now = context.now;
        let Some(kept) = self.kept_code(&ask.interaction, now).await? else {
            return Ok(NewNumber::Over);
        };
        let phone = self.phone_of(&kept, &ask.interaction)?;
        let range = self.senders.range_of(ask.visitor.whence.address);
        let seen = look(
            &self.db,
            &self.vault,
            &phone.index(&self.vault),
            &ask.visitor.browser,
            range,
            now,
        )
        .await?;
        match refuse(&kept, &seen, now) {
            Some(super::verify_code::Verdict::Closed(Wait(wait))) => {
                return Ok(NewNumber::NotYet(CodeNotice::Closed { wait }));
            }
            Some(super::verify_code::Verdict::TooMany(Wait(wait))) => {
                return Ok(NewNumber::NotYet(CodeNotice::TooMany { wait }));
            }
            _ => {}
        }
        let Some(tried) = self.count_try(kept, ask, None, now).await? else {
            return Ok(NewNumber::NotYet(CodeNotice::Expired));
        };
        if tried.outcome == Outcome::Wrong {
            self.note_failure(context, ask, &tried.phone).await?;
            let tries_left = TRIES.saturating_sub(tried.kept.tries);
            return Ok(NewNumber::NotYet(match tries_left {
                0 => CodeNotice::Expired,
                tries_left => CodeNotice::Wrong { tries_left },
            }));
        }
        self.add_number(context, session, &tried.phone).await
    }

    /// The second half of a double click finds the number held, as it should be.
    async fn add_number(
        &self,
        context: &Context,
        session: &Session,
        phone: &PhoneNumber,
    ) -> Result<NewNumber, PageError> {
        let mut change = Change::begin(&self.db, context).await?;
        let added = account::add_phone(&mut change, &self.vault, session.account, phone).await?;
        // Once the account is held, as whoever locks it has that first.
        if !self.sessions.is_live(&mut change, session.id).await? {
            return Ok(NewNumber::Over);
        }
        if added == PhoneAdded::Done {
            reset_failures(&mut change, &phone.index(&self.vault)).await?;
            change.commit().await?;
        }
        Ok(NewNumber::Answered(added))
    }
}

/// Where its code is kept: with the session, as a sign-in's is with its interaction.
fn place(session: &Session) -> String {
    session.id.to_string()
}
