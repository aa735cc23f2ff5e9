use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

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
    /// Bring the database up to this version
    Migrate(Migrate),
    /// Check configuration, clock, database, short-lived state, SMS and public address
    Doctor,
    /// Show the configuration
    #[command(subcommand)]
    Config(Config),
    /// Register departments' systems
    #[command(subcommand)]
    Client(Client),
    /// Look after the signing keys
    #[command(subcommand)]
    Keys(Keys),
}

#[cfg(feature = "demo")]
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// The provider's port; the departments take the two that follow
    #[arg(long, default_value_t = 8000)]
    pub port: u16,
    /// Where the demo keeps its data [default: a folder of its own under the system's temporary one]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
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
    /// Remove a client; its residents are asked for nothing more
    Remove {
        /// Its `client_id`
        id: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct AddClient {
    /// The `client_id` [default: a random one]
    #[arg(long)]
    pub id: Option<String>,
    /// What residents come for, such as 养老金查询
    #[arg(long)]
    pub name: String,
    /// The same in English
    #[arg(long)]
    pub name_en: Option<String>,
    /// The department that offers it
    #[arg(long)]
    pub department: String,
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
    /// How the client proves itself at the token endpoint
    #[arg(long, value_enum, default_value_t = AuthMethod::ClientSecretBasic)]
    pub auth_method: AuthMethod,
    /// The client's public keys, a JWK Set in a file
    #[arg(long, value_name = "FILE")]
    pub jwks: Option<PathBuf>,
    /// Where the client's public keys are published, instead of --jwks
    #[arg(long, value_name = "URI")]
    pub jwks_uri: Option<String>,
    /// All it may ever ask for; `offline_access` for refresh tokens
    #[arg(long, default_value = "openid profile phone")]
    pub scope: String,
    /// What it may send to the token endpoint; may be repeated [default: authorization_code, refresh_token]
    #[arg(long = "grant-type", value_name = "TYPE")]
    pub grant_types: Vec<String>,
    /// ES256 or RS256
    #[arg(long, default_value = "RS256")]
    pub id_token_alg: String,
    /// Why a scope is asked for: `phone=通知您办理结果`; may be repeated
    #[arg(long = "purpose", value_name = "SCOPE=TEXT")]
    pub purposes: Vec<String>,
    /// The same in English
    #[arg(long = "purpose-en", value_name = "SCOPE=TEXT")]
    pub purposes_en: Vec<String>,
    /// A scope the service works without; may be repeated
    #[arg(long = "optional", value_name = "SCOPE")]
    pub optional: Vec<String>,
    /// Its privacy policy, linked on the consent page
    #[arg(long, value_name = "URI")]
    pub policy_uri: Option<String>,
    /// Its terms of service, linked there too
    #[arg(long, value_name = "URI")]
    pub tos_uri: Option<String>,
    /// An app on the resident's own device
    #[arg(long)]
    pub native: bool,
    /// Share subject identifiers with the clients of this sector [default: the redirect URI's host]
    #[arg(long)]
    pub sector: Option<String>,
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
pub(super) enum Keys {
    /// List the signing keys
    List,
    /// Prepare new keys, or switch to them soon
    Rotate {
        /// Only this algorithm: ES256 or RS256
        #[arg(long)]
        alg: Option<String>,
        /// Switch as soon as every client can have seen the new key
        #[arg(long)]
        now: bool,
    },
    /// Revoke a key that may have leaked: whatever it signed counts no more
    Revoke { kid: String },
}
