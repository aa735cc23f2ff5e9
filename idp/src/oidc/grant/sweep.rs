use std::time::Duration;

use crate::args;
use crate::audit::{Context, KEPT};
use crate::config::Token;
use crate::store::{Db, StoreError};

// A grant is made by redeeming a code, and its refresh tokens end by the clock: so the oldest codes lead to the grants
// that are over, and no index of their own has to be written at every sign-in.

const TOKENS: &str = "DELETE FROM refresh_token WHERE token_hash IN (SELECT token_hash FROM refresh_token \
    WHERE grant_id IN (SELECT grant_id FROM redeemed_code WHERE redeemed_at <= $1 ORDER BY redeemed_at LIMIT 1000) \
    AND expires_at <= $2 LIMIT 1000)";

const GRANTS: &str = "DELETE FROM oauth_grant \
    WHERE id IN (SELECT grant_id FROM redeemed_code WHERE redeemed_at <= $1 ORDER BY redeemed_at LIMIT 1000) \
    AND NOT EXISTS (SELECT 1 FROM refresh_token r WHERE r.grant_id = oauth_grant.id)";

/// A code is remembered for as long as its grant: used again, it ends it.
const CODES: &str = "DELETE FROM redeemed_code \
    WHERE code_hash IN (SELECT code_hash FROM redeemed_code WHERE redeemed_at <= $1 ORDER BY redeemed_at LIMIT 1000) \
    AND NOT EXISTS (SELECT 1 FROM oauth_grant g WHERE g.id = redeemed_code.grant_id)";

/// How long after it was made a grant is looked at by the sweep. By then nothing that it gave is good for anything,
/// unless it was made when lifetimes were longer: then it stays for as long as it has a refresh token, and what is
/// younger waits.
#[must_use]
pub fn kept(lifetimes: &Token) -> Duration {
    let longest = lifetimes.refresh.max(lifetimes.access).max(lifetimes.code);
    longest.get().saturating_add(KEPT)
}

/// Removes grants of which nothing can come any more, with their codes and tokens, a thousand rows of each at a time;
/// answers how many went.
///
/// # Errors
/// Where the database does not answer.
pub async fn sweep(db: &Db, context: &Context, lifetimes: &Token) -> Result<u64, StoreError> {
    let now = context.now;
    let old = now.minus(kept(lifetimes));
    let tokens = context
        .sweep(db, "refresh_token", TOKENS, args![old, now.minus(KEPT)])
        .await?;
    let grants = context.sweep(db, "oauth_grant", GRANTS, args![old]).await?;
    let codes = context.sweep(db, "redeemed_code", CODES, args![old]).await?;
    Ok(tokens + grants + codes)
}
