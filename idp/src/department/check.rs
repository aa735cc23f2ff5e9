use url::Url;

use super::model::{AuthMethod, ClientMetadata};
use crate::keys::jose::JwkSet;

const SCOPES: [&str; 4] = ["openid", "profile", "phone", "offline_access"];
const GRANT_TYPES: [&str; 3] = ["authorization_code", "refresh_token", "client_credentials"];

/// Checks what a client is to be registered with (OpenID Connect Dynamic Client Registration 1.0 §2).
/// With `dev`, plain http is allowed on loopback hosts.
///
/// # Errors
/// What is wrong, and what is allowed.
pub fn check(metadata: &ClientMetadata, dev: bool) -> Result<(), String> {
    if metadata.client_name.is_empty() || metadata.organisation.is_empty() {
        return Err("a client needs a name (--name) and a department (--department): residents see both".to_owned());
    }
    check_addresses(metadata, dev)?;
    check_authentication(metadata)?;
    for scope in metadata.scope.split_ascii_whitespace() {
        if !SCOPES.contains(&scope) {
            return Err(format!("scope {scope} is unknown; known are {}", SCOPES.join(", ")));
        }
    }
    for grant in &metadata.grant_types {
        if !GRANT_TYPES.contains(&grant.as_str()) {
            return Err(format!("grant type {grant} is unknown; known are {}", GRANT_TYPES.join(", ")));
        }
    }
    if !matches!(metadata.id_token_signed_response_alg.as_str(), "RS256" | "ES256") {
        return Err("id_token_signed_response_alg must be RS256 or ES256".to_owned());
    }
    Ok(())
}

fn check_addresses(metadata: &ClientMetadata, dev: bool) -> Result<(), String> {
    if metadata.redirect_uris.is_empty() && metadata.may_use_grant("authorization_code") {
        return Err("a client that signs residents in needs at least one redirect URI".to_owned());
    }
    for uri in &metadata.redirect_uris {
        let url = parse("redirect URI", uri)?;
        if !(is_web(&url, dev) || metadata.is_native() && is_native(&url)) {
            return Err(format!("redirect URI {uri} must be https (RFC 9700 §2.6)"));
        }
    }
    let others = metadata.post_logout_redirect_uris.iter().chain(&metadata.initiate_login_uri);
    let others = others.chain(&metadata.backchannel_logout_uri).chain(&metadata.jwks_uri);
    for uri in others.chain(&metadata.policy_uri).chain(&metadata.tos_uri) {
        if !is_web(&parse("address", uri)?, dev) {
            return Err(format!("{uri} must be https"));
        }
    }
    Ok(())
}

fn parse(what: &str, uri: &str) -> Result<Url, String> {
    let url = Url::parse(uri).map_err(|fault| format!("{what} {uri} is no URL: {fault}"))?;
    if url.fragment().is_some() {
        return Err(format!("{what} {uri} must not have a fragment"));
    }
    if uri.contains('*') {
        return Err(format!("{what} {uri} must not have a wildcard: addresses are compared character by character"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(format!("{what} {uri} must not have a user name or password"));
    }
    Ok(url)
}

fn is_web(url: &Url, dev: bool) -> bool {
    url.scheme() == "https" && url.host_str().is_some() || dev && url.scheme() == "http" && is_loopback(url)
}

/// RFC 8252 §7: a loopback address, or a private-use scheme with a dot in it.
fn is_native(url: &Url) -> bool {
    url.scheme() == "http" && is_loopback(url) || url.scheme().contains('.')
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost") || name.ends_with(".test"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn check_authentication(metadata: &ClientMetadata) -> Result<(), String> {
    if metadata.jwks.is_some() && metadata.jwks_uri.is_some() {
        return Err("give jwks or jwks_uri, not both".to_owned());
    }
    if let Some(jwks) = &metadata.jwks {
        let keys = JwkSet::parse(jwks.to_string().as_bytes()).map_err(|fault| format!("jwks: {fault}"))?;
        if keys.keys().is_empty() {
            return Err("jwks holds no key that can be used".to_owned());
        }
    }
    match metadata.token_endpoint_auth_method {
        AuthMethod::PrivateKeyJwt if metadata.jwks.is_none() && metadata.jwks_uri.is_none() => {
            Err("private_key_jwt needs --jwks FILE or --jwks-uri URL".to_owned())
        }
        AuthMethod::None if metadata.may_use_grant("client_credentials") => {
            Err("a public client cannot use client_credentials (RFC 6749 §4.4)".to_owned())
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> ClientMetadata {
        ClientMetadata {
            client_name: "养老金查询".to_owned(),
            organisation: "人社局".to_owned(),
            redirect_uris: vec!["https://hrss.city.example/cb".to_owned()],
            ..ClientMetadata::default()
        }
    }

    #[test]
    fn a_good_client_passes() {
        assert_eq!(check(&good(), false), Ok(()));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let cases: [(fn(&mut ClientMetadata), &str); 9] = [
            (|m| m.client_name.clear(), "--name"),
            (|m| m.redirect_uris.clear(), "at least one redirect URI"),
            (|m| m.redirect_uris[0] = "http://hrss.city.example/cb".to_owned(), "must be https"),
            (|m| m.redirect_uris[0] = "https://*.city.example/cb".to_owned(), "wildcard"),
            (|m| m.redirect_uris[0] = "https://hrss.city.example/cb#x".to_owned(), "fragment"),
            (|m| m.redirect_uris[0] = "javascript:alert(1)".to_owned(), "must be https"),
            (|m| m.scope = "openid everything".to_owned(), "scope everything is unknown"),
            (|m| m.token_endpoint_auth_method = AuthMethod::PrivateKeyJwt, "--jwks"),
            (|m| m.id_token_signed_response_alg = "none".to_owned(), "RS256 or ES256"),
        ];
        for (change, said) in cases {
            let mut metadata = good();
            change(&mut metadata);
            let fault = check(&metadata, true).unwrap_err();
            assert!(fault.contains(said), "{fault}");
        }
    }

    #[test]
    fn plain_http_is_for_loopback_in_development() {
        let mut metadata = good();
        metadata.redirect_uris[0] = "http://localhost:8001/yimen/callback".to_owned();
        assert!(check(&metadata, true).is_ok() && check(&metadata, false).is_err());
    }
}
