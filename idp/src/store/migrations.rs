//! The numbered SQL of `migrations/`, carried in the binary.

use std::sync::LazyLock;

use sqlx::SqlSafeStr as _;
use sqlx::migrate::{Migration, MigrationType, Migrator};

/// Each file by its name without `.sql`.
macro_rules! files {
    ($($name:literal,)+) => {
        const FILES: [(&str, &str); [$($name),+].len()] =
            [$(($name, include_str!(concat!("../../../migrations/", $name, ".sql")))),+];
    };
}

files! {
    "0001_records",
    "0002_signing_key",
    "0003_phone_number",
    "0004_unused_column",
    "0005_sweep",
    "0006_purpose",
    "0007_assurance_and_passkeys",
    "0008_proofing",
    "0009_phone_lease",
    "0010_notice",
    "0011_leaving",
    "0012_numbers_and_operators",
    "0013_merging",
    "0014_notice_seen",
    "0015_kiosk",
    "0016_merging_waits",
    "0017_network",
    "0018_language",
    "0019_notice_told",
    "0020_number_doubted",
    "0021_department",
    "0022_federation_key",
    "0023_initial_access_token",
    "0024_data_exchange",
    "0025_operator_role",
    "0026_polled_events",
    "0027_adoption",
}

/// Listed here and not by `sqlx::migrate!`, for which the compiler would build both database drivers a second time.
pub(super) static MIGRATIONS: LazyLock<Migrator> =
    LazyLock::new(|| Migrator::with_migrations(FILES.map(migration).into()));

fn migration((name, sql): (&'static str, &'static str)) -> Migration {
    let (number, description) = name.split_once('_').unwrap_or((name, ""));
    // A name without a number comes before all others, where the test below finds it.
    let version = number.parse().unwrap_or_default();
    let description = description.replace('_', " ").into();
    Migration::new(
        version,
        description,
        MigrationType::Simple,
        sql.into_sql_str(),
        false,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_carried_under_its_number() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../migrations");
        let mut found: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        found.sort();
        assert_eq!(FILES.map(|(name, _)| format!("{name}.sql")).to_vec(), found);
        let carried: Vec<_> = MIGRATIONS.iter().map(|migration| migration.version).collect();
        let numbers: Vec<_> = found
            .iter()
            .map(|name| name[..4].parse::<i64>().unwrap())
            .collect();
        assert_eq!(carried, numbers);
    }
}
