use super::commands;
use crate::cli::finding::Verdict;
use crate::department::ClientMetadata;
use crate::department::trust::allowed::Allowed;
use crate::federation::{Chain, EntityId, Step, TrustFault};
use crate::fetch::FetchError;
use crate::keys::jose::{JwkSet, JwkSetError, PublicKey};

/// A bureau whose systems are below it need not be one itself.
pub(super) fn is_superior_alone(allowed: &Allowed, chain: &Chain) -> bool {
    let resolved = chain.resolve();
    allowed.terms.superior.is_some() && resolved.is_ok_and(|metadata| metadata.relying_party().is_none())
}

pub(super) fn check_of(fault: &TrustFault) -> &'static str {
    match fault.claim {
        "jwks" | "jwks_uri" | "signed_jwks_uri" | "keys" | "url" => "protocol keys",
        _ if fault.step == Step::OurRules => "metadata",
        _ => "policy",
    }
}

pub(super) fn metadata(id: &EntityId) -> String {
    format!("as its superiors' policies and our rules have it; all its addresses lie below {id}")
}

/// Keys that it serves apart are fetched when they are used, and here to try it.
pub(super) fn protocol_keys(
    metadata: &ClientMetadata,
    fetched: Option<&Result<Vec<u8>, FetchError>>,
) -> Verdict {
    let place = metadata.jwks_uri.as_deref().unwrap_or("its metadata");
    let document = match (fetched, &metadata.jwks) {
        (Some(Ok(bytes)), _) => bytes.clone(),
        (Some(Err(fault)), _) => {
            return Verdict::Fault(format!(
                "{place}: {fault}; it must serve its keys there as application/json"
            ));
        }
        (None, jwks) => jwks.clone().unwrap_or_default().to_string().into_bytes(),
    };
    told(place, &JwkSet::parse(&document))
}

fn told(place: &str, parsed: &Result<JwkSet, JwkSetError>) -> Verdict {
    let keys = match parsed {
        Ok(keys) => keys,
        Err(fault) => return Verdict::Fault(format!("{place}: {fault}; it must publish public keys")),
    };
    let names: Vec<&str> = keys.keys().iter().filter_map(PublicKey::kid).collect();
    let said = format!("in {place}: {}", names.join(" "));
    match keys.left_out().len() {
        0 => Verdict::Fine(said),
        count => Verdict::Warning(format!("{said}; {count} more are of no kind that is used here")),
    }
}

/// The scopes that it names itself.
pub(super) fn asked_for(chain: &Chain) -> Option<String> {
    let own = chain.subject().metadata().relying_party()?;
    own.get("scope")?.as_str().map(str::to_owned)
}

pub(super) fn registered(
    id: &EntityId,
    metadata: &ClientMetadata,
    allowed: &Allowed,
    asked: Option<&str>,
) -> Verdict {
    let said = format!(
        "{} · {}, for {}; residents return to {}",
        metadata.client_name,
        metadata.organisation,
        metadata.scope,
        metadata.redirect_uris.join(" and ")
    );
    let given: Vec<&str> = metadata.scope.split_ascii_whitespace().collect();
    let asked = asked.unwrap_or_default().split_ascii_whitespace();
    let lacking: Vec<&str> = asked.filter(|scope| !given.contains(scope)).collect();
    if lacking.is_empty() {
        return Verdict::Fine(said);
    }
    let mut wanted = allowed.terms.clone();
    wanted.scope = given
        .iter()
        .chain(&lacking)
        .copied()
        .collect::<Vec<_>>()
        .join(" ");
    Verdict::Warning(format!(
        "{said}; it asks for {} too, which it does not get: {}",
        lacking.join(" "),
        commands::allow(id, Some(&wanted))
    ))
}

pub(super) fn no_logout() -> Verdict {
    Verdict::Warning(
        "it names no backchannel_logout_uri, so it is not told when somebody signs out elsewhere".to_owned(),
    )
}

/// Asked without a logout token, which nobody takes.
pub(super) fn logout(uri: &str, answer: &Result<u16, FetchError>) -> Verdict {
    match answer {
        Ok(status @ (300..=399 | 401 | 403..=405 | 410)) => Verdict::Fault(format!(
            "{uri} answers {status}: nothing takes a POST there; a proxy before the system must pass it on"
        )),
        Ok(status @ 500..) => Verdict::Fault(format!("{uri} answers {status}: the system's log says why")),
        Ok(_) => Verdict::Fine(format!("{uri} answers")),
        Err(fault) => Verdict::Fault(format!("{uri}: {fault}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_takes_a_post_is_told_of_a_sign_out() {
        for (status, is_fine) in [
            (200, true),
            (400, true),
            (302, false),
            (404, false),
            (405, false),
            (502, false),
        ] {
            let verdict = logout("https://hrss.city.example/logout", &Ok(status));
            assert_eq!(matches!(verdict, Verdict::Fine(_)), is_fine, "{status}");
        }
    }

    #[test]
    fn keys_at_an_address_of_its_own_are_those_that_are_served_there() {
        let metadata = ClientMetadata {
            jwks_uri: Some("https://hrss.city.example/keys".to_owned()),
            ..ClientMetadata::default()
        };
        for answer in [Err(FetchError::Status(404)), Ok(b"{}".to_vec())] {
            let Verdict::Fault(said) = protocol_keys(&metadata, Some(&answer)) else {
                panic!("{answer:?}");
            };
            assert!(said.starts_with("https://hrss.city.example/keys: "), "{said}");
        }
    }
}
