use axum::http::{HeaderMap, HeaderValue};

use super::super::Signin;
use super::super::guard::{Browser, disown_in};
use super::super::sessions::Session;
use crate::account::{self, Notice, Strength};
use crate::audit::{Change, Context, EndReason};
use crate::web::PageError;

/// What the form that says "not mine" is bound to: only the page after the authority's answer has it.
pub fn to_disown(session: &Session) -> String {
    format!("not mine {}", session.id)
}

/// Whether whoever is there may say that the account is another person's. A passkey that stands for its owner says that
/// it is not; and a browser that no account knows, a kiosk's or one that a phone let in, is none to remember it by.
pub(super) fn may_disown(session: &Session) -> bool {
    session.strength != Strength::Passkey && session.device.kiosk.is_none() && !session.came_by_phone()
}

impl Signin {
    /// One transaction: the session and what was made in it end, the browser is forgotten, and the account's numbers are
    /// in doubt: the next code of one of them, in a browser that the account does not know, asks whose it is. Answers
    /// the end of the session's cookie.
    ///
    /// # Errors
    /// Where the records do not answer.
    pub async fn leave_to_its_owner(
        &self,
        context: &Context,
        session: &Session,
        headers: &HeaderMap,
    ) -> Result<HeaderValue, PageError> {
        let browser = Browser::of(self.site.cookies(), headers);
        let account = session.account;
        let mut change = Change::begin(&self.db, context).await?;
        account::hold(&mut change, account).await?;
        // Of two presses of the button the second finds nothing left to do.
        if may_disown(session)
            && self
                .sessions
                .end(&mut change, session.id, EndReason::NotTheirs)
                .await?
        {
            if account::end_passkeys_made_in(&mut change, account, session.id).await? {
                let (vault, device) = (&self.vault, session.device.to_string());
                account::tell(&mut change, vault, account, Notice::PasskeyRemoved, &device).await?;
            }
            disown_in(&mut change, account, &browser).await?;
            change.commit().await?;
        }
        Ok(self.sessions.clear_cookie())
    }
}
