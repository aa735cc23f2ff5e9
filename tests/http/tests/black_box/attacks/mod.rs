//! What somebody who means harm would try.

mod code_guessing;
mod fields;
mod floods;
mod foreign_forms;
mod framing;
mod injection;
mod open_redirect;
mod oversized_and_slow;
mod pressure;
mod pushed_out;
mod session_fixation;
mod stolen_tokens;
