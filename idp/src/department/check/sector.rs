use url::Url;

use super::super::model::ClientMetadata;

/// The sector of a client (OpenID Connect Core 1.0 §8.1): the one given, or else the one host of its
/// redirect URIs. `None` for an app whose addresses name no host that is its own.
pub(in super::super) fn sector_of(
    metadata: &ClientMetadata,
    given: Option<&str>,
) -> Result<Option<String>, String> {
    if let Some(given) = given {
        return if is_host(given) {
            Ok(Some(given.to_ascii_lowercase()))
        } else {
            Err(format!(
                "the sector {} is not a host, such as hrss.city.example",
                given.escape_debug()
            ))
        };
    }
    let own = |uri: &&String| !metadata.is_native() || uri.starts_with("https://");
    let hosts: Vec<String> = metadata
        .redirect_uris
        .iter()
        .filter(own)
        .filter_map(|uri| host_of(uri))
        .collect();
    match hosts.as_slice() {
        [first, rest @ ..] => match rest.iter().find(|host| *host != first) {
            Some(other) => Err(format!(
                "the redirect URIs lie on {first} and {other}: name the one sector with --sector"
            )),
            None if metadata.is_native() => Ok(Some(first.clone())),
            None => Ok(metadata.host()),
        },
        [] => Ok(None),
    }
}

fn host_of(uri: &str) -> Option<String> {
    Some(Url::parse(uri).ok()?.host_str()?.to_owned())
}

/// A host, with a port where two services of one machine are to be told apart.
pub(in super::super) fn is_host(text: &str) -> bool {
    let (host, port) = text.split_once(':').unwrap_or((text, "1"));
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    host.len() <= 253 && host.split('.').all(is_label) && port.parse::<u16>().is_ok_and(|port| port != 0)
}
