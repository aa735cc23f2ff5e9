//! Asks the authority that knows names and numbers whether a person is who they say. What it confirmed is a value that
//! nothing else makes.
//! May import: gateway, clock, rng, config.

mod authority;
mod claim;
mod name;
mod number;
mod photo;
mod verdict;

pub use authority::{Authority, NotNow, SetupError};
pub use claim::{Assertion, Claim};
pub use name::{NameError, RealName};
pub use number::{IdentityNumber, NumberError};
pub use photo::{Photo, PhotoError};
pub use verdict::{Match, Reference, Verdict};
