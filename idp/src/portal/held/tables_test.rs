use std::collections::BTreeMap;

use super::tables::TABLES;

const MIGRATIONS: [&str; 19] = [
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
];

/// Tables that hold nothing of a person that could be shown: settings, keys, and counts under keyed hashes.
const OF_NOBODY: [&str; 9] = [
    "client",
    "kiosk",
    "signing_key",
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
