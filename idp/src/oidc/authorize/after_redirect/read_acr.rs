use crate::config::PublicUrl;
use crate::department::Client;
use crate::oidc::Parameters;
use crate::oidc::acr::{WantedAcr, level};
use crate::oidc::claims::ClaimsRequest;

/// Which levels the request asks for: `acr` in the `claims` parameter first, else `acr_values`, else the client's
/// `default_acr_values` (OpenID Connect Core 1.0 §3.1.2.1 and §5.5.1.1, Registration 1.0 §2). Values that are none of
/// ours are passed over; where an essential `acr` names nothing else, no sign-in here can answer it.
pub(in crate::oidc) fn read_acr(
    parameters: &Parameters,
    claims: &ClaimsRequest,
    client: &Client,
    public_url: &PublicUrl,
) -> WantedAcr {
    let by_name = claims.id_token.get("acr").and_then(Option::as_ref);
    if let Some(asked) = by_name.filter(|asked| asked.value.is_some() || asked.values.is_some()) {
        return WantedAcr {
            levels: asked
                .wanted()
                .filter_map(|value| level(public_url, value.as_str()?))
                .collect(),
            is_essential: asked.essential,
        };
    }
    let default = || client.metadata.default_acr_values.join(" ");
    let values = parameters.get("acr_values").map_or_else(default, str::to_owned);
    WantedAcr {
        levels: values
            .split(' ')
            .filter_map(|value| level(public_url, value))
            .collect(),
        is_essential: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Level;
    use crate::oidc::authorize::after_redirect::read_claims;

    fn read(query: &str, default: &[&str]) -> WantedAcr {
        let mut client = Client::sample("https://hrss.city.example/cb");
        client.metadata.default_acr_values = default.iter().map(|value| (*value).to_owned()).collect();
        let parameters = Parameters::parse(query.as_bytes());
        let claims = read_claims(&parameters, &client).unwrap();
        read_acr(
            &parameters,
            &claims,
            &client,
            &PublicUrl::parse("https://id.city.example").unwrap(),
        )
    }

    #[test]
    fn the_claims_parameter_goes_before_acr_values_and_those_before_the_registration() {
        const THREE: &str = "https://id.city.example/acr/3";
        const TWO: &str = "https://id.city.example/acr/2";
        let claims = format!(
            "claims={{\"id_token\":{{\"acr\":{{\"essential\":true,\"values\":[\"{THREE}\",\"else\"]}}}}}}"
        );
        let essential = WantedAcr {
            levels: vec![Level::Authenticator],
            is_essential: true,
        };
        assert_eq!(read(&format!("{claims}&acr_values={TWO}"), &[]), essential);
        let voluntary = WantedAcr {
            levels: vec![Level::RealName],
            is_essential: false,
        };
        assert_eq!(read(&format!("acr_values=urn:x {TWO} 2"), &[THREE]), voluntary);
        assert_eq!(read("", &[TWO]), voluntary);
        assert_eq!(read("", &[]), WantedAcr::default());
        assert_eq!(
            read("claims={\"id_token\":{\"acr\":{\"essential\":true}}}", &[]),
            WantedAcr::default()
        );
        let foreign = read(
            "claims={\"id_token\":{\"acr\":{\"essential\":true,\"value\":\"gold\"}}}",
            &[],
        );
        assert_eq!(
            foreign,
            WantedAcr {
                levels: vec![],
                is_essential: true
            }
        );
    }
}
