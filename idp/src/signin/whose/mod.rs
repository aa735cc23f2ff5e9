//! Whose account is it? A number that was silent for long has answered, in a browser that its account does not know. What
//! the account holds is shown to nobody before they have shown what its owner alone has.

mod handlers;
mod pages;
mod records;

pub use handlers::{answer_whose, show_whose};
