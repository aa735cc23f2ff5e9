use crate::args;
use crate::audit::Change;
use crate::clock::Timestamp;
use crate::store::{Row, StoreError};

/// Of two sends at once one changes the version; the other finds it changed and looks again.
const RESERVE: &str =
    "UPDATE number_guard SET sent_at = $2, version = version + 1 WHERE number_index = $1 AND version = $3";

/// The first version is the time: a row that was swept away and begun anew is not taken for the old one.
const INSERT: &str = "INSERT INTO number_guard (number_index, sent_at, failures, version) \
     VALUES ($1, $2, 0, $3) ON CONFLICT (number_index) DO NOTHING";

const ADD_FAILURE: &str = "INSERT INTO number_guard (number_index, sent_at, failures, version) \
     VALUES ($1, '', 1, $2) ON CONFLICT (number_index) DO UPDATE SET failures = number_guard.failures + 1";

const RESET: &str = "UPDATE number_guard SET failures = 0 WHERE number_index = $1 AND failures > 0";

/// What is remembered of a number.
#[derive(Clone, Debug, Default)]
pub(in crate::signin) struct NumberGuard {
    pub(in crate::signin) sent_at: Vec<Timestamp>,
    /// When a right code last came for the number.
    pub(in crate::signin) answered_at: Option<Timestamp>,
    /// Wrong codes since the last right one.
    pub(in crate::signin) failures: i64,
    /// None where nothing is remembered yet.
    version: Option<i64>,
}

impl NumberGuard {
    pub(in crate::signin) fn last_sent(&self) -> Option<Timestamp> {
        self.sent_at.iter().max().copied()
    }
}

/// Reads the columns of a row that has none of them where nothing is remembered.
pub(super) fn read(row: &Row) -> Result<NumberGuard, StoreError> {
    let text = row.maybe_text("sent_at")?.unwrap_or_default();
    let times = text
        .split(',')
        .filter(|one| !one.is_empty())
        .map(|one| one.parse().map(Timestamp::from_millis));
    Ok(NumberGuard {
        sent_at: times
            .collect::<Result<_, _>>()
            .map_err(|_| StoreError::Corrupt("sent_at"))?,
        answered_at: row.maybe_time("answered_at")?,
        failures: row.maybe_int("failures")?.unwrap_or_default(),
        version: row.maybe_int("version")?,
    })
}

/// Writes down that a message goes out, if nobody else has done so since `guard` was read.
pub(in crate::signin) async fn reserve_send(
    change: &mut Change,
    number_index: &[u8; 32],
    guard: &NumberGuard,
    sent_at: &[Timestamp],
) -> Result<bool, StoreError> {
    let times: Vec<_> = sent_at.iter().map(|sent| sent.millis().to_string()).collect();
    let times = times.join(",");
    let touched = match guard.version {
        Some(version) => {
            change
                .execute(RESERVE, args![number_index, times, version])
                .await?
        }
        None => {
            let now = change.now();
            change.execute(INSERT, args![number_index, times, now]).await?
        }
    };
    Ok(touched == 1)
}

pub(in crate::signin) async fn add_failure(
    change: &mut Change,
    number_index: &[u8; 32],
) -> Result<(), StoreError> {
    let now = change.now();
    change
        .execute(ADD_FAILURE, args![number_index, now])
        .await
        .map(drop)
}

pub(in crate::signin) async fn reset_failures(
    change: &mut Change,
    number_index: &[u8; 32],
) -> Result<(), StoreError> {
    change.execute(RESET, args![number_index]).await.map(drop)
}
