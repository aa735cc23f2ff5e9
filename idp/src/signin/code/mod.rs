//! The six digits: how they are read, kept and compared.

mod kept;
mod typed;

pub(super) use kept::{CodeMac, KeptCode, REPEATABLE, Spent, Standing};
pub(super) use typed::{TypedCode, TypedCodeError};
