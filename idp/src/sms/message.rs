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

/// The language of a message. Of a provider's approved templates the one in it is used, where the operator has one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    #[default]
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

    /// The language of a tag.
    #[must_use]
    pub fn tagged(tag: &str) -> Option<Self> {
        [Self::Chinese, Self::English]
            .into_iter()
            .find(|language| language.tag() == tag)
    }
}

/// What has happened, without its full stop: in Chinese, which every provider has a template for, and in English for
/// whoever reads that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    pub chinese: String,
    pub english: Option<String>,
}

impl Sentence {
    /// The language of its reader.
    #[must_use]
    pub const fn language(&self) -> Language {
        match self.english {
            Some(_) => Language::English,
            None => Language::Chinese,
        }
    }

    pub(super) fn text(&self, language: Language) -> &str {
        match (language, &self.english) {
            (Language::English, Some(english)) => english,
            _ => &self.chinese,
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
        what: Sentence,
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

    /// Of an operator's templates for such a message the one in its language, and the language of that; the Chinese one
    /// where there is no other.
    pub(super) fn template<'a>(&self, chinese: &'a str, english: Option<&'a String>) -> (&'a str, Language) {
        match (self.language, english) {
            (Language::English, Some(english)) => (english, Language::English),
            _ => (chinese, Language::Chinese),
        }
    }

    /// What a variable of an approved template in this language is filled with; one that this message has nothing for
    /// stays empty.
    pub(super) fn filling(&self, value: TemplateValue, language: Language) -> String {
        match (value, &self.content) {
            (TemplateValue::Code, Content::Code { code, .. }) => code.expose().to_owned(),
            (TemplateValue::Minutes, Content::Code { minutes, .. }) => minutes.to_string(),
            (TemplateValue::What, Content::Notice { what, .. }) => what.text(language).to_owned(),
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
