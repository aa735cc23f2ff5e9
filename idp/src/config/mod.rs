//! What the operator decided: one TOML file, the environment over it, checked before anything starts.
//! May import: nothing.

mod model;
mod private;
mod reference;
mod resolve;
mod secret;
pub mod sms;
mod source;
mod values;
mod written;

pub use model::{
    Attestation, Carrier, Config, Consent, Database, Federation, Fetch, Http, Log, LogFormat, Operator,
    Phone, Places, Proofing, Session, Settings, Sms, SmsProvider, State, Synchronous, TestNumber, Tls, Token,
    TrustAnchor,
};
pub use private::PrivateFile;
pub use reference::{Key, keys};
pub use secret::{MasterKey, Secret};
pub use source::{ConfigError, find_file, load};
pub use values::{PublicUrl, Span};
pub use written::{Place, Written};
