//! Proving who is there: sign-in by SMS code, and the sessions that follow.
//! May import: account, department, events, sms, audit, web, store, state, clock, rng, config.

mod interaction;
pub mod pages;
pub mod sessions;

pub use interaction::{Caller, Interaction, InteractionFault, Interactions, NewInteraction};
pub use sessions::Session;
