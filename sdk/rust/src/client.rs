//! One department's client of one provider: everything the SDK's other parts share.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use serde_json::Value;

use crate::clock::Clock;
use crate::cookies::CookieNames;
use crate::error::Error;
use crate::identity::Identity;
use crate::keys::DepartmentKey;
use crate::link::{Link, Linked};
use crate::local_path::LocalPath;
use crate::provider::Provider;
use crate::quote::quote_sentence;
use crate::registration;
use crate::session::Session;
use crate::session_store::{AnyStore, SessionLimits};
use crate::sessions::Sessions;
use crate::settings::Settings;

/// A department that has joined. Cheap to clone; all clones share sessions and what is known of the provider.
#[derive(Clone)]
pub struct Yimen(Arc<Parts>);

struct Parts {
    settings: Arc<Settings>,
    key: Arc<DepartmentKey>,
    provider: Provider,
    sessions: Sessions,
    cookies: CookieNames,
    home: LocalPath,
    link: Link,
    clock: Clock,
}

impl Yimen {
    pub(crate) async fn start(
        settings: Settings,
        key: DepartmentKey,
        store: AnyStore,
        limits: SessionLimits,
        link: Link,
        clock: Clock,
    ) -> Result<Self, Error> {
        let home = settings.home()?;
        let cookies = CookieNames::of(&settings);
        let settings = Arc::new(settings);
        let key = Arc::new(key);
        let sessions = Sessions::new(store, limits, Arc::clone(&key));
        let provider = Provider::new(Arc::clone(&settings), clock.clone())?;
        let yimen = Self(Arc::new(Parts {
            settings,
            key,
            provider,
            sessions,
            cookies,
            home,
            link,
            clock,
        }));
        match yimen.provider().known().await {
            Err(error @ Error::IssuerMismatch { .. }) => Err(error),
            // Said in the log by the provider's own part; asked again when somebody wants to sign in.
            Ok(_) | Err(_) => Ok(yimen),
        }
    }

    /// What the provider must know of this department: client metadata (RFC 7591 §2) with its public key.
    #[must_use]
    pub fn registration(&self) -> Value {
        registration::metadata(self.settings(), self.key())
    }

    /// The same as a command for the provider's machine, with the names that residents read left to fill in. Also
    /// served at `/yimen/registration`.
    #[must_use]
    pub fn registration_command(&self) -> String {
        registration::command(self.settings())
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub(crate) fn key(&self) -> &DepartmentKey {
        &self.0.key
    }

    pub(crate) fn provider(&self) -> &Provider {
        &self.0.provider
    }

    pub(crate) fn sessions(&self) -> &Sessions {
        &self.0.sessions
    }

    pub(crate) fn cookies(&self) -> &CookieNames {
        &self.0.cookies
    }

    pub(crate) fn home(&self) -> &LocalPath {
        &self.0.home
    }

    pub(crate) fn identity(&self, session: Session) -> Identity {
        Identity::new(Arc::new(session), Arc::clone(&self.0.settings))
    }

    /// Lets the department join its old records to the person.
    pub(crate) async fn link(&self, identity: Identity) -> Result<Linked, Error> {
        self.0.link.ask(identity).await
    }

    pub(crate) fn now(&self) -> SystemTime {
        self.0.clock.now()
    }

    pub(crate) fn unknown_client(&self, reason: &str) -> Error {
        let settings = self.settings();
        Error::UnknownClient {
            client_id: settings.client_id.clone(),
            reason: quote_sentence(reason),
            redirect_uri: settings.endpoint("callback"),
            kid: self.key().kid().to_owned(),
            command: self.registration_command(),
        }
    }
}

impl fmt::Debug for Yimen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Yimen")
            .field("settings", self.settings())
            .finish_non_exhaustive()
    }
}
