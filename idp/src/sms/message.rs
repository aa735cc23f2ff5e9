use std::fmt;

use crate::config::Secret;
use crate::config::sms::TemplateValue;

/// A number to send to, in E.164 (`+8613912345678`). It prints as `139****5678`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Recipient(String);

impl Recipient {
    /// Takes a number that is already in E.164; what a resident types is read elsewhere.
    #[must_use]
    pub fn from_e164(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('+')?;
        let plausible = (7..=15).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.starts_with('0');
        plausible.then(|| Self(text.to_owned()))
    }

    #[must_use]
    pub fn e164(&self) -> &str {
        &self.0
    }

    /// The eleven digits within mainland China, the country code and number elsewhere.
    #[must_use]
    pub fn domestic(&self) -> &str {
        self.0
            .strip_prefix("+86")
            .unwrap_or_else(|| self.0.trim_start_matches('+'))
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.domestic();
        write!(
            f,
            "{}****{}",
            &digits[..3],
            &digits[digits.len().saturating_sub(4).max(3)..]
        )
    }
}

/// The language of a text that is ours to write; a provider's approved template has its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    Chinese,
    English,
}

impl Language {
    /// BCP 47.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en",
        }
    }
}

/// One message to one number.
#[derive(Clone, Debug)]
pub struct Message {
    pub to: Recipient,
    pub content: Content,
    /// Our host name; of a code, for the line that binds it to this origin.
    pub origin: String,
    pub language: Language,
}

#[derive(Clone, Debug)]
pub enum Content {
    Code {
        code: Secret,
        /// How long the code is valid.
        minutes: u32,
    },
    Notice {
        /// What has happened, as a sentence without its full stop.
        what: String,
        /// The address for whoever it was not.
        link: Secret,
    },
}

impl Message {
    /// What nobody but the recipient may read.
    pub(super) fn secret(&self) -> &str {
        match &self.content {
            Content::Code { code, .. } => code.expose(),
            Content::Notice { link, .. } => link.expose(),
        }
    }

    /// What a variable of an approved template is filled with; one that this message has nothing for stays empty.
    pub(super) fn filling(&self, value: TemplateValue) -> String {
        match (value, &self.content) {
            (TemplateValue::Code, Content::Code { code, .. }) => code.expose().to_owned(),
            (TemplateValue::Minutes, Content::Code { minutes, .. }) => minutes.to_string(),
            (TemplateValue::What, Content::Notice { what, .. }) => what.clone(),
            (TemplateValue::Link, Content::Notice { link, .. }) => link.expose().to_owned(),
            (TemplateValue::Token, Content::Notice { link, .. }) => {
                let (_, token) = link.expose().rsplit_once('/').unwrap_or_default();
                token.to_owned()
            }
            (TemplateValue::Origin, _) => self.origin.clone(),
            _ => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sms::stand_in::message;

    #[test]
    fn only_e_164_is_taken() {
        for good in ["+8613912345678", "+85291234567", "+14155550123"] {
            assert!(Recipient::from_e164(good).is_some(), "{good}");
        }
        for bad in [
            "13912345678",
            "+86 139",
            "+",
            "+0861391234567",
            "+86139123456789012",
            "+８６13912345678",
            "",
        ] {
            assert!(Recipient::from_e164(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn nothing_personal_is_printed() {
        let printed = format!("{:?}", message());
        assert!(printed.contains("139****5678"), "{printed}");
        assert!(!printed.contains("123456"), "{printed}");
        let shortest = Recipient::from_e164("+1234567").unwrap();
        assert_eq!(format!("{shortest:?}"), "123****4567");
    }
}
