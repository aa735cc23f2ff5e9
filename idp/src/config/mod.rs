//! What the operator decided: one TOML file, the environment over it, checked before anything starts.
//! May import: nothing.

mod model;
mod secret;
pub mod sms;
mod source;
mod values;

pub use model::{
    Config, Consent, Database, Fetch, Http, Log, LogFormat, Proofing, Session, Settings, Sms, SmsProvider,
    State, Synchronous, TestNumber, Tls, Token,
};
pub use secret::{MasterKey, Secret};
pub use source::{ConfigError, find_file, load};
pub use values::{PublicUrl, Span};

/// Every key with its meaning and default, commented: the sample that operators start from
/// and what `yimen config explain` prints.
pub const REFERENCE: &str = include_str!("../../../deploy/yimen.toml");
