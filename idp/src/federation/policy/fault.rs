use std::fmt;
use std::sync::Arc;

use super::Operator;

/// Why a chain's policy, or the metadata under it, is not valid.
///
/// `found` is what others wrote, in full: whoever shows it cuts and escapes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyFault {
    pub stage: Stage,
    /// Whose statement is at fault: of a failed merge the subordinate's, of refused metadata the one that last
    /// changed the operator which refuses.
    pub issuer: Arc<str>,
    /// Empty where the whole `metadata_policy` or `metadata_policy_crit` is meant.
    pub entity_type: String,
    /// Empty where the whole policy of an entity type is meant.
    pub parameter: String,
    pub operator: Option<Operator>,
    pub problem: Problem,
    pub expected: String,
    pub found: String,
}

/// The two halves of enforcement (§6.1.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The statements' policies, alone and merged.
    Resolution,
    /// The subject's metadata under the resolved policy.
    Application,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Not objects of objects of objects with members.
    Structure,
    /// More than we read.
    TooMuch,
    /// `metadata_policy_crit` is malformed or names what we cannot process.
    Critical,
    /// A JSON type that the operator does not take, as its value or as the parameter's.
    Type,
    /// Not allowed beside this other operator, or not with these values.
    Beside(Operator),
    /// Two statements' values of one operator do not merge.
    Merge,
    /// The metadata is not as the operator demands.
    Metadata,
}

impl PolicyFault {
    #[must_use]
    pub fn claim(&self) -> &'static str {
        match self.problem {
            Problem::Critical => "metadata_policy_crit",
            _ => "metadata_policy",
        }
    }

    /// Where in the claim: entity type, parameter and operator, as far as they are known.
    #[must_use]
    pub fn place(&self) -> String {
        let names = [
            self.entity_type.as_str(),
            &self.parameter,
            self.operator.map_or("", Operator::name),
        ];
        let known: Vec<&str> = names.into_iter().filter(|name| !name.is_empty()).collect();
        known.join(", ")
    }
}

impl fmt::Display for PolicyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.claim(), self.issuer)?;
        let place = self.place();
        if !place.is_empty() {
            write!(f, ", {place}")?;
        }
        write!(f, ": expected {}, found {}", self.expected, self.found)
    }
}

impl std::error::Error for PolicyFault {}
