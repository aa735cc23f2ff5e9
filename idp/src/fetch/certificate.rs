use std::error::Error;
use std::io;

use rustls::CertificateError;
use rustls::pki_types::UnixTime;

use crate::clock::Timestamp;

/// Why a host's certificate is none to go by.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadCertificate {
    #[error("it expired at {0}")]
    Expired(Timestamp),
    #[error("it is not valid before {0}")]
    NotYet(Timestamp),
    /// With the names that it is for.
    #[error("it is for {}", if .0.is_empty() { "no name".to_owned() } else { .0.join(", ") })]
    OfAnother(Vec<String>),
    #[error("no authority that is known here vouches for it")]
    UnknownAuthority,
    #[error("{0}")]
    Other(String),
}

impl From<&CertificateError> for BadCertificate {
    fn from(fault: &CertificateError) -> Self {
        match fault {
            CertificateError::ExpiredContext { not_after, .. } => Self::Expired(moment(*not_after)),
            CertificateError::NotValidYetContext { not_before, .. } => Self::NotYet(moment(*not_before)),
            CertificateError::NotValidForNameContext { presented, .. } => {
                Self::OfAnother(presented.iter().map(|name| bare(name).to_owned()).collect())
            }
            CertificateError::UnknownIssuer => Self::UnknownAuthority,
            other => Self::Other(other.to_string()),
        }
    }
}

impl BadCertificate {
    /// The certificate's fault behind a failure of input and output, which does not name it as its source.
    pub(super) fn behind(failure: &(dyn Error + 'static)) -> Option<Self> {
        let mut inner = failure;
        loop {
            if let Some(rustls::Error::InvalidCertificate(fault)) = inner.downcast_ref() {
                return Some(fault.into());
            }
            inner = inner.downcast_ref::<io::Error>()?.get_ref()?;
        }
    }
}

/// The name in `DnsName("…")`.
fn bare(presented: &str) -> &str {
    presented.split('"').nth(1).unwrap_or(presented)
}

fn moment(time: UnixTime) -> Timestamp {
    Timestamp::from_seconds(i64::try_from(time.as_secs()).unwrap_or(i64::MAX))
}
