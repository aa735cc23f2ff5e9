#![doc = include_str!("../README.md")]

mod answer;
mod arrival;
mod assertion;
mod attempt;
mod backchannel;
mod bearer;
mod builder;
mod callback;
mod chance;
mod check;
mod client;
mod clock;
mod cookies;
mod demand;
mod device;
mod entity;
mod error;
mod exchange;
mod exchanged;
mod extract;
mod fault;
mod form;
mod holder;
mod id_token;
mod identity;
mod jws;
mod keys;
mod kiosk;
mod layer;
mod link;
mod local_path;
mod logout_token;
mod outgoing;
mod own_page;
mod page;
mod person;
mod poll;
mod provider;
mod push;
mod question;
mod quote;
mod record;
mod refresh;
mod refusal;
mod registration;
mod require;
mod rest;
mod revocation;
mod seal;
mod session;
pub mod session_store;
mod sessions;
mod settings;
mod sign_in;
mod sign_out;
mod token_answer;
mod token_endpoint;
mod tokens;
mod trust_mark;
mod turns;
mod user_info;
mod variables;
mod visit;

pub use bearer::{Access, AnyToken, Bearer};
pub use builder::Builder;
pub use check::Checked;
pub use client::Yimen;
pub use clock::Clock;
pub use device::{DeviceAnswer, DeviceSignIn};
pub use error::Error;
pub use extract::{MaybeSignedIn, SignedIn};
pub use holder::Reading;
pub use identity::Identity;
pub use keys::{KeyRotation, Signer, SignerFault, SigningAlgorithm, public_jwks};
pub use layer::{YimenLayer, YimenService};
pub use link::Linked;
pub use person::Person;
pub use record::{HeldRecord, Record};
pub use require::{Require, RequireService, require_acr, require_fresh, require_record};
pub use session_store::{SessionLimits, SessionStore};
pub use tokens::AccessToken;

/// The quick starts, compiled as they stand.
#[cfg(doctest)]
mod quick_starts {
    #[doc = include_str!("../../../README.md")]
    struct Readme;

    #[doc = include_str!("../../../docs/department.md")]
    struct Department;
}
