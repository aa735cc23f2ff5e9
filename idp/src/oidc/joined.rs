use super::{Code, WireError};
use crate::department::{AuthMethod, Client, Origin};
use crate::keys::jose::Audience;
use crate::oidc::authorize::Asked;

/// Whether the client came by its trust chain alone: what it signs is all that we know it by.
pub(super) fn is_by_federation(client: &Client) -> bool {
    client.origin == Origin::Federation
}

/// Such a client comes by what it has signed itself: a request object, or a push that it has authenticated by its key.
/// By a plain request anybody could make it ask (OpenID Federation 1.0 §12.1.1). One that has asked to be registered has
/// signed that, and makes requests as any other client does (§12.2).
pub(super) fn check_signed(asked: &Asked, client: &Client) -> Result<(), WireError> {
    let by_key = client.metadata.token_endpoint_auth_method == AuthMethod::PrivateKeyJwt;
    let is_its_own = asked.is_signed || (asked.pushed.is_some() && by_key);
    if is_its_own || client.is_explicit() || !is_by_federation(client) {
        return Ok(());
    }
    let said = "this client joined by federation: push its requests to /oauth2/par with private_key_jwt, or sign them";
    Err(WireError::new(Code::InvalidRequest, said))
}

/// Whom what a client signs must be for: one of our names, the issuer first. Such a client names the issuer and nobody
/// else, so that another member of the federation cannot hand on what was meant for it.
pub(super) fn audience<'a>(client: &Client, names: &'a [&'a str]) -> Audience<'a> {
    match names.first() {
        Some(issuer) if is_by_federation(client) => Audience::AsText(issuer),
        _ => Audience::Includes(names),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oidc::par::Pushed;

    fn clients() -> [Client; 2] {
        let mut client = Client::sample("https://hrss.city.example/cb");
        client.metadata.token_endpoint_auth_method = AuthMethod::PrivateKeyJwt;
        let mut joined = client.clone();
        joined.origin = Origin::Federation;
        [client, joined]
    }

    #[test]
    fn who_joined_by_federation_asks_by_what_it_signed() {
        let [known, mut joined] = clients();
        let plain = Asked::default();
        let signed = Asked {
            is_signed: true,
            ..Asked::default()
        };
        let pushed = Asked {
            pushed: Some(Pushed::sample()),
            ..Asked::default()
        };
        assert!(check_signed(&plain, &known).is_ok());
        assert!(check_signed(&plain, &joined).is_err());
        assert!(check_signed(&signed, &joined).is_ok());
        assert!(check_signed(&pushed, &joined).is_ok());
        joined.metadata.token_endpoint_auth_method = AuthMethod::None;
        assert!(check_signed(&pushed, &joined).is_err());
        joined.metadata.client_registration_types = vec!["explicit".to_owned()];
        assert!(check_signed(&plain, &joined).is_ok());
    }

    #[test]
    fn who_joined_by_federation_names_the_issuer_alone() {
        let [known, joined] = clients();
        let names = ["https://id.city.example", "https://id.city.example/oauth2/par"];
        assert!(matches!(audience(&known, &names), Audience::Includes(_)));
        assert!(matches!(
            audience(&joined, &names),
            Audience::AsText("https://id.city.example")
        ));
    }
}
