use std::collections::BTreeMap;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::pattern::Pattern;
use crate::clock::Timestamp;
use crate::department::data::{DataKey, Words};
use crate::department::model::{ClientMetadata, Purpose};
use crate::federation::{Constraints, NameSubtree};

/// A decision of the operator: who may join, and as what.
#[derive(Clone, Debug)]
pub struct Allowed {
    pub id: Uuid,
    pub pattern: Pattern,
    pub status: Status,
    /// Of a suspension.
    pub reason: Option<Pause>,
    pub terms: Terms,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Allowed {
    /// Whether systems may join by it.
    ///
    /// # Errors
    /// What residents are told of its suspension.
    pub fn check_active(&self) -> Result<(), Option<Pause>> {
        if self.is_active() {
            Ok(())
        } else {
            Err(self.reason)
        }
    }

    #[must_use]
    pub fn is_active(&self) -> bool {
        self.status == Status::Active
    }

    /// All that its systems may ever ask for. Where the operator has not named the system itself, nobody has looked at it
    /// yet, so it gets to know that somebody is there and no more.
    #[must_use]
    pub fn scopes(&self) -> Vec<&str> {
        let named = self.terms.scope.split_ascii_whitespace();
        named
            .filter(|scope| self.pattern.names_one() || *scope == "openid")
            .collect()
    }

    /// The records that its system may give to others, under the same rule: none where it is not named.
    #[must_use]
    pub fn records(&self) -> BTreeMap<String, Words> {
        if self.pattern.names_one() {
            self.terms.records.clone()
        } else {
            BTreeMap::new()
        }
    }

    /// What its system may ask of others, under the same rule.
    #[must_use]
    pub fn asks(&self) -> BTreeMap<DataKey, Purpose> {
        if self.pattern.names_one() {
            self.terms.asks.clone()
        } else {
            BTreeMap::new()
        }
    }

    /// Gives a client all that its residents read, and what it may have of others and give to them.
    pub fn name(&self, metadata: &mut ClientMetadata) {
        self.terms.name(metadata);
        metadata.records = self.records();
        metadata.asks = self.asks();
    }

    /// Whether what it says of itself is what it sends: nobody else may stand for a system that is not named.
    #[must_use]
    pub fn sends_itself(&self) -> bool {
        self.terms.unreachable && self.pattern.names_one()
    }

    /// What a system is registered with, as far as this still lets it.
    #[must_use]
    pub fn keep(&self, before: &ClientMetadata) -> ClientMetadata {
        let may = self.scopes();
        let mut metadata = before.clone();
        let scopes: Vec<_> = before.scopes().filter(|scope| may.contains(scope)).collect();
        metadata.scope = scopes.join(" ");
        self.terms.name(&mut metadata);
        metadata
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    Active,
    Suspended,
    Removed,
}

impl Status {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Removed => "removed",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        [Self::Active, Self::Suspended, Self::Removed]
            .into_iter()
            .find(|one| one.as_str() == name)
    }
}

/// Why a department is suspended, as far as residents are told. The name is stored: never rename one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pause {
    /// It is being looked at whether it is safe.
    Security,
    /// It is being worked on.
    Maintenance,
    /// The department asked for it.
    Request,
}

impl Pause {
    pub const ALL: [Self; 3] = [Self::Security, Self::Maintenance, Self::Request];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Security => "security",
            Self::Maintenance => "maintenance",
            Self::Request => "request",
        }
    }

    /// Whether a suspension for this reason is also one of whoever else is at the same host, and not named: somebody else
    /// may hold it. Where no reason is given, that may be why.
    #[must_use]
    pub const fn stops_host(reason: Option<Self>) -> bool {
        matches!(reason, None | Some(Self::Security))
    }

    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == name)
    }
}

/// What the operator decided. Names that residents see are here, and never taken from what a system says of itself.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Terms {
    pub name: String,
    pub name_en: String,
    pub organisation: String,
    pub organisation_en: String,
    /// All that a system may ask for once the operator has named it.
    pub scope: String,
    /// Scope → why it is asked for.
    pub purposes: BTreeMap<String, Purpose>,
    /// Name → the records that it may give to others.
    pub records: BTreeMap<String, Words>,
    /// What it may ask of others → why.
    pub asks: BTreeMap<DataKey, Purpose>,
    /// Types of the trust marks that we issue to it.
    pub marks: Vec<String>,
    /// Addresses that are not public and that its systems may be fetched from all the same.
    pub ranges: Vec<IpNet>,
    /// Where it is no system itself, but has systems of its own below it.
    pub superior: Option<Superior>,
    /// Its systems may also come by a client metadata document at the address that is their id.
    pub metadata_document: bool,
    /// The superior whose chain its systems must come by.
    pub through: Option<String>,
    /// The sector of the system whose place it takes: residents stay who they were to that one.
    pub sector: Option<String>,
    /// We cannot reach it: it sends what we would fetch, and asks for what we would send.
    pub unreachable: bool,
    /// Of such a system, the thumbprints of the federation keys that the operator trusts until one of them is pinned.
    pub trusted_keys: Vec<String>,
}

/// How far an intermediate's word reaches.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Superior {
    /// Superiors between it and a system.
    pub max_path_length: Option<u64>,
    /// Hosts that may lie below it, as naming constraints write them; any where there is none.
    pub permitted: Vec<String>,
}

impl Superior {
    /// As if it stated them itself of those below it.
    #[must_use]
    pub fn own_constraints(&self) -> Constraints {
        Constraints {
            max_path_length: self.max_path_length,
            ..self.constraints()
        }
    }

    /// As we state them about it.
    #[must_use]
    pub fn constraints(&self) -> Constraints {
        let permitted: Vec<_> = self
            .permitted
            .iter()
            .filter_map(|name| NameSubtree::parse(name))
            .collect();
        Constraints {
            // Counted from us (OpenID Federation 1.0 §6.2.1): it is one of those in between itself.
            max_path_length: self.max_path_length.map(|between| between.saturating_add(1)),
            permitted: (!self.permitted.is_empty()).then_some(permitted),
            ..Constraints::default()
        }
    }
}

impl Terms {
    /// Gives a client the names and purposes that its residents read.
    pub fn name(&self, metadata: &mut ClientMetadata) {
        metadata.client_name.clone_from(&self.name);
        metadata.client_name_en.clone_from(&self.name_en);
        metadata.organisation.clone_from(&self.organisation);
        metadata.organisation_en.clone_from(&self.organisation_en);
        let purposes = self.purposes.iter();
        metadata.purposes = purposes
            .filter(|(scope, _)| metadata.has_scope(scope))
            .map(|(scope, purpose)| (scope.clone(), purpose.clone()))
            .collect();
    }
}
