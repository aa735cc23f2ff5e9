use axum::http::HeaderMap;
use uuid::Uuid;

use super::super::kiosks;
use super::records::Sessions;
use crate::args;
use crate::audit::{Change, Context, EndReason};
use crate::clock::Timestamp;
use crate::store::StoreError;

const IDLE: &str = "SELECT id FROM session \
     WHERE kiosk_id IS NOT NULL AND ended_at IS NULL AND last_seen_at <= $1 ORDER BY last_seen_at LIMIT 100";

/// Locks the row where it is still idle: a use at the same moment keeps the session, or comes too late.
const STILL_IDLE: &str = "UPDATE session SET last_seen_at = last_seen_at \
     WHERE id = $1 AND ended_at IS NULL AND last_seen_at <= $2";

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
            ended += u64::from(self.end_idle(context, row.uuid("id")?, since).await?);
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

    /// After a session's end: on a kiosk the browser forgets its resident.
    pub fn leave_nothing(&self, request: &HeaderMap, response: &mut HeaderMap) {
        kiosks::leave_nothing(self.cookies, request, response);
    }
}
