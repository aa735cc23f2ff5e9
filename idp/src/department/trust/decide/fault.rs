use std::fmt;

/// What is wrong with what was to be decided: where, and what is expected there instead.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TermsFault {
    /// By its name in the terms as JSON; nothing where it is about more than one.
    pub field: &'static str,
    /// Nothing where nothing was said.
    pub found: String,
    pub expected: String,
}

impl TermsFault {
    pub(super) fn new(field: &'static str, found: impl fmt::Display, expected: impl Into<String>) -> Self {
        Self {
            field,
            found: found.to_string().escape_debug().to_string(),
            expected: expected.into(),
        }
    }

    /// Where the text names what it is about itself.
    pub(super) fn of(field: &'static str) -> impl Fn(String) -> Self {
        move |expected| Self::new(field, "", expected)
    }

    /// The option of the command that sets the field.
    fn option(&self) -> Option<String> {
        Some(match self.field {
            "" => return None,
            "scope" => "scopes".to_owned(),
            "purposes" => "purpose".to_owned(),
            "ranges" => "range".to_owned(),
            "records" => "record".to_owned(),
            "asks" => "ask".to_owned(),
            "sector" => "moved-from".to_owned(),
            "superior.permitted" => "permit".to_owned(),
            other => other.replace('_', "-"),
        })
    }
}

impl From<String> for TermsFault {
    /// Where the text says itself what it is about.
    fn from(expected: String) -> Self {
        Self::new("", "", expected)
    }
}

impl fmt::Display for TermsFault {
    /// As the command line says it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(option) = self.option() {
            write!(f, "--{option}")?;
            if !self.found.is_empty() {
                write!(f, " {}", self.found)?;
            }
            f.write_str(": ")?;
        }
        f.write_str(&self.expected)
    }
}

impl std::error::Error for TermsFault {}
