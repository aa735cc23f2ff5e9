use crate::args;
use crate::audit::Context;
use crate::store::{Db, StoreError};

const SESSIONS: &str = "DELETE FROM operator_session WHERE token_hash IN \
     (SELECT token_hash FROM operator_session WHERE expires_at <= $1 ORDER BY expires_at LIMIT 1000)";

/// Removes the sessions that are over; answers how many.
///
/// # Errors
/// Where the database does not answer.
pub async fn sweep(db: &Db, context: &Context) -> Result<u64, StoreError> {
    context
        .sweep(db, "operator_session", SESSIONS, args![context.now])
        .await
}
