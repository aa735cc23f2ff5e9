//! A code from a window, typed where nothing else says whose account it is.

use uuid::Uuid;

use super::Signin;
use super::guard::{count_anew, give_back, reserve_in};
use super::limits::{WINDOW_TRIES, WINDOW_TRIES_HERE, Wait};
use crate::account::{Redeemed, WindowCode, redeem_window_code};
use crate::audit::{Action, Change, Context, Event};
use crate::store::{StoreError, Vault};
use crate::web::PageError;

/// What a code that was typed is.
#[derive(Debug)]
pub enum Redemption {
    /// It is used up when this change commits.
    Good(Change, Redeemed),
    Wrong,
    TooMany(Wait),
}

/// A window has given out a code for `account`: what was typed before was not this one.
///
/// # Errors
/// Where the database does not answer.
pub async fn count_window_tries_anew(
    change: &mut Change,
    vault: &Vault,
    account: Uuid,
) -> Result<(), StoreError> {
    count_anew(change, vault, &WINDOW_TRIES, &account.to_string()).await
}

impl Signin {
    /// Takes a code that was typed for `account` in a place of its own, a sign-in or a session: its tries are counted
    /// before it is looked at, and the right one is given back.
    ///
    /// # Errors
    /// Where the records do not answer.
    pub async fn redeem(
        &self,
        context: &Context,
        account: Uuid,
        place: &str,
        typed: &str,
    ) -> Result<Redemption, PageError> {
        let Some(code) = WindowCode::read(typed) else {
            return Ok(Redemption::Wrong);
        };
        let who = account.to_string();
        let mut counting = Change::begin(&self.db, context).await?;
        let counted = [(&WINDOW_TRIES_HERE, place), (&WINDOW_TRIES, who.as_str())];
        for (ceiling, whose) in counted {
            if !reserve_in(&mut counting, &self.vault, ceiling, whose).await? {
                let wait = ceiling.end_of_period(context.now).since(context.now);
                return Ok(Redemption::TooMany(Wait(wait)));
            }
        }
        counting.commit_housekeeping().await?;
        let mut change = Change::begin(&self.db, context).await?;
        let Some(redeemed) = redeem_window_code(&mut change, &self.vault, &code, account).await? else {
            drop(change);
            let failed = Event::new(Action::WindowCodeFailed).account(account);
            context.record(&self.db, failed).await?;
            return Ok(Redemption::Wrong);
        };
        for (ceiling, whose) in counted {
            give_back(&mut change, &self.vault, ceiling, whose).await?;
        }
        Ok(Redemption::Good(change, redeemed))
    }
}
