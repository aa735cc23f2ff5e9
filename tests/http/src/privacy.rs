//! What must never stand in a log: every phone, code, token and cookie a test has handled is looked for
//! when its server ends.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

#[derive(Clone, Debug, Default)]
pub(crate) struct Secrets(Arc<Mutex<BTreeSet<String>>>);

impl Secrets {
    pub(crate) fn remember(&self, secret: &str) {
        if secret.len() >= 6 {
            self.0.lock().unwrap().insert(secret.to_owned());
        }
    }

    /// The lines of `log` that hold a secret, each named by what it holds.
    pub(crate) fn leaks(&self, log: &str) -> Vec<String> {
        let secrets = self.0.lock().unwrap();
        log.lines()
            .filter_map(|line| {
                let found = secrets.iter().find(|secret| stands_alone(line, secret))?;
                Some(format!("{found} in: {line}"))
            })
            .collect()
    }
}

/// Whether `secret` stands in `line` as itself: six digits inside a longer number or the fraction of a
/// second are no code.
fn stands_alone(line: &str, secret: &str) -> bool {
    line.match_indices(secret).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + secret.len()..].chars().next();
        let part_of_more = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let is_short = secret.len() < 11;
        !(is_short && (part_of_more(before) || part_of_more(after) || before == Some('.')))
    })
}

#[cfg(test)]
mod tests {
    use super::Secrets;

    fn leaks(line: &str) -> usize {
        let secrets = Secrets::default();
        secrets.remember("123456");
        secrets.remember("13800000001");
        secrets.leaks(line).len()
    }

    #[test]
    fn a_code_and_a_phone_are_found() {
        assert_eq!(leaks("sent code=123456 ok"), 1);
        assert_eq!(leaks("to +8613800000001"), 1);
    }

    #[test]
    fn a_fraction_of_a_second_is_no_code() {
        assert_eq!(leaks("2027-01-01T00:00:00.123456Z INFO ready"), 0);
        assert_eq!(leaks("bytes=91234567"), 0);
    }
}
