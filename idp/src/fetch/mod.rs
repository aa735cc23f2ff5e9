//! The only place that makes an outgoing request to an address someone else chose.
//! May import: clock, config.

use crate::clock::Timestamp;
#[derive(Clone, Debug)]
pub struct Fetcher;
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub struct FetchError;
impl Fetcher {
    pub fn new(_: &crate::config::Fetch, _: bool) -> Result<Self, FetchError> { Ok(Self) }
    pub async fn get_json(&self, _: &str, _: Timestamp) -> Result<Vec<u8>, FetchError> { Err(FetchError) }
    pub async fn post_form(&self, _: &str, _: &[(&str, &str)]) -> Result<u16, FetchError> { Err(FetchError) }
}
