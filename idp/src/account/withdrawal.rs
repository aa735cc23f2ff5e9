//! A proof that was wrong: staff confirmed another person than the account's, or believed forged papers.

use super::moves::stop_move;
use super::notices::{Notice, tell};
use super::phone::PhoneNumber;
use super::real_name::end_proof;
use super::records::{hold_found, holder};
use super::window_codes::end_window_codes;
use crate::audit::{Action, Change, Event};
use crate::operator::{Act, Operator};
use crate::store::{StoreError, Vault};

/// What came of it. Nothing was changed but by [`Withdrawn::Done`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withdrawn {
    Done,
    /// No account has the number.
    NoAccount,
    /// The account is nobody's known by name.
    Unproven,
}

/// Takes the proof of whose account it is off the account of a number, and with it what the window gave out on its
/// strength: a code, or a number that is to move by one. Sessions of the account are worth less from the next request on,
/// since they read the account's level. Its owner is told.
///
/// # Errors
/// Where the database does not answer, or the number has gone elsewhere while this waited.
pub async fn withdraw_proof(
    change: &mut Change,
    vault: &Vault,
    phone: &PhoneNumber,
    operator: &Operator,
    act: &Act,
) -> Result<Withdrawn, StoreError> {
    let index = phone.index(vault);
    let Some(account) = holder(change, &index).await? else {
        return Ok(Withdrawn::NoAccount);
    };
    hold_found(change, account, &index).await?;
    if !end_proof(change, account).await? {
        return Ok(Withdrawn::Unproven);
    }
    end_window_codes(change, account).await?;
    stop_move(change, account).await?;
    // Who has a shell there may name any operator: it is to be seen that no passkey stands behind the name.
    let event = Event::new(Action::IdentityWithdrawn)
        .account(account)
        .with("by", "command line");
    change.record(operator.sign(event, act)).await?;
    tell(change, vault, account, Notice::NameWithdrawn, "").await?;
    Ok(Withdrawn::Done)
}
