use std::fmt;

/// Six digits as a resident typed or pasted them. `Debug` shows none.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::signin) struct TypedCode(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::signin) enum TypedCodeError {
    Empty,
    Malformed,
}

impl TypedCode {
    /// Takes full-width digits, and spaces and dashes between them.
    pub(in crate::signin) fn read(typed: &str) -> Result<Self, TypedCodeError> {
        let mut digits = String::new();
        for c in typed.chars() {
            match c {
                _ if digits.len() > 6 => return Err(TypedCodeError::Malformed),
                '0'..='9' => digits.push(c),
                '０'..='９' => digits.extend(char::from_digit(u32::from(c) - u32::from('０'), 10)),
                c if c.is_whitespace() || c == '-' => {}
                _ => return Err(TypedCodeError::Malformed),
            }
        }
        match digits.len() {
            6 => Ok(Self(digits)),
            0 => Err(TypedCodeError::Empty),
            _ => Err(TypedCodeError::Malformed),
        }
    }

    pub(in crate::signin) fn digits(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for TypedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TypedCode")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_code_may_be_pasted_as_it_stands() {
        for typed in ["123456", " 123 456 ", "123-456", "１２３４５６", "\t123456\n"] {
            assert_eq!(TypedCode::read(typed).unwrap().digits(), "123456", "{typed}");
        }
        assert_eq!(TypedCode::read("  "), Err(TypedCodeError::Empty));
        for typed in ["12345", "1234567", "12345a", "١٢٣٤٥٦"] {
            assert_eq!(TypedCode::read(typed), Err(TypedCodeError::Malformed), "{typed}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_six_digits(typed in "\\PC{0,40}") {
            if let Ok(code) = TypedCode::read(&typed) {
                prop_assert!(code.digits().len() == 6 && code.digits().bytes().all(|b| b.is_ascii_digit()));
            }
        }
    }
}
