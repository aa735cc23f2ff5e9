use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};
use std::{fmt, iter};

use serde_json::{Map, Value, json};
use tokio::sync::Mutex;

use super::file::{self, Contents, Stored, fault};
use super::key::Key;
use super::local::LocalKey;
use super::rotation::{Change, Dates, Plan};
use super::signer::{AnySigner, SigningAlgorithm};
use crate::clock::{Clock, elapsed, numeric_date};
use crate::error::Error;

/// Another process may have replaced a key.
const PAUSE_BETWEEN_LOOKS: Duration = Duration::from_secs(60);
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(3600);

/// What becomes of keys in files. Keys from the environment, from code or from a [`Signer`](crate::Signer) are never
/// replaced by the SDK.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyRotation {
    /// The SDK replaces the keys that it has made and dated.
    #[default]
    OwnFiles,
    /// Those of older files, too: from now on the SDK dates and replaces them. Not where the provider was given the
    /// key itself (`--jwks`) rather than the address `/yimen/jwks`.
    EveryFile,
    /// Keys stay, as where each node has a copy of the file instead of the file itself.
    Never,
}

/// What keys are for.
pub(crate) trait Use: Send + Sync + 'static {
    const PLAN: Plan;

    /// The secret for cookies and sessions that a new file has beside its key.
    fn new_sealing() -> Result<Option<Vec<u8>>, Error>;

    /// The one that has followed from a key so far.
    fn sealing_of(der: &[u8]) -> Option<Vec<u8>>;
}

/// The keys of one use as they are now.
pub(crate) struct Keys<U> {
    signing: Key,
    /// Published with it: those that will sign, and those that have signed.
    others: Vec<Key>,
    dates: Option<Vec<Dates>>,
    of: PhantomData<U>,
}

impl<U: Use> Keys<U> {
    pub(super) fn of_signer(signer: AnySigner) -> Result<Self, Error> {
        let signing = Key::new(signer).map_err(|problem| Error::Setting {
            what: "the signer's public key",
            found: "a JSON Web Key".to_owned(),
            problem: format!("cannot be used: {problem}"),
            remedy: "give `kty` and the members that belong to it (RFC 7518 §6)",
        })?;
        Ok(Self {
            signing,
            others: Vec::new(),
            dates: None,
            of: PhantomData,
        })
    }

    pub(super) fn of(contents: &Contents, origin: &Path) -> Result<Self, Error> {
        const REMEDY: &str =
            "restore the file from a copy, or take it away and let the provider's operator know the new key";
        let key = |stored: &Stored| {
            let local = LocalKey::from_pkcs8(&stored.der);
            local.and_then(|local| Key::new(AnySigner::new(local)))
        };
        let keys = contents.keys.iter().map(key).collect::<Result<Vec<_>, _>>();
        let mut keys = keys.map_err(|problem| fault(origin, &problem, file::CONVERT))?;
        let dates = contents.dates();
        let place = match &dates {
            Some(dates) => dates.iter().position(Dates::is_signing),
            None => Some(0),
        };
        let place = place.ok_or_else(|| fault(origin, &"none of its keys signs", REMEDY))?;
        Ok(Self {
            signing: keys.remove(place),
            others: keys,
            dates,
            of: PhantomData,
        })
    }

    pub(crate) fn kid(&self) -> &str {
        self.signing.kid()
    }

    pub(crate) const fn algorithm(&self) -> SigningAlgorithm {
        self.signing.algorithm()
    }

    /// The public halves as a JSON Web Key Set (RFC 7517), the one that signs first.
    pub(crate) fn public_jwks(&self) -> Value {
        json!({ "keys": self.all().map(Key::jwk).collect::<Vec<_>>() })
    }

    /// What tells each of them apart (RFC 7638), for people who compare them.
    pub(crate) fn thumbprints(&self) -> Vec<String> {
        self.all().map(|key| key.thumbprint().to_owned()).collect()
    }

    fn all(&self) -> impl Iterator<Item = &Key> {
        iter::once(&self.signing).chain(&self.others)
    }

    pub(super) fn are_other_than<V: Use>(&self, those: &Keys<V>) -> Result<(), Error> {
        let is_shared = |key: &&Key| those.all().any(|other| other.thumbprint() == key.thumbprint());
        match self.all().find(is_shared) {
            None => Ok(()),
            Some(key) => Err(Error::Setting {
                what: "the federation key",
                found: key.kid().to_owned(),
                problem: "is the protocol key, too".to_owned(),
                remedy: "give the federation a key of its own: it signs statements and nothing else",
            }),
        }
    }

    pub(super) async fn sign(
        &self,
        typ: &str,
        header: Map<String, Value>,
        claims: &Value,
    ) -> Result<String, Error> {
        self.signing.sign(typ, header, claims).await
    }
}

impl<U> fmt::Debug for Keys<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys")
            .field("kid", &self.signing.kid())
            .finish_non_exhaustive()
    }
}

/// The keys of one use over time.
#[derive(Debug)]
pub(crate) struct Ring<U> {
    known: RwLock<Arc<Keys<U>>>,
    clock: Clock,
    /// When the provider last accepted this department.
    accepted: AtomicU64,
    file: Option<Watched>,
}

#[derive(Debug)]
struct Watched {
    path: PathBuf,
    rotation: KeyRotation,
    /// When to look at it again; held by whoever does.
    look: Mutex<Look>,
}

#[derive(Debug)]
struct Look {
    at: SystemTime,
    pause: Duration,
}

impl<U: Use> Ring<U> {
    /// Keys that stay as they are.
    pub(super) fn fixed(keys: Keys<U>, clock: Clock) -> Self {
        Self {
            known: RwLock::new(Arc::new(keys)),
            clock,
            accepted: AtomicU64::new(0),
            file: None,
        }
    }

    pub(super) fn in_file(keys: Keys<U>, path: PathBuf, rotation: KeyRotation, clock: Clock) -> Self {
        let look = Look {
            at: clock.now(),
            pause: Duration::ZERO,
        };
        let file = Watched {
            path,
            rotation,
            look: Mutex::new(look),
        };
        Self {
            file: Some(file),
            ..Self::fixed(keys, clock)
        }
    }

    /// The keys as they were when somebody last looked.
    pub(crate) fn known(&self) -> Arc<Keys<U>> {
        Arc::clone(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The provider has just taken this department for who it is.
    pub(crate) fn note_accepted(&self) {
        let now = numeric_date(self.clock.now());
        self.accepted.store(now, Ordering::Relaxed);
    }

    /// The keys now. Whoever comes while another looks at the file takes those that are known.
    pub(crate) async fn now(&self) -> Arc<Keys<U>> {
        if let Some(watched) = &self.file
            && let Ok(mut look) = watched.look.try_lock()
        {
            let now = self.clock.now();
            if elapsed(look.at, now) >= look.pause {
                *look = Look {
                    at: now,
                    pause: PAUSE_BETWEEN_LOOKS,
                };
                if let Err(error) = self.look(watched, now).await {
                    tracing::warn!(%error, "the department goes on with the keys that it knows");
                    look.pause = PAUSE_AFTER_FAILURE;
                }
            }
        }
        self.known()
    }

    async fn look(&self, watched: &Watched, now: SystemTime) -> Result<(), Error> {
        let (path, rotation) = (watched.path.clone(), watched.rotation);
        let accepted = self.accepted.load(Ordering::Relaxed);
        let known = self.known();
        let read = move || {
            let found = file::read(&path)?.ok_or_else(|| fault(&path, &"it has gone", "put it back"))?;
            let due = |contents: &Contents| next_change(contents, rotation, U::PLAN, accepted, now);
            let changed = match due(&found) {
                Some(_) => file::change(&path, |contents| replace::<U>(contents, &due, now))?,
                None => None,
            };
            Keys::of(changed.as_ref().unwrap_or(&found), &path)
        };
        let keys = tokio::task::spawn_blocking(read).await;
        let keys = keys.map_err(|error| fault(&watched.path, &error, "see the log"))??;
        let is_the_same = keys.dates == known.dates && keys.all().map(Key::kid).eq(known.all().map(Key::kid));
        if !is_the_same {
            if keys.kid() != known.kid() {
                tracing::info!(path = %watched.path.display(), kid = keys.kid(), "another key of the department signs now");
            }
            *self.known.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
        }
        Ok(())
    }
}

enum Due {
    /// To date a file that nobody has dated.
    Adopt,
    Change(Change),
}

fn next_change(
    contents: &Contents,
    rotation: KeyRotation,
    plan: Plan,
    accepted: u64,
    now: SystemTime,
) -> Option<Due> {
    match (rotation, contents.dates()) {
        (KeyRotation::Never, _) | (KeyRotation::OwnFiles, None) => None,
        (KeyRotation::EveryFile, None) => Some(Due::Adopt),
        (_, Some(dates)) => plan.due(&dates, accepted, now).map(Due::Change),
    }
}

/// All that is due, in the contents as they are while nobody else changes them.
fn replace<U: Use>(
    mut contents: Contents,
    due: &dyn Fn(&Contents) -> Option<Due>,
    now: SystemTime,
) -> Result<Option<Contents>, Error> {
    let mut is_changed = false;
    while let Some(due) = due(&contents) {
        is_changed = true;
        let keys = &mut contents.keys;
        match due {
            Due::Adopt => {
                contents.sealing = keys.first().and_then(|key| U::sealing_of(&key.der));
                for (place, key) in keys.iter_mut().enumerate() {
                    let signing = Dates::signing(now);
                    let former = Dates {
                        signed_until: signing.signs,
                        ..signing
                    };
                    key.dates = Some(if place == 0 { signing } else { former });
                }
            }
            Due::Change(Change::Forget(place)) => {
                keys.remove(place);
            }
            Due::Change(Change::MakeNext) => keys.push(Stored {
                der: LocalKey::generate()?,
                dates: Some(Dates::next(now)),
            }),
            Due::Change(Change::Sign { next, former }) => {
                let now = Some(numeric_date(now));
                if let Some(dates) = keys.get_mut(former).and_then(|key| key.dates.as_mut()) {
                    dates.signed_until = now;
                }
                if let Some(dates) = keys.get_mut(next).and_then(|key| key.dates.as_mut()) {
                    dates.signs = now;
                }
                // The one that signs comes first, where an older SDK looks for it.
                keys.swap(0, next);
            }
        }
    }
    Ok(is_changed.then_some(contents))
}
