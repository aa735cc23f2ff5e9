use uuid::Uuid;

use super::records::Sessions;
use crate::args;
use crate::audit::Change;
use crate::store::StoreError;

/// Locks the session's row until this transaction ends: a sign-out at the same moment either is
/// seen here, or sees the visit made here. It is no use of the session: who asks may be a department's server, or
/// another browser.
const LOCK: &str = "UPDATE session SET last_seen_at = last_seen_at \
     WHERE id = $1 AND ended_at IS NULL AND expires_at > $2";

const JOIN: &str = "INSERT INTO visit (session_id, client_id, sub, sid, first_at, last_at) \
     VALUES ($1, $2, $3, $4, $5, $5) \
     ON CONFLICT (session_id, client_id) DO UPDATE SET last_at = excluded.last_at";

impl Sessions {
    /// Whether a session still counts, within a transaction: it cannot end before that commits.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn is_live(&self, change: &mut Change, session: Uuid) -> Result<bool, StoreError> {
        let now = change.now();
        Ok(change.execute(LOCK, args![session, now]).await? == 1)
    }

    /// Notes that a session has signed in to a department, which is to be told when it ends.
    /// Ask [`Sessions::is_live`] first, in the same transaction.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn join(
        &self,
        change: &mut Change,
        session: Uuid,
        client_id: &str,
        sub: &str,
        sid: &str,
    ) -> Result<(), StoreError> {
        let now = change.now();
        change
            .execute(JOIN, args![session, client_id, sub, sid, now])
            .await
            .map(drop)
    }
}
