//! What is linked into the program: its licences, where it comes from, and what stays out, as `.deny.toml` has it. This
//! asks cargo alone, so that it runs on every machine; `cargo deny check` reads the same file and the licences' texts.

#![expect(clippy::unwrap_used, reason = "a test says what is wrong by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .args(["--locked", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

struct Package {
    name: String,
    version: String,
    /// Where it is from, unless that is crates.io.
    place: String,
    licence: String,
}

/// The packages of the whole workspace, with all their features, on the systems it is made for.
fn packages(rules: &toml::Table) -> Vec<Package> {
    let mut arguments = vec!["tree", "--workspace", "--all-features", "--no-dedupe"];
    arguments.extend(["--prefix", "none", "--format", "{p};{l}"]);
    for target in rules["graph"]["targets"].as_array().unwrap() {
        arguments.extend(["--target", target.as_str().unwrap()]);
    }
    let tree = cargo(&arguments);
    let lines: BTreeSet<&str> = tree.lines().filter(|line| !line.is_empty()).collect();
    assert!(lines.len() > 100, "{tree}");
    let read = |line: &str| {
        let (package, licence) = line.split_once(';').unwrap();
        let mut words = package.splitn(3, ' ');
        let (name, version) = (words.next().unwrap(), words.next().unwrap());
        Package {
            name: name.to_owned(),
            version: version.trim_start_matches('v').to_owned(),
            place: words.next().unwrap_or_default().replace("(proc-macro)", ""),
            licence: licence.to_owned(),
        }
    };
    lines.into_iter().map(read).collect()
}

fn rules() -> toml::Table {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.deny.toml");
    std::fs::read_to_string(file).unwrap().parse().unwrap()
}

fn texts(list: &toml::Value, name: &str) -> Vec<String> {
    let one = |item: &toml::Value| item.get(name).unwrap_or(item).as_str().unwrap().to_owned();
    list.as_array().unwrap().iter().map(one).collect()
}

/// Whether an SPDX expression can be met by licences that are allowed.
fn is_met(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace('/', " OR ");
    let mut words = spaced.split_whitespace().peekable();
    let met = either(&mut words, allowed);
    assert!(words.next().is_none(), "not understood: {expression}");
    met
}

type Words<'w> = std::iter::Peekable<std::str::SplitWhitespace<'w>>;

fn either(words: &mut Words<'_>, allowed: &[String]) -> bool {
    let mut met = both(words, allowed);
    while words.next_if_eq(&"OR").is_some() {
        met |= both(words, allowed);
    }
    met
}

fn both(words: &mut Words<'_>, allowed: &[String]) -> bool {
    let mut met = one(words, allowed);
    while words.next_if_eq(&"AND").is_some() {
        met &= one(words, allowed);
    }
    met
}

fn one(words: &mut Words<'_>, allowed: &[String]) -> bool {
    let licence = words.next().unwrap_or_default();
    if licence == "(" {
        let met = either(words, allowed);
        assert_eq!(words.next(), Some(")"));
        return met;
    }
    let whole = match words.next_if_eq(&"WITH") {
        Some(_) => format!("{licence} WITH {}", words.next().unwrap_or_default()),
        None => licence.to_owned(),
    };
    allowed.contains(&whole)
}

#[test]
fn every_licence_is_one_that_may_be_linked() {
    let rules = rules();
    let allowed = texts(&rules["licenses"]["allow"], "name");
    for (expression, met) in [
        ("MIT OR GPL-3.0", true),
        ("MIT AND GPL-3.0", false),
        ("(GPL-3.0 OR MIT) AND ISC", true),
        ("GPL-3.0/MIT", true),
        ("Apache-2.0 WITH LLVM-exception", true),
        ("MIT WITH GCC-exception-3.1", false),
        ("", false),
    ] {
        assert_eq!(is_met(expression, &allowed), met, "{expression}");
    }
    for package in packages(&rules) {
        let Package { name, licence, .. } = &package;
        assert!(is_met(licence, &allowed), "{name} is under {licence:?}");
    }
}

#[test]
fn everything_comes_from_here_or_from_crates_io() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let here = format!("({}", root.display());
    let mut own = 0;
    for Package { name, place, .. } in packages(&rules()) {
        let place = place.trim();
        assert!(
            place.is_empty() || place.starts_with(&here),
            "{name} comes from {place}"
        );
        own += usize::from(!place.is_empty());
    }
    assert_eq!(own, 5, "packages of the workspace");
}

#[test]
fn what_is_denied_is_not_there_and_nothing_unlisted_is_there_twice() {
    let rules = rules();
    let denied = texts(&rules["bans"]["deny"], "crate");
    // `name@0.7`: each version that begins so.
    let skipped = texts(&rules["bans"]["skip"], "crate");
    let mut unused: BTreeSet<&String> = skipped.iter().collect();
    let mut versions: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in packages(&rules) {
        let Package { name, version, .. } = &package;
        assert!(!denied.iter().any(|denied| denied == name), "{name} stays out");
        let skip = skipped.iter().find(|skip| {
            skip.split_once('@').is_some_and(|(skipped, start)| {
                skipped == name.as_str()
                    && version
                        .strip_prefix(start)
                        .is_some_and(|rest| rest.starts_with('.'))
            })
        });
        match skip {
            Some(skip) => {
                unused.remove(skip);
            }
            None => versions.entry(name.clone()).or_default().push(version.clone()),
        }
    }
    let twice: Vec<_> = versions
        .iter()
        .filter(|(_, versions)| versions.len() > 1)
        .collect();
    assert!(
        twice.is_empty(),
        "more than one version, and no reason in .deny.toml: {twice:?}"
    );
    assert!(
        unused.is_empty(),
        "listed in .deny.toml, and not there: {unused:?}"
    );
}

/// A production build is made without the demo, whose departments alone need the SDK.
#[test]
fn the_sdk_is_left_out_of_production() {
    let tree = |features: &[&str]| {
        let asked = ["tree", "-p", "yimen", "-e", "normal", "--prefix", "none"];
        cargo(&[&asked, features].concat())
    };
    let whole = tree(&[]);
    assert!(whole.contains("yimen-sdk v") && whole.contains("yimen-demo v"));
    let production = tree(&["--no-default-features"]);
    assert!(production.starts_with("yimen v"), "{production}");
    for left_out in ["yimen-sdk", "yimen-demo"] {
        assert!(!production.contains(left_out), "{left_out}: {production}");
    }
}
