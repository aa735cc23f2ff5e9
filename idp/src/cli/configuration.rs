use std::path::Path;

use serde_json::{Value, json};

use super::arguments::Config;
use super::failure::Failure;
use super::output::Output;
use crate::config::{self, Key};

pub(super) fn run(path: Option<&Path>, command: &Config, output: &Output) -> Result<(), Failure> {
    match command {
        Config::Print => print(path, output),
        Config::Explain { key } => explain(key.as_deref(), output),
    }
}

fn print(path: Option<&Path>, output: &Output) -> Result<(), Failure> {
    let file = config::find_file(path)?;
    let config = config::load(&file, std::env::vars())?;
    let text = toml::to_string(&config.settings)?;
    output.say(&config.settings, || {
        format!("# {}, with the environment over it\n{text}", file.display())
    });
    Ok(())
}

fn explain(part: Option<&str>, output: &Output) -> Result<(), Failure> {
    let mut found = config::keys();
    found.retain(|key| part.is_none_or(|part| key.name.contains(part)));
    if found.is_empty() {
        let said = format!(
            "no key's name contains `{}`; `yimen config explain` lists them all",
            part.unwrap_or_default()
        );
        return Err(Failure::new(said));
    }
    let list: Vec<Value> = found.iter().map(as_json).collect();
    output.say(&list, || found.iter().map(as_text).collect());
    Ok(())
}

/// `default` where there is one, `example` where the sample has something else: a key without `default` has none.
fn as_json(key: &Key) -> Value {
    let mut value = json!({ "key": key.name, "environment": key.variable(), "explanation": key.explanation });
    if let Some(default) = &key.default {
        value["default"] = json!(default);
    }
    if let Some(example) = &key.example {
        value["example"] = json!(example);
    }
    value
}

fn as_text(key: &Key) -> String {
    let mut lines = vec![key.explanation.clone()];
    lines.extend(key.default.iter().map(|default| format!("default: {default}")));
    let remark = if key.default.is_none() {
        " (no default)"
    } else {
        ""
    };
    lines.extend(
        key.example
            .iter()
            .map(|example| format!("for example: {example}{remark}")),
    );
    lines.push(key.variable());
    format!("{}\n    {}\n\n", key.name, lines.join("\n    "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> Key {
        config::keys().into_iter().find(|key| key.name == name).unwrap()
    }

    #[test]
    fn a_default_is_told_from_an_example() {
        let lines = |name| as_text(&key(name));
        assert!(lines("session.idle").contains("\n    default: \"30m\"\n    YIMEN_SESSION__IDLE\n"));
        assert!(
            lines("public_url").contains("\n    for example: \"https://id.city.example\" (no default)\n")
        );
        let url = lines("database.url");
        assert!(
            url.contains("default: \"sqlite:yimen.db\"\n    for example: \"sqlite:/var/lib"),
            "{url}"
        );
    }

    #[test]
    fn programs_find_a_default_only_where_there_is_one() {
        let of = |name, field: &str| as_json(&key(name)).get(field).cloned();
        assert_eq!(of("session.idle", "default"), Some(json!("30m")));
        assert_eq!(of("session.idle", "example"), None);
        assert_eq!(of("http.body_limit", "default"), Some(json!(65536)));
        assert_eq!(of("master_key", "default"), None);
        assert_eq!(
            of("master_key", "example"),
            Some(json!({ "file": "/etc/yimen/master.key" }))
        );
    }
}
