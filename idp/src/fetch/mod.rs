//! The only place that makes a request to an address someone else chose.
//! May import: clock, config.

mod address;
mod answer;
mod certificate;
mod error;
mod fetcher;
mod names;
mod probe;
mod shared;
mod target;

#[cfg(test)]
mod fetch_test;
#[cfg(test)]
pub(crate) mod stand_in;

pub use answer::{Document, Kind};
pub use certificate::BadCertificate;
pub use error::FetchError;
pub use fetcher::{Fetcher, extra_roots};
pub use probe::{Answered, Located, Probe, Refused};
