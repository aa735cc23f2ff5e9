use std::time::Duration;

use axum::http::HeaderMap;
use uuid::Uuid;

use super::super::kiosks;
use super::model::KIOSK_GRAIN;
use super::records::Sessions;
use crate::args;
use crate::audit::{Change, Context, EndReason, KEPT, settled};
use crate::clock::Timestamp;
use crate::store::StoreError;

const IDLE: &str = "SELECT id FROM session \
     WHERE kiosk_id IS NOT NULL AND ended_at IS NULL AND last_seen_at <= $1 ORDER BY last_seen_at LIMIT 100";

/// Locks the row where it is still idle: a use at the same moment keeps the session, or comes too late.
const STILL_IDLE: &str = "UPDATE session SET last_seen_at = last_seen_at \
     WHERE id = $1 AND ended_at IS NULL AND last_seen_at <= $2";

/// Neither what has ended, nor what is about to.
const STILL_USED: &str = "UPDATE session SET last_seen_at = $2 \
     WHERE id = $1 AND kiosk_id IS NOT NULL AND ended_at IS NULL AND last_seen_at <= $3 AND last_seen_at > $4 \
     AND auth_time > $5";

/// How long after a sign-in at a kiosk a department is believed that somebody is at work there. Ours: a page that loads
/// itself again and again says so of nobody.
const AT_WORK: Duration = Duration::from_secs(20 * 60);

const OPEN_AT: &str = "SELECT id FROM session WHERE kiosk_id = $1 AND ended_at IS NULL ORDER BY id";

/// How long an account that has signed in at a kiosk is used to it. Ours; sessions are kept for as long.
const USED_TO: Duration = KEPT;

/// A sign-out everywhere begins anew, and so does a lock, which is one: whoever was there before need not have been the
/// owner.
const IS_USED_TO: &str = "SELECT s.id FROM session s JOIN account a ON a.id = s.account_id \
     WHERE s.account_id = $1 AND s.kiosk_id = $2 AND s.created_at > $3 AND s.created_at > a.signed_out_at LIMIT 1";

/// Whether an account has signed in at this very kiosk of late.
pub(in crate::signin) async fn is_used_to_kiosk(
    change: &mut Change,
    account: Uuid,
    kiosk: Uuid,
) -> Result<bool, StoreError> {
    let since = change.now().minus(USED_TO);
    Ok(change
        .maybe(IS_USED_TO, args![account, kiosk, since])
        .await?
        .is_some())
}

impl Sessions {
    /// Ends the sessions on kiosks that nobody has used for as long as is allowed there, and tells the departments: a
    /// department's page that stays on the screen is the next person's. Answers how many.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn end_idle_at_kiosks(&self, context: &Context) -> Result<u64, StoreError> {
        let since = context.now.minus(self.lifetime.kiosk);
        let mut ended = 0;
        for row in self.db.all(IDLE, args![since]).await? {
            let session = row.uuid("id")?;
            let end = self.end_idle(context, session, since).await;
            ended += u64::from(settled("a session at a kiosk", session, end)?);
        }
        Ok(ended)
    }

    async fn end_idle(&self, context: &Context, session: Uuid, since: Timestamp) -> Result<bool, StoreError> {
        let mut change = Change::begin(&self.db, context).await?;
        if change.execute(STILL_IDLE, args![session, since]).await? == 0 {
            return Ok(false);
        }
        let ended = self.end(&mut change, session, EndReason::LeftKiosk).await?;
        change.commit().await?;
        Ok(ended)
    }

    /// Ends the session of somebody who has gone from a kiosk.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub(in crate::signin) async fn end_left(
        &self,
        context: &Context,
        session: Uuid,
    ) -> Result<(), StoreError> {
        let mut change = Change::begin(&self.db, context).await?;
        if self.end(&mut change, session, EndReason::LeftKiosk).await? {
            change.commit().await?;
        }
        Ok(())
    }

    /// A department says, by a refresh, that the person at a kiosk is still at work there: nobody comes by our pages
    /// meanwhile. It is believed at kiosks alone, where there are minutes; a browser of one's own has no need of it.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn note_use_at_kiosk(&self, session: Uuid, now: Timestamp) -> Result<(), StoreError> {
        let (grain, idle) = (now.minus(KIOSK_GRAIN), now.minus(self.lifetime.kiosk));
        let mut change = Change::begin(&self.db, &Context::of_node(now, &self.rng)).await?;
        change
            .execute(STILL_USED, args![session, now, grain, idle, now.minus(AT_WORK)])
            .await?;
        change.commit_housekeeping().await
    }

    /// Ends whatever is open on a kiosk that is one no longer, and tells the departments; answers how many sessions
    /// that were.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub(in crate::signin) async fn end_at_kiosk(
        &self,
        change: &mut Change,
        kiosk: Uuid,
    ) -> Result<usize, StoreError> {
        let mut ended = 0;
        for row in change.all(OPEN_AT, args![kiosk]).await? {
            ended += usize::from(self.end(change, row.uuid("id")?, EndReason::KioskRemoved).await?);
        }
        Ok(ended)
    }

    /// After a session's end: on a kiosk the browser forgets its resident.
    pub fn leave_nothing(&self, request: &HeaderMap, response: &mut HeaderMap) {
        kiosks::leave_nothing(self.cookies, request, response);
    }
}
