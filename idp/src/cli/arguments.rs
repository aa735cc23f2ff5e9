use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use uuid::Uuid;

use super::client::{Invite, Said};
use super::department::Department;
use crate::department::trust::allowed::Pause;
use crate::operator::{Reason, Role};

/// Yimen (一门): one door to a city's public services.
#[derive(Debug, Parser)]
#[command(name = "yimen", version, propagate_version = true)]
pub(super) struct Arguments {
    /// The configuration file [default: yimen.toml, then /etc/yimen/yimen.toml]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Print JSON for programs instead of text for people
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run a node
    Serve,
    /// Run the identity provider with two departments beside it, to try everything out
    #[cfg(feature = "demo")]
    Demo(Demo),
    /// What the demo runs beside itself
    #[cfg(feature = "demo")]
    #[command(hide = true)]
    DemoCounterparts(DemoCounterparts),
    /// Bring the database up to this version
    Migrate(Migrate),
    /// Check configuration, clock, database, short-lived state, SMS and public address
    Doctor,
    /// Show the configuration
    #[command(subcommand)]
    Config(Config),
    /// Register departments' systems, change and remove them
    #[command(subcommand)]
    Client(Client),
    /// Let departments' systems join by their address alone, and stop them
    #[command(subcommand)]
    Department(Department),
    /// Register the browsers of kiosks, where sessions are short and leave nothing behind
    #[command(subcommand)]
    Kiosk(Kiosk),
    /// Look after the signing keys
    #[command(subcommand)]
    Keys(Keys),
    /// Look after the staff at service windows
    #[command(subcommand)]
    Admin(Admin),
}

#[cfg(feature = "demo")]
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// The provider's port; the departments take the next two
    #[arg(long, default_value_t = 8000, value_parser = first_of_three_ports)]
    pub port: u16,
    /// Where the demo keeps its data [default: a folder of its own in the system's temporary one]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

#[cfg(feature = "demo")]
fn first_of_three_ports(text: &str) -> Result<u16, String> {
    match text.parse() {
        Ok(port @ 1..=65_533) => Ok(port),
        _ => Err("the departments take the two ports after it, so choose one from 1 to 65533".to_owned()),
    }
}

#[cfg(feature = "demo")]
#[derive(Debug, Args)]
pub(super) struct DemoCounterparts {
    /// Where the provider listens, whose clock counts
    #[arg(long)]
    pub provider_port: u16,
    /// The file with what questions and answers are signed with
    #[arg(long)]
    pub secret: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Migrate {
    /// Say what would be done, and do nothing
    #[arg(long)]
    pub plan: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum Config {
    /// Print the configuration as resolved, secrets hidden
    Print,
    /// Explain every key, or those whose name contains KEY
    Explain {
        /// A part of a key's name, such as `session`
        key: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Client {
    /// Register a client; prints its id, and its secret this once
    Add(Box<AddClient>),
    /// Change what is named and leave the rest; prints what changed and what residents will notice
    Update(Box<UpdateClient>),
    /// List the clients
    List,
    /// Show one client
    Show {
        /// Its `client_id`
        id: String,
    },
    /// Give a client a new secret; the old one ends at once
    RotateSecret {
        /// Its `client_id`
        id: String,
    },
    /// Stop a client at once: nobody signs in there, and what it was given is over
    Suspend {
        /// Its `client_id`
        id: String,
        /// What residents are told, beside that the city has paused it
        #[arg(long, value_parser = Pause::ALL.map(Pause::as_str))]
        reason: Option<String>,
    },
    /// Let a suspended client go on
    Resume {
        /// Its `client_id`
        id: String,
    },
    /// Remove a client; it can ask residents for nothing more
    Remove {
        /// Its `client_id`
        id: String,
    },
    /// Invite a system to register itself within what you name; prints the token for that, this once
    Invite(Box<Invite>),
    /// List the invitations
    Invitations,
    /// Take an invitation back; what was registered by it stays
    Uninvite {
        /// Its id, as `yimen client invitations` has it
        id: Uuid,
    },
}

#[derive(Debug, Args)]
#[command(mut_arg("name", |name| name.required(true)), mut_arg("department", |name| name.required(true)))]
pub(super) struct AddClient {
    /// The `client_id` [default: a random one]
    #[arg(long)]
    pub id: Option<String>,
    #[command(flatten)]
    pub options: ClientOptions,
}

#[derive(Debug, Args)]
pub(super) struct UpdateClient {
    /// Its `client_id`
    pub id: String,
    #[command(flatten)]
    pub options: ClientOptions,
    /// Remove what is registered under this name, before anything else is set; may be repeated
    #[arg(long = "clear", value_name = "NAME")]
    pub clear: Vec<Clearable>,
    /// State that --sector may give residents other identifiers: the system will recognise none of them
    #[arg(long)]
    pub new_subjects: bool,
    /// State that the new words for a purpose mean the same: residents are not asked again
    #[arg(long)]
    pub same_purpose: bool,
}

/// What a client is registered with. What is not named keeps its default in `add`, its value in `update`.
#[derive(Debug, Args)]
pub(super) struct ClientOptions {
    /// What residents come for, such as 养老金查询
    #[arg(long)]
    pub name: Option<String>,
    /// The same in English
    #[arg(long)]
    pub name_en: Option<String>,
    /// The department that offers it
    #[arg(long)]
    pub department: Option<String>,
    /// The same in English
    #[arg(long)]
    pub department_en: Option<String>,
    /// Where residents return to; may be repeated
    #[arg(long = "redirect-uri", value_name = "URI")]
    pub redirect_uris: Vec<String>,
    /// Where residents may go after signing out; may be repeated
    #[arg(long = "post-logout-redirect-uri", value_name = "URI")]
    pub post_logout_redirect_uris: Vec<String>,
    /// Where logout tokens are sent
    #[arg(long, value_name = "URI")]
    pub backchannel_logout_uri: Option<String>,
    /// Where a sign-in begins at the department
    #[arg(long, value_name = "URI")]
    pub initiate_login_uri: Option<String>,
    /// How the client proves itself at the token endpoint [default for a new client: client_secret_basic]
    #[arg(long, value_enum)]
    pub auth_method: Option<AuthMethod>,
    /// The client's public keys, a JWK Set in a file
    #[arg(long, value_name = "FILE")]
    pub jwks: Option<PathBuf>,
    /// Where the client's public keys are published, instead of --jwks
    #[arg(long, value_name = "URI")]
    pub jwks_uri: Option<String>,
    /// All it may ever ask for; `offline_access` for refresh tokens that outlive the session [default for a new
    /// client: openid profile phone]
    #[arg(long)]
    pub scope: Option<String>,
    /// What it may send to the token endpoint; may be repeated [default for a new client: authorization_code,
    /// refresh_token]
    #[arg(long = "grant-type", value_name = "TYPE")]
    pub grant_types: Vec<String>,
    /// What an operator's program may do at the admin API, departments:read or departments:write; may be repeated, and goes
    /// with --grant-type client_credentials alone
    #[arg(long = "admin-scope", value_name = "SCOPE")]
    pub admin_scopes: Vec<String>,
    /// ES256 or RS256 [default for a new client: RS256]
    #[arg(long)]
    pub id_token_alg: Option<String>,
    /// Only requests that were pushed beforehand are taken (RFC 9126)
    #[arg(long)]
    pub require_par: bool,
    /// Only requests that the client has signed are taken (RFC 9101)
    #[arg(long)]
    pub require_request_object: bool,
    /// What request objects are signed with [default for a new client: any of ES256, ES384, RS256, PS256, EdDSA]
    #[arg(long, value_name = "ALG")]
    pub request_object_alg: Option<String>,
    /// The level a sign-in needs where the service asks for none, 1 to 4; may be repeated, the preferred one first
    #[arg(long = "default-acr", value_name = "LEVEL", value_parser = clap::value_parser!(u8).range(1..=4))]
    pub default_acr: Vec<u8>,
    /// How old a sign-in may be where the service asks for no age, in seconds
    #[arg(long, value_name = "SECONDS")]
    pub default_max_age: Option<u64>,
    #[command(flatten)]
    pub said: Said,
    /// Its privacy policy, linked on the consent page
    #[arg(long, value_name = "URI")]
    pub policy_uri: Option<String>,
    /// Its terms of service, linked there too
    #[arg(long, value_name = "URI")]
    pub tos_uri: Option<String>,
    /// An app on the resident's own device
    #[arg(long)]
    pub native: bool,
    /// Share subject identifiers with the clients of this sector [default for a new client: the redirect URI's host]
    #[arg(long)]
    pub sector: Option<String>,
}

/// What a client can do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Clearable {
    NameEn,
    DepartmentEn,
    RedirectUri,
    PostLogoutRedirectUri,
    BackchannelLogoutUri,
    InitiateLoginUri,
    Jwks,
    JwksUri,
    RequirePar,
    RequireRequestObject,
    RequestObjectAlg,
    DefaultAcr,
    DefaultMaxAge,
    Purpose,
    PurposeEn,
    Record,
    RecordEn,
    Ask,
    AskEn,
    Optional,
    AdminScope,
    PolicyUri,
    TosUri,
    Native,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(super) enum AuthMethod {
    ClientSecretBasic,
    ClientSecretPost,
    PrivateKeyJwt,
    None,
}

#[derive(Debug, Subcommand)]
pub(super) enum Kiosk {
    /// Register a kiosk; prints the address to open in its browser, this once
    Add {
        /// What is written on it, such as 市民中心一楼3号机: residents compare it on their phones
        name: String,
    },
    /// List the kiosks
    List,
    /// End a registration; its browser is one like any other from then on
    Remove {
        /// Its name
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Admin {
    /// Make an operator; prints a link, good once, by which they make the passkey they sign in with. For an operator
    /// who is there already, a link for another passkey
    Add {
        /// As colleagues know them, such as 三号窗口-甲
        name: String,
        /// What they are there for: people at a window, or which departments of the city may join [default for a new
        /// operator: window]
        #[arg(long, value_parser = Role::ALL.map(Role::as_str))]
        role: Option<String>,
    },
    /// List the operators
    List,
    /// Remove an operator; they are signed out at once
    Remove {
        /// Their name
        name: String,
    },
    /// Take a wrong proof of whose it is off an account, with what a window gave out by it; its owner is told
    Withdraw(Withdraw),
}

#[derive(Debug, Args)]
pub(super) struct Withdraw {
    /// A mobile number that opens the account
    #[arg(long, value_name = "PHONE")]
    pub account_of: String,
    /// Why the proof is wrong
    #[arg(long, value_parser = Reason::FOR_WITHDRAWAL.map(Reason::as_str))]
    pub reason: String,
    /// The number of the window's own file, by which somebody else can look at it later
    #[arg(long)]
    pub file: String,
    /// The operator who answers for it, as in `yimen admin list`
    #[arg(long, value_name = "NAME")]
    pub operator: String,
}

#[derive(Debug, Subcommand)]
pub(super) enum Keys {
    /// List the signing keys, those of tokens and those of federation
    List,
    /// Prepare new keys, or switch to them soon
    Rotate {
        /// Only this algorithm: ES256 or RS256
        #[arg(long)]
        alg: Option<String>,
        /// The keys that sign what we state of ourselves and of departments, instead of those of tokens
        #[arg(long)]
        federation: bool,
        /// Switch as soon as every client can have seen the new key
        #[arg(long)]
        now: bool,
    },
    /// Revoke a key that may have leaked: nothing it signed is accepted any longer
    Revoke {
        // A thumbprint may begin with a hyphen.
        #[arg(allow_hyphen_values = true)]
        kid: String,
    },
}
