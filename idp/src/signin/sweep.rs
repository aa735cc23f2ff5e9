use crate::args;
use crate::audit::{Change, Context};
use crate::store::{Db, StoreError};

/// Rows at a time, so that no sweep keeps a sign-in waiting.
const SWEEP: &str = "DELETE FROM tally WHERE (subject, period) IN \
     (SELECT subject, period FROM tally WHERE expires_at <= $1 ORDER BY expires_at LIMIT 1000)";

/// Removes counts whose period is over. A node runs it now and then; two at once do no harm.
/// Answers how many went.
///
/// # Errors
/// Where the database does not answer.
pub async fn sweep(db: &Db, context: &Context) -> Result<u64, StoreError> {
    let mut change = Change::begin(db, context).await?;
    let swept = change.execute(SWEEP, args![context.now]).await?;
    change.commit_housekeeping().await?;
    Ok(swept)
}
