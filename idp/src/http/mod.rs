//! A node: everything it needs, built once, and the URL map.
//! May import: oidc, portal, admin, consent, signin, account, department, events, federation, operator, keys, carrier, place, sms, proofing, audit, web, store, state, fetch, gateway, clock, rng, config.

mod app;
mod client_address;
mod dev;
mod health;
mod joining;
mod layers;
mod meaning;
mod places;
mod protocol_errors;
mod rings;
mod router;
mod serve;
mod sweep;
mod tls;

pub use app::{App, Migration, StartError, bring_up_to_date};
pub use joining::onlooking;
pub use rings::{federation_key_policy, key_policy};
pub use router::router;
pub use serve::{Listening, listen, serve};
pub use tls::{TlsError, check_tls};
