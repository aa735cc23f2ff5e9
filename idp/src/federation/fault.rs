use std::fmt;

use super::policy::{PolicyFault, Problem, Stage};

/// As much of what an entity wrote as anyone needs to recognise it.
const LONGEST: usize = 200;

/// Why an entity is not trusted: where it failed, whose statement, which claim, what should have stood there and what
/// did. `found` and `expected` may be what a stranger wrote, so they are cut, and their control characters escaped.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{step}: {entity}: {claim}: expected {expected}, found {found}")]
pub struct TrustFault {
    pub step: Step,
    pub entity: String,
    pub claim: &'static str,
    pub expected: String,
    pub found: String,
}

impl TrustFault {
    #[must_use]
    pub fn new(
        step: Step,
        entity: impl fmt::Display,
        claim: &'static str,
        expected: impl fmt::Display,
        found: impl fmt::Display,
    ) -> Self {
        Self {
            step,
            entity: quoted(entity),
            claim,
            expected: quoted(expected),
            found: quoted(found),
        }
    }
}

impl From<PolicyFault> for TrustFault {
    fn from(fault: PolicyFault) -> Self {
        let step = match (fault.problem, fault.stage) {
            (Problem::Critical, _) => Step::Critical,
            (_, Stage::Resolution) => Step::PolicyMerge,
            (_, Stage::Application) => Step::PolicyApply,
        };
        let expected = format!("{}: {}", fault.place(), fault.expected);
        Self::new(step, &fault.issuer, fault.claim(), expected, &fault.found)
    }
}

/// Whose statement is being read.
#[derive(Clone, Copy)]
pub(super) struct Whose<'a>(pub(super) &'a str);

impl Whose<'_> {
    pub(super) fn fault(
        self,
        step: Step,
        claim: &'static str,
        expected: impl fmt::Display,
        found: impl fmt::Display,
    ) -> TrustFault {
        TrustFault::new(step, self.0, claim, expected, found)
    }
}

fn quoted(text: impl fmt::Display) -> String {
    let mut quoted = String::new();
    for letter in text.to_string().chars() {
        // Also what turns the direction of a line, or is not seen at all (Unicode's Cf): a log is read by people.
        let is_hidden = letter.is_control()
            || matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
        if is_hidden {
            quoted.extend(letter.escape_default());
        } else {
            quoted.push(letter);
        }
        if quoted.len() > LONGEST {
            let end = (0..=LONGEST).rev().find(|at| quoted.is_char_boundary(*at));
            quoted.truncate(end.unwrap_or_default());
            quoted.push('…');
            break;
        }
    }
    quoted
}

/// Where in the way from an address to a trusted system it failed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Step {
    Reach,
    Form,
    Type,
    Algorithm,
    Subject,
    Time,
    Keys,
    Critical,
    Misplaced,
    Syntax,
    Hint,
    Signature,
    Loop,
    Anchor,
    PathLength,
    Naming,
    PolicyMerge,
    PolicyApply,
    Mark,
    /// What we demand of every system, whatever its superiors say.
    OurRules,
}

impl Step {
    /// The name in logs and records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reach => "reach",
            Self::Form => "form",
            Self::Type => "type",
            Self::Algorithm => "algorithm",
            Self::Subject => "subject",
            Self::Time => "time",
            Self::Keys => "keys",
            Self::Critical => "critical",
            Self::Misplaced => "misplaced",
            Self::Syntax => "syntax",
            Self::Hint => "hint",
            Self::Signature => "signature",
            Self::Loop => "loop",
            Self::Anchor => "anchor",
            Self::PathLength => "path_length",
            Self::Naming => "naming",
            Self::PolicyMerge => "policy_merge",
            Self::PolicyApply => "policy_apply",
            Self::Mark => "mark",
            Self::OurRules => "our_rules",
        }
    }

    /// What the other side is told (OpenID Federation 1.0 §8.9).
    #[must_use]
    pub const fn error(self) -> TrustError {
        match self {
            Self::Anchor => TrustError::InvalidTrustAnchor,
            Self::PolicyMerge | Self::PolicyApply | Self::OurRules => TrustError::InvalidMetadata,
            _ => TrustError::InvalidTrustChain,
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The error codes of the standard for what goes wrong here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TrustError {
    InvalidTrustAnchor,
    InvalidTrustChain,
    InvalidMetadata,
}
