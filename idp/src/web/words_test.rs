//! The words against the places that use them: nothing missing, nothing left over, in any language.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::locale::Locale;
use super::words::sources;

type Variables = BTreeSet<String>;

/// The messages of a language with the variables each takes, those of `{ month }` included.
fn messages(locale: Locale) -> BTreeMap<String, Variables> {
    let mut found: BTreeMap<String, Variables> = BTreeMap::new();
    let mut current = None;
    for line in sources(locale).iter().flat_map(|source| source.lines()) {
        if let Some((id, _)) = line.split_once(" = ").filter(|_| !line.starts_with([' ', '#'])) {
            assert!(
                found.insert(id.to_owned(), Variables::new()).is_none(),
                "{id} is said twice"
            );
            current = Some(id.to_owned());
        } else if !line.starts_with([' ', '}', '*']) {
            current = None;
        }
        if let Some(variables) = current.as_ref().and_then(|id| found.get_mut(id)) {
            variables.extend(line.split('$').skip(1).map(leading_name));
            if line.contains("{ month }") {
                variables.insert("month".to_owned());
            }
        }
    }
    found
}

fn leading_name(text: &str) -> String {
    text.chars()
        .take_while(|c| c.is_ascii_lowercase() || *c == '-')
        .collect()
}

fn read_all(folder: &Path, texts: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            read_all(&entry.path(), texts);
        } else if !entry.file_name().to_string_lossy().ends_with("_test.rs") {
            texts.push(std::fs::read_to_string(entry.path()).unwrap());
        }
    }
}

/// The templates and the code, without the unit tests at the end of each file.
fn sources_of_pages() -> Vec<String> {
    let mut texts = Vec::new();
    for folder in ["templates", "src"] {
        read_all(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut texts);
    }
    for text in &mut texts {
        let end = text.find("#[cfg(test)]\nmod tests").unwrap_or(text.len());
        text.truncate(end);
    }
    texts
}

/// Each `say("id")` with the names in the `.with("name", …)` calls chained to it.
fn uses(text: &str) -> Vec<(String, Variables)> {
    text.split(".say(\"")
        .skip(1)
        .filter_map(|rest| rest.split_once("\")"))
        .map(with_variables)
        .collect()
}

fn with_variables((id, mut rest): (&str, &str)) -> (String, Variables) {
    let mut variables = Variables::new();
    while let Some((name, after)) = rest
        .trim_start()
        .strip_prefix(".with(\"")
        .and_then(|rest| rest.split_once('"'))
    {
        variables.insert(name.to_owned());
        rest = after_closing_parenthesis(after);
    }
    (id.to_owned(), variables)
}

fn after_closing_parenthesis(text: &str) -> &str {
    let mut depth = 1;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth == 1 => return &text[at + 1..],
            ')' => depth -= 1,
            _ => {}
        }
    }
    ""
}

#[test]
fn every_language_says_the_same_things_with_the_same_variables() {
    assert_eq!(messages(Locale::Chinese), messages(Locale::English));
}

#[test]
fn all_words_can_be_parsed() {
    for source in Locale::ALL.iter().flat_map(|locale| sources(*locale)) {
        let parsed = fluent_bundle::FluentResource::try_new((*source).to_owned());
        assert!(parsed.is_ok(), "{:?}", parsed.err().map(|(_, errors)| errors));
    }
}

#[test]
fn the_pages_say_only_what_there_are_words_for() {
    let messages = messages(Locale::Chinese);
    for text in sources_of_pages() {
        for (id, variables) in uses(&text) {
            assert_eq!(Some(&variables), messages.get(&id), "{id}");
        }
    }
}

#[test]
fn no_words_are_left_over() {
    let texts = sources_of_pages();
    for id in messages(Locale::Chinese).keys().filter(|id| *id != "month") {
        let quoted = format!("\"{id}\"");
        assert!(
            texts.iter().any(|text| text.contains(&quoted)),
            "nobody says {id}"
        );
    }
}

#[test]
fn dates_and_spans_read_naturally() {
    use super::words::Words;
    use crate::clock::Timestamp;
    use std::time::Duration;

    let [chinese, english] = Locale::ALL.map(Words::of);
    let late = Timestamp::from_seconds(1_811_692_800); // 2027-05-30T16:00:00Z: already the 31st here
    assert_eq!(chinese.date(late), "2027年5月31日");
    assert_eq!(english.date(late), "31 May 2027");
    let now = late.plus(Duration::from_secs(9 * 3600 + 12 * 60));
    assert_eq!(chinese.moment(now, now), "今天 09:12");
    assert_eq!(
        english.moment(late.minus(Duration::from_secs(1)), now),
        "30 May, 23:59"
    );
    assert_eq!(
        chinese.moment(late.minus(Duration::from_secs(365 * 86_400)), now),
        "2026年5月31日 00:00"
    );
    let spans = [1, 60, 91, 600, 7200, 172_800].map(|seconds| english.span(Duration::from_secs(seconds)));
    assert_eq!(
        spans,
        [
            "1 second",
            "60 seconds",
            "2 minutes",
            "10 minutes",
            "2 hours",
            "2 days"
        ]
    );
}
