use axum::http::HeaderValue;
use uuid::Uuid;

use super::model::Session;
use super::records::Sessions;
use crate::args;
use crate::audit::{Action, Change, Context, EndReason, Event};
use crate::events::{Logout, enqueue_logout};
use crate::store::{Row, StoreError};

const END: &str = "UPDATE session SET ended_at = $2, end_reason = $3 WHERE id = $1 AND ended_at IS NULL RETURNING account_id";

const OPEN_IDS: &str = "SELECT id FROM session WHERE account_id = $1 AND ended_at IS NULL ORDER BY id";

const OPENED_BY: &str =
    "SELECT id FROM session WHERE account_id = $1 AND ended_at IS NULL AND passkey_id = $2 ORDER BY id";

const VISITS: &str = "SELECT client_id, sub, sid FROM visit WHERE session_id = $1 ORDER BY client_id";

const SIGNED_OUT: &str = "UPDATE account SET signed_out_at = $2 WHERE id = $1";

impl Sessions {
    /// Ends a session and tells every department it has visited. Answers whether it was open.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn end(
        &self,
        change: &mut Change,
        session: Uuid,
        reason: EndReason,
    ) -> Result<bool, StoreError> {
        let now = change.now();
        let Some(row) = change.maybe(END, args![session, now, reason.as_str()]).await? else {
            return Ok(false);
        };
        let account = row.uuid("account_id")?;
        for visit in change.all(VISITS, args![session]).await? {
            self.tell(change, account, &visit).await?;
        }
        let event = Event::new(Action::SessionEnded).account(account);
        change
            .record(event.with("session", session).with("reason", reason))
            .await?;
        Ok(true)
    }

    /// Leaves a message for the department, if it takes any.
    pub(super) async fn tell(
        &self,
        change: &mut Change,
        account: Uuid,
        visit: &Row,
    ) -> Result<(), StoreError> {
        let client_id = visit.text("client_id")?;
        let Some(client) = self.departments.client_within(change, &client_id).await? else {
            return Ok(());
        };
        let Some(uri) = client.metadata.backchannel_logout_uri.clone() else {
            return Ok(());
        };
        let algorithm = client.metadata.id_token_signed_response_alg.clone();
        let (sub, sid) = (visit.text("sub")?, visit.text("sid")?);
        enqueue_logout(
            change,
            &Logout {
                client_id,
                within: client.ranges.clone(),
                is_polled: client.unreachable,
                uri,
                algorithm,
                sub,
                sid,
                account: Some(account),
            },
        )
        .await
    }

    /// Ends a session of an account, as its resident chose in the list of devices. A session of
    /// somebody else is none of theirs.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn end_of_account(
        &self,
        change: &mut Change,
        account: Uuid,
        session: Uuid,
    ) -> Result<bool, StoreError> {
        if self.open_ids(change, account).await?.contains(&session) {
            self.end(change, session, EndReason::AnotherDevice).await
        } else {
            Ok(false)
        }
    }

    /// Ends an account's other sessions; answers how many.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn end_others(
        &self,
        change: &mut Change,
        account: Uuid,
        keep: Uuid,
    ) -> Result<usize, StoreError> {
        let mut ended = 0;
        for id in self
            .open_ids(change, account)
            .await?
            .into_iter()
            .filter(|id| *id != keep)
        {
            ended += usize::from(self.end(change, id, EndReason::AnotherDevice).await?);
        }
        Ok(ended)
    }

    /// Ends the sessions that a passkey opened, but for the one that its resident is in.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn end_of_passkey(
        &self,
        change: &mut Change,
        account: Uuid,
        passkey: Uuid,
        keep: Option<Uuid>,
    ) -> Result<(), StoreError> {
        for row in change.all(OPENED_BY, args![account, passkey]).await? {
            let id = row.uuid("id")?;
            if keep != Some(id) {
                self.end(change, id, EndReason::PasskeyRemoved).await?;
            }
        }
        Ok(())
    }

    /// Signs an account out everywhere: its sessions, and whatever was granted before this moment,
    /// offline access included.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn end_everywhere(&self, change: &mut Change, account: Uuid) -> Result<(), StoreError> {
        self.end_all(change, account, EndReason::Everywhere).await?;
        change
            .record(Event::new(Action::SignedOutEverywhere).account(account))
            .await
    }

    /// Ends all of an account's sessions, and whatever was granted before this moment, offline access included. The
    /// caller records why.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn end_all(
        &self,
        change: &mut Change,
        account: Uuid,
        reason: EndReason,
    ) -> Result<(), StoreError> {
        let now = change.now();
        change.execute(SIGNED_OUT, args![account, now]).await?;
        for id in self.open_ids(change, account).await? {
            self.end(change, id, reason).await?;
        }
        Ok(())
    }

    /// Signs out on this browser; answers the cookies to set.
    ///
    /// # Errors
    /// Where the database does not answer; then the cookie stays, and so does the session.
    pub async fn sign_out(
        &self,
        context: &Context,
        session: &Session,
    ) -> Result<Vec<HeaderValue>, StoreError> {
        let mut change = Change::begin(&self.db, context).await?;
        if self.end(&mut change, session.id, EndReason::SignedOut).await? {
            change.commit().await?;
        }
        Ok(vec![self.clear_cookie()])
    }

    async fn open_ids(&self, change: &mut Change, account: Uuid) -> Result<Vec<Uuid>, StoreError> {
        change
            .all(OPEN_IDS, args![account])
            .await?
            .iter()
            .map(|row| row.uuid("id"))
            .collect()
    }
}
