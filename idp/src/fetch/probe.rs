use std::net::IpAddr;

use reqwest::Response;
use reqwest::header::{CONTENT_TYPE, DATE, HeaderName, LOCATION};
use reqwest::tls::TlsInfo;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use super::error::FetchError;
use crate::clock::Timestamp;

/// What came of asking at an address.
#[derive(Debug)]
pub struct Probe {
    /// The last answer there was; none where nobody answered.
    pub answered: Option<Answered>,
    pub document: Result<Vec<u8>, FetchError>,
}

/// An answer by what stands before its document.
#[derive(Debug)]
pub struct Answered {
    pub status: u16,
    pub content_type: Option<String>,
    /// Where it sends on to.
    pub location: Option<String>,
    /// What the other side's clock showed.
    pub date: Option<Timestamp>,
    /// The other side's certificate, in DER.
    pub certificate: Option<Vec<u8>>,
}

/// The addresses of a host.
#[derive(Debug)]
pub struct Located {
    pub addresses: Vec<IpAddr>,
    /// The first one that may not be connected to.
    pub refused: Option<Refused>,
}

#[derive(Clone, Copy, Debug)]
pub struct Refused {
    pub address: IpAddr,
    /// Whether a department's range would let it through.
    pub can_be_opened: bool,
}

impl Answered {
    pub(super) fn of(response: &Response) -> Self {
        let text = |name: HeaderName| {
            let value = response.headers().get(name)?.to_str().ok()?;
            Some(value.to_owned())
        };
        let date = text(DATE).and_then(|date| OffsetDateTime::parse(&date, &Rfc2822).ok());
        let certificate = response.extensions().get::<TlsInfo>();
        Self {
            status: response.status().as_u16(),
            content_type: text(CONTENT_TYPE),
            location: text(LOCATION),
            date: date.map(|date| Timestamp::from_seconds(date.unix_timestamp())),
            certificate: certificate
                .and_then(TlsInfo::peer_certificate)
                .map(<[u8]>::to_vec),
        }
    }
}
