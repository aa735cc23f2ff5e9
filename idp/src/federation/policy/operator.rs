use std::fmt;

/// The standard operators, in the order of their application (§6.1.3.1). We know no additional ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operator {
    Value,
    Add,
    Default,
    OneOf,
    SubsetOf,
    SupersetOf,
    Essential,
}

impl Operator {
    pub const ALL: [Self; 7] = [
        Self::Value,
        Self::Add,
        Self::Default,
        Self::OneOf,
        Self::SubsetOf,
        Self::SupersetOf,
        Self::Essential,
    ];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::Add => "add",
            Self::Default => "default",
            Self::OneOf => "one_of",
            Self::SubsetOf => "subset_of",
            Self::SupersetOf => "superset_of",
            Self::Essential => "essential",
        }
    }

    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operator| operator.name() == name)
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
