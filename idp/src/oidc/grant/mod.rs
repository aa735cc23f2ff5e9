//! What a resident's sign-in gave a client: the record behind its tokens.

mod liveness;
mod records;
mod sweep;
#[cfg(test)]
mod sweep_test;

pub use liveness::check_live;
pub use records::{
    Grant, GrantEnd, Refresh, Revisions, end, find, find_by_redeemed_code, find_refresh, find_within, insert,
    insert_refresh, redeem_code, rotate,
};
pub use sweep::{kept, sweep};
