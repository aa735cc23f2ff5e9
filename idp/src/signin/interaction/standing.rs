use std::time::Duration;

use super::model::Interaction;
use crate::clock::Timestamp;

/// How long an interaction waits for its resident's next step.
const PATIENCE: Duration = Duration::from_secs(30 * 60);

/// Steps closer together than this are not written down.
const GRAIN: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Open,
    /// Open, and the record of its last step should be renewed.
    Stale,
    Expired,
}

pub(super) fn standing(interaction: &Interaction, now: Timestamp) -> Standing {
    let idle = now.since(interaction.touched_at);
    if idle >= PATIENCE {
        Standing::Expired
    } else if idle >= GRAIN {
        Standing::Stale
    } else {
        Standing::Open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_an_hour_of_silence_ends_an_interaction() {
        let interaction = Interaction::sample();
        let expected = [
            (59, Standing::Open),
            (60, Standing::Stale),
            (1799, Standing::Stale),
            (1800, Standing::Expired),
        ];
        for (seconds, expected) in expected {
            let now = interaction.touched_at.plus(Duration::from_secs(seconds));
            assert_eq!(standing(&interaction, now), expected, "{seconds}");
        }
    }
}
