//! Whether a sign-in is told to the account's owner by text message: `docs/decisions/0013-notices.md` has the rule.

use uuid::Uuid;

use super::limits::BrowserKnown;
use super::sessions::{Whence, is_used_to_kiosk};
use crate::account::{self, Notice};
use crate::audit::Change;
use crate::store::{StoreError, Vault};

/// How whoever signs in has come by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    Usual,
    /// Something else says that it may not be the owner.
    Odd,
}

/// So many wrong codes before a right one are odd at a kiosk. Ours: a mistake or two is an elder's before a strange
/// keyboard.
const ODD_FAILURES: i64 = 3;

impl Manner {
    pub(super) const fn after(failures: i64) -> Self {
        if failures >= ODD_FAILURES {
            Self::Odd
        } else {
            Self::Usual
        }
    }
}

/// Tells the owner of a sign-in where the account was not known. No browser of a kiosk's is ever known; a kiosk is, by
/// who signs in there, or it would be told each time to those who have no other computer.
pub(super) async fn tell_of_arrival(
    change: &mut Change,
    vault: &Vault,
    account: Uuid,
    known: BrowserKnown,
    whence: &Whence,
    manner: Manner,
) -> Result<(), StoreError> {
    let (device, place) = (&whence.device, whence.place.as_ref());
    let Some(kiosk) = device.kiosk else {
        if known == BrowserKnown::No {
            let device = device.to_string();
            account::tell_of_place(change, vault, account, Notice::NewDevice, &device, place).await?;
        }
        return Ok(());
    };
    if manner == Manner::Usual && is_used_to_kiosk(change, account, kiosk).await? {
        return Ok(());
    }
    // By the name that is written on it.
    account::tell_of_place(change, vault, account, Notice::AtKiosk, &device.browser, place).await
}
