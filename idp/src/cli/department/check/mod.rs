//! The whole way from an address to a system that has joined, step by step, as a node would go it at the system's first
//! request; nothing comes of it. Each step that fails says what to do.

mod answers;
mod commands;
mod decision;
mod registration;
mod words;

use crate::cli::doctor::clock::{self, Reading};
use crate::cli::failure::Failure;
use crate::cli::finding::{Finding, Verdict, say};
use crate::cli::output::Output;
use crate::clock::{Clock, Timestamp};
use crate::config::Config;
use crate::department::trust;
use crate::department::trust::allowed::{Allowed, Pattern};
use crate::department::trust::entity::Entity;
use crate::department::trust::join::{JoinFault, Joining, Look};
use crate::department::trust::{DecideError, Looked};
use crate::federation::{EntityId, Relaxation};
use crate::fetch::{Fetcher, Kind};
use crate::http::{StartError, onlooking};
use crate::rng::Rng;
use crate::store::Db;

pub(super) async fn run(
    config: &Config,
    db: &Db,
    url: &str,
    relaxation: Relaxation,
    output: &Output,
) -> Result<(), Failure> {
    let placed = |fault: StartError| Failure::to_start(&config.written, &fault);
    let (clock, settings) = (Clock::system(), &config.settings);
    let fetcher = Fetcher::new(&settings.fetch, settings.dev)
        .map_err(StartError::from)
        .map_err(placed)?;
    let joining = onlooking(config, db, &fetcher, &clock, &Rng::system())
        .await
        .map_err(placed)?;
    let mut way = Way {
        db,
        fetcher,
        joining,
        relaxation,
        us: config.public_url.issuer(),
        now: clock.now(),
        findings: Vec::new(),
    };
    match way.go(url).await {
        Ok(()) | Err(Stop::Told) => say(&way.findings, output),
        Err(Stop::Failed(failure)) => Err(failure),
    }
}

/// Why the way ends here.
enum Stop {
    /// What is wrong has been said, and what would follow makes no sense without it.
    Told,
    /// It cannot be seen.
    Failed(Failure),
}

impl<E: std::error::Error> From<E> for Stop {
    fn from(fault: E) -> Self {
        Self::Failed(fault.into())
    }
}

struct Way<'a> {
    db: &'a Db,
    fetcher: Fetcher,
    joining: Joining,
    relaxation: Relaxation,
    us: &'a str,
    now: Timestamp,
    findings: Vec<Finding>,
}

impl Way<'_> {
    async fn go(&mut self, url: &str) -> Result<(), Stop> {
        let id = match EntityId::parse(url, self.relaxation) {
            Ok(id) => id,
            Err(expected) => {
                let said = format!(
                    "{} is no entity identifier: expected {expected}",
                    url.escape_debug()
                );
                return self.told("address", Verdict::Fault(said));
            }
        };
        self.told("address", Verdict::Fine(format!("{id} is an entity identifier")))?;
        let (allowed, entity) = self.decide(&id).await?;
        if allowed.sends_itself() {
            return self.told("keys", decision::sent(&id, &allowed, entity.as_ref()));
        }
        let date = self.reach(&id, &allowed).await?;
        let look = match self.joining.look(&id, self.now).await {
            Ok(look) => look,
            Err(JoinFault::Store(fault)) => return Err(fault.as_ref().into()),
            Err(fault @ JoinFault::Sign(_)) => {
                return Err(Stop::Failed(Failure::new(format!(
                    "{fault}; the first node that starts makes the keys"
                ))));
            }
            Err(fault) => return self.told("decision", Verdict::Fault(fault.to_string())),
        };
        self.trust(&id, &look, entity.as_ref(), date)?;
        self.register(&id, &look, &allowed).await
    }

    /// Whether the operator lets it in.
    async fn decide(&mut self, id: &EntityId) -> Result<(Allowed, Option<Entity>), Stop> {
        let looked = match trust::look(self.db, &Pattern::Entity(id.clone())).await {
            Err(DecideError::Unknown(_)) => Looked {
                allowed: None,
                systems: Vec::new(),
            },
            other => other?,
        };
        let entity = looked.systems.into_iter().next();
        let Some(allowed) = looked.allowed else {
            return Err(self.fault("decision", decision::none(id)));
        };
        self.told("decision", decision::covering(id, &allowed))?;
        self.told("standing", decision::standing(id, &allowed, entity.as_ref()))?;
        Ok((allowed, entity))
    }

    /// Whether it answers with what it says about itself; by what clock.
    async fn reach(&mut self, id: &EntityId, allowed: &Allowed) -> Result<Option<Timestamp>, Stop> {
        let (url, ranges) = (id.configuration_url(), &allowed.terms.ranges);
        let located = match self.fetcher.locate(&url, ranges).await {
            Ok(located) => located,
            Err(fault) => return Err(self.fault("host", answers::no_host(id, &fault))),
        };
        self.told("host", Verdict::Fine(answers::host(id, &located)))?;
        self.told("network", answers::network(&located, allowed))?;
        let probe = self.fetcher.probe(&url, Kind::EntityStatement, ranges).await;
        self.told("connection", answers::connection(id, &probe, self.now))?;
        let date = probe.answered.as_ref().and_then(|answered| answered.date);
        if let Some(date) = date {
            let reading = Reading::now("its host", date);
            // A clock that is off may be why what follows fails, so it is gone on.
            self.findings
                .push(Finding::new("clock", clock::check(&[reading], None)));
        }
        self.told("configuration", answers::configuration(id, &probe))?;
        Ok(date)
    }

    /// Whether what it says is to be believed.
    fn trust(
        &mut self,
        id: &EntityId,
        look: &Look,
        entity: Option<&Entity>,
        date: Option<Timestamp>,
    ) -> Result<(), Stop> {
        let Some((statement, keys)) = look.own() else {
            let fault = look.chain().err();
            let said = fault.map_or_else(String::new, |fault| words::fault(fault, id, self.us));
            let clock = fault.and_then(|fault| words::clock(fault, date, self.now));
            return self.told("statement", Verdict::Fault(said + &clock.unwrap_or_default()));
        };
        self.told("statement", Verdict::Fine(words::statement(statement)))?;
        self.told("keys", words::keys(id, statement, keys, entity))?;
        match look.chain() {
            Err(fault) => Err(self.fault("superiors", words::fault(fault, id, self.us))),
            Ok(chain) => self.told("superiors", Verdict::Fine(words::superiors(chain))),
        }
    }

    /// What it would be registered with.
    async fn register(&mut self, id: &EntityId, look: &Look, allowed: &Allowed) -> Result<(), Stop> {
        let Ok(chain) = look.chain() else {
            return Ok(());
        };
        let client = match look.client() {
            Ok(client) => client,
            Err(JoinFault::Store(fault)) => return Err(fault.as_ref().into()),
            Err(_) if registration::is_superior_alone(allowed, chain) => {
                let said = "it is no system of its own, and vouches for those below it".to_owned();
                return self.told("metadata", Verdict::Fine(said));
            }
            Err(fault) => {
                let Some(fault) = fault.trust() else {
                    return self.told("metadata", Verdict::Fault(fault.to_string()));
                };
                return self.told(
                    registration::check_of(fault),
                    Verdict::Fault(words::fault(fault, id, self.us)),
                );
            }
        };
        self.told("metadata", Verdict::Fine(registration::metadata(id)))?;
        let metadata = &client.metadata;
        let keys = registration::protocol_keys(metadata);
        self.findings.push(Finding::new("protocol keys", keys));
        let asked = registration::asked_for(chain);
        let registered = registration::registered(id, metadata, allowed, asked.as_deref());
        self.findings.push(Finding::new("registration", registered));
        let logout = match &metadata.backchannel_logout_uri {
            None => registration::no_logout(),
            Some(uri) => registration::logout(
                uri,
                &self.fetcher.post_form(uri, &[], &allowed.terms.ranges).await,
            ),
        };
        self.findings.push(Finding::new("back-channel logout", logout));
        Ok(())
    }

    fn told(&mut self, check: &'static str, verdict: impl Into<Verdict>) -> Result<(), Stop> {
        let finding = Finding::new(check, verdict);
        let is_fault = finding.is_fault();
        self.findings.push(finding);
        if is_fault { Err(Stop::Told) } else { Ok(()) }
    }

    fn fault(&mut self, check: &'static str, said: String) -> Stop {
        self.findings.push(Finding::new(check, Verdict::Fault(said)));
        Stop::Told
    }
}
