use std::time::Duration;

use uuid::Uuid;

use super::change::Context;
use crate::args;
use crate::clock::Timestamp;
use crate::store::{Db, StoreError};

/// By its key, which rises with time: no index of its own is written with every sign-in.
const SWEEP: &str =
    "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE id < $1 ORDER BY id LIMIT 1000)";

/// Removes what has been kept for long enough; answers how many rows.
///
/// # Errors
/// Where the database does not answer.
pub async fn sweep(db: &Db, context: &Context, keep: Duration) -> Result<u64, StoreError> {
    let oldest = first_of(context.now.minus(keep));
    context.sweep(db, "audit", SWEEP, args![oldest]).await
}

/// No UUIDv7 of this moment or later is less (RFC 9562 §5.7).
fn first_of(moment: Timestamp) -> Uuid {
    let millis = u64::try_from(moment.millis()).unwrap_or(0);
    Uuid::from_u128(u128::from(millis) << 80)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn what_is_of_the_moment_stays_and_what_is_older_goes() {
        let rng = Rng::system();
        let at = |millis| Timestamp::from_millis(millis);
        let oldest = first_of(at(1_772_352_000_000)).to_string();
        assert!(rng.uuid(at(1_772_351_999_999)).to_string() < oldest);
        assert!(rng.uuid(at(1_772_352_000_000)).to_string() >= oldest);
    }
}
