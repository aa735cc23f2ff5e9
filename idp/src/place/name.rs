use std::fmt;

use crate::web::Locale;

/// A place, by its name in each of our languages that has one.
#[derive(Clone, PartialEq, Eq)]
pub struct Place {
    chinese: String,
    english: String,
}

/// Longer names are made up.
const LONGEST: usize = 100;

impl Place {
    /// None where it has no name in either.
    #[must_use]
    pub(super) fn named(chinese: Option<&str>, english: Option<&str>) -> Option<Self> {
        let (chinese, english) = (tidy(chinese), tidy(english));
        (!chinese.is_empty() || !english.is_empty()).then_some(Self { chinese, english })
    }

    /// The name in this language, or in the other where it has none.
    #[must_use]
    pub fn name(&self, locale: Locale) -> &str {
        let (own, other) = match locale {
            Locale::Chinese => (&self.chinese, &self.english),
            Locale::English => (&self.english, &self.chinese),
        };
        if own.is_empty() { other } else { own }
    }

    /// As it stands in the records, where it is sealed.
    #[must_use]
    pub fn to_record(&self) -> String {
        format!("{}\n{}", self.chinese, self.english)
    }

    #[must_use]
    pub fn from_record(text: &str) -> Option<Self> {
        let (chinese, english) = text.split_once('\n')?;
        Self::named(Some(chinese), Some(english))
    }
}

/// On one line.
fn tidy(name: Option<&str>) -> String {
    let letters = name.unwrap_or_default().chars();
    let plain: String = letters
        .filter(|letter| !letter.is_control())
        .take(LONGEST)
        .collect();
    plain.trim().to_owned()
}

/// Where somebody was does not belong in a log.
impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Place")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_the_name_of_the_page_or_the_other() {
        let both = Place::named(Some("昆明"), Some("Kunming")).unwrap();
        assert_eq!(Locale::ALL.map(|locale| both.name(locale)), ["昆明", "Kunming"]);
        let english = Place::named(None, Some(" Dali\u{7}\n")).unwrap();
        assert_eq!(Locale::ALL.map(|locale| english.name(locale)), ["Dali", "Dali"]);
        assert_eq!(Place::named(None, Some("\n")), None);
        for place in [both, english] {
            assert_eq!(Place::from_record(&place.to_record()), Some(place.clone()));
            assert_eq!(format!("{place:?}"), "Place");
        }
        assert_eq!(Place::from_record("x"), None);
    }
}
