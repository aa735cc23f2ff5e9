//! Pairings of number and account over which two people differ: staff see documents, and decide.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use super::notices::{Notice, tell};
use super::phone::PhoneNumber;
use super::records::{hold, hold_both, holder, number, pair};
use crate::args;
use crate::audit::{Action, Change, Event};
use crate::clock::Timestamp;
use crate::operator::{Act, OnDuty};
use crate::store::{Db, Row, StoreError, Vault};

/// A claim that stands.
#[derive(Clone, Debug)]
pub struct Dispute {
    pub id: Uuid,
    pub number: PhoneNumber,
    pub since: Timestamp,
}

/// Whose number it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// Whoever had it before: it opens their account again.
    Claimant,
    /// Whoever has it now: the claim is over.
    Holder,
}

/// What came of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decided {
    Done,
    /// The claim has ended meanwhile.
    Over,
}

/// One more than a page has, which says that there are more.
const LIST: &str = "SELECT id, number, ended_at FROM phone WHERE end_reason = 'disputed' AND ended_at > 0 ORDER BY ended_at LIMIT 51";

const ON_A_PAGE: usize = 50;

const OF_NUMBER: &str = "SELECT id, account_id, number, ended_at FROM phone \
     WHERE number_index = $1 AND end_reason = 'disputed' ORDER BY epoch LIMIT 50";

const CLAIM: &str = "SELECT account_id, number_index FROM phone WHERE id = $1 AND end_reason = 'disputed'";

const SETTLE: &str = "UPDATE phone SET end_reason = $2 WHERE id = $1 AND end_reason = 'disputed' \
     RETURNING account_id, number, last_used_at";

/// Its holder's claim ends with it: it was decided.
const END_HOLDER: &str = "UPDATE phone SET ended_at = $2, end_reason = 'decided' \
     WHERE number_index = $1 AND ended_at IS NULL";

/// Claims that stand, as staff see them.
#[derive(Clone, Debug)]
pub struct Disputes {
    pub claims: Vec<Dispute>,
    /// Younger ones are not among them.
    pub are_more: bool,
}

/// The claims that stand, the oldest first.
///
/// # Errors
/// Where the database does not answer.
pub async fn disputes(db: &Db, vault: &Vault) -> Result<Disputes, StoreError> {
    let rows = db.all(LIST, args![]).await?;
    let claims = rows.iter().take(ON_A_PAGE).map(|row| claim(row, vault));
    Ok(Disputes {
        claims: claims.collect::<Result<_, StoreError>>()?,
        are_more: rows.len() > ON_A_PAGE,
    })
}

/// The claims to one number, for an operator on duty who asks: written down in the activity of whoever lays one.
///
/// # Errors
/// Where the database does not answer.
pub async fn disputes_over(
    change: &mut Change,
    vault: &Vault,
    phone: &PhoneNumber,
    on_duty: &OnDuty,
    act: &Act,
) -> Result<Vec<Dispute>, StoreError> {
    let rows = change.all(OF_NUMBER, args![phone.index(vault)]).await?;
    for row in &rows {
        let event = Event::new(Action::DisputeLookedUp).account(row.uuid("account_id")?);
        change.record(on_duty.sign(event, act)).await?;
    }
    if rows.is_empty() {
        let nobody = Event::new(Action::DisputeLookedUp)
            .with("why", "no_claim")
            .with("number", URL_SAFE_NO_PAD.encode(phone.index(vault)));
        change.record(on_duty.sign(nobody, act)).await?;
    }
    rows.iter().map(|row| claim(row, vault)).collect()
}

fn claim(row: &Row, vault: &Vault) -> Result<Dispute, StoreError> {
    let id = row.uuid("id")?;
    Ok(Dispute {
        id,
        number: number(vault, id, &row.bytes("number")?)?,
        since: row.time("ended_at")?,
    })
}

/// Ends a claim, as an operator on duty has decided. Both sides find it in their activity, and whoever loses is told.
///
/// # Errors
/// Where the database does not answer.
pub async fn decide_dispute(
    change: &mut Change,
    vault: &Vault,
    dispute: Uuid,
    ruling: Ruling,
    on_duty: &OnDuty,
    act: &Act,
) -> Result<Decided, StoreError> {
    let settled = match ruling {
        Ruling::Claimant => "returned",
        Ruling::Holder => "released",
    };
    let Some(claim) = change.maybe(CLAIM, args![dispute]).await? else {
        return Ok(Decided::Over);
    };
    let (claimant, index) = (claim.uuid("account_id")?, claim.bytes("number_index")?);
    let former = holder(change, &index).await?;
    match former {
        Some(holder) => hold_both(change, claimant, holder).await?,
        None => hold(change, claimant).await?,
    }
    let Some(row) = change.maybe(SETTLE, args![dispute, settled]).await? else {
        return Ok(Decided::Over);
    };
    // While this waited, a merging may have given the claim or the number to an account that is not held.
    if row.uuid("account_id")? != claimant || holder(change, &index).await? != former {
        return Err(StoreError::Overtaken("a dispute"));
    }
    let decided = |account: Uuid, kept: bool| {
        let event = Event::new(Action::DisputeDecided).account(account);
        on_duty.sign(event.with("kept", kept), act)
    };
    change
        .record(decided(claimant, ruling == Ruling::Claimant))
        .await?;
    match ruling {
        Ruling::Holder => {
            // On their other numbers: this one is not theirs.
            tell(change, vault, claimant, Notice::ClaimLost, "").await?;
            if let Some(holder) = former {
                change.record(decided(holder, true)).await?;
            }
        }
        Ruling::Claimant => {
            let phone = number(vault, dispute, &row.bytes("number")?)?;
            let now = change.now();
            if let Some(holder) = former {
                tell(change, vault, holder, Notice::NumberLost, "").await?;
                change.execute(END_HOLDER, args![index, now]).await?;
                change.record(decided(holder, false)).await?;
            }
            // Nobody has answered its code: whoever has the telephone by now is asked whose account it is.
            let answered_at = row.time("last_used_at")?;
            pair(change, vault, &phone, claimant, answered_at).await?;
        }
    }
    Ok(Decided::Done)
}
