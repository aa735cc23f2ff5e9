use url::Url;

use super::fault::RegistrationFault;
use super::reach::authority;
use crate::clock::Timestamp;
use crate::department::check::sector_of;
use crate::department::model::ClientMetadata;
use crate::fetch::{Fetcher, Kind};

/// The sector of a system that registers itself (OpenID Connect Core 1.0 §8.1): the host of its `sector_identifier_uri`,
/// whose document names each of its redirect URIs, or else the one host of these. Nothing for an app that names none.
pub(super) async fn sector(
    fetcher: &Fetcher,
    metadata: &ClientMetadata,
    ranges: &[ipnet::IpNet],
    now: Timestamp,
) -> Result<Option<String>, RegistrationFault> {
    let Some(uri) = &metadata.sector_identifier_uri else {
        return sector_of(metadata, None).map_err(|_| {
            RegistrationFault::Metadata(
                "redirect URIs on several hosts need a sector_identifier_uri (OpenID Connect Core 1.0 §8.1)"
                    .to_owned(),
            )
        });
    };
    let wrong = |why: &str| RegistrationFault::Metadata(format!("sector_identifier_uri {uri} {why}"));
    let fetched = fetcher.get(uri, Kind::Json, ranges, now).await;
    let fetched = fetched.map_err(|fault| wrong(&format!("could not be read: {fault}")))?;
    let named: Vec<String> =
        serde_json::from_slice(&fetched).map_err(|_| wrong("is no JSON list of addresses"))?;
    match metadata.redirect_uris.iter().find(|uri| !named.contains(uri)) {
        Some(other) => Err(wrong(&format!("does not name {other}"))),
        None => Ok(Url::parse(uri).ok().and_then(|url| authority(&url))),
    }
}
