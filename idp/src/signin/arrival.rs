//! Who comes in at the door: what is read of the browser before anything is changed, and what every way of signing in
//! does once it has shown whose account it is.

use axum::http::{HeaderMap, HeaderValue};
use uuid::Uuid;

use super::Signin;
use super::guard::{Browser, remember_browser};
use super::limits::BrowserKnown;
use super::sessions::{Proof, Session, Whence, is_used_to_kiosk};
use crate::account::{self, Notice};
use crate::audit::Change;
use crate::store::{StoreError, Vault};
use crate::web::{Facts, Locale, PageError};

/// A browser at the door. It is read before anything is changed: a change has a connection of its own, and may be the
/// only one.
#[derive(Clone, Debug)]
pub(super) struct Visitor {
    pub(super) browser: Browser,
    /// The session this browser has at present.
    pub(super) previous: Option<Session>,
    pub(super) whence: Whence,
    /// What the page speaks.
    pub(super) locale: Locale,
}

/// Who is let in, and how they are received.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) account: Uuid,
    pub(super) proof: Proof,
    /// Whether the account knows the browser.
    pub(super) known: BrowserKnown,
    pub(super) manner: Manner,
}

/// How whoever signs in has come by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// They have just opened the account: there is no owner to be told.
    First,
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

impl Signin {
    pub(super) async fn visitor(
        &self,
        headers: &HeaderMap,
        locale: Locale,
        facts: &Facts,
    ) -> Result<Visitor, PageError> {
        Ok(Visitor {
            browser: Browser::of(self.site.cookies(), headers),
            previous: self.sessions.open(headers, facts.now).await?,
            whence: self.sessions.whence(headers, facts.address).await?,
            locale,
        })
    }

    /// The end of every sign-in: its owner is told where that is due, the browser is remembered, the session begins, and
    /// the change is committed. The caller holds the account. Answers the cookies to set.
    pub(super) async fn let_in(
        &self,
        mut change: Change,
        visitor: &Visitor,
        entry: Entry,
    ) -> Result<Vec<HeaderValue>, StoreError> {
        let Entry {
            account,
            proof,
            known,
            ..
        } = entry;
        tell_of_arrival(&mut change, &self.vault, &entry, &visitor.whence).await?;
        // A yes from elsewhere says nothing of the browser that it lets in.
        let browser = if matches!(proof, Proof::Phone { .. }) {
            None
        } else {
            let Visitor {
                browser,
                whence,
                locale,
                ..
            } = visitor;
            let cookies = self.site.cookies();
            remember_browser(
                &mut change,
                browser,
                known,
                account,
                &whence.device,
                *locale,
                cookies,
            )
            .await?
        };
        let previous = visitor.previous.as_ref();
        let begun = self
            .sessions
            .begin(&mut change, account, proof, previous, &visitor.whence)
            .await?;
        change.commit().await?;
        let session = self.sessions.cookie(&begun.token);
        Ok(std::iter::once(session).chain(browser).collect())
    }
}

/// Tells the owner of a sign-in where the account was not known: `docs/decisions/0013-notices.md` has the rule. No
/// browser of a kiosk's is ever known; a kiosk is, by who signs in there, or it would be told each time to those who
/// have no other computer.
async fn tell_of_arrival(
    change: &mut Change,
    vault: &Vault,
    entry: &Entry,
    whence: &Whence,
) -> Result<(), StoreError> {
    if entry.manner == Manner::First {
        return Ok(());
    }
    let (device, place) = (&whence.device, whence.place.as_ref());
    let Some(kiosk) = device.kiosk else {
        if entry.known == BrowserKnown::No {
            let device = device.to_string();
            account::tell_of_place(change, vault, entry.account, Notice::NewDevice, &device, place).await?;
        }
        return Ok(());
    };
    if entry.manner == Manner::Usual && is_used_to_kiosk(change, entry.account, kiosk).await? {
        return Ok(());
    }
    // By the name that is written on it.
    account::tell_of_place(
        change,
        vault,
        entry.account,
        Notice::AtKiosk,
        &device.browser,
        place,
    )
    .await
}
