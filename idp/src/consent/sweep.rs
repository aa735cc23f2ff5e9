use std::time::Duration;

use crate::args;
use crate::audit::Context;
use crate::store::{Db, StoreError};

/// Ours. That it was given, and when it was taken back, stands in the audit.
const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

/// One that was withdrawn has an end too. The outer condition is read again when a resident has said yes meanwhile.
const OVER: &str = "DELETE FROM consent WHERE (account_id, client_id, item) IN \
    (SELECT account_id, client_id, item FROM consent WHERE expires_at <= $1 ORDER BY expires_at LIMIT 1000) \
    AND expires_at <= $1";

/// Removes consents that ran out long ago, a thousand at a time; answers how many went.
///
/// # Errors
/// Where the database does not answer.
pub async fn sweep(db: &Db, context: &Context) -> Result<u64, StoreError> {
    let old = context.now.minus(KEPT);
    context.sweep(db, "consent", OVER, args![old]).await
}
