use std::net::{SocketAddr, ToSocketAddrs as _};
use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRef;
use thiserror::Error;

use super::joining::joining;
use super::rings;
use super::tls::TlsError;
use crate::admin::Admin;
use crate::audit::Context;
use crate::carrier::{self, Carrier};
use crate::clock::{Clock, Timestamp};
use crate::config::{Config, Database, Settings};
use crate::consent::{Consent, Consents};
use crate::department::Departments;
use crate::department::adoption::Adoption;
use crate::department::trust::join::Joining;
use crate::department::trust::{self, Members, Ourselves};
use crate::events::Courier;
use crate::fetch::{FetchError, Fetcher, extra_roots};
use crate::gateway::{self, ClientError};
use crate::keys::{KeyError, KeyRing};
use crate::oidc::{Chains, Discovery, Federation, Oidc};
use crate::operator::Operators;
use crate::place::{PlaceError, Places};
use crate::portal::Portal;
use crate::proofing::{self, Authority};
use crate::rng::Rng;
use crate::signin::sessions::{Sessions, Whereabouts};
use crate::signin::{
    Errands, Handovers, Interactions, Passkeys, RealNames, RelyingParty, RelyingPartyError, Senders, Signin,
    Ways,
};
use crate::sms::{SetupError, Sms};
use crate::state::{State, StateError};
use crate::store::{Backend, Db, StoreError, Vault};
use crate::web::{Site, SiteSettings, is_local_name};

/// Why a node cannot start; each says what to do.
#[derive(Debug, Error)]
pub enum StartError {
    #[error("database.url: {0}")]
    Database(#[from] StoreError),
    #[error("the database is not at this version; run `yimen migrate` (missing: {0})")]
    Unmigrated(String),
    #[error(
        "the database has migration {0:04}, which this version does not know: a newer yimen has migrated it; start that \
         one (an older one works only on a backup of before the upgrade)"
    )]
    Newer(i64),
    #[error("state.url: {0}")]
    State(#[from] StateError),
    #[error("the signing keys: {0}")]
    Keys(#[from] KeyError),
    #[error("{0}")]
    Sms(#[from] SetupError),
    #[error(transparent)]
    Proofing(#[from] proofing::SetupError),
    #[error(transparent)]
    Carrier(#[from] carrier::SetupError),
    #[error(transparent)]
    Federation(#[from] trust::SetupError),
    #[error(transparent)]
    Place(#[from] PlaceError),
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error(transparent)]
    Passkeys(#[from] RelyingPartyError),
    #[error("{0}")]
    Fetch(#[from] FetchError),
    #[error(
        "dev = true, but public_url's host {host} does not resolve to loopback addresses only: development is for this machine"
    )]
    DevInPublic { host: String },
    #[error(
        "dev = true, but listen is {address}: development shows codes and moves time, so it may listen on this machine only, such as on 127.0.0.1:8000"
    )]
    DevListens { address: SocketAddr },
    #[error("cannot listen on {address}: {fault}; is it in use? Choose another with `listen` (or --port)")]
    Listen {
        address: SocketAddr,
        fault: std::io::Error,
    },
    #[error("{0}")]
    Tls(#[from] TlsError),
}

impl StartError {
    /// The key of the configuration that is to blame, where one is.
    #[must_use]
    pub fn key(&self) -> Option<String> {
        let key = match self {
            Self::Sms(fault) => return fault.key(),
            Self::Proofing(fault) => fault.key(),
            Self::Carrier(fault) => fault.key(),
            Self::Tls(fault) => fault.key,
            Self::Federation(fault) => fault.key(),
            Self::Place(_) => PlaceError::KEY,
            Self::Database(_) => "database.url",
            Self::State(_) => "state.url",
            Self::Keys(KeyError::Sealed { .. }) => "master_key",
            Self::Fetch(FetchError::Setup(_)) => "fetch.extra_ca",
            Self::Passkeys(RelyingPartyError::Foreign { .. } | RelyingPartyError::Changed { .. }) => {
                "passkey.rp_id"
            }
            Self::Passkeys(RelyingPartyError::Makers { .. }) => "operator.attestation_ca",
            Self::DevInPublic { .. } => "public_url",
            Self::DevListens { .. } | Self::Listen { .. } => "listen",
            Self::Unmigrated(_)
            | Self::Newer(_)
            | Self::Passkeys(_)
            | Self::Keys(_)
            | Self::Fetch(_)
            | Self::Client(_) => {
                return None;
            }
        };
        Some(key.to_owned())
    }
}

/// Everything a node needs, built once. Each room is given only the handles it uses.
///
/// The router clones its state several times per request: one count, not one for every handle.
#[derive(Clone, Debug)]
pub struct App(Arc<Handles>);

#[derive(Debug)]
pub struct Handles {
    pub config: Arc<Config>,
    pub clock: Clock,
    pub rng: Rng,
    pub db: Db,
    pub state: State,
    pub keys: KeyRing,
    pub sms: Sms,
    pub site: Site,
    pub senders: Senders,
    pub(super) vault: Vault,
    departments: Departments,
    pub(super) adoption: Adoption,
    members: Members,
    joining: Joining,
    pub(super) ourselves: Ourselves,
    fetcher: Fetcher,
    interactions: Interactions,
    pub(super) sessions: Sessions,
    consents: Consents,
    passkeys: Passkeys,
    real_names: RealNames,
    handovers: Handovers,
    operators: Operators,
    authority: Option<Authority>,
    carrier: Option<Carrier>,
    ways: Ways,
    pub(super) errands: Errands,
    chains: Chains,
    discovery: Discovery,
}

impl Deref for App {
    type Target = Handles;

    fn deref(&self) -> &Handles {
        &self.0
    }
}

impl App {
    /// Opens the stores, brings the database up to date where that is allowed, and loads the keys.
    ///
    /// # Errors
    /// The first thing that stands in the way.
    pub async fn build(config: Config, clock: Clock, rng: Rng) -> Result<Self, StartError> {
        let settings = &config.settings;
        check_surroundings(&config)?;
        let fetcher = Fetcher::new(&settings.fetch, settings.dev)?;
        let http = gateway::http_client(extra_roots(&settings.fetch)?)?;
        let sms = Sms::new(settings, http.clone(), rng.clone())?;
        let (authority, carrier) = counterparts(settings, http, &rng)?;
        let (db, state) = stores(settings, clock.now()).await?;
        let vault = Vault::new(&config.master_key, rng.clone());
        let (keys, ourselves) = rings::open(&config, &db, &vault, &rng, clock.now()).await?;
        let site = site_of(&config, &vault);
        let senders = Senders::new(settings.dev);
        let whereabouts = Whereabouts::new(vault.clone(), senders, Places::open(settings)?);
        let departments = Departments::new(db.clone(), clock.clone());
        let (members, joining) = joining(&departments, &fetcher, &ourselves, &db, &rng, &clock);
        let adoption = Adoption::new(vault.clone());
        let interactions = Interactions::new(
            state.clone(),
            site.clone(),
            rng.clone(),
            departments.clone(),
            adoption.clone(),
            senders,
            &settings.http,
        );
        let sessions = Sessions::new(
            &settings.session,
            db.clone(),
            site.cookies(),
            rng.clone(),
            departments.clone(),
            whereabouts.clone(),
        );
        let relying_party = held_relying_party(&config, &db, &Context::of_node(clock.now(), &rng)).await?;
        let passkeys = Passkeys::new(relying_party, state.clone(), db.clone(), vault.clone());
        let errands = Errands::default();
        let real_names = RealNames::new(authority.clone(), &db, &vault, &sessions, &errands);
        let operators = Operators::new(&settings.operator, db.clone(), site.cookies(), rng.clone());
        Ok(Self(Arc::new(Handles {
            consents: Consents::new(db.clone(), state.clone()),
            handovers: Handovers::new(state.clone(), vault.clone(), rng.clone(), whereabouts),
            ways: ways(&passkeys, &real_names),
            clock,
            rng,
            db,
            state,
            keys,
            sms,
            site,
            senders,
            vault,
            departments,
            adoption,
            members,
            joining,
            ourselves,
            fetcher,
            interactions,
            sessions,
            passkeys,
            real_names,
            operators,
            authority,
            carrier,
            errands,
            chains: Chains::default(),
            discovery: Discovery::new(&config.public_url),
            config: Arc::new(config),
        })))
    }

    /// The node's part in delivering messages to departments.
    #[must_use]
    pub fn courier(&self) -> Courier {
        Courier {
            config: Arc::clone(&self.config),
            clock: self.clock.clone(),
            rng: self.rng.clone(),
            db: self.db.clone(),
            keys: self.keys.clone(),
            fetcher: self.fetcher.clone(),
            sms: self.sms.clone(),
            vault: self.vault.clone(),
        }
    }
}

async fn stores(settings: &Settings, now: Timestamp) -> Result<(Db, State), StartError> {
    let db = Db::open_for_node(&settings.database).await?;
    bring_up_to_date(&db, Migration::at_start(&settings.database)).await?;
    Ok((db, State::open(&settings.state, now).await?))
}

/// How a sign-in can be raised here.
fn ways(passkeys: &Passkeys, real_names: &RealNames) -> Ways {
    Ways {
        passkey: passkeys.are_offered(),
        real_name: real_names.can_be_proven(),
    }
}

/// Whom passkeys are made for, which is once and for all; nobody where the address is no domain name.
async fn held_relying_party(
    config: &Config,
    db: &Db,
    context: &Context,
) -> Result<Option<RelyingParty>, RelyingPartyError> {
    let relying_party = RelyingParty::of(config)?;
    if let Some(relying_party) = &relying_party {
        relying_party.hold(db, context).await?;
    }
    Ok(relying_party)
}

/// Whom the city asks about people and about numbers, where it has them.
fn counterparts(
    settings: &Settings,
    http: reqwest::Client,
    rng: &Rng,
) -> Result<(Option<Authority>, Option<Carrier>), StartError> {
    let authority = Authority::new(settings, http.clone(), rng.clone())?;
    Ok((authority, Carrier::new(settings, http, rng.clone())?))
}

fn site_of(config: &Config, vault: &Vault) -> Site {
    let settings = &config.settings;
    Site::new(SiteSettings {
        city: settings.city.clone(),
        city_en: settings.city_en.clone(),
        helpline: settings.helpline.clone(),
        public_url: config.public_url.clone(),
        other_urls: settings.passkey.related_origins.clone(),
        audit_kept: settings.audit.keep.get(),
        form_key: vault.mac("form tokens", b"1"),
    })
}

/// Whether a server's records may be migrated on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Migration {
    Allowed,
    ByCommand,
}

impl Migration {
    const fn at_start(settings: &Database) -> Self {
        if settings.migrate_at_start {
            Self::Allowed
        } else {
            Self::ByCommand
        }
    }
}

/// Makes sure that the records are of this version. SQLite's are brought there in any case. None are ever taken back:
/// what begins to work on newer ones would not know their rules.
///
/// # Errors
/// Where they are not, and may not be brought there.
pub async fn bring_up_to_date(db: &Db, migration: Migration) -> Result<(), StartError> {
    if let Some(number) = db.newer_migration().await? {
        return Err(StartError::Newer(number));
    }
    if db.backend() == Backend::Sqlite || migration == Migration::Allowed {
        return Ok(db.migrate().await?);
    }
    match db.pending_migrations().await?.first() {
        None => Ok(()),
        Some(first) => Err(StartError::Unmigrated(first.clone())),
    }
}

/// Who can reach this node, and whether it can tell them apart.
fn check_surroundings(config: &Config) -> Result<(), StartError> {
    if config.settings.dev {
        return demand_loopback(config);
    }
    if config.is_behind_unnamed_proxy() {
        tracing::warn!(
            "no TLS here and no http.trusted_proxies: whatever comes through a proxy counts as one sender, and shares one sender's limits"
        );
    }
    Ok(())
}

/// `dev` shows codes and moves time: only where nobody else can reach it.
fn demand_loopback(config: &Config) -> Result<(), StartError> {
    let address = config.settings.listen;
    if !address.ip().to_canonical().is_loopback() {
        return Err(StartError::DevListens { address });
    }
    let host = config.public_url.host();
    let bare = host.trim_matches(['[', ']']);
    let refuse = || StartError::DevInPublic {
        host: host.to_owned(),
    };
    // Not every resolver knows it.
    if is_local_name(bare) {
        return Ok(());
    }
    let addresses = (bare, config.public_url.port())
        .to_socket_addrs()
        .map_err(|_| refuse())?;
    let mut seen = false;
    for address in addresses {
        if !address.ip().to_canonical().is_loopback() {
            return Err(refuse());
        }
        seen = true;
    }
    if seen { Ok(()) } else { Err(refuse()) }
}

/// A room's substate, made of the handles the node holds.
macro_rules! room {
    ($room:ident { $($handle:ident),+ $(,)? }) => {
        impl FromRef<App> for $room {
            fn from_ref(app: &App) -> Self {
                Self { $($handle: app.$handle.clone()),+ }
            }
        }
    };
}

room!(Oidc {
    joining,
    config,
    rng,
    db,
    state,
    vault,
    keys,
    departments,
    interactions,
    sessions,
    consents,
    fetcher,
    ways,
    senders
});
room!(Federation {
    ourselves,
    members,
    joining,
    chains,
    config,
    state,
    senders
});
room!(Consent {
    config,
    rng,
    db,
    vault,
    departments,
    interactions,
    sessions,
    consents
});
room!(Portal {
    rng,
    db,
    vault,
    departments,
    interactions,
    sessions,
    consents,
    passkeys,
    real_names,
    handovers,
    site
});
room!(Signin {
    config,
    rng,
    db,
    state,
    vault,
    sms,
    site,
    senders,
    interactions,
    sessions,
    passkeys,
    real_names,
    handovers,
    carrier,
    errands
});

room!(Admin {
    config,
    keys,
    rng,
    db,
    vault,
    state,
    interactions,
    passkeys,
    operators,
    authority
});

impl FromRef<App> for Site {
    fn from_ref(app: &App) -> Self {
        app.site.clone()
    }
}

impl FromRef<App> for Discovery {
    fn from_ref(app: &App) -> Self {
        app.discovery.clone()
    }
}
