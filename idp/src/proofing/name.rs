use std::fmt;

use thiserror::Error;

/// A person's name as their document has it. It does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct RealName(String);

/// Why what a resident typed is no name. It holds nothing of what was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NameError {
    #[error("no name was given")]
    Empty,
    #[error("this is no name")]
    Malformed,
}

/// Longer than any name that a document has room for.
const LONGEST: usize = 60;

impl RealName {
    /// Reads a name: Chinese, of a minority with its dots, or in Latin letters.
    ///
    /// # Errors
    /// Where nothing was typed, or what no name has.
    pub fn read(typed: &str) -> Result<Self, NameError> {
        let words: Vec<&str> = typed.split_whitespace().collect();
        if words.is_empty() {
            return Err(NameError::Empty);
        }
        let name: String = words.join(" ").chars().map(one_dot).collect();
        let is_name = |c: char| c.is_alphabetic() || matches!(c, ' ' | '·' | '-' | '\'' | '’' | '.');
        let length = name.chars().count();
        if (2..=LONGEST).contains(&length)
            && name.chars().all(is_name)
            && name.chars().any(char::is_alphabetic)
        {
            Ok(Self(name))
        } else {
            Err(NameError::Malformed)
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for RealName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RealName")
    }
}

/// Keyboards write the dot between the parts of a name in many ways; documents in one.
const fn one_dot(c: char) -> char {
    match c {
        '•' | '‧' | '∙' | '⋅' | '・' | '･' | '．' => '·',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(typed: &str) -> Result<String, NameError> {
        RealName::read(typed).map(|name| name.as_str().to_owned())
    }

    #[test]
    fn names_of_many_kinds_are_taken() {
        for (typed, name) in [
            (" 李秀英 ", "李秀英"),
            ("阿卜杜拉•买买提", "阿卜杜拉·买买提"),
            ("Maria   Rossi", "Maria Rossi"),
            ("𠀀某", "𠀀某"),
            ("O’Neill J.-P.", "O’Neill J.-P."),
        ] {
            assert_eq!(read(typed).as_deref(), Ok(name));
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        assert_eq!(read(" \u{3000} "), Err(NameError::Empty));
        for typed in ["李", "李4", "<b>", "··", "李秀英\u{7}", &"李".repeat(61)] {
            assert_eq!(read(typed), Err(NameError::Malformed), "{typed}");
        }
    }

    #[test]
    fn it_does_not_print() {
        let name = RealName::read("李秀英").unwrap();
        assert!(!format!("{name:?}").contains("秀英"));
    }
}
