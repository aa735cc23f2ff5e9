//! What the outermost layer found out about a request, once, for everyone inside.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::reference::RequestId;
use crate::clock::{Clock, Timestamp};

/// Who asked, as far as trusted proxies say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

/// The request's one `now`, its id and its sender; an extractor.
#[derive(Clone, Debug)]
pub struct Facts {
    pub now: Timestamp,
    pub request_id: String,
    pub address: IpAddr,
}

impl<S: Send + Sync> FromRequestParts<S> for Facts {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let known = &parts.extensions;
        Ok(Self {
            now: known
                .get::<Timestamp>()
                .copied()
                .unwrap_or_else(|| Clock::system().now()),
            request_id: known
                .get::<RequestId>()
                .map(ToString::to_string)
                .unwrap_or_default(),
            address: known
                .get::<ClientAddress>()
                .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |found| found.0),
        })
    }
}
