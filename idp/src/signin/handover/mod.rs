//! A sign-in handed over: a browser shows a picture for a camera and a number, and a phone that is signed in says yes.
//! What the phone approves is this browser's one interaction, for two minutes, once.

mod handlers;
mod model;
mod pages;
mod records;

pub use handlers::{begin_handover, handover_state, show_handover};
pub use model::{Answered, Handover};
pub use records::Handovers;
