//! One authorization request's way through our pages: its own record, its own cookie, so that no
//! two tabs ever share a "current sign-in".

mod cookie;
mod fault;
mod model;
mod records;
mod standing;

pub use cookie::KEPT;
pub(super) use cookie::is_id as is_interaction_id;
pub use fault::{InteractionFault, offer_fresh_start};
pub use model::{Aim, Caller, Interaction, NewInteraction};
pub use records::Interactions;
