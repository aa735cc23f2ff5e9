//! Known in person: staff have seen somebody and their document. This and an authority's answer are the only ways in
//! which an account is raised.

use uuid::Uuid;

use super::notices::{Notice, tell};
use super::phone::PhoneNumber;
use super::real_name::{Found, Proof, Proven, is_settled, keep_proof};
use super::records::{hold_found, set_name};
use crate::args;
use crate::audit::{Action, Change, Event};
use crate::operator::{Act, OnDuty};
use crate::proofing::{IdentityNumber, Match, RealName};
use crate::store::{StoreError, Vault};

/// What the person showed, as the document has it.
#[derive(Clone, Debug)]
pub enum Shown {
    /// The authority confirmed it too.
    Confirmed(Match),
    /// There is no authority to ask.
    Document { name: RealName, number: IdentityNumber },
}

/// What came of it. Nothing was changed but by [`Witnessed::Done`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Witnessed {
    Done,
    /// The person has an account already, which is this one.
    OtherAccount(Uuid),
    /// The account was proven to be somebody else's.
    OtherPerson,
    /// Nobody knows whose account it is, so the document alone says nothing.
    NoContract,
}

const METHOD: &str = "window";

const RAISE: &str = "UPDATE account SET identity = 'in_person' WHERE id = $1";

/// Writes down whose account this is, as an operator on duty has seen. `account` was found by `phone` before the
/// authority was asked, which may take seconds. No passkey is vouched for by it: whoever has made them was not seen.
///
/// Whoever was given a number yesterday has a document too, and a digit is soon mistyped: where nobody was proven to have
/// the account, or but a few days ago, the carrier's `contract` says that the number was theirs all along, as for a code.
///
/// Where the answer is not [`Witnessed::Done`], the change is to be dropped.
///
/// # Errors
/// Where the database does not answer, or the number opens another account by now.
pub async fn prove_in_person(
    change: &mut Change,
    vault: &Vault,
    (phone, account): (&PhoneNumber, Uuid),
    shown: &Shown,
    contract: bool,
    (on_duty, act): (&OnDuty, &Act),
) -> Result<Witnessed, StoreError> {
    hold_found(change, account, &phone.index(vault)).await?;
    if !contract && !is_settled(change, account).await? {
        return Ok(Witnessed::NoContract);
    }
    let (found, source, transaction, name) = match shown {
        Shown::Confirmed(matched) => {
            let reference = matched.reference();
            (
                Found::of(vault, matched),
                reference.source.as_str(),
                reference.transaction.as_str(),
                matched.name(),
            )
        }
        Shown::Document { name, number } => {
            let number = Some(vault.index("identity", number.as_str()).to_vec());
            (Found { number, person: None }, METHOD, act.file.as_str(), name)
        }
    };
    let proof = Proof {
        method: METHOD,
        source,
        transaction,
    };
    match keep_proof(change, account, found, proof).await? {
        Proven::Done => {}
        Proven::OtherAccount(holder) => return Ok(Witnessed::OtherAccount(holder)),
        Proven::OtherPerson => return Ok(Witnessed::OtherPerson),
    }
    change.execute(RAISE, args![account]).await?;
    set_name(change, vault, account, name.as_str()).await?;
    let event = Event::new(Action::IdentityWitnessed).account(account);
    let event = event.with("source", source).with("transaction", transaction);
    change.record(on_duty.sign(event, act)).await?;
    tell(change, vault, account, Notice::Witnessed, "").await?;
    Ok(Witnessed::Done)
}
