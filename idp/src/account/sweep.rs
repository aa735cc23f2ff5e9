use super::notices::sweep_notices;
use crate::args;
use crate::audit::{Context, KEPT};
use crate::store::{Db, StoreError};

const MERGINGS: &str = "DELETE FROM merging WHERE account_id IN \
     (SELECT account_id FROM merging WHERE expires_at <= $1 ORDER BY expires_at LIMIT 1000) AND expires_at <= $1";

/// A passkey stays for as long as a session says that it was opened with it.
const PASSKEYS: &str = "DELETE FROM passkey WHERE id IN (SELECT id FROM passkey p \
     WHERE p.ended_at <= $1 AND NOT EXISTS (SELECT 1 FROM session s WHERE s.passkey_id = p.id) \
     ORDER BY p.ended_at LIMIT 1000)";

/// Removes what is over: notices, mergings that nobody finished, and passkeys that ended long ago. Answers how many
/// rows went.
///
/// # Errors
/// Where the database does not answer.
pub async fn sweep(db: &Db, context: &Context) -> Result<u64, StoreError> {
    let notices = sweep_notices(db, context).await?;
    let mergings = context.sweep(db, "merging", MERGINGS, args![context.now]).await?;
    let old = context.now.minus(KEPT);
    let passkeys = context.sweep(db, "passkey", PASSKEYS, args![old]).await?;
    Ok(notices + mergings + passkeys)
}
