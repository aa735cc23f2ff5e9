//! Holds the crate to imports without a circle: whoever reads a module can read what is below it first.

#![expect(clippy::unwrap_used, reason = "a test says what is wrong by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// Each module beside `lib.rs`, with the text of its files; without comments, whose links lead anywhere.
fn modules() -> BTreeMap<String, String> {
    let paths = entries(&source()).into_iter().filter(|path| {
        !path.ends_with("lib.rs") && (path.is_dir() || path.extension().is_some_and(|e| e == "rs"))
    });
    let code = |path: PathBuf| {
        let text = std::fs::read_to_string(path).unwrap();
        let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        lines.collect::<Vec<_>>().join("\n")
    };
    paths
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let files = if path.is_dir() { entries(&path) } else { vec![path] };
            (name, files.into_iter().map(code).collect::<String>())
        })
        .collect()
}

fn imports() -> BTreeMap<String, BTreeSet<String>> {
    let modules = modules();
    let named = |code: &str| -> BTreeSet<String> {
        let parts = code.split("crate::").skip(1);
        let names = parts.map(|part| {
            part.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                .next()
                .unwrap()
        });
        names
            .filter(|name| modules.contains_key(*name))
            .map(str::to_owned)
            .collect()
    };
    let imported = |(name, code): (&String, &String)| {
        assert!(!code.contains("crate::{"), "{name}: name one module per `use`");
        let mut below = named(code);
        below.remove(name);
        (name.clone(), below)
    };
    modules.iter().map(imported).collect()
}

#[test]
fn modules_import_without_a_circle() {
    let mut left = imports();
    assert!(left["callback"].contains("client"), "imports are found");
    loop {
        let open: BTreeSet<String> = left.keys().cloned().collect();
        left.retain(|_, below| !below.is_disjoint(&open));
        if left.len() == open.len() {
            break;
        }
    }
    assert!(
        left.is_empty(),
        "these import one another in a circle, or what does: {left:#?}"
    );
}
