use std::path::Path;

use serde_json::json;

use super::arguments::Config;
use super::failure::Failure;
use super::output::Output;
use crate::config;

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

/// A key of the reference with its explanation.
struct Explained {
    name: String,
    /// As the reference shows it, usually the default.
    value: String,
    explanation: String,
}

fn explain(key: Option<&str>, output: &Output) -> Result<(), Failure> {
    let wanted = |explained: &Explained| key.is_none_or(|key| explained.name.contains(key));
    let found: Vec<Explained> = read_reference(config::REFERENCE)
        .into_iter()
        .filter(wanted)
        .collect();
    if found.is_empty() {
        let said = format!(
            "no key's name contains `{}`; `yimen config explain` lists them all",
            key.unwrap_or_default()
        );
        return Err(Failure::new(said));
    }
    let list: Vec<_> = found
        .iter()
        .map(|one| json!({ "key": one.name, "environment": environment(&one.name), "sample": one.value, "explanation": one.explanation }))
        .collect();
    output.say(&list, || {
        let text = |one: &Explained| {
            format!(
                "{} = {}\n    {}\n    {}\n\n",
                one.name,
                one.value,
                one.explanation,
                environment(&one.name)
            )
        };
        found.iter().map(text).collect()
    });
    Ok(())
}

fn environment(name: &str) -> String {
    format!("YIMEN_{}", name.replace('.', "__").to_uppercase())
}

/// Reads keys and the comments above them; `#: ` marks a key that is commented out.
fn read_reference(reference: &str) -> Vec<Explained> {
    let (mut section, mut comment, mut found) = (String::new(), String::new(), Vec::new());
    for line in reference.lines() {
        let key_line = line.strip_prefix("#: ").unwrap_or(line);
        if let Some(name) = key_line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = format!("{}.", name.trim_matches(['[', ']']));
        } else if let Some((name, value)) = key_line.split_once(" = ").filter(|_| !key_line.starts_with('#'))
        {
            let explanation = std::mem::take(&mut comment);
            found.push(Explained {
                name: format!("{section}{name}"),
                value: value.to_owned(),
                explanation,
            });
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

    #[test]
    fn the_reference_explains_keys_in_their_sections() {
        let found = read_reference(config::REFERENCE);
        let idle = found.iter().find(|one| one.name == "session.idle").unwrap();
        assert_eq!(
            (idle.value.as_str(), environment(&idle.name).as_str()),
            ("\"30m\"", "YIMEN_SESSION__IDLE")
        );
        assert!(idle.explanation.starts_with("A session ends"));
        assert!(found.iter().any(|one| one.name == "master_key"));
        for one in found {
            assert!(one.explanation.len() > 8, "{} is not explained", one.name);
        }
    }
}
