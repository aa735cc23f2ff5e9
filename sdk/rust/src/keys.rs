//! The department's own key (ES256): made once, kept in a file that only the department can read.

use std::fmt;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use ring::digest;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};

use crate::chance;
use crate::error::Error;
use crate::seal::Sealer;

const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";
const CONVERT: &str = "give a P-256 key as PKCS#8, which `openssl pkcs8 -topk8 -nocrypt` makes of others";

/// The public half of the key in `key_file` as a JSON Web Key Set (RFC 7517), to be given to the provider.
/// The key is made if the file does not exist yet.
pub fn public_jwks(key_file: impl AsRef<Path>) -> Result<Value, Error> {
    DepartmentKey::load_or_make(key_file.as_ref()).map(|key| key.public_jwks())
}

pub(crate) struct DepartmentKey {
    pair: EcdsaKeyPair,
    kid: String,
    sealer: Sealer,
}

impl DepartmentKey {
    pub(crate) fn load_or_make(path: &Path) -> Result<Self, Error> {
        match fs::read_to_string(path) {
            Ok(pem) => {
                warn_if_others_can_read(path);
                Self::from_pem(&pem, path)
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Self::make(path),
            Err(error) => Err(Fault(path).because(&error, "let the department's user read this file")),
        }
    }

    /// `origin` is named in errors: the file, or where else the text came from.
    pub(crate) fn from_pem(pem: &str, origin: &Path) -> Result<Self, Error> {
        let fault = Fault(origin);
        let body = pem
            .split_once(BEGIN)
            .and_then(|(_, rest)| rest.split_once(END))
            .map(|(body, _)| body.split_whitespace().collect::<String>())
            .ok_or_else(|| fault.because(&"it holds no PRIVATE KEY block", CONVERT))?;
        let der = BASE64_STANDARD
            .decode(body)
            .map_err(|error| fault.because(&error, CONVERT))?;
        Self::from_pkcs8(&der).map_err(|problem| fault.because(&problem, CONVERT))
    }

    fn make(path: &Path) -> Result<Self, Error> {
        let fault = Fault(path);
        let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &chance::source())
            .map_err(|_| Error::NoRandomness)?;
        write_once(path, &chance::token()?, &to_pem(der.as_ref())).map_err(|error| {
            fault.because(
                &error,
                "let the department's user write there, or name another place by `.key_file`",
            )
        })?;
        // Another process may have been quicker: its key is the one that counts.
        let pem = fs::read_to_string(path).map_err(|error| fault.because(&error, "try again"))?;
        Self::from_pem(&pem, path)
    }

    fn from_pkcs8(der: &[u8]) -> Result<Self, String> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der, &chance::source())
            .map_err(|problem| problem.to_string())?;
        let sealer = Sealer::derived_from(der).map_err(|problem| problem.to_string())?;
        let kid = thumbprint(&pair);
        Ok(Self { pair, kid, sealer })
    }

    pub(crate) fn kid(&self) -> &str {
        &self.kid
    }

    pub(crate) const fn sealer(&self) -> &Sealer {
        &self.sealer
    }

    pub(crate) fn public_jwks(&self) -> Value {
        let (x, y) = coordinates(&self.pair);
        let key = json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": self.kid, "use": "sig", "alg": "ES256" });
        json!({ "keys": [key] })
    }

    /// A compact JWS over `claims` (RFC 7515 §7.1).
    pub(crate) fn sign(&self, claims: &Value) -> Result<String, Error> {
        let header = json!({ "alg": "ES256", "typ": "JWT", "kid": self.kid });
        let encode = |part: &Value| BASE64_URL_SAFE_NO_PAD.encode(part.to_string());
        let message = format!("{}.{}", encode(&header), encode(claims));
        let signature = self
            .pair
            .sign(&chance::source(), message.as_bytes())
            .map_err(|_| Error::NoRandomness)?;
        Ok(format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature)))
    }
}

impl fmt::Debug for DepartmentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DepartmentKey")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

struct Fault<'a>(&'a Path);

impl Fault<'_> {
    fn because(&self, problem: &dyn fmt::Display, remedy: &'static str) -> Error {
        Error::Key {
            path: self.0.to_owned(),
            problem: problem.to_string(),
            remedy,
        }
    }
}

fn coordinates(pair: &EcdsaKeyPair) -> (String, String) {
    // An uncompressed point: 0x04, then x and y of 32 bytes each (SEC 1 §2.3.3).
    let point = pair.public_key().as_ref().get(1..).unwrap_or_default();
    let (x, y) = point.split_at(point.len() / 2);
    (BASE64_URL_SAFE_NO_PAD.encode(x), BASE64_URL_SAFE_NO_PAD.encode(y))
}

/// RFC 7638: the hash of the required members in order.
fn thumbprint(pair: &EcdsaKeyPair) -> String {
    let (x, y) = coordinates(pair);
    let members = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
    BASE64_URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, members.as_bytes()))
}

fn to_pem(der: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(der);
    let lines = text
        .as_bytes()
        .chunks(64)
        .map(String::from_utf8_lossy)
        .collect::<Vec<_>>();
    format!("{BEGIN}\n{}\n{END}\n", lines.join("\n"))
}

/// Appears whole or not at all, and never replaces a key that is there.
fn write_once(path: &Path, unique: &str, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder)?;
    }
    let draft = PathBuf::from(format!("{}.{unique}", path.display()));
    let written = owner_only(&draft).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    let linked = written.and_then(|()| fs::hard_link(&draft, path));
    let _ = fs::remove_file(&draft);
    match linked {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

fn owner_only(path: &Path) -> std::io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(unix)]
fn warn_if_others_can_read(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    if fs::metadata(path).is_ok_and(|data| data.permissions().mode() & 0o077 != 0) {
        tracing::warn!(path = %path.display(), "others on this machine can read the department's key: chmod 600 it");
    }
}

#[cfg(not(unix))]
fn warn_if_others_can_read(_: &Path) {}

#[cfg(test)]
pub(crate) fn test_pem() -> String {
    let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &chance::source()).unwrap();
    to_pem(der.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_only_its_owner_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("below").join("key.pem");
        let first = public_jwks(&path).unwrap();
        assert_eq!(first, public_jwks(&path).unwrap());
        let key = &first["keys"][0];
        assert_eq!(key["kty"], "EC");
        assert!(key.get("d").is_none());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_text_that_is_no_key_says_how_to_make_one() {
        let error = DepartmentKey::from_pem("hello", Path::new("key.pem")).unwrap_err();
        assert!(error.to_string().contains("openssl pkcs8"), "{error}");
    }
}
