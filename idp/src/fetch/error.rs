use std::time::Duration;

use thiserror::Error;

use super::certificate::BadCertificate;

/// Why nothing was fetched. The texts are for the log and the operator: they name the fault, never
/// what the other side said.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum FetchError {
    #[error("the address is not one to fetch from: {0}")]
    Address(String),
    /// The host is, or leads to, an address inside someone's network.
    #[error(
        "the host leads to {0}, which is not a public address; the department's --range or [fetch] allow would let it through"
    )]
    NotPublic(std::net::IpAddr),
    #[error("the host is unknown")]
    UnknownHost,
    #[error("the host cannot be reached: {0}")]
    Unreachable(String),
    #[error("the host's certificate is refused: {0}")]
    Certificate(BadCertificate),
    #[error("the answer took longer than {} s", .0.as_secs())]
    TooSlow(Duration),
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
    #[error("the answer has status {0}")]
    Status(u16),
    #[error("the answer is a redirect {0}; one is followed, on the same host and port")]
    Redirect(&'static str),
    #[error("the answer's content type is not {0}")]
    ContentType(&'static str),
    #[error("the answer is compressed, which was not asked for")]
    Encoding,
    #[error("the client for outgoing requests cannot be built: {0}")]
    Setup(String),
}
