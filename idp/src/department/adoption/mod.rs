//! How sign-ins at a department's systems go, told so that no figure rests on fewer than ten people.
//!
//! Counted in process at the steps ([`Adoption`]), added to the records every minute, published once when the week is
//! over ([`figures`]), and then forgotten but for what was published: `docs/decisions/0024-adoption.md` says why.

mod counting;
mod figures;
mod flush;
mod model;
mod records;
#[cfg(test)]
mod records_test;
mod tally;
mod week;

pub use counting::{Adoption, Finish};
pub use figures::{Figures, Shown};
pub use flush::{PACE, flush};
pub use model::{Cell, Known, Method, Stay, Step, Took, Who};
pub use records::{AdoptionWeek, adoption, close_weeks, sweep_adoption};
pub use week::Week;
