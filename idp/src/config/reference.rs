use toml::{Table, Value};

use super::model::Settings;

/// The sample that operators start from: every key with its meaning, `#: ` before those that are commented out.
pub(super) const SAMPLE: &str = include_str!("../../../deploy/yimen.toml");

/// A key of the configuration, explained.
#[derive(Clone, Debug)]
pub struct Key {
    pub name: String,
    pub explanation: String,
    /// What it is where nobody sets it, by the settings themselves.
    pub default: Option<Value>,
    /// What the sample has, where that is something else.
    pub example: Option<Value>,
}

impl Key {
    /// The variable that may set it.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("YIMEN_{}", self.name.replace('.', "__").to_uppercase())
    }
}

/// Every key, in the sample's order.
#[must_use]
pub fn keys() -> Vec<Key> {
    let sample = live(SAMPLE);
    let readable = without_secrets(&sample);
    // A value may be written in several ways, such as 60s and 1m: the settings know which are the same.
    let read: Option<Settings> = readable.clone().try_into().ok();
    let read = read.and_then(|settings| Table::try_from(settings).ok());
    let read = read.unwrap_or_default();
    explanations(SAMPLE)
        .into_iter()
        .map(|(name, explanation)| {
            let default = default_of(&readable, &name);
            let written = at(&sample, &name);
            let same =
                default.is_some() && (written == default.as_ref() || at(&read, &name) == default.as_ref());
            Key {
                example: written.filter(|_| !same).cloned(),
                default,
                name,
                explanation,
            }
        })
        .collect()
}

/// What the settings hold for a key that is not written, everything else being written; nothing where they cannot do
/// without it.
fn default_of(sample: &Table, name: &str) -> Option<Value> {
    let mut rest = sample.clone();
    let (path, last) = name.rsplit_once('.').unwrap_or(("", name));
    let mut sections = path.split('.').filter(|section| !section.is_empty());
    let section = sections.try_fold(&mut rest, |table, section| table.get_mut(section)?.as_table_mut());
    section?.remove(last);
    let settings: Settings = rest.try_into().ok()?;
    // Two that print as secrets, since an address may hold a password; what it is by default is none.
    match name {
        "database.url" => Some(Value::from(settings.database.url.expose())),
        "state.url" => Some(Value::from(settings.state.url.expose())),
        _ => at(&Table::try_from(settings).ok()?, name).cloned(),
    }
}

fn at<'a>(table: &'a Table, name: &str) -> Option<&'a Value> {
    let (first, rest) = name.split_once('.').unwrap_or((name, ""));
    match table.get(first)? {
        Value::Table(inner) if !rest.is_empty() => at(inner, rest),
        value => Some(value),
    }
}

/// The sample with all its keys.
fn live(sample: &str) -> Table {
    let lines = sample
        .lines()
        .map(|line| line.strip_prefix("#: ").unwrap_or(line));
    let text: Vec<&str> = lines.collect();
    text.join("\n").parse().unwrap_or_default()
}

/// With a word in the place of every secret that is kept elsewhere.
fn without_secrets(table: &Table) -> Table {
    let plain = |value: &Value| match value {
        Value::Table(inner)
            if inner.len() == 1 && (inner.contains_key("file") || inner.contains_key("env")) =>
        {
            Value::from("secret")
        }
        Value::Table(inner) => Value::Table(without_secrets(inner)),
        other => other.clone(),
    };
    table
        .iter()
        .map(|(name, value)| (name.clone(), plain(value)))
        .collect()
}

/// The keys with the comments above them.
fn explanations(sample: &str) -> Vec<(String, String)> {
    let (mut section, mut comment, mut found) = (String::new(), String::new(), Vec::new());
    for line in sample.lines() {
        let key_line = line.strip_prefix("#: ").unwrap_or(line);
        if let Some(name) = key_line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = format!("{}.", name.trim_matches(['[', ']']));
        } else if let Some((name, _)) = key_line.split_once(" = ").filter(|_| !key_line.starts_with('#')) {
            found.push((format!("{section}{name}"), std::mem::take(&mut comment)));
        } else if let Some(text) = line.strip_prefix("# ") {
            comment = if comment.is_empty() {
                text.to_owned()
            } else {
                format!("{comment} {text}")
            };
        } else {
            comment.clear();
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> Key {
        let found = keys().into_iter().find(|key| key.name == name);
        found.unwrap_or_else(|| panic!("{name} is not in the sample"))
    }

    #[test]
    fn every_key_is_explained_under_its_full_name() {
        let idle = key("session.idle");
        assert_eq!(idle.variable(), "YIMEN_SESSION__IDLE");
        assert!(idle.explanation.starts_with("A session ends"));
        for key in keys() {
            assert!(key.explanation.len() > 8, "{} is not explained", key.name);
            assert!(key.default.is_some() || key.example.is_some(), "{}", key.name);
        }
    }

    #[test]
    fn a_default_is_what_the_settings_are_by_default() {
        let defaults = Table::try_from(Settings::default()).unwrap();
        for key in keys() {
            let default = at(&defaults, &key.name).cloned();
            match (key.name.as_str(), default) {
                ("database.url", _) => assert_eq!(key.default, Some("sqlite:yimen.db".into())),
                ("state.url", _) => assert_eq!(key.default, Some("memory:".into())),
                // A section that is not there by default has defaults of its own where it is.
                (name, None) if name.starts_with("sms.") => {}
                ("proofing.timeout" | "carrier.timeout", None) => {}
                (name, default) => assert_eq!(key.default, default, "{name}"),
            }
        }
        assert_eq!(
            key("sms.tencent.template_params").default,
            Some(vec!["code", "minutes"].into())
        );
        for name in [
            "public_url",
            "master_key",
            "tls.key",
            "fetch.extra_ca",
            "operator.attestation_ca",
            "sms.webhook.secret",
            "proofing.url",
            "place.database",
        ] {
            assert_eq!(key(name).default, None, "{name}");
        }
    }

    #[test]
    fn the_sample_departs_from_the_defaults_only_where_a_city_decides() {
        let departs = |key: &Key| key.default.is_some() && key.example.is_some();
        let departing: Vec<String> = keys().into_iter().filter(departs).map(|key| key.name).collect();
        assert_eq!(departing, ["database.url", "sms.providers"]);
    }

    #[test]
    fn every_key_of_the_settings_is_in_the_sample() {
        let sample = live(SAMPLE);
        for (section, value) in &Table::try_from(Settings::default()).unwrap() {
            let found = sample.get(section);
            let found = found.unwrap_or_else(|| panic!("{section} is not in the sample"));
            for key in value.as_table().into_iter().flat_map(Table::keys) {
                assert!(found.get(key).is_some(), "{section}.{key} is not in the sample");
            }
        }
    }
}
