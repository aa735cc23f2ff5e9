use std::time::Duration;

use super::Wait;
use crate::clock::Timestamp;

/// Consecutive wrong codes in all before an authenticator is disabled (NIST SP 800-63B-4 §3.2.2).
const MOST_FAILURES: i64 = 100;

/// Ours: a closed number may be tried with one more code after so long, or a resident whose number
/// was attacked before they ever signed in could never do so.
const REST: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Whether a number may be proven by SMS in this browser.
///
/// After a hundred wrong codes in a row it is closed to browsers that have never signed in with
/// it, and stays open to the owner's own: the guesser is stopped, the person is not locked out.
///
/// # Errors
/// How long it stays closed to this browser.
pub fn number_open(
    failures: i64,
    last_sent: Option<Timestamp>,
    browser_known: BrowserKnown,
    now: Timestamp,
) -> Result<(), Wait> {
    if failures < MOST_FAILURES || browser_known == BrowserKnown::Yes {
        return Ok(());
    }
    let reopens = last_sent.map_or(now, |sent| sent.plus(REST));
    if reopens > now {
        Err(Wait(reopens.since(now)))
    } else {
        Ok(())
    }
}

/// Whether the browser has signed in with this number's account before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrowserKnown {
    Yes,
    No,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_wrong_codes_close_a_number_to_strangers_alone() {
        let sent = Timestamp::from_seconds(1_000_000);
        let now = sent.plus(Duration::from_secs(60));
        assert_eq!(number_open(99, Some(sent), BrowserKnown::No, now), Ok(()));
        assert_eq!(number_open(100, Some(sent), BrowserKnown::Yes, now), Ok(()));
        let closed = number_open(100, Some(sent), BrowserKnown::No, now);
        assert_eq!(closed, Err(Wait(REST - Duration::from_secs(60))));
        assert_eq!(
            number_open(100, Some(sent), BrowserKnown::No, sent.plus(REST)),
            Ok(())
        );
    }
}
