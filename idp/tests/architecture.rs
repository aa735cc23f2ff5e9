//! Holds the crate to its arrows: each room imports what its `May import` line names, and nothing
//! but rooms of a lower step. `docs/architecture.md` draws the steps and shows the same lines.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what is wrong by panicking"
)]

mod statements;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use statements::literals::literals;
use statements::written;

type Rooms = BTreeMap<String, BTreeSet<String>>;

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| {
            if path.is_dir() {
                files_below(&path)
            } else {
                vec![path]
            }
        })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}

fn room_names() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(source())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// What each room's `mod.rs` says it may import.
fn allowed() -> Rooms {
    let read = |room: &String| {
        let text = std::fs::read_to_string(source().join(room).join("mod.rs")).unwrap();
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("//! May import: "))
            .unwrap_or_else(|| panic!("{room}/mod.rs has no line `//! May import: …`"));
        let names = line
            .trim_end_matches('.')
            .split(", ")
            .filter(|name| *name != "nothing")
            .map(str::to_owned);
        (room.clone(), names.collect())
    };
    room_names().iter().map(read).collect()
}

/// What each room's files really name by `crate::…`.
fn imported() -> Rooms {
    let names = room_names();
    let mut found = Rooms::new();
    for room in &names {
        let uses = found.entry(room.clone()).or_default();
        for file in files_below(&source().join(room)) {
            let text = std::fs::read_to_string(&file).unwrap();
            for part in text.split("crate::").skip(1) {
                let end = part
                    .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                    .unwrap_or(part.len());
                let name = &part[..end];
                assert!(
                    !part.starts_with('{'),
                    "{}: name one room per `use`",
                    file.display()
                );
                if name != room && names.iter().any(|known| known == name) {
                    uses.insert(name.to_owned());
                }
            }
        }
    }
    found
}

/// The code of the rooms, without tests, by each file's name below `src`.
fn code() -> Vec<(String, String)> {
    let mut code = Vec::new();
    for file in files_below(&source()) {
        let name = file
            .strip_prefix(source())
            .unwrap()
            .to_string_lossy()
            .into_owned();
        let tests = ["_tests.rs", "_test.rs", "/tests.rs"];
        if tests.iter().any(|end| name.ends_with(end)) || name.contains("/tests/") {
            continue;
        }
        let text = std::fs::read_to_string(&file).unwrap();
        let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        code.push((name, text.to_owned()));
    }
    code
}

/// Without comments and blanks, so that a call that goes over several lines reads as one.
fn squeezed(code: &str) -> String {
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.flat_map(str::split_whitespace).collect()
}

#[test]
fn rooms_import_what_they_say_and_nothing_else() {
    let allowed = allowed();
    for (room, used) in imported() {
        let missing: Vec<_> = used.difference(&allowed[&room]).collect();
        assert!(
            missing.is_empty(),
            "{room} imports {missing:?}, which its `May import` line does not name"
        );
    }
}

/// Where nothing is found, nothing is refused.
#[test]
fn imports_are_found_where_there_are_some() {
    let imported = imported();
    for (room, other) in [("oidc", "signin"), ("http", "oidc"), ("store", "config")] {
        assert!(imported[room].contains(other), "{room}: {:?}", imported[room]);
    }
    assert!(imported["config"].is_empty());
}

/// How many modules up each path of `code` goes that begins with `super`, and whether it stands in an inline module.
fn ways_up(code: &str) -> Vec<(usize, bool)> {
    let mut ways = Vec::new();
    let mut is_inline = false;
    for line in code.lines() {
        is_inline |= line.starts_with("mod ") && line.ends_with('{');
        let mut rest = line;
        while let Some((before, after)) = rest.split_once("super::") {
            let mut up = 1;
            rest = after;
            while let Some(after) = rest.strip_prefix("super::") {
                up += 1;
                rest = after;
            }
            if rest.starts_with("super") {
                up += 1;
            }
            if !before.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_') {
                ways.push((up, is_inline));
            }
        }
    }
    ways
}

/// A way up and out would be an arrow that nobody sees: another room is named by `crate::` alone.
#[test]
fn no_path_leaves_its_room_upwards() {
    assert_eq!(
        ways_up("use super::super::room;\npub(in super::super) fn f() {}\nmod tests {\n    use super::*;"),
        [(2, false), (2, false), (1, true)]
    );
    let mut found = 0;
    for file in files_below(&source()) {
        let name = file.strip_prefix(source()).unwrap();
        // Modules from the crate's root to this file's own.
        let is_folder = file.file_stem().is_some_and(|stem| stem == "mod");
        // A file of tests may be a module of the file beside it.
        let is_of_tests = name.to_string_lossy().ends_with("_test.rs");
        let depth = name.components().count() - usize::from(is_folder) + usize::from(is_of_tests);
        let text = std::fs::read_to_string(&file).unwrap();
        for (up, is_inline) in ways_up(&text) {
            found += 1;
            assert!(
                name.components().count() == 1 || up < depth + usize::from(is_inline),
                "{}: a path goes {up} up and leaves the room; say `crate::`",
                name.display()
            );
        }
    }
    assert!(found > 500, "{found}");
}

#[test]
fn arrows_go_one_way() {
    let allowed = allowed();
    let mut settled: BTreeSet<&String> = BTreeSet::new();
    loop {
        let next: Vec<_> = allowed
            .iter()
            .filter(|(room, below)| {
                !settled.contains(room) && below.iter().all(|name| settled.contains(name))
            })
            .map(|(room, _)| room)
            .collect();
        if next.is_empty() {
            break;
        }
        settled.extend(next);
    }
    let knotted: Vec<_> = allowed.keys().filter(|room| !settled.contains(room)).collect();
    assert!(
        knotted.is_empty(),
        "these rooms lie on a cycle or name a room that is not there: {knotted:?}"
    );
}

#[test]
fn the_document_shows_the_same_arrows() {
    let document = std::fs::read_to_string(source().join("../../docs/architecture.md")).unwrap();
    for room in room_names() {
        let text = std::fs::read_to_string(source().join(&room).join("mod.rs")).unwrap();
        let below = text
            .lines()
            .find_map(|line| line.strip_prefix("//! May import: "))
            .unwrap()
            .trim_end_matches('.');
        let shown = document
            .lines()
            .find(|line| line.starts_with(&format!("| `{room}` |")))
            .unwrap_or_else(|| panic!("docs/architecture.md has no row for {room}"));
        assert!(
            shown.ends_with(&format!("| {below} |")),
            "docs/architecture.md shows\n{shown}\nbut {room} may import {below}"
        );
    }
}

/// The arrows of `docs/architecture.md`, top step first: the rooms of each step.
fn steps(document: &str) -> Vec<Vec<String>> {
    let chain = document
        .lines()
        .find_map(|line| line.strip_prefix("`main → ")?.strip_suffix('`'))
        .unwrap_or_else(|| panic!("docs/architecture.md draws no chain that begins with `main →`"));
    let rooms = |step: &str| {
        step.trim_matches(['{', '}', ' '])
            .split(", ")
            .map(str::to_owned)
            .collect()
    };
    chain.split(" → ").map(rooms).collect()
}

#[test]
fn each_room_imports_only_rooms_of_lower_steps() {
    let document = std::fs::read_to_string(source().join("../../docs/architecture.md")).unwrap();
    let steps = steps(&document);
    let mut drawn: Vec<&String> = steps.iter().flatten().collect();
    drawn.sort();
    assert_eq!(drawn, room_names().iter().collect::<Vec<_>>());

    let step_of = |room: &str| steps.iter().position(|rooms| rooms.iter().any(|one| one == room));
    for (room, below) in allowed() {
        for other in below {
            assert!(
                step_of(&room) < step_of(&other),
                "{room} may import {other}, which docs/architecture.md does not draw below it"
            );
        }
    }
}

/// How well a person is known is written in two places: one wants an authority's answer, the other an operator on duty.
#[test]
fn two_statements_raise_how_well_a_person_is_known_and_one_lowers_it() {
    let migrations = std::fs::read_dir(source().join("../../migrations")).unwrap();
    let migrations = migrations.map(|entry| entry.unwrap().path()).map(|path| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, vec![std::fs::read_to_string(path).unwrap()])
    });
    let rooms = code().into_iter().map(|(name, code)| (name, literals(&code)));
    let mut found = Vec::new();
    for (name, statements) in rooms.chain(migrations) {
        let file = name.rsplit('/').next().unwrap_or_default();
        for statement in statements {
            let of_person = written(&statement, "account")
                .into_iter()
                .filter(|one| ["identity", "name", "*"].contains(&one.column.as_str()));
            found.extend(of_person.map(|one| format!("{file} sets {}", one.how)));
        }
    }
    found.sort();
    assert_eq!(
        found,
        [
            "in_person.rs sets identity = 'in_person'",
            "real_name.rs sets identity = 'unknown'",
            "real_name.rs sets identity = CASE WHEN identity = $3 THEN identity ELSE $2 END",
            "records.rs sets name = $2",
            "records.rs sets name = NULL",
        ]
    );
    let records = std::fs::read_to_string(source().join("account/records.rs")).unwrap();
    assert!(
        records.contains("pub(super) async fn set_name("),
        "the name is set by account/real_name.rs and account/in_person.rs alone"
    );
    let verdict = std::fs::read_to_string(source().join("proofing/verdict.rs")).unwrap();
    assert_eq!(
        verdict
            .split("#[cfg(test)]")
            .next()
            .unwrap_or_default()
            .matches("Match {")
            .count(),
        3,
        "a Match is declared, has its methods, and is made of an authority's answer"
    );
    let sessions = std::fs::read_to_string(source().join("operator/sessions.rs")).unwrap();
    assert_eq!(
        sessions.matches("OnDuty {").count(),
        3,
        "an OnDuty is declared, has its methods, and is made of a live session"
    );
}

/// Nothing writes past `audit::Change`, which does not commit without a row: whoever holds a `Db` reads.
#[test]
fn only_the_audit_writes() {
    for (name, code) in code() {
        if name.starts_with("store/") || name.starts_with("audit/") {
            continue;
        }
        let code = squeezed(&code);
        for write in ["db.begin(", "db.execute(", "db().begin(", "db().execute("] {
            assert!(!code.contains(write), "{name}: write through audit::Change");
        }
        for (at, call) in code.match_indices(".execute(") {
            let by = code[..at]
                .rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                .next();
            assert!(
                by.is_some_and(|by| by.ends_with("change")),
                "{name}: whose is this {call}..? A `change` is an audit::Change"
            );
        }
    }
}

/// Who commits without an audit row, how often, and why it means nothing to anyone. Whoever comes new to this list
/// says so too.
const HOUSEKEEPING: [(&str, usize, &str); 9] = [
    (
        "department/adoption/records.rs",
        2,
        "how often something was done, by nobody in particular",
    ),
    (
        "department/trust/join/register.rs",
        1,
        "when a system failed again, as the audit has it already",
    ),
    (
        "events/courier.rs",
        2,
        "a lease on a message, and when it is tried again",
    ),
    ("operator/sessions.rs", 1, "when the session was last used"),
    (
        "portal/told.rs",
        1,
        "what the resident has seen, and is not shown again",
    ),
    (
        "signin/identity/prove.rs",
        2,
        "how many questions, before the one that the audit has is asked",
    ),
    (
        "signin/sessions/kiosk.rs",
        1,
        "when the session was last used, by what a department says",
    ),
    ("signin/sessions/records.rs", 1, "when the session was last used"),
    (
        "signin/window_code.rs",
        1,
        "how many tries, before the one that the audit has is looked at",
    ),
];

#[test]
fn what_commits_without_an_audit_row_is_on_the_list() {
    let mut found = Vec::new();
    for (name, code) in code() {
        let times = squeezed(&code).matches("commit_housekeeping(").count();
        if times > 0 && name != "audit/change.rs" {
            found.push((name, times));
        }
    }
    found.sort();
    let listed = HOUSEKEEPING.map(|(name, times, _)| (name.to_owned(), times));
    assert_eq!(found, listed);
}

/// What each row of the threat model's tables ends with are tests: those of our own code by their functions, those in a
/// browser by what they are called.
#[test]
fn every_test_that_the_threat_model_names_is_there() {
    let root = source().join("../..");
    let read = |file: &Path| std::fs::read_to_string(file).unwrap();
    let rust: String = ["idp", "sdk", "tests/http"]
        .iter()
        .flat_map(|folder| files_below(&root.join(folder)))
        .map(|file| read(&file))
        .collect();
    let browser: String = std::fs::read_dir(root.join("tests/browser"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "mjs"))
        .map(|file| read(&file))
        .collect();
    let functions: BTreeSet<&str> = rust
        .split("fn ")
        .filter_map(|rest| rest.split_once('(').map(|(name, _)| name))
        .collect();
    let document = read(&root.join("docs/threat-model.md"));
    let mut found = 0;
    for row in document.lines().filter(|line| line.starts_with('|')) {
        let cell = row.trim_end_matches([' ', '|']).rsplit(" | ").next().unwrap();
        for name in cell.split('`').skip(1).step_by(2) {
            let is_there = match name {
                _ if name.contains(' ') => browser.contains(&format!("test('{name}'")),
                _ if name.matches('_').count() > 1 && !name.contains("::") => functions.contains(name),
                // A setting, a file, a function that no test is.
                _ => continue,
            };
            found += 1;
            assert!(
                is_there,
                "docs/threat-model.md names {name}, and there is no such test"
            );
        }
    }
    assert!(found > 240, "{found}");
}
