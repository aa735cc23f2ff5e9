//! The department's two keys. One proves who it is to the provider, the other signs what it states in the federation
//! (OpenID Federation 1.0 §3.1.1 keeps that key to statements). The type of each signs its own things alone.

mod file;
mod key;
mod local;
mod ring;
mod rotation;
mod signer;

use std::fmt;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::chance;
use crate::clock::Clock;
use crate::error::Error;
use crate::seal::{Sealer, root_of};
use file::{Contents, Stored};
use local::LocalKey;
pub use ring::KeyRotation;
pub(crate) use ring::{Keys, Ring, Use};
use rotation::{Dates, FEDERATION, PROTOCOL, Plan};
pub(crate) use signer::AnySigner;
pub use signer::{Signer, SignerFault, SigningAlgorithm};

/// The public half of the protocol key in `key_file` as a JSON Web Key Set (RFC 7517), to be given to the provider.
/// The key is made if the file does not exist yet.
pub fn public_jwks(key_file: impl AsRef<Path>) -> Result<Value, Error> {
    let path = key_file.as_ref();
    let contents = read_or_make::<Protocol>(path, &Clock::default())?;
    Ok(Keys::<Protocol>::of(&contents, path)?.public_jwks())
}

/// What proves to the provider who the department is.
#[derive(Debug)]
pub(crate) enum Protocol {}

/// What signs the department's statements about itself.
#[derive(Debug)]
pub(crate) enum Federation {}

impl Use for Protocol {
    const PLAN: Plan = PROTOCOL;

    fn new_sealing() -> Result<Option<Vec<u8>>, Error> {
        Ok(Some(chance::bytes::<32>()?.to_vec()))
    }

    fn sealing_of(der: &[u8]) -> Option<Vec<u8>> {
        Some(root_of(der).to_vec())
    }
}

impl Use for Federation {
    const PLAN: Plan = FEDERATION;

    fn new_sealing() -> Result<Option<Vec<u8>>, Error> {
        Ok(None)
    }

    fn sealing_of(_: &[u8]) -> Option<Vec<u8>> {
        None
    }
}

impl Keys<Protocol> {
    /// `header`: what stands there beside how it is signed.
    pub(crate) async fn sign_client_assertion(
        &self,
        header: Map<String, Value>,
        claims: &Value,
    ) -> Result<String, Error> {
        self.sign("JWT", header, claims).await
    }
}

impl Keys<Federation> {
    pub(crate) async fn sign_entity_statement(&self, claims: &Value) -> Result<String, Error> {
        self.sign("entity-statement+jwt", Map::new(), claims).await
    }
}

/// Where a key comes from.
#[derive(Debug)]
pub(crate) enum Source {
    /// With where the text stood.
    Pem(Pem, &'static str),
    File(PathBuf),
    Signer(AnySigner),
}

pub(crate) struct Pem(pub(crate) String);

impl fmt::Debug for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pem(…)")
    }
}

/// What the department has said of its keys.
#[derive(Debug)]
pub(crate) struct KeySettings {
    pub(crate) protocol: Source,
    /// Beside the protocol key's file unless said; where that is no file, the department has none.
    pub(crate) federation: Option<Source>,
    /// In place of what stands with the protocol key, or follows from it.
    pub(crate) sealing: Option<Pem>,
    pub(crate) rotation: KeyRotation,
}

#[derive(Debug)]
pub(crate) struct AllKeys {
    pub(crate) protocol: Ring<Protocol>,
    pub(crate) federation: Option<Ring<Federation>>,
    pub(crate) sealer: Sealer,
}

impl KeySettings {
    /// A file that should hold a key and is not there; [`Self::load`] would make it.
    pub(crate) fn missing_file(&self) -> Option<PathBuf> {
        let file = |source: &Source| match source {
            Source::File(path) => Some(path.clone()),
            Source::Pem(..) | Source::Signer(_) => None,
        };
        let protocol = file(&self.protocol);
        let federation = match &self.federation {
            Some(source) => file(source),
            None => protocol.as_deref().map(federation_file),
        };
        [protocol, federation]
            .into_iter()
            .flatten()
            .find(|path| !path.exists())
    }

    pub(crate) fn load(self, clock: &Clock) -> Result<AllKeys, Error> {
        let beside = match &self.protocol {
            Source::File(path) => Some(federation_file(path)),
            Source::Pem(..) | Source::Signer(_) => None,
        };
        let (protocol, contents) = load::<Protocol>(self.protocol, self.rotation, clock)?;
        let of_federation = |source| load::<Federation>(source, self.rotation, clock).map(|(ring, _)| ring);
        let federation = match (self.federation, beside) {
            (Some(source), _) => Some(of_federation(source)?),
            (None, Some(path)) if path.exists() => Some(of_federation(Source::File(path))?),
            // Where nothing can be written, a department goes on with what it could do before it had such a key.
            (None, Some(path)) => of_federation(Source::File(path))
                .inspect_err(
                    |error| tracing::warn!(%error, "this department states nothing in the federation"),
                )
                .ok(),
            (None, None) => None,
        };
        if let Some(federation) = &federation {
            protocol.known().are_other_than(&federation.known())?;
        }
        Ok(AllKeys {
            protocol,
            federation,
            sealer: sealer(self.sealing, contents)?,
        })
    }
}

fn load<U: Use>(
    source: Source,
    rotation: KeyRotation,
    clock: &Clock,
) -> Result<(Ring<U>, Option<Contents>), Error> {
    match source {
        Source::Signer(signer) => {
            let keys = Keys::of_signer(signer)?;
            Ok((Ring::fixed(keys, clock.clone()), None))
        }
        Source::Pem(pem, origin) => {
            let origin = Path::new(origin);
            let contents = Contents::parse(&pem.0, origin)?;
            let keys = Keys::of(&contents, origin)?;
            Ok((Ring::fixed(keys, clock.clone()), Some(contents)))
        }
        Source::File(path) => {
            let contents = read_or_make::<U>(&path, clock)?;
            let keys = Keys::of(&contents, &path)?;
            if contents.dates().is_none() && rotation == KeyRotation::OwnFiles {
                tracing::info!(path = %path.display(), "this key stays until you replace it; KeyRotation says more");
            }
            let ring = Ring::in_file(keys, path, rotation, clock.clone());
            Ok((ring, Some(contents)))
        }
    }
}

fn read_or_make<U: Use>(path: &Path, clock: &Clock) -> Result<Contents, Error> {
    if let Some(contents) = file::read(path)? {
        file::warn_if_others_can_read(path);
        return Ok(contents);
    }
    let new = Contents {
        keys: vec![Stored {
            der: LocalKey::generate()?,
            dates: Some(Dates::signing(clock.now())),
        }],
        sealing: U::new_sealing()?,
    };
    file::make(path, &new)
}

/// `yimen-key.pem` → `yimen-federation-key.pem`, `hrss.pem` → `hrss-federation-key.pem`.
fn federation_file(protocol: &Path) -> PathBuf {
    let name = protocol.file_stem().unwrap_or_default().to_string_lossy();
    let name = name.strip_suffix("-key").unwrap_or(&name);
    protocol.with_file_name(format!("{name}-federation-key.pem"))
}

/// What seals is never what signs now: it outlives the key.
fn sealer(said: Option<Pem>, contents: Option<Contents>) -> Result<Sealer, Error> {
    const SHORTEST: usize = 32;
    let sealer = match (said, contents) {
        (Some(secret), _) if secret.0.len() < SHORTEST => {
            return Err(Error::Setting {
                what: "the sealing secret",
                found: format!("{} bytes", secret.0.len()),
                problem: "is too short to be one".to_owned(),
                remedy: "give 32 bytes or more that nobody can guess, such as `openssl rand -base64 32` prints",
            });
        }
        (Some(secret), _) => Sealer::derived_from(secret.0.as_bytes()),
        (
            None,
            Some(Contents {
                sealing: Some(root), ..
            }),
        ) => Sealer::of_root(&root),
        (None, Some(contents)) => {
            let der = contents.keys.first().map(|key| key.der.as_slice());
            Sealer::derived_from(der.unwrap_or_default())
        }
        (None, None) => {
            tracing::info!(
                "sessions end with this process: for several nodes, or a store that outlives it, set a sealing secret"
            );
            Sealer::of_root(&chance::bytes::<32>()?)
        }
    };
    sealer.map_err(|_| Error::NoRandomness)
}

#[cfg(test)]
pub(crate) fn test_pem() -> String {
    file::to_pem("PRIVATE KEY", &LocalKey::generate().unwrap())
}

#[cfg(test)]
mod tests {
    use std::fs;

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
    fn the_federations_key_lies_beside_the_protocols() {
        for (protocol, federation) in [
            ("yimen-key.pem", "yimen-federation-key.pem"),
            ("/etc/hrss.pem", "/etc/hrss-federation-key.pem"),
        ] {
            assert_eq!(federation_file(Path::new(protocol)), Path::new(federation));
        }
    }

    fn settings(protocol: Source, federation: Option<Source>) -> KeySettings {
        KeySettings {
            protocol,
            federation,
            sealing: None,
            rotation: KeyRotation::default(),
        }
    }

    #[test]
    fn one_key_for_both_uses_is_refused() {
        let pem = test_pem();
        let source = || Source::Pem(Pem(pem.clone()), "a test");
        let error = settings(source(), Some(source()))
            .load(&Clock::default())
            .unwrap_err();
        assert!(error.to_string().contains("of its own"), "{error}");
    }

    #[test]
    fn a_key_from_the_environment_has_no_federation_key_beside_it() {
        let source = Source::Pem(Pem(test_pem()), "a test");
        let keys = settings(source, None).load(&Clock::default()).unwrap();
        assert!(keys.federation.is_none());
    }

    #[test]
    fn an_older_sdks_file_stays_as_it_is_and_opens_what_that_has_sealed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("yimen-key.pem");
        let pem = test_pem();
        fs::write(&path, &pem).unwrap();
        let of_text = settings(Source::Pem(Pem(pem.clone()), "a test"), None);
        let sealed = of_text
            .load(&Clock::default())
            .unwrap()
            .sealer
            .seal("a", b"plain")
            .unwrap();
        let keys = settings(Source::File(path.clone()), None)
            .load(&Clock::default())
            .unwrap();
        assert_eq!(keys.sealer.open("a", &sealed).as_deref(), Some(&b"plain"[..]));
        assert!(keys.federation.is_some());
        assert_eq!(fs::read_to_string(&path).unwrap(), pem);
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_of_secrets_that_is_read_only_still_serves_the_older_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("yimen-key.pem");
        fs::write(&path, test_pem()).unwrap();
        // Where the federation's file would be is something that is no file; root may write anywhere.
        let blocked = federation_file(&path);
        std::os::unix::fs::symlink("/dev/null/nowhere", &blocked).unwrap();
        let keys = settings(Source::File(path), None)
            .load(&Clock::default())
            .unwrap();
        assert!(keys.federation.is_none());
    }
}
