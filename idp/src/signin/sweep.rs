use std::time::Duration;

use super::guard::BROWSER_KEPT;
use super::limits::DAY;
use crate::args;
use crate::audit::Context;
use crate::store::{Db, StoreError};

// An outer condition that repeats the inner one is read again when a sign-in has changed the row meanwhile.

const TALLIES: &str = "DELETE FROM tally WHERE (subject, period) IN \
     (SELECT subject, period FROM tally WHERE expires_at <= $1 ORDER BY expires_at LIMIT 1000)";

/// Wrong codes are remembered until a right one, and without them messages for a day. Their times are text in rising
/// order, thirteen digits each until the year 2286, and within a day of one another.
const NUMBERS: &str = "DELETE FROM number_guard WHERE number_index IN \
     (SELECT number_index FROM number_guard WHERE failures = 0 AND sent_at < $1 ORDER BY sent_at LIMIT 1000) \
     AND failures = 0 AND sent_at < $1";

const BROWSERS: &str = "DELETE FROM known_browser WHERE (account_id, browser_hash) IN \
     (SELECT account_id, browser_hash FROM known_browser WHERE last_used_at <= $1 ORDER BY last_used_at LIMIT 1000) \
     AND last_used_at <= $1";

/// Ends what has run out, so that no sign-in takes it up again while its visits go.
const RUN_OUT: &str = "UPDATE session SET ended_at = expires_at WHERE id IN \
     (SELECT id FROM session WHERE expires_at <= $1 ORDER BY expires_at LIMIT 1000) \
     AND expires_at <= $1 AND ended_at IS NULL";

const VISITS: &str = "DELETE FROM visit WHERE (session_id, client_id) IN (SELECT session_id, client_id FROM visit \
     WHERE session_id IN (SELECT id FROM session WHERE expires_at <= $1 AND ended_at IS NOT NULL \
     ORDER BY expires_at LIMIT 1000) LIMIT 1000)";

/// A session stays for as long as a grant stands on it.
const SESSIONS: &str = "DELETE FROM session WHERE id IN \
     (SELECT id FROM session WHERE expires_at <= $1 AND ended_at IS NOT NULL ORDER BY expires_at LIMIT 1000) \
     AND NOT EXISTS (SELECT 1 FROM visit v WHERE v.session_id = session.id) \
     AND NOT EXISTS (SELECT 1 FROM oauth_grant g WHERE g.session_id = session.id)";

/// Removes what is over, a thousand rows of each kind at a time: counts, quiet numbers, forgotten browsers, and
/// sessions that ran out at least `sessions_kept` ago. Answers how many rows went.
///
/// # Errors
/// Where the database does not answer.
pub async fn sweep(db: &Db, context: &Context, sessions_kept: Duration) -> Result<u64, StoreError> {
    let now = context.now;
    let old = now.minus(sessions_kept);
    let quiet = now.minus(2 * DAY).millis().to_string();
    context.sweep(db, "open sessions", RUN_OUT, args![old]).await?;
    let mut swept = 0;
    for (what, sql, args) in [
        ("tally", TALLIES, args![now]),
        ("number_guard", NUMBERS, args![quiet]),
        ("known_browser", BROWSERS, args![now.minus(BROWSER_KEPT)]),
        ("visit", VISITS, args![old]),
        ("session", SESSIONS, args![old]),
    ] {
        swept += context.sweep(db, what, sql, args).await?;
    }
    Ok(swept)
}
