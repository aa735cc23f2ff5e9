use std::collections::BTreeMap;

use super::tables::{Kind, TABLES};
use super::values::{NAMES, named};
use crate::account::Identity;
use crate::audit::{Action, Actor};
use crate::consent::Item;
use crate::web::{Edition, Locale, sample};

const MIGRATIONS: [&str; 27] = [
    include_str!("../../../../migrations/0001_records.sql"),
    include_str!("../../../../migrations/0002_signing_key.sql"),
    include_str!("../../../../migrations/0003_phone_number.sql"),
    include_str!("../../../../migrations/0004_unused_column.sql"),
    include_str!("../../../../migrations/0005_sweep.sql"),
    include_str!("../../../../migrations/0006_purpose.sql"),
    include_str!("../../../../migrations/0007_assurance_and_passkeys.sql"),
    include_str!("../../../../migrations/0008_proofing.sql"),
    include_str!("../../../../migrations/0009_phone_lease.sql"),
    include_str!("../../../../migrations/0010_notice.sql"),
    include_str!("../../../../migrations/0011_leaving.sql"),
    include_str!("../../../../migrations/0012_numbers_and_operators.sql"),
    include_str!("../../../../migrations/0013_merging.sql"),
    include_str!("../../../../migrations/0014_notice_seen.sql"),
    include_str!("../../../../migrations/0015_kiosk.sql"),
    include_str!("../../../../migrations/0016_merging_waits.sql"),
    include_str!("../../../../migrations/0017_network.sql"),
    include_str!("../../../../migrations/0018_language.sql"),
    include_str!("../../../../migrations/0019_notice_told.sql"),
    include_str!("../../../../migrations/0020_number_doubted.sql"),
    include_str!("../../../../migrations/0021_department.sql"),
    include_str!("../../../../migrations/0022_federation_key.sql"),
    include_str!("../../../../migrations/0023_initial_access_token.sql"),
    include_str!("../../../../migrations/0024_data_exchange.sql"),
    include_str!("../../../../migrations/0025_operator_role.sql"),
    include_str!("../../../../migrations/0026_polled_events.sql"),
    include_str!("../../../../migrations/0027_adoption.sql"),
];

/// Tables that hold nothing of a person that could be shown: settings, keys, and counts under keyed hashes.
const OF_NOBODY: [&str; 16] = [
    "adoption_cell",
    "adoption_person",
    "adoption_week",
    "allowed_department",
    "client",
    "federation_entity",
    "initial_access_token",
    "kiosk",
    "signing_key",
    "federation_key",
    "relying_party",
    "tally",
    "redeemed_code",
    "operator",
    "operator_passkey",
    "operator_session",
];

/// Columns that say nothing of the person: ids of our own, hashes, and what only checks a signature.
const SILENT: [&str; 26] = [
    "id",
    "account_id",
    "session_id",
    "grant_id",
    "passkey_id",
    "kiosk_id",
    "passkey_handle",
    "request_id",
    "version",
    "credential",
    "payload",
    "next_attempt_at",
    "successor",
    "identity_index",
    "person_index",
    "number_index",
    "next_number_index",
    "code_hash",
    "into_account",
    "merged_into",
    "proof_id",
    "handle",
    "code_mac",
    "phone_id",
    "from_account",
    "lost_phone",
];

/// The tables of the schema with their columns, as the migrations make them.
fn schema() -> BTreeMap<String, Vec<String>> {
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in MIGRATIONS.iter().flat_map(|text| text.split(';')) {
        let words: Vec<&str> = line
            .lines()
            .filter(|line| !line.trim_start().starts_with("--"))
            .flat_map(str::split_whitespace)
            .collect();
        match words.as_slice() {
            ["CREATE", "TABLE", name, ..] => {
                let columns = line.lines().filter_map(|line| line.strip_prefix("    "));
                let columns = columns.filter(|line| !line.starts_with("--") && !line.starts_with("PRIMARY"));
                let names = columns.filter_map(|line| line.split_whitespace().next());
                tables.insert((*name).to_owned(), names.map(str::to_owned).collect());
            }
            ["ALTER", "TABLE", name, "ADD", "COLUMN", column, ..] => {
                tables.get_mut(*name).unwrap().push((*column).to_owned());
            }
            _ => {}
        }
    }
    tables
}

/// Somebody adds a table or a column: whose is it, and does the person see it?
#[test]
fn nothing_that_is_held_about_a_person_is_left_out() {
    let schema = schema();
    assert!(schema.len() > 15, "{schema:?}");
    for (name, columns) in &schema {
        if OF_NOBODY.contains(&name.as_str()) {
            continue;
        }
        let table = TABLES.iter().find(|table| table.name == name);
        let table = table.unwrap_or_else(|| panic!("the table {name} is in no export"));
        for column in columns {
            let is_shown = table.columns.iter().any(|shown| shown.name == column);
            let is_silent = SILENT.contains(&column.as_str()) || column.ends_with("_hash");
            assert!(is_shown || is_silent, "{name}.{column} is in no export");
        }
    }
}

/// Columns that hold names of ours and nothing else.
const ENUMERATED: [&str; 11] = [
    "action",
    "actor",
    "amr",
    "end_reason",
    "identity",
    "item",
    "kind",
    "language",
    "method",
    "scope",
    "status",
];

#[test]
fn what_is_stored_by_a_name_is_shown_in_words() {
    for table in &TABLES {
        for column in table.columns {
            let is_named = matches!(column.kind, Kind::Named | Kind::Told);
            let name = column.name;
            assert_eq!(is_named, ENUMERATED.contains(&name), "{}.{name}", table.name);
        }
    }
    let names = NAMES.map(|(name, _)| name);
    let actions = Action::ALL.map(Action::as_str);
    for page in Locale::ALL.map(|locale| sample::page(locale, Edition::Standard)) {
        for name in names.into_iter().chain(actions) {
            let shown = named(&page, name);
            assert!(shown != name && !shown.starts_with("value-"), "{name}: {shown}");
            let several = named(&page, &format!("{name} sms"));
            assert!(name.contains(' ') || several != format!("{name} sms"), "{name}");
        }
    }
}

/// Somebody stores a new name: what do its people read?
#[test]
fn every_name_that_is_stored_has_words() {
    let mut stored: Vec<String> = [
        Actor::Resident,
        Actor::Client,
        Actor::Operator,
        Actor::Kiosk,
        Actor::Node,
    ]
    .map(|actor| actor.as_str().to_owned())
    .into();
    stored.extend(
        [Identity::Unknown, Identity::RealName, Identity::InPerson].map(|known| known.as_str().to_owned()),
    );
    stored.extend(Locale::ALL.map(|locale| locale.tag().to_owned()));
    stored.extend(Item::OF_SCOPES.map(|item| item.name().into_owned()));
    // Those that stand in SQL, and those of `as_str`.
    let read =
        |path: &str| std::fs::read_to_string(format!("{}/src/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    for path in [
        "account/disputes.rs",
        "account/lease.rs",
        "account/merging.rs",
        "account/moves.rs",
        "account/numbers.rs",
        "portal/held/erase.rs",
    ] {
        let text = read(path);
        for start in ["SET status = '", "end_reason = '"] {
            let found = text
                .split(start)
                .skip(1)
                .filter_map(|rest| rest.split('\'').next());
            stored.extend(found.map(str::to_owned));
        }
    }
    for (path, names) in [
        ("account/passkeys.rs", "impl PasskeyEnd"),
        ("audit/event.rs", "impl EndReason"),
        ("oidc/grant/records.rs", "impl GrantEnd"),
        ("operator/act.rs", "impl Reason"),
        ("signin/identity/prove.rs", "impl Stop"),
    ] {
        let text = read(path);
        let body = text
            .split(names)
            .nth(1)
            .and_then(|rest| rest.split("\n}\n").next())
            .unwrap();
        let arms = body.lines().filter_map(|line| line.trim().strip_prefix("Self::"));
        let before = stored.len();
        stored.extend(arms.filter_map(|arm| Some(arm.split("=> \"").nth(1)?.split('"').next()?.to_owned())));
        assert!(stored.len() > before, "{path}");
    }
    assert!(stored.len() > 50, "{stored:?}");
    for name in stored {
        assert!(
            NAMES.iter().any(|(known, _)| *known == name),
            "{name} has no words"
        );
    }
}
