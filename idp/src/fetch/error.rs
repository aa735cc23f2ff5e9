use std::time::Duration;

use thiserror::Error;

/// Why nothing was fetched. The texts are for the log and the operator: they name the fault, never
/// what the other side said.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum FetchError {
    #[error("the address is not one to fetch from: {0}")]
    Address(String),
    /// The host is, or leads to, an address inside someone's network.
    #[error("the host leads to {0}, which is not a public address; [fetch] allow would let it through")]
    NotPublic(std::net::IpAddr),
    #[error("the host is unknown")]
    UnknownHost,
    #[error("the host cannot be reached: {0}")]
    Unreachable(String),
    #[error("the answer took longer than {} s", .0.as_secs())]
    TooSlow(Duration),
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
    #[error("the answer has status {0}; redirects are not followed")]
    Status(u16),
    #[error("the answer is not JSON by its content type")]
    ContentType,
    #[error("the client for outgoing requests cannot be built: {0}")]
    Setup(String),
}
