use serde::Serialize;

use crate::clock::Timestamp;
use crate::store::hash;

/// How a price was paid, as the audit has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Payment {
    Work,
    Wait,
}

/// How a price has been paid, if it has: by work where work pays, or by the wait's end.
#[must_use]
pub fn payment(
    challenge: &str,
    bits: Option<u32>,
    until: Timestamp,
    work: &str,
    now: Timestamp,
) -> Option<Payment> {
    if bits.is_some_and(|bits| is_worked_off(challenge, bits, work)) {
        Some(Payment::Work)
    } else {
        (until <= now).then_some(Payment::Wait)
    }
}

/// Whether SHA-256 of the challenge followed by `work` begins with so many zero bits.
fn is_worked_off(challenge: &str, bits: u32, work: &str) -> bool {
    let zeros = |hash: [u8; 32]| {
        let whole = hash.iter().take_while(|byte| **byte == 0).count();
        let rest = hash.get(whole).map_or(0, |byte| byte.leading_zeros());
        u32::try_from(whole * 8).unwrap_or_default() + rest
    };
    zeros(hash(format!("{challenge}{work}"))) >= bits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_measured_in_zero_bits() {
        // SHA-256 of "due70" begins with 0x0053, that of "due18255" with 0x000a.
        for (work, bits) in [("70", 9), ("18255", 12)] {
            assert!(is_worked_off("due", bits, work));
            assert!(!is_worked_off("due", bits + 1, work));
            assert!(!is_worked_off("Due", bits, work));
        }
        assert!(!is_worked_off("due", 9, ""));
    }
}
