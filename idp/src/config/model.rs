use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;

use super::private::PrivateFile;
use super::secret::{MasterKey, Secret};
use super::sms::{Aliyun, Tencent, Webhook};
use super::values::{PublicUrl, Span};
use super::written::Written;

/// The configuration as resolved: what must be there is there.
#[derive(Clone, Debug)]
pub struct Config {
    pub public_url: PublicUrl,
    pub master_key: MasterKey,
    pub settings: Settings,
    pub written: Written,
    pub private_files: Vec<PrivateFile>,
}

impl Config {
    /// Whether residents come through a proxy that `http.trusted_proxies` does not name: then all seem to be one
    /// sender.
    #[must_use]
    pub fn is_behind_unnamed_proxy(&self) -> bool {
        let Settings { tls, http, .. } = &self.settings;
        self.public_url.is_https() && tls.is_none() && http.trusted_proxies.is_empty()
    }
}

/// The configuration as written, defaults filled in. Field docs stand in `deploy/yimen.toml`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    pub public_url: Option<PublicUrl>,
    pub listen: SocketAddr,
    pub dev: bool,
    pub city: String,
    pub city_en: String,
    pub helpline: String,
    pub master_key: Option<Secret>,
    pub database: Database,
    pub state: State,
    pub tls: Option<Tls>,
    pub http: Http,
    pub fetch: Fetch,
    pub sms: Sms,
    pub passkey: Passkey,
    pub proofing: Option<Proofing>,
    pub carrier: Option<Carrier>,
    pub place: Option<Places>,
    pub phone: Phone,
    pub audit: Audit,
    pub operator: Operator,
    pub session: Session,
    pub consent: Consent,
    pub token: Token,
    pub federation: Federation,
    pub log: Log,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            public_url: None,
            listen: SocketAddr::from(([127, 0, 0, 1], 8000)),
            dev: false,
            city: "云川市".to_owned(),
            city_en: "Yunchuan".to_owned(),
            helpline: "12345".to_owned(),
            master_key: None,
            database: Database::default(),
            state: State::default(),
            tls: None,
            http: Http::default(),
            fetch: Fetch::default(),
            sms: Sms::default(),
            passkey: Passkey::default(),
            proofing: None,
            carrier: None,
            place: None,
            phone: Phone::default(),
            audit: Audit::default(),
            operator: Operator::default(),
            session: Session::default(),
            consent: Consent::default(),
            token: Token::default(),
            federation: Federation::default(),
            log: Log::default(),
        }
    }
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Database {
    pub url: Secret,
    pub migrate_at_start: bool,
    pub max_connections: u32,
    pub synchronous: Synchronous,
}

impl Database {
    /// The file, where the records are SQLite's.
    #[must_use]
    pub fn sqlite_file(&self) -> Option<&str> {
        let path = self.url.expose().strip_prefix("sqlite:")?;
        Some(path.trim_start_matches("//"))
    }

    /// The file, where the records are to be SQLite's and nothing has made it yet.
    #[must_use]
    pub fn file_to_be_made(&self) -> Option<&str> {
        self.sqlite_file().filter(|file| !Path::new(file).exists())
    }
}

impl Default for Database {
    fn default() -> Self {
        Self {
            url: Secret::new("sqlite:yimen.db".to_owned()),
            migrate_at_start: false,
            max_connections: 16,
            synchronous: Synchronous::Normal,
        }
    }
}

/// How hard SQLite tries to survive a loss of power; a killed process loses nothing either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Synchronous {
    Normal,
    Full,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct State {
    pub url: Secret,
    pub memory_limit: usize,
    pub prefix: String,
}

impl Default for State {
    fn default() -> Self {
        Self {
            url: Secret::new("memory:".to_owned()),
            memory_limit: 256 * 1024 * 1024,
            prefix: "yimen".to_owned(),
        }
    }
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Http {
    pub trusted_proxies: Vec<IpNet>,
    pub request_timeout: Span,
    pub body_limit: usize,
    pub max_connections: usize,
    pub max_requests: usize,
    pub sign_ins_per_minute: u64,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            trusted_proxies: Vec::new(),
            request_timeout: Span::seconds(15),
            body_limit: 64 * 1024,
            max_connections: 4096,
            max_requests: 1024,
            sign_ins_per_minute: 300,
        }
    }
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fetch {
    pub allow: Vec<IpNet>,
    pub extra_ca: Option<PathBuf>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sms {
    pub providers: Vec<SmsProvider>,
    pub country_codes: Vec<u16>,
    pub daily_budget: u64,
    pub timeout: Span,
    pub test_number: Vec<TestNumber>,
    pub aliyun: Option<Aliyun>,
    pub tencent: Option<Tencent>,
    pub webhook: Option<Webhook>,
}

impl Default for Sms {
    fn default() -> Self {
        Self {
            providers: Vec::new(),
            country_codes: vec![86],
            daily_budget: 100_000,
            timeout: Span::seconds(5),
            test_number: Vec::new(),
            aliyun: None,
            tencent: None,
            webhook: None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SmsProvider {
    Outbox,
    Aliyun,
    Tencent,
    Webhook,
}

/// A number that always gets the same code and no message; `dev = true` only.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TestNumber {
    pub phone: String,
    pub code: Secret,
}

/// For passkeys: `rp_id` is the public URL's host unless said otherwise.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Passkey {
    pub rp_id: Option<String>,
    pub related_origins: Vec<PublicUrl>,
}

/// The authority that knows names and numbers, called by a signed HTTP request.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Proofing {
    pub url: Url,
    pub secret: Secret,
    #[serde(default = "proofing_timeout")]
    pub timeout: Span,
}

/// Whoever asks the carriers whether a number was given away again, called in the same way.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Carrier {
    pub url: Url,
    pub secret: Secret,
    #[serde(default = "carrier_timeout")]
    pub timeout: Span,
}

/// Where addresses are, as a file that the operator gives.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Places {
    pub database: PathBuf,
}

const fn carrier_timeout() -> Span {
    Span::seconds(3)
}

const fn proofing_timeout() -> Span {
    Span::seconds(5)
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Phone {
    pub silence: Span,
    pub wait: Span,
    pub wait_known: Span,
}

impl Default for Phone {
    fn default() -> Self {
        Self {
            silence: Span::days(90),
            wait: Span::days(3),
            wait_known: Span::days(1),
        }
    }
}

/// Who did what, when.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Audit {
    pub keep: Span,
}

impl Default for Audit {
    fn default() -> Self {
        Self {
            keep: Span::days(1095),
        }
    }
}

/// Staff at a window.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Operator {
    pub idle: Span,
    pub absolute: Span,
    pub attestation: Attestation,
    pub attestation_ca: Option<PathBuf>,
    pub attestation_models: Vec<Uuid>,
}

impl Default for Operator {
    fn default() -> Self {
        Self {
            idle: Span::minutes(10),
            absolute: Span::hours(8),
            attestation: Attestation::None,
            attestation_ca: None,
            attestation_models: Vec::new(),
        }
    }
}

/// What an operator's authenticator is asked to say of itself (WebAuthn Level 3 §5.4.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Attestation {
    None,
    Direct,
    Enterprise,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Session {
    pub idle: Span,
    pub absolute: Span,
    pub kiosk_idle: Span,
}

impl Default for Session {
    fn default() -> Self {
        Self {
            idle: Span::minutes(30),
            absolute: Span::hours(12),
            kiosk_idle: Span::minutes(2),
        }
    }
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Consent {
    pub lifetime: Span,
}

impl Default for Consent {
    fn default() -> Self {
        Self {
            lifetime: Span::days(180),
        }
    }
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Token {
    pub access: Span,
    pub id: Span,
    pub code: Span,
    pub refresh: Span,
    pub exchanged: Span,
}

impl Default for Token {
    fn default() -> Self {
        Self {
            access: Span::minutes(5),
            id: Span::minutes(5),
            code: Span::seconds(60),
            refresh: Span::days(90),
            exchanged: Span::seconds(60),
        }
    }
}

/// Who is trusted besides ourselves, and whom we belong to (OpenID Federation 1.0).
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Federation {
    pub anchors: Vec<TrustAnchor>,
    pub authority_hints: Vec<String>,
    pub statement_lifetime: Span,
    pub max_intermediates: usize,
}

impl Default for Federation {
    fn default() -> Self {
        Self {
            anchors: Vec::new(),
            authority_hints: Vec::new(),
            statement_lifetime: Span::days(1),
            max_intermediates: 3,
        }
    }
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TrustAnchor {
    pub id: String,
    pub jwks: PathBuf,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    pub format: LogFormat,
    pub filter: String,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            format: LogFormat::Text,
            filter: "info".to_owned(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}
