use std::path::{Path, PathBuf};

use thiserror::Error;

use super::model::{Config, Settings, SmsProvider};
use super::secret::MasterKey;

/// Where a configuration is looked for when `--config` names none.
const PLACES: [&str; 2] = ["yimen.toml", "/etc/yimen/yimen.toml"];
const PREFIX: &str = "YIMEN_";

/// Why the configuration cannot be used. Values are never repeated where they may be secret.
#[derive(Debug, Error)]
pub enum ConfigError {
    #[error("no configuration: neither {} nor {} exists; name one with --config, or try `yimen demo`", PLACES[0], PLACES[1])]
    NotFound,
    #[error("cannot read {}: {fault}", path.display())]
    Unreadable { path: PathBuf, fault: std::io::Error },
    #[error("{}:{line}: {fault}", path.display())]
    File {
        path: PathBuf,
        line: usize,
        fault: String,
    },
    #[error("environment variable {name}: {fault}")]
    Environment { name: String, fault: String },
    #[error("{}: {fault}", path.display())]
    Resolve { path: PathBuf, fault: String },
}

/// The file to read: the one named, or the first that exists.
///
/// # Errors
/// Where there is none.
pub fn find_file(named: Option<&Path>) -> Result<PathBuf, ConfigError> {
    named.map(Path::to_path_buf).map_or_else(
        || {
            PLACES
                .iter()
                .map(PathBuf::from)
                .find(|place| place.exists())
                .ok_or(ConfigError::NotFound)
        },
        Ok,
    )
}

/// Reads the file, lays the environment over it, and resolves the whole.
///
/// # Errors
/// The first thing that is wrong, with file and line or the variable's name, and what is allowed.
pub fn load(path: &Path, environment: impl Iterator<Item = (String, String)>) -> Result<Config, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|fault| ConfigError::Unreadable {
        path: path.to_path_buf(),
        fault,
    })?;
    let settings = lay_over(path, &text, environment)?;
    resolve(settings).map_err(|fault| ConfigError::Resolve {
        path: path.to_path_buf(),
        fault,
    })
}

fn read_file(path: &Path, text: &str) -> Result<Settings, ConfigError> {
    toml::from_str(text).map_err(|fault| ConfigError::File {
        path: path.to_path_buf(),
        line: line_of(text, fault.span().map_or(0, |span| span.start)),
        fault: fault.message().to_owned(),
    })
}

fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes()
        .iter()
        .take(offset)
        .filter(|&&byte| byte == b'\n')
        .count()
        + 1
}

/// Applies `YIMEN_SECTION__KEY` variables one by one, so that a fault names its variable; those that are
/// whole only together, such as the required keys of one section, at the end and at once.
/// A variable without `__` counts only if it is a known top-level key: others may be the SDK's.
fn lay_over(
    path: &Path,
    text: &str,
    environment: impl Iterator<Item = (String, String)>,
) -> Result<Settings, ConfigError> {
    // A faulty line is the file's fault; a missing key may yet come from the environment.
    let file = read_file(path, text);
    let is_readable =
        !matches!(&file, Err(ConfigError::File { fault, .. }) if !fault.starts_with("missing field"));
    let Some(mut table) = text.parse::<toml::Table>().ok().filter(|_| is_readable) else {
        return file;
    };
    let mut variables: Vec<_> = environment.filter(|(name, _)| is_ours(name)).collect();
    variables.sort();
    let mut waiting = Vec::new();
    for (name, value) in variables {
        let keys: Vec<String> = name[PREFIX.len()..].split("__").map(str::to_lowercase).collect();
        // A value that reads as TOML (a number, a list) is tried so first, then as plain text.
        let readings = readings(&value);
        let mut candidates = readings
            .iter()
            .map(|reading| with(&table, &keys, reading.clone()));
        match candidates.find(|candidate| settings(candidate).is_ok()) {
            Some(candidate) => table = candidate,
            None => waiting.push((name, keys, readings)),
        }
    }
    for (_, keys, readings) in &waiting {
        if let Some(reading) = readings.first() {
            table = with(&table, keys, reading.clone());
        }
    }
    match (settings(&table), file) {
        (Ok(settings), _) => Ok(settings),
        (Err(_), Err(fault)) => Err(fault),
        (Err(fault), Ok(file)) => match waiting.into_iter().next() {
            Some((name, ..)) => Err(ConfigError::Environment { name, fault }),
            None => Ok(file),
        },
    }
}

fn settings(table: &toml::Table) -> Result<Settings, String> {
    let read = table.clone().try_into();
    read.map_err(|fault: toml::de::Error| fault.message().to_owned())
}

fn with(table: &toml::Table, keys: &[String], value: toml::Value) -> toml::Table {
    let mut table = table.clone();
    insert(&mut table, keys, value);
    table
}

fn is_ours(name: &str) -> bool {
    const TOP_LEVEL: [&str; 7] = [
        "PUBLIC_URL",
        "LISTEN",
        "DEV",
        "CITY",
        "CITY_EN",
        "HELPLINE",
        "MASTER_KEY",
    ];
    name.strip_prefix(PREFIX)
        .is_some_and(|rest| rest.contains("__") || TOP_LEVEL.contains(&rest))
}

fn readings(value: &str) -> Vec<toml::Value> {
    let typed = format!("v = {value}")
        .parse::<toml::Table>()
        .ok()
        .and_then(|mut table| table.remove("v"));
    typed
        .into_iter()
        .chain([toml::Value::String(value.to_owned())])
        .collect()
}

fn insert(table: &mut toml::Table, keys: &[String], value: toml::Value) {
    let Some((first, rest)) = keys.split_first() else {
        return;
    };
    if rest.is_empty() {
        table.insert(first.clone(), value);
        return;
    }
    let inner = table
        .entry(first.clone())
        .or_insert_with(|| toml::Value::Table(toml::Table::new()));
    if let toml::Value::Table(inner) = inner {
        insert(inner, rest, value);
    } else {
        *inner = toml::Value::Table(toml::Table::new());
        if let toml::Value::Table(inner) = inner {
            insert(inner, rest, value);
        }
    }
}

fn resolve(settings: Settings) -> Result<Config, String> {
    let public_url = settings.public_url.clone().ok_or(
        "public_url is missing: the address residents' browsers use, such as \"https://id.city.example\"",
    )?;
    let written = settings.master_key.as_ref().ok_or(
        "master_key is missing: 32 bytes in base64 from `openssl rand -base64 32`, \
         best as { file = \"/etc/yimen/master.key\" }; keep a copy, records cannot be read without it",
    )?;
    let master_key = MasterKey::parse(written)?;
    if !settings.dev {
        demand_production(&settings)?;
    }
    for (provider, there) in [
        (SmsProvider::Aliyun, settings.sms.aliyun.is_some()),
        (SmsProvider::Tencent, settings.sms.tencent.is_some()),
        (SmsProvider::Webhook, settings.sms.webhook.is_some()),
    ] {
        if settings.sms.providers.contains(&provider) && !there {
            let name = format!("{provider:?}").to_lowercase();
            return Err(format!(
                "sms.providers names \"{name}\", but there is no [sms.{name}] section"
            ));
        }
    }
    if settings.session.idle > settings.session.absolute {
        return Err("session.idle is longer than session.absolute".to_owned());
    }
    // NIST SP 800-63B-4 §2.1.3: at AAL1 a session ends within 30 days.
    if settings.session.absolute.get().as_secs() > 30 * 86_400 {
        return Err(
            "session.absolute is more than 30d, the limit of NIST SP 800-63B-4 for one factor".to_owned(),
        );
    }
    Ok(Config {
        public_url,
        master_key,
        settings,
    })
}

fn demand_production(settings: &Settings) -> Result<(), String> {
    if !settings
        .public_url
        .as_ref()
        .is_some_and(super::PublicUrl::is_https)
    {
        return Err("public_url must be https unless dev = true".to_owned());
    }
    if settings.sms.providers.contains(&SmsProvider::Outbox) {
        return Err("sms.providers may name \"outbox\" only when dev = true".to_owned());
    }
    if settings.sms.providers.is_empty() {
        return Err(
            "sms.providers is empty: name at least one of \"aliyun\", \"tencent\", \"webhook\"".to_owned(),
        );
    }
    if !settings.sms.test_number.is_empty() {
        return Err("[[sms.test_number]] is allowed only when dev = true".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "public_url = \"https://id.city.example\"\nmaster_key = \"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\"\n[sms]\nproviders = [\"webhook\"]\n[sms.webhook]\nurl = \"https://sms.city.example/send\"\nsecret = \"s\"\n";

    fn load_text(text: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("yimen.toml");
        std::fs::write(&path, text).unwrap();
        let pairs = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        load(&path, pairs).map_err(|fault| fault.to_string())
    }

    #[test]
    fn a_good_file_loads_with_defaults() {
        let config = load_text(GOOD, &[]).unwrap();
        assert_eq!(config.public_url.issuer(), "https://id.city.example");
        assert_eq!(config.settings.token.code, super::super::Span::seconds(60));
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line_and_what_is_allowed() {
        let fault = load_text(&format!("{GOOD}\n[session]\nidel = \"5m\"\n"), &[]).unwrap_err();
        assert!(
            fault.contains(".toml:10: unknown field `idel`, expected `idle` or `absolute`"),
            "{fault}"
        );
    }

    #[test]
    fn a_bad_value_is_named_with_its_line_and_what_is_allowed() {
        let fault = load_text(&format!("{GOOD}\n[session]\nidle = \"soon\"\n"), &[]).unwrap_err();
        assert!(
            fault.contains(":10: `soon` is no length of time; write it as"),
            "{fault}"
        );
    }

    #[test]
    fn the_environment_wins_and_its_faults_name_the_variable() {
        let config = load_text(
            GOOD,
            &[
                ("YIMEN_SESSION__IDLE", "5m"),
                ("YIMEN_DATABASE__MAX_CONNECTIONS", "3"),
            ],
        )
        .unwrap();
        assert_eq!(config.settings.session.idle, super::super::Span::minutes(5));
        assert_eq!(config.settings.database.max_connections, 3);
        let fault = load_text(GOOD, &[("YIMEN_SESSION__IDEL", "5m")]).unwrap_err();
        assert!(
            fault.starts_with("environment variable YIMEN_SESSION__IDEL: unknown field `idel`"),
            "{fault}"
        );
    }

    #[test]
    fn the_environment_may_give_a_section_whole_or_what_the_file_leaves_out() {
        let certificate = ("YIMEN_TLS__CERTIFICATE", "/etc/yimen/city.pem");
        let key = ("YIMEN_TLS__KEY", "/etc/yimen/city.key");
        let half = format!("{GOOD}\n[tls]\ncertificate = \"/etc/yimen/old.pem\"\n");
        for config in [
            load_text(GOOD, &[certificate, key]),
            load_text(&half, &[certificate, key]),
        ] {
            let tls = config.unwrap().settings.tls.unwrap();
            assert_eq!(tls.certificate, Path::new(certificate.1));
            assert_eq!(tls.key, Path::new(key.1));
        }
        let fault = load_text(GOOD, &[certificate]).unwrap_err();
        assert!(
            fault.starts_with("environment variable YIMEN_TLS__CERTIFICATE: missing field `key`"),
            "{fault}"
        );
        let fault = load_text(&half, &[certificate]).unwrap_err();
        assert!(fault.contains(".toml:9: missing field `key`"), "{fault}");
    }

    #[test]
    fn development_things_are_refused_in_production() {
        for (extra, said) in [
            (
                "\n[[sms.test_number]]\nphone = \"13800000000\"\ncode = \"123456\"\n",
                "test_number",
            ),
            ("\n[session]\nabsolute = \"31d\"\n", "30d"),
        ] {
            let fault = load_text(&format!("{GOOD}{extra}"), &[]).unwrap_err();
            assert!(fault.contains(said), "{fault}");
        }
        let fault = load_text(&GOOD.replace("https://id", "http://id"), &[]).unwrap_err();
        assert!(fault.contains("must be https"), "{fault}");
    }

    #[test]
    fn secrets_do_not_print() {
        let config = load_text(GOOD, &[]).unwrap();
        let printed = format!("{config:?}{}", toml::to_string(&config.settings).unwrap());
        assert!(
            !printed.contains("AAECAwQ") && printed.contains("***"),
            "{printed}"
        );
    }
}
