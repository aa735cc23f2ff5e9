use serde::Serialize;
use thiserror::Error;

/// What staff do is done for a reason, and under the number of the window's own file, by which somebody else can look
/// at it later. Neither says anything of the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    pub reason: Reason,
    pub file: String,
}

/// Why. The name is stored: never rename one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The person asked to be known in person.
    Asked,
    /// The authority's online answer did not help them.
    OnlineFailed,
    LostPhone,
    NumberChanged,
    NothingElse,
    DocumentsSeen,
    CarrierSays,
    /// Staff confirmed somebody else than the account's owner.
    WrongPerson,
    FalsePapers,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ActError {
    #[error("no reason was given")]
    Reason,
    /// Empty, or what could be somebody's number.
    #[error("this is no file number")]
    File,
}

const LONGEST: usize = 32;
/// As many digits in a row as a telephone number has.
const DIGITS_OF_A_PERSON: usize = 11;

impl Reason {
    pub const FOR_PROOF: [Self; 2] = [Self::Asked, Self::OnlineFailed];
    pub const FOR_CODE: [Self; 3] = [Self::LostPhone, Self::NumberChanged, Self::NothingElse];
    pub const FOR_DISPUTE: [Self; 2] = [Self::DocumentsSeen, Self::CarrierSays];
    pub const FOR_WITHDRAWAL: [Self; 2] = [Self::WrongPerson, Self::FalsePapers];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::OnlineFailed => "online_failed",
            Self::LostPhone => "lost_phone",
            Self::NumberChanged => "number_changed",
            Self::NothingElse => "nothing_else",
            Self::DocumentsSeen => "documents_seen",
            Self::CarrierSays => "carrier_says",
            Self::WrongPerson => "wrong_person",
            Self::FalsePapers => "false_papers",
        }
    }
}

impl Act {
    /// # Errors
    /// Says which of the two is missing or is none.
    pub fn read(reason: &str, allowed: &[Reason], file: &str) -> Result<Self, ActError> {
        let reason = allowed.iter().find(|one| one.as_str() == reason);
        let reason = *reason.ok_or(ActError::Reason)?;
        let file = file.trim();
        let is_plain = file
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let digits = file
            .split(|c: char| !c.is_ascii_digit())
            .map(str::len)
            .max()
            .unwrap_or_default();
        if file.is_empty() || file.len() > LONGEST || !is_plain || digits >= DIGITS_OF_A_PERSON {
            return Err(ActError::File);
        }
        Ok(Self {
            reason,
            file: file.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_number_is_nobodys_own() {
        let read = |file| Act::read("asked", &Reason::FOR_PROOF, file);
        assert_eq!(read(" W3-20261126-0042 ").unwrap().file, "W3-20261126-0042");
        for file in [
            "",
            "13800000001",
            "a13800000001",
            "11010519491231002X",
            "李秀英",
            "a b",
            &"x".repeat(33),
        ] {
            assert_eq!(read(file), Err(ActError::File), "{file}");
        }
        assert_eq!(
            Act::read("lost_phone", &Reason::FOR_PROOF, "W1"),
            Err(ActError::Reason)
        );
    }
}
