use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

/// Where a key was set, as a fault names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Line { file: PathBuf, line: usize },
    Variable(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line { file, line } => write!(f, "{}:{line}", file.display()),
            Self::Variable(name) => write!(f, "environment variable {name}"),
        }
    }
}

/// Where each key was set: a fault that shows only when values are used, or compared, still names its place.
#[derive(Clone, Debug, Default)]
pub struct Written {
    file: PathBuf,
    lines: BTreeMap<String, usize>,
    variables: BTreeMap<String, String>,
}

impl Written {
    pub(super) fn in_file(file: &Path, text: &str) -> Self {
        let mut written = Self {
            file: file.to_path_buf(),
            ..Self::default()
        };
        if let Ok(table) = DeTable::parse(text) {
            written.note_lines("", table.get_ref(), text);
        }
        written
    }

    fn note_lines(&mut self, section: &str, table: &DeTable<'_>, text: &str) {
        for (key, value) in table {
            let name = format!("{section}{}", key.get_ref());
            if let DeValue::Table(inner) = value.get_ref() {
                self.note_lines(&format!("{name}."), inner, text);
            }
            self.lines.insert(name, line_of(text, key.span().start));
        }
    }

    pub(super) fn note_variable(&mut self, key: String, name: String) {
        self.variables.insert(key, name);
    }

    /// Whether a key itself was set.
    #[must_use]
    pub fn names(&self, key: &str) -> bool {
        self.variables.contains_key(key) || self.lines.contains_key(key)
    }

    /// Where a key was set, or the section it would stand in; for one that stands in none, the file's first line.
    /// A variable wins over the file, one that holds a whole section too.
    #[must_use]
    pub fn place(&self, key: &str) -> Place {
        let own_and_sections = || std::iter::successors(Some(key), |name| Some(name.rsplit_once('.')?.0));
        let variable = own_and_sections().find_map(|name| self.variables.get(name));
        if let Some(variable) = variable {
            return Place::Variable(variable.clone());
        }
        let line = own_and_sections().find_map(|name| self.lines.get(name));
        self.line(line.copied().unwrap_or(1))
    }

    pub(super) fn line(&self, line: usize) -> Place {
        let file = self.file.clone();
        Place::Line { file, line }
    }
}

pub(super) fn line_of(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().iter().take(offset);
    before.filter(|&&byte| byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_at_its_line_its_variable_or_its_section() {
        let text =
            "city = \"云川市\"\n\n[sms]\nproviders = []\n[sms.webhook]\nurl = \"u\"\n[[sms.test_number]]\n";
        let mut written = Written::in_file(Path::new("yimen.toml"), text);
        written.note_variable("session.idle".to_owned(), "YIMEN_SESSION__IDLE".to_owned());
        for (key, place) in [
            ("city", "yimen.toml:1"),
            ("sms.providers", "yimen.toml:4"),
            ("sms.webhook.url", "yimen.toml:6"),
            ("sms.webhook.secret", "yimen.toml:5"),
            ("sms.test_number", "yimen.toml:7"),
            ("session.idle", "environment variable YIMEN_SESSION__IDLE"),
            ("public_url", "yimen.toml:1"),
        ] {
            assert_eq!(written.place(key).to_string(), place, "{key}");
        }
    }
}
