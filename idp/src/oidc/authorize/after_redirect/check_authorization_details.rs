use crate::department::Client;
use crate::oidc::authorization_details::AuthorizationDetails;
use crate::oidc::{Code, WireError};

/// Whether a client may ask for these records (RFC 9396 §5): the operator has said so, for each of them and its purpose. It
/// is checked when the request comes and again whenever it goes on, since the operator may have decided otherwise meanwhile.
pub(in crate::oidc) fn check_authorization_details(
    asked: &AuthorizationDetails,
    client: &Client,
) -> Result<(), WireError> {
    let refuse = |said: String| Err(WireError::new(Code::InvalidAuthorizationDetails, said));
    if !asked.is_empty() && client.is_public() {
        return refuse("a public client cannot prove that a token for them is meant for it".to_owned());
    }
    for key in asked.iter() {
        if !client.metadata.asks.contains_key(key) {
            let said = "which the operator has not let this client ask for";
            return refuse(format!("authorization_details names {key}, {said}"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::department::{AuthMethod, DataKey, Purpose};

    #[test]
    fn only_what_the_operator_has_said_is_asked_for_and_by_nobody_without_a_proof() {
        let key = |text: &str| DataKey::parse(text).unwrap();
        let mut client = Client::sample("https://housing.city.example/cb");
        let purpose = Purpose {
            zh: "为发放租房补贴".to_owned(),
            en: String::new(),
            optional: false,
        };
        client
            .metadata
            .asks
            .insert(key("rent_subsidy:pension@hrss"), purpose);
        let may = |client: &Client, asked: &[&str]| {
            let asked = asked.iter().map(|text| key(text)).collect();
            check_authorization_details(&asked, client).is_ok()
        };
        assert!(may(&client, &["rent_subsidy:pension@hrss"]));
        for other in [
            "advertising:pension@hrss",
            "rent_subsidy:tax@hrss",
            "rent_subsidy:pension@tax",
        ] {
            assert!(!may(&client, &[other]), "{other}");
            assert!(!may(&client, &["rent_subsidy:pension@hrss", other]), "{other}");
        }
        client.metadata.token_endpoint_auth_method = AuthMethod::None;
        assert!(!may(&client, &["rent_subsidy:pension@hrss"]));
        assert!(may(&client, &[]));
    }
}
