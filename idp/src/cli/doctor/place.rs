use std::time::Duration;

use super::placed;
use crate::cli::finding::Verdict;
use crate::clock::{Clock, Timestamp};
use crate::config::Config;
use crate::place::{About, Places};

/// Ranges of addresses move about: after this long a database names many a wrong city.
const OLD: Duration = Duration::from_secs(90 * 24 * 3600);

/// Whether the operator's database can be read, all of it, and is of late.
pub(super) fn check(config: &Config) -> Verdict {
    match Places::examine(&config.settings) {
        Ok(Some(about)) => judge(&about, Clock::system().now()),
        Ok(None) => {
            Verdict::Fine("no [place]: where a session was begun is neither shown nor kept".to_owned())
        }
        Err(fault) => Verdict::Fault(placed(config, fault)),
    }
}

fn judge(about: &About, now: Timestamp) -> Verdict {
    let (kind, built) = (&about.kind, about.built);
    if now.since(built) > OLD {
        return Verdict::Warning(format!(
            "{kind}, built {built}, is more than 90 days old and names wrong places: put a new one there and restart"
        ));
    }
    if !about.lacks.is_empty() {
        return Verdict::Warning(format!(
            "{kind} has no names in {}: pages in that language show the others",
            about.lacks.join(" and ")
        ));
    }
    Verdict::Fine(format!("{kind}, built {built}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_to_be_of_late_and_in_our_languages() {
        let built = Timestamp::from_seconds(1_768_435_200);
        let about = |lacks: &[&'static str]| About {
            kind: "City".to_owned(),
            built,
            lacks: lacks.to_vec(),
        };
        let in_days = |days: u64| built.plus(Duration::from_secs(days * 24 * 3600 + 1));
        assert!(matches!(judge(&about(&[]), in_days(89)), Verdict::Fine(_)));
        assert!(
            matches!(judge(&about(&[]), in_days(90)), Verdict::Warning(said) if said.contains("90 days old"))
        );
        assert!(
            matches!(judge(&about(&["zh-CN"]), in_days(0)), Verdict::Warning(said) if said.contains("zh-CN"))
        );
    }
}
