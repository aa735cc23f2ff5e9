//! One department's client of one provider: everything the SDK's other parts share.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use serde_json::Value;

use crate::clock::Clock;
use crate::cookies::CookieNames;
use crate::entity::LastStatement;
use crate::error::Error;
use crate::exchanged::Exchanged;
use crate::holder::Holders;
use crate::identity::Identity;
use crate::keys::{AllKeys, Federation, Protocol, Ring};
use crate::link::{Link, Linked};
use crate::local_path::LocalPath;
use crate::provider::Provider;
use crate::quote::quote_sentence;
use crate::record::Record;
use crate::registration;
use crate::seal::Sealer;
use crate::session::Session;
use crate::session_store::{AnyStore, SessionLimits};
use crate::sessions::Sessions;
use crate::settings::Settings;

/// A department that has joined. Cheap to clone; all clones share sessions and what is known of the provider.
#[derive(Clone)]
pub struct Yimen(Arc<Parts>);

struct Parts {
    settings: Arc<Settings>,
    protocol_keys: Ring<Protocol>,
    federation_keys: Option<Ring<Federation>>,
    sealer: Arc<Sealer>,
    statement: LastStatement,
    provider: Provider,
    sessions: Sessions,
    exchanged: Exchanged,
    holders: Holders,
    cookies: CookieNames,
    home: LocalPath,
    link: Link,
    clock: Clock,
}

impl Yimen {
    pub(crate) async fn start(
        settings: Settings,
        keys: AllKeys,
        store: AnyStore,
        limits: SessionLimits,
        link: Link,
        clock: Clock,
    ) -> Result<Self, Error> {
        if settings.is_unreachable && keys.federation.is_none() {
            return Err(Error::Setting {
                what: "what the provider is to be sent",
                found: "unreachable".to_owned(),
                problem: "needs a federation key, which signs it".to_owned(),
                remedy: "name one by `.federation_key_file` or YIMEN_FEDERATION_KEY_FILE",
            });
        }
        let home = settings.home()?;
        let cookies = CookieNames::of(&settings);
        let settings = Arc::new(settings);
        let sealer = Arc::new(keys.sealer);
        let sessions = Sessions::new(store, limits, Arc::clone(&sealer));
        let provider = Provider::new(Arc::clone(&settings), clock.clone())?;
        let yimen = Self(Arc::new(Parts {
            settings,
            protocol_keys: keys.protocol,
            federation_keys: keys.federation,
            sealer,
            statement: LastStatement::default(),
            provider,
            sessions,
            exchanged: Exchanged::default(),
            holders: Holders::default(),
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
        registration::metadata(self.settings(), &self.protocol_keys().known())
    }

    /// The same as a command for the provider's machine, with the names that residents read left to fill in. Also
    /// served at `/yimen/registration`.
    #[must_use]
    pub fn registration_command(&self) -> String {
        registration::command(self.settings())
    }

    /// As long as there are others, this one is one of them.
    pub(crate) fn weakly(&self) -> impl Fn() -> Option<Self> + Send + 'static {
        let parts = Arc::downgrade(&self.0);
        move || parts.upgrade().map(Self)
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub(crate) fn protocol_keys(&self) -> &Ring<Protocol> {
        &self.0.protocol_keys
    }

    pub(crate) fn federation_keys(&self) -> Option<&Ring<Federation>> {
        self.0.federation_keys.as_ref()
    }

    /// What the department states in the federation; `None` where it has no key for it.
    pub(crate) async fn entity_statement(&self) -> Option<Result<String, Error>> {
        let keys = self.federation_keys()?;
        let statement = self
            .0
            .statement
            .of(self.settings(), keys, self.protocol_keys(), self.now());
        Some(statement.await)
    }

    pub(crate) fn sealer(&self) -> &Sealer {
        &self.0.sealer
    }

    pub(crate) fn provider(&self) -> &Provider {
        &self.0.provider
    }

    pub(crate) fn sessions(&self) -> &Sessions {
        &self.0.sessions
    }

    /// Tokens for other departments' records.
    pub(crate) fn exchanged(&self) -> &Exchanged {
        &self.0.exchanged
    }

    /// The way to whom those are for.
    pub(crate) fn holders(&self) -> &Holders {
        &self.0.holders
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

    /// What the provider's operator says once, so that this department may join by its address.
    fn allow_command(&self) -> Option<String> {
        let settings = self.settings();
        let keys = self
            .federation_keys()
            .filter(|_| settings.client_id == settings.entity_id)?;
        let allow = registration::allow_command(settings);
        Some(if settings.is_unreachable {
            let trust = registration::trust_command(settings, &keys.known());
            format!(
                "{allow}\nand, once you have told the operator these thumbprints over another way,\n{trust}"
            )
        } else {
            allow
        })
    }

    /// The provider has taken this department for who it is.
    pub(crate) fn note_accepted(&self) {
        if let Some(keys) = self.federation_keys() {
            keys.note_accepted();
        }
    }

    /// The provider knows the department and does not serve it.
    pub(crate) fn turned_away(&self, reason: &str) -> Error {
        Error::TurnedAway {
            client_id: self.settings().client_id.clone(),
            reason: quote_sentence(reason),
        }
    }

    /// The provider knows the department, which asks for a record that its operator has not allowed it to ask for: these,
    /// where it is known.
    pub(crate) fn may_not_ask(&self, reason: &str, records: &[Record]) -> Error {
        Error::MayNotAsk {
            client_id: self.settings().client_id.clone(),
            reason: quote_sentence(reason),
            records: records.to_vec(),
        }
    }

    pub(crate) fn unknown_client(&self, reason: &str) -> Error {
        let settings = self.settings();
        Error::UnknownClient {
            client_id: settings.client_id.clone(),
            reason: quote_sentence(reason),
            redirect_uri: settings.endpoint("callback"),
            kid: self.protocol_keys().known().kid().to_owned(),
            command: self
                .allow_command()
                .unwrap_or_else(|| self.registration_command()),
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
