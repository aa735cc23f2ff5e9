use url::{Host, Url};

use super::super::model::ClientMetadata;
use crate::web::is_local_name;

const MAX_URIS: usize = 32;
const MAX_LENGTH: usize = 2048;

pub(super) fn check(metadata: &ClientMetadata, dev: bool) -> Result<(), String> {
    check_redirects(metadata, dev)?;
    check_each(
        "post-logout redirect URI",
        &metadata.post_logout_redirect_uris,
        metadata,
        dev,
    )?;
    for (what, uri) in [
        ("back-channel logout URI", &metadata.backchannel_logout_uri),
        ("initiate-login URI", &metadata.initiate_login_uri),
        ("jwks_uri", &metadata.jwks_uri),
        ("policy URI", &metadata.policy_uri),
        ("terms URI", &metadata.tos_uri),
        ("sector_identifier_uri", &metadata.sector_identifier_uri),
    ] {
        if let Some(uri) = uri {
            check_web(what, uri, dev)?;
        }
    }
    Ok(())
}

/// Checks where residents come back to.
pub(in super::super) fn check_redirects(metadata: &ClientMetadata, dev: bool) -> Result<(), String> {
    if metadata.redirect_uris.is_empty() && metadata.may_use_grant("authorization_code") {
        return Err("a client that signs residents in needs at least one redirect URI".to_owned());
    }
    check_each("redirect URI", &metadata.redirect_uris, metadata, dev)
}

fn check_each(what: &str, uris: &[String], metadata: &ClientMetadata, dev: bool) -> Result<(), String> {
    if uris.len() > MAX_URIS {
        return Err(format!(
            "there are {} {what}s; at most {MAX_URIS} are allowed",
            uris.len()
        ));
    }
    uris.iter()
        .try_for_each(|uri| check_redirect(what, uri, metadata, dev))
}

/// Where the browser is sent back to.
fn check_redirect(what: &str, uri: &str, metadata: &ClientMetadata, dev: bool) -> Result<(), String> {
    if !metadata.is_native() {
        return check_web(what, uri, dev);
    }
    let url = parse(what, uri)?;
    match url.scheme() {
        "https" => check_web(what, uri, dev),
        // RFC 8252 §7.3: the app listens on the device itself.
        "http" if is_loopback(&url) => Ok(()),
        "http" => Err(format!(
            "{what} {uri} must be https, or http to 127.0.0.1 or [::1] (RFC 8252 §7.3)"
        )),
        // RFC 8252 §7.1: a reversed domain name, so that apps do not take each other's.
        scheme if !scheme.contains('.') => Err(format!(
            "{what} {uri}: a private-use scheme is a domain name reversed, such as com.example.app (RFC 8252 §7.1)"
        )),
        // An app that anyone can unpack keeps no secret (RFC 8252 §8.5).
        _ if metadata.token_endpoint_auth_method.needs_secret() => Err(format!(
            "{what} {uri}: an app with a private-use scheme has --auth-method none (RFC 8252 §8.5)"
        )),
        _ => Ok(()),
    }
}

fn check_web(what: &str, uri: &str, dev: bool) -> Result<(), String> {
    let url = parse(what, uri)?;
    match url.scheme() {
        "https" => Ok(()),
        "http" if dev && is_loopback(&url) => Ok(()),
        "http" if is_loopback(&url) => Err(format!(
            "{what} {uri} must be https; plain http to this machine needs dev = true"
        )),
        _ => Err(format!("{what} {uri} must be https (RFC 9700 §2.6)")),
    }
}

fn parse(what: &str, uri: &str) -> Result<Url, String> {
    if uri.len() > MAX_LENGTH {
        return Err(format!(
            "a {what} has {} bytes; at most {MAX_LENGTH} are allowed",
            uri.len()
        ));
    }
    // A parser mends these in silence, and then two readers see two addresses.
    if !uri.bytes().all(|byte| byte.is_ascii_graphic()) || uri.contains('\\') {
        let shown = uri.escape_debug();
        return Err(format!(
            "{what} {shown} has a space, a backslash or a character outside ASCII: percent-encode it"
        ));
    }
    if uri.contains('*') {
        return Err(format!(
            "{what} {uri} must not have a wildcard: addresses are compared character by character"
        ));
    }
    if uri.contains('#') {
        return Err(format!("{what} {uri} must not have a fragment (RFC 6749 §3.1.2)"));
    }
    let url = Url::parse(uri).map_err(|fault| format!("{what} {uri} is not a URL: {fault}"))?;
    if matches!(url.scheme(), "http" | "https") {
        let (_, rest) = uri.split_at(url.scheme().len());
        if !rest.starts_with("://") || rest.starts_with(":///") {
            return Err(format!("{what} {uri} must be written with :// and a host"));
        }
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(format!("{what} {uri} must not have a user name or password"));
    }
    Ok(url)
}

/// Hosts that never leave the machine (RFC 6761 §6.2, §6.3).
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => is_local_name(name) || name.ends_with(".test"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
