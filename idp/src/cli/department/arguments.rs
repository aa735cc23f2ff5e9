use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use ipnet::IpNet;

use crate::cli::client::Said;
use crate::department::adoption::Week;
use crate::department::trust::allowed::Pause;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Department {
    /// Let systems join by their address alone; or change what is named of such a decision, and print what changed
    Allow(Box<Allow>),
    /// List whom you let join
    List,
    /// Show a decision with the systems under it: their keys, those that wait for you, and why one could not join
    Show {
        /// As it was allowed, or a system's address
        pattern: String,
    },
    /// Write a department that runs, for its developer
    New {
        /// A folder that is new, or empty
        dir: PathBuf,
        /// Where the SDK is, as seen from there
        #[arg(long, value_name = "PATH", default_value = "../yimen/sdk/rust")]
        sdk: PathBuf,
    },
    /// Go the way by which a system joins, step by step, and say what to mend where it ends; changes nothing
    Check {
        /// Its address, such as https://hrss.city.example
        url: String,
    },
    /// Stop a department at once: nobody signs in there, and what it was given is over
    Suspend {
        /// As it was allowed, or a system's address
        pattern: String,
        /// What residents are told, beside that the city has paused it
        #[arg(long, value_parser = Pause::ALL.map(Pause::as_str))]
        reason: Option<String>,
    },
    /// Let a suspended department go on
    Resume {
        /// As it was allowed, or a system's address
        pattern: String,
    },
    /// Take a decision back
    Remove {
        /// As it was allowed, or a system's address
        pattern: String,
    },
    /// How sign-ins go at departments' systems, week by week; nothing that fewer than ten people are in
    Adoption {
        /// A decision as it was allowed, a system's address or a client's id; without, all there are
        of: Option<String>,
        /// The first week, such as 2026-W40; without, twelve weeks before the last
        #[arg(long, value_name = "WEEK")]
        from: Option<Week>,
        /// The last week; without, the last that is over
        #[arg(long, value_name = "WEEK")]
        to: Option<Week>,
    },
    /// Trust new federation keys of a system that none of its old ones vouched for
    TrustKeys {
        /// Its address
        url: String,
        /// The thumbprint of each key, as the department says it over another way; after -- where one begins with a hyphen
        #[arg(required = true, value_name = "FINGERPRINT")]
        fingerprints: Vec<String>,
    },
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Allow {
    /// https://hrss.city.example for one system, hrss.city.example for all at a host, *.city.example for all below a
    /// domain. Of several that cover a system, the narrowest counts; one that is not named by its address gets the scope
    /// openid alone
    pub pattern: String,
    /// What residents come for, such as 养老金查询
    #[arg(long)]
    pub name: Option<String>,
    /// The same in English
    #[arg(long)]
    pub name_en: Option<String>,
    /// The department that offers it
    #[arg(long)]
    pub organisation: Option<String>,
    /// The same in English
    #[arg(long)]
    pub organisation_en: Option<String>,
    /// All it may ever ask for [default for a new one: openid]
    #[arg(long, value_name = "SCOPES")]
    pub scopes: Option<String>,
    #[command(flatten)]
    pub said: Said,
    /// A trust mark it is given: identity-number or acts-for-enterprises; may be repeated
    #[arg(long = "marks", value_name = "TYPE")]
    pub marks: Vec<String>,
    /// Addresses that are not public and where its systems may be all the same, such as 10.20.0.0/16; may be repeated
    #[arg(long = "range", value_name = "CIDR")]
    pub ranges: Vec<IpNet>,
    /// It has systems of its own below it, and states itself who they are
    #[arg(long)]
    pub superior: bool,
    /// How many superiors may stand between it and a system
    #[arg(long, value_name = "N")]
    pub max_path_length: Option<u64>,
    /// A host that its systems may have, or .city.example for all below a domain; may be repeated
    #[arg(long = "permit", value_name = "NAME")]
    pub permitted: Vec<String>,
    /// Its systems may also come by a client metadata document: their id is the address it is at, below which all else lies
    #[arg(long)]
    pub metadata_document: bool,
    /// We cannot reach it: it sends what we would fetch, and asks for what we would send. It joins once you trust its
    /// keys (`yimen department trust-keys`)
    #[arg(long)]
    pub unreachable: bool,
    /// The superior that its systems must come through
    #[arg(long, value_name = "URL")]
    pub through: Option<String>,
    /// The client id of the system whose place it takes, such as its old address: it knows residents by the same identifiers
    #[arg(long, value_name = "CLIENT")]
    pub moved_from: Option<String>,
    /// Remove what was decided under this name, before anything else is set; may be repeated
    #[arg(long = "clear", value_name = "NAME")]
    pub clear: Vec<Clearable>,
}

/// What a decision can do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Clearable {
    NameEn,
    OrganisationEn,
    Purpose,
    PurposeEn,
    Record,
    RecordEn,
    Ask,
    AskEn,
    Optional,
    Marks,
    Range,
    Superior,
    MaxPathLength,
    Permit,
    MetadataDocument,
    Unreachable,
    Through,
    MovedFrom,
}
