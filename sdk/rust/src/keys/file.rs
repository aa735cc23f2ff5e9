//! A file of keys: PEM, with what the SDK knows of each key in the lines before it, so that one replacement changes
//! both. A file without such lines is somebody else's or an older SDK's: its first key signs.

use std::fmt::Display;
use std::fs::{self, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::rotation::Dates;
use crate::chance;
use crate::error::Error;

const KEY: &str = "PRIVATE KEY";
/// From which the keys for cookies and sessions are derived: they stay when the department's own key is replaced.
const SEALING: &str = "YIMEN SEALING SECRET";
pub(super) const CONVERT: &str =
    "give a P-256 key as PKCS#8, which `openssl pkcs8 -topk8 -nocrypt` makes of others";
const HEAD: &str = "Kept by the Yimen SDK, which replaces the keys in time. Show it to nobody.\n";

pub(super) struct Stored {
    /// PKCS#8.
    pub(super) der: Vec<u8>,
    pub(super) dates: Option<Dates>,
}

pub(super) struct Contents {
    /// At least one.
    pub(super) keys: Vec<Stored>,
    pub(super) sealing: Option<Vec<u8>>,
}

impl Contents {
    pub(super) fn parse(text: &str, origin: &Path) -> Result<Self, Error> {
        let mut contents = Self {
            keys: Vec::new(),
            sealing: None,
        };
        let mut rest = text;
        while let Some((before, label, body, after)) = next_block(rest) {
            let decode = || {
                let body = body.split_whitespace().collect::<String>();
                BASE64_STANDARD
                    .decode(body)
                    .map_err(|error| fault(origin, &error, CONVERT))
            };
            match label {
                KEY => contents.keys.push(Stored {
                    der: decode()?,
                    dates: dates(before),
                }),
                SEALING => contents.sealing = Some(decode()?),
                _ => {}
            }
            rest = after;
        }
        if contents.keys.is_empty() {
            return Err(fault(origin, &"it holds no PRIVATE KEY block", CONVERT));
        }
        Ok(contents)
    }

    /// The dates of all keys, where the SDK has written them.
    pub(super) fn dates(&self) -> Option<Vec<Dates>> {
        self.keys.iter().map(|key| key.dates).collect()
    }

    fn to_text(&self) -> String {
        let keys = self.keys.iter().map(|key| {
            let line = |name: &str, date: Option<u64>| date.map(|date| format!("{name}: {date}\n"));
            let lines = key.dates.map(|dates| {
                [
                    line("published", Some(dates.published)),
                    line("signs", dates.signs),
                    line("signed-until", dates.signed_until),
                ]
            });
            let lines = lines.into_iter().flatten().flatten().collect::<String>();
            format!("{lines}{}", to_pem(KEY, &key.der))
        });
        let sealing = self.sealing.iter().map(|secret| to_pem(SEALING, secret));
        let blocks = keys.chain(sealing).collect::<Vec<_>>();
        format!("{HEAD}\n{}", blocks.join("\n"))
    }
}

/// What stands before a block, its label, its body, and what follows (RFC 7468 §2).
fn next_block(text: &str) -> Option<(&str, &str, &str, &str)> {
    let (before, rest) = text.split_once("-----BEGIN ")?;
    let (label, rest) = rest.split_once("-----")?;
    let (body, after) = rest.split_once(&format!("-----END {label}-----"))?;
    Some((before, label, body, after))
}

fn dates(lines: &str) -> Option<Dates> {
    let date = |name| {
        let value = lines
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        value.trim().parse().ok()
    };
    Some(Dates {
        published: date("published")?,
        signs: date("signs"),
        signed_until: date("signed-until"),
    })
}

pub(super) fn to_pem(label: &str, bytes: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(bytes);
    let lines = text.as_bytes().chunks(64).map(String::from_utf8_lossy);
    let lines = lines.collect::<Vec<_>>().join("\n");
    format!("-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n")
}

/// `None` where there is no such file.
pub(super) fn read(path: &Path) -> Result<Option<Contents>, Error> {
    match fs::read_to_string(path) {
        Ok(text) => Contents::parse(&text, path).map(Some),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(fault(path, &error, "let the department's user read this file")),
    }
}

/// Appears whole or not at all, and never replaces a file that is there: what is there afterwards counts.
pub(super) fn make(path: &Path, contents: &Contents) -> Result<Contents, Error> {
    let made = || {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder)?;
        }
        let draft = draft(path, contents)?;
        let linked = fs::hard_link(&draft, path);
        let _ = fs::remove_file(&draft);
        match linked {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            other => other,
        }
    };
    made().map_err(|error| {
        let remedy = "let the department's user write there, or name another place by `.key_file`";
        fault(path, &error, remedy)
    })?;
    read(path)?.ok_or_else(|| fault(path, &"it has gone again", "try again"))
}

/// Reads the file, lets `change` say what it is to be, and puts that in its place, while no other process does the same.
/// `None` where another is at it, or nothing is to change.
pub(super) fn change(
    path: &Path,
    change: impl FnOnce(Contents) -> Result<Option<Contents>, Error>,
) -> Result<Option<Contents>, Error> {
    let unwritten = |error: std::io::Error| {
        let remedy =
            "let the department's user write in this folder, or say `.rotate_keys(KeyRotation::Never)`";
        fault(path, &error, remedy)
    };
    // A link stays a link.
    let path = &fs::canonicalize(path).map_err(unwritten)?;
    let lock = owner_only(&beside(path, "lock")).map_err(unwritten)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(error)) => return Err(unwritten(error)),
    }
    let former = read(path)?.ok_or_else(|| fault(path, &"it has gone", "put it back"))?;
    let Some(contents) = change(former)? else {
        return Ok(None);
    };
    let replaced = draft(path, &contents).and_then(|draft| {
        let renamed = fs::rename(&draft, path);
        if renamed.is_err() {
            let _ = fs::remove_file(&draft);
        }
        renamed
    });
    replaced.map_err(unwritten)?;
    Ok(Some(contents))
}

/// A whole file under a name that nobody else has.
fn draft(path: &Path, contents: &Contents) -> std::io::Result<PathBuf> {
    let unique = chance::token().map_err(std::io::Error::other)?;
    let draft = beside(path, &unique);
    let written = owner_only(&draft).and_then(|mut file| {
        file.write_all(contents.to_text().as_bytes())?;
        file.sync_all()
    });
    if written.is_err() {
        let _ = fs::remove_file(&draft);
    }
    written.map(|()| draft)
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    PathBuf::from(format!("{}.{ending}", path.display()))
}

fn owner_only(path: &Path) -> std::io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(unix)]
pub(super) fn warn_if_others_can_read(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    if fs::metadata(path).is_ok_and(|data| data.permissions().mode() & 0o077 != 0) {
        tracing::warn!(path = %path.display(), "others on this machine can read the department's key: chmod 600 it");
    }
}

#[cfg(not(unix))]
pub(super) fn warn_if_others_can_read(_: &Path) {}

/// `origin` is named in errors: the file, or where else the text came from.
pub(super) fn fault(origin: &Path, problem: &dyn Display, remedy: &'static str) -> Error {
    Error::Key {
        path: origin.to_owned(),
        problem: problem.to_string(),
        remedy,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let dates = Dates {
            published: 1,
            signs: Some(2),
            signed_until: None,
        };
        let contents = Contents {
            keys: vec![
                Stored {
                    der: vec![7; 100],
                    dates: Some(dates),
                },
                Stored {
                    der: vec![8],
                    dates: Some(Dates { signs: None, ..dates }),
                },
            ],
            sealing: Some(vec![9; 32]),
        };
        let read = Contents::parse(&contents.to_text(), Path::new("key.pem")).unwrap();
        assert_eq!(read.dates(), contents.dates());
        assert_eq!((&read.keys[0].der, &read.keys[1].der), (&vec![7; 100], &vec![8]));
        assert_eq!(read.sealing, contents.sealing);
    }

    #[test]
    fn a_bare_key_is_read_on_one_line_and_among_other_blocks() {
        let text = "-----BEGIN EC PARAMETERS----- AA== -----END EC PARAMETERS----- -----BEGIN PRIVATE KEY----- BwcH \
                    -----END PRIVATE KEY-----";
        let contents = Contents::parse(text, Path::new("key.pem")).unwrap();
        assert_eq!(contents.keys[0].der, [7, 7, 7]);
        assert_eq!(contents.dates(), None);
    }

    #[test]
    fn a_text_that_is_no_key_says_how_to_make_one() {
        let parsed = Contents::parse("hello", Path::new("key.pem"));
        let error = parsed.err().unwrap().to_string();
        assert!(error.contains("openssl pkcs8"), "{error}");
    }
}
