use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::{self, Deserializer};
use serde::{Deserialize, Serialize, Serializer};
use zeroize::Zeroizing;

/// A secret of the configuration: a string, `{ file = "…" }` or `{ env = "…" }`.
/// It prints as `***` everywhere.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    #[must_use]
    pub fn new(value: String) -> Self {
        Self(Zeroizing::new(value))
    }

    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("***")
    }
}

#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "expected a string, { file = \"path\" } or { env = \"NAME\" }"
)]
enum Written {
    Inline(String),
    File(InFile),
    Env(InEnv),
}

/// How the faults begin of a secret that stands elsewhere, where there is nothing.
pub(super) const NO_FILE: &str = "cannot read the secret file";
pub(super) const NO_VARIABLE: &str = "the environment variable";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InFile {
    file: std::path::PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InEnv {
    env: String,
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = match Written::deserialize(deserializer)? {
            Written::Inline(value) => value,
            Written::File(InFile { file }) => std::fs::read_to_string(&file)
                .map_err(|fault| de::Error::custom(format!("{NO_FILE} {}: {fault}", file.display())))?
                .trim_end()
                .to_owned(),
            Written::Env(InEnv { env }) => std::env::var(&env)
                .map_err(|_| de::Error::custom(format!("{NO_VARIABLE} {env} named here is not set")))?,
        };
        if value.is_empty() {
            return Err(de::Error::custom("the secret is empty"));
        }
        Ok(Self::new(value))
    }
}

/// The key from which every key that protects records is derived: 32 bytes, written in base64.
#[derive(Clone)]
pub struct MasterKey(Zeroizing<[u8; 32]>);

impl MasterKey {
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads the base64 text.
    ///
    /// # Errors
    /// Says what is wrong with the text without repeating it.
    pub fn parse(secret: &Secret) -> Result<Self, String> {
        let bytes = STANDARD
            .decode(secret.expose().trim())
            .map_err(|_| "master_key is not base64; make one with `openssl rand -base64 32`".to_owned())?;
        let found = bytes.len();
        <[u8; 32]>::try_from(bytes).map(Self::from_bytes).map_err(|_| {
            format!("master_key has {found} bytes, not 32; make one with `openssl rand -base64 32`")
        })
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
