use std::path::{Path, PathBuf};

use thiserror::Error;

use super::model::{Config, Settings};
use super::private::private_files;
use super::resolve::resolve;
use super::secret::{NO_FILE, NO_VARIABLE};
use super::written::{Place, Written, line_of};

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
    #[error("{place}: {fault}")]
    Wrong { place: Place, fault: String },
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
    let mut written = Written::in_file(path, &text);
    let (settings, all) = lay_over(&mut written, &text, environment)?;
    let own = text.parse().unwrap_or_default();
    let private = private_files(path, &settings, &all, &own);
    resolve(settings, written, private)
}

fn read_file(written: &Written, text: &str) -> Result<Settings, ConfigError> {
    toml::from_str(text).map_err(|fault| ConfigError::Wrong {
        place: written.line(line_of(text, fault.span().map_or(0, |span| span.start))),
        fault: without_values(fault.message()),
    })
}

/// serde's message without the text it repeats where a text does not belong: an address with its password, say, in
/// the place of a section.
fn without_values(message: &str) -> String {
    let Some(begin) = ["invalid type: string \"", "invalid value: string \""]
        .iter()
        .find_map(|said| Some(message.find(said)? + said.len()))
    else {
        return message.to_owned();
    };
    let end = message.rfind("\", expected ").unwrap_or(message.len());
    format!(
        "{}***{}",
        &message[..begin],
        message.get(end..).unwrap_or_default()
    )
}

/// Applies `YIMEN_SECTION__KEY` variables one by one, so that a fault names its variable; those that are
/// whole only together, such as the required keys of one section, at the end and at once.
/// A variable without `__` counts only if it is a known top-level key: others may be the SDK's.
fn lay_over(
    written: &mut Written,
    text: &str,
    environment: impl Iterator<Item = (String, String)>,
) -> Result<(Settings, toml::Table), ConfigError> {
    // A faulty line is the file's fault; a missing key may yet come from the environment, and so may a secret.
    let may_come = |fault: &str| {
        ["missing field", NO_FILE, NO_VARIABLE]
            .iter()
            .any(|said| fault.starts_with(said))
    };
    let file = read_file(written, text);
    let is_readable = !matches!(&file, Err(ConfigError::Wrong { fault, .. }) if !may_come(fault));
    let Some(mut table) = text.parse::<toml::Table>().ok().filter(|_| is_readable) else {
        return file.map(|settings| (settings, toml::Table::new()));
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
            Some(candidate) => {
                table = candidate;
                written.note_variable(keys.join("."), name);
            }
            None => waiting.push((name, keys, readings)),
        }
    }
    for (name, keys, readings) in &waiting {
        if let Some(reading) = readings.first() {
            table = with(&table, keys, reading.clone());
            written.note_variable(keys.join("."), name.clone());
        }
    }
    match (settings(&table), file) {
        (Ok(settings), _) => Ok((settings, table)),
        (Err(_), Err(fault)) => Err(fault),
        (Err(fault), Ok(file)) => match waiting.into_iter().next() {
            Some((name, ..)) => Err(ConfigError::Wrong {
                place: Place::Variable(name),
                fault,
            }),
            None => Ok((file, table)),
        },
    }
}

fn settings(table: &toml::Table) -> Result<Settings, String> {
    let read = table.clone().try_into();
    read.map_err(|fault: toml::de::Error| without_values(fault.message()))
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
            fault
                .contains(".toml:10: unknown field `idel`, expected one of `idle`, `absolute`, `kiosk_idle`"),
            "{fault}"
        );
    }

    #[test]
    fn a_bad_value_is_named_with_its_line_and_what_is_allowed() {
        let fault = load_text(&format!("{GOOD}\n[session]\nidle = \"soon\"\n"), &[]).unwrap_err();
        assert!(
            fault.contains(":10: `soon` is not a duration; write it as"),
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
            ("\n[http]\nrequest_timeout = \"10s\"\n", "sms.timeout"),
            (
                "\n[proofing]\nurl = \"https://a.example/\"\nsecret = \"s\"\ntimeout = \"15s\"\n",
                "http.request_timeout",
            ),
        ] {
            let fault = load_text(&format!("{GOOD}{extra}"), &[]).unwrap_err();
            assert!(fault.contains(said), "{fault}");
        }
        let fault = load_text(&GOOD.replace("https://id", "http://id"), &[]).unwrap_err();
        assert!(fault.contains("must be https"), "{fault}");
    }

    #[test]
    fn the_environment_gives_a_secret_whose_place_in_the_file_is_empty() {
        let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
        for place in ["{ file = \"/nowhere\" }", "{ env = \"YIMEN_TEST_NOWHERE\" }"] {
            let text = GOOD.replace(&format!("\"{key}\""), place);
            assert!(text.contains(place));
            load_text(&text, &[("YIMEN_MASTER_KEY", key)]).unwrap();
            // And nothing else does.
            let fault = load_text(&text, &[("YIMEN_SESSION__IDLE", "7m")]).unwrap_err();
            assert!(
                fault.contains(":2: cannot read the secret file")
                    || fault.contains(":2: the environment variable"),
                "{fault}"
            );
        }
    }

    #[test]
    fn what_is_refused_only_when_all_is_read_names_its_line() {
        let with = |extra: &str| format!("{GOOD}{extra}");
        for (text, said) in [
            (
                GOOD.replace("https://id", "http://id"),
                ":1: public_url is http://id.city.example; it must be https",
            ),
            (GOOD.replace("public_url", "city"), ":1: public_url is missing"),
            (GOOD.replace("AAEC", "!"), ":2: master_key is not base64"),
            (GOOD.replace("AAEC", ""), ":2: master_key has 29 bytes, not 32"),
            (
                GOOD.replace(
                    "\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\"",
                    "{ file = \"/nowhere\" }",
                ),
                ":2: cannot read the secret file",
            ),
            (
                GOOD.replace("[\"webhook\"]", "[\"aliyun\"]"),
                ":4: sms.providers names \"aliyun\", but there is no [sms.aliyun]",
            ),
            (
                GOOD.replace("[\"webhook\"]", "[]"),
                ":4: sms.providers is empty: name at least one of",
            ),
            (
                GOOD.replace("[\"webhook\"]", "[\"outbox\"]"),
                ":4: sms.providers may name \"outbox\" only when dev = true",
            ),
            (
                with("[session]\nidle = \"13h\"\n"),
                ":9: session.idle (13h) is longer than session.absolute (12h)",
            ),
            (
                with("[session]\nabsolute = \"10m\"\n"),
                ":9: session.idle (30m) is longer than session.absolute (10m)",
            ),
            (
                with("[session]\nabsolute = \"31d\"\n"),
                ":9: session.absolute is 31d; at most 30d",
            ),
            (
                with("[proofing]\nurl = \"https://a.example/\"\nsecret = \"s\"\ntimeout = \"15s\"\n"),
                ":11: proofing.timeout is 15s; it must be shorter than http.request_timeout (15s)",
            ),
            (
                with("[carrier]\nurl = \"https://a.example/\"\nsecret = \"s\"\ntimeout = \"15s\"\n"),
                ":11: carrier.timeout is 15s; it must be shorter than http.request_timeout (15s)",
            ),
            (
                with("[audit]\nkeep = \"30d\"\n"),
                ":9: audit.keep is 30d; the law wants six months, so at least 184d",
            ),
            (
                with("[passkey]\nrelated_origins = [\"http://id.city.example\"]\n"),
                ":9: passkey.related_origins names http://id.city.example; each must be https",
            ),
            (
                with("[[sms.test_number]]\nphone = \"13800000000\"\ncode = \"123456\"\n"),
                ":8: sms.test_number is allowed only when dev = true",
            ),
        ] {
            let fault = load_text(&text, &[]).unwrap_err();
            assert!(fault.contains(&format!(".toml{said}")), "{fault}");
        }
    }

    #[test]
    fn what_is_refused_only_when_all_is_read_names_its_variable() {
        for (name, value, said) in [
            (
                "YIMEN_PUBLIC_URL",
                "http://id.city.example",
                "public_url is http://id.city.example",
            ),
            ("YIMEN_MASTER_KEY", "c2hvcnQ=", "master_key has 5 bytes"),
            ("YIMEN_SMS__PROVIDERS", "[]", "sms.providers is empty"),
            ("YIMEN_SESSION__IDLE", "20d", "session.idle (20d) is longer"),
            ("YIMEN_SESSION__ABSOLUTE", "31d", "session.absolute is 31d"),
        ] {
            let fault = load_text(GOOD, &[(name, value)]).unwrap_err();
            assert!(
                fault.starts_with(&format!("environment variable {name}: {said}")),
                "{fault}"
            );
        }
        let key = (
            "YIMEN_SMS__WEBHOOK",
            "{ url = \"https://sms.city.example\", secret = \"s\" }",
        );
        let config = load_text(GOOD, &[key]).unwrap();
        assert_eq!(
            config.written.place("sms.webhook.secret").to_string(),
            "environment variable YIMEN_SMS__WEBHOOK",
            "a variable that holds a section is the place of its keys, whatever the file has"
        );
    }

    #[test]
    fn a_secret_in_the_place_of_a_section_is_not_repeated() {
        let with = |line: &str| load_text(&format!("{line}\n{GOOD}"), &[]).unwrap_err();
        for secret in ["postgres://yimen:pw@db/yimen", "p\\\", expected pw", "pw: 'x'"] {
            let fault = with(&format!("database = \"{secret}\""));
            assert!(
                fault.contains(".toml:1: invalid type: string \"***\", expected "),
                "{fault}"
            );
        }
        for (name, value) in [
            ("YIMEN_SMS__WEBHOOK", "whsec_pw"),
            ("YIMEN_DATABASE__MAX_CONNECTIONS", "postgres://yimen:pw@db/yimen"),
            ("YIMEN_SMS__PROVIDERS", "{ pw = \"pw\" }"),
            ("YIMEN_DEV", "pw"),
        ] {
            let fault = load_text(GOOD, &[(name, value)]).unwrap_err();
            let said = fault.strip_prefix(&format!("environment variable {name}: "));
            assert!(said.is_some_and(|said| !said.contains("pw")), "{fault}");
        }
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
