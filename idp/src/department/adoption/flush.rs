use std::time::Duration;

use super::counting::Adoption;
use super::records;
use super::tally::Tally;
use crate::audit::Context;
use crate::store::{Db, StoreError};

/// How often a node adds what it has counted to the records: so much is lost where it dies.
pub const PACE: Duration = Duration::from_secs(60);
/// What waits for records that do not answer; more than that is given up.
const MOST_WAITING: usize = 10_000;

/// Adds what this node has counted to the records: all of it, or nothing. What belongs to a week that is over is
/// dropped: nothing is ever added to what has been published.
///
/// # Errors
/// Where the database does not answer; what was counted then waits for the next time.
pub async fn flush(adoption: &Adoption, db: &Db, context: &Context) -> Result<(), StoreError> {
    let Tally(mut counted) = adoption.take();
    counted.retain(|(week, _), _| week.is_counted(context.now));
    if counted.is_empty() {
        return Ok(());
    }
    let tally = Tally(counted);
    let written = records::add(db, context, &tally).await;
    if written.is_err() && tally.0.len() <= MOST_WAITING {
        adoption.put_back(tally);
    }
    written
}
