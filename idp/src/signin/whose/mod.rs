//! Questions after a right code or passkey. Whose account is it, where a number that was silent for long has answered
//! in a browser that its account does not know: nothing of it is shown before its owner has shown what they alone
//! have. Does its owner stay, who was leaving?

mod enter;
mod handlers;
mod pages;
mod records;

pub use handlers::{answer_whose, show_whose};
pub(super) use records::Question;
