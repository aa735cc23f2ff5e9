use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::model::Settings;

/// systemd's own: root's and the service's alone, whatever the mode seems to say beside its access list.
const CREDENTIALS: &str = "/run/credentials/";

/// A file that nobody but its owner may read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrivateFile {
    pub path: PathBuf,
    holds: &'static str,
}

impl PrivateFile {
    /// What is wrong where somebody else may read it, and what to run.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        let path = self.path.display();
        if self.path.starts_with(CREDENTIALS) {
            return None;
        }
        let mode = std::fs::metadata(&self.path).ok()?.permissions().mode();
        let who = match mode & 0o066 {
            0 => return None,
            open if open & 0o006 == 0 => "its group",
            _ => "everybody",
        };
        let (holds, mode) = (self.holds, mode & 0o777);
        Some(format!(
            "{path} holds {holds} and is open to {who} (mode {mode:04o}); run `chmod go= {path}`"
        ))
    }
}

/// The files that hold secrets: those that are named as such, the configuration where a secret stands in it, the key of
/// TLS, and the records of `SQLite`. `all` is what was read, `own` what the file itself says.
pub(super) fn private_files(file: &Path, settings: &Settings, all: &Table, own: &Table) -> Vec<PrivateFile> {
    // A secret prints as `***`: whatever prints so is one, without a list that somebody forgets to extend.
    let hidden = Table::try_from(settings).unwrap_or_default();
    let (mut named, mut inline) = (Vec::new(), false);
    each_secret(&hidden, all, &mut |value| named.extend(file_of(value)));
    each_secret(&hidden, own, &mut |value| inline |= is_secret_text(value));
    let mut found: Vec<PrivateFile> = named.into_iter().map(|path| private(path, "a secret")).collect();
    if inline {
        found.push(private(file.to_path_buf(), "a secret"));
    }
    if let Some(tls) = &settings.tls {
        found.push(private(tls.key.clone(), "the private key of TLS"));
    }
    if let Some(records) = settings.database.sqlite_file() {
        let with = |end: &str| private(PathBuf::from(format!("{records}{end}")), "the records");
        found.extend(["", "-wal", "-shm"].map(with));
    }
    found
}

const fn private(path: PathBuf, holds: &'static str) -> PrivateFile {
    PrivateFile { path, holds }
}

/// Calls with what is written where a secret was read.
fn each_secret(hidden: &Table, written: &Table, see: &mut impl FnMut(&Value)) {
    for (key, hidden) in hidden {
        if let Some(value) = written.get(key) {
            each_secret_in(hidden, value, see);
        }
    }
}

fn each_secret_in(hidden: &Value, written: &Value, see: &mut impl FnMut(&Value)) {
    match (hidden, written) {
        (Value::String(text), value) if text == "***" => see(value),
        (Value::Table(hidden), Value::Table(written)) => each_secret(hidden, written, see),
        (Value::Array(hidden), Value::Array(written)) => {
            for (hidden, written) in hidden.iter().zip(written) {
                each_secret_in(hidden, written, see);
            }
        }
        _ => {}
    }
}

fn file_of(value: &Value) -> Option<PathBuf> {
    value.as_table()?.get("file")?.as_str().map(PathBuf::from)
}

/// An address is a secret where it holds a password.
fn is_secret_text(value: &Value) -> bool {
    let Some(text) = value.as_str() else {
        return false;
    };
    let is_address = ["sqlite:", "memory:"]
        .iter()
        .any(|scheme| text.starts_with(scheme))
        || text.contains("://");
    !is_address || text.contains("password=") || has_login_with_password(text)
}

/// `user:password@` before any of the hosts, as of sentinels and clusters there are several, or after `sentinel=`.
fn has_login_with_password(address: &str) -> bool {
    let (_, rest) = address.split_once("://").unwrap_or_default();
    let (hosts, query) = rest.split_once('?').unwrap_or((rest, ""));
    let login = hosts.rsplit_once('@').map_or("", |(login, _)| login);
    let sentinels = query.split_once("sentinel=").map_or("", |(_, login)| login);
    [login, sentinels].iter().any(|login| login.contains(':'))
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;

    use super::*;

    const KEY: &str = "master_key = \"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\"\n";

    fn files(text: &str) -> Vec<String> {
        let table: Table = text.parse().unwrap();
        let settings: Settings = table.clone().try_into().unwrap();
        let found = private_files(Path::new("yimen.toml"), &settings, &table, &table);
        let named = found.iter().map(|one| one.path.display().to_string());
        named.filter(|path| !path.starts_with("yimen.db")).collect()
    }

    #[test]
    fn a_file_is_private_where_a_secret_is_in_it() {
        let dir = tempfile::tempdir().unwrap();
        let secret = dir.path().join("secret");
        std::fs::write(&secret, "s").unwrap();
        let named = format!("{{ file = {:?} }}", secret.display().to_string());
        let secret = secret.display().to_string();
        assert_eq!(files(KEY), ["yimen.toml"]);
        assert_eq!(files(&format!("master_key = {named}\n")), [secret.as_str()]);
        let gateway = format!("[sms.webhook]\nurl = \"https://sms.example\"\nsecret = {named}\n");
        assert_eq!(files(&gateway), [secret.as_str()]);
        let number = "[[sms.test_number]]\nphone = \"1\"\ncode = \"123456\"\n";
        assert_eq!(files(number), ["yimen.toml"]);
        assert_eq!(
            files("[tls]\ncertificate = \"a.pem\"\nkey = \"a.key\"\n"),
            ["a.key"]
        );
    }

    #[test]
    fn an_address_is_a_secret_where_it_holds_a_password() {
        for (url, secret) in [
            ("postgres://yimen:pw@db/yimen", true),
            ("postgres://db/yimen?user=yimen&password=pw", true),
            ("postgres://yimen@db/yimen", false),
        ] {
            let found = files(&format!("[database]\nurl = \"{url}\"\n"));
            assert_eq!(found == ["yimen.toml"], secret, "{url}");
        }
        for (url, secret) in [
            ("redis://redis.internal", false),
            ("redis://:pw@redis.internal", true),
            ("redis+cluster://a:6379,[fd00::1]:6379", false),
            ("redis+cluster://yimen@a:6379,b:6379", false),
            ("redis+cluster://yimen:pw@a:6379,b:6379", true),
            ("redis+sentinel://a:26379,b:26379/city", false),
            ("rediss+sentinel://yimen:p%3Fw@a,b/city", true),
            ("rediss+sentinel://:pw@a:26379,b:26379/city", true),
            ("redis+sentinel://a:26379,b:26379/city?sentinel=watch:pw", true),
        ] {
            let found = files(&format!("[state]\nurl = \"{url}\"\n"));
            assert_eq!(found == ["yimen.toml"], secret, "{url}");
        }
        let sqlite: Table = "[database]\nurl = \"sqlite:yimen.db\"\n".parse().unwrap();
        let found = private_files(Path::new("f"), &Settings::default(), &sqlite, &sqlite);
        let paths: Vec<_> = found.iter().map(|one| one.path.display().to_string()).collect();
        assert_eq!(paths, ["yimen.db", "yimen.db-wal", "yimen.db-shm"]);
    }

    #[test]
    fn whoever_else_may_read_it_is_told_with_what_to_run() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        std::fs::write(&path, "s").unwrap();
        let file = private(path.clone(), "a secret");
        for (mode, said) in [
            (0o600, None),
            (0o400, None),
            (0o640, Some("its group (mode 0640)")),
            (0o604, Some("everybody (mode 0604)")),
            (0o660, Some("its group")),
        ] {
            std::fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            let fault = file.fault();
            assert_eq!(fault.is_some(), said.is_some(), "{mode:o}");
            if let (Some(fault), Some(said)) = (fault, said) {
                let run = format!("`chmod go= {}`", path.display());
                assert!(fault.contains(said) && fault.contains(&run), "{fault}");
            }
        }
        assert_eq!(private(dir.path().join("none"), "a secret").fault(), None);
    }
}
