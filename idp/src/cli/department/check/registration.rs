use super::commands;
use crate::cli::finding::Verdict;
use crate::department::ClientMetadata;
use crate::department::trust::allowed::Allowed;
use crate::federation::{Chain, EntityId, Step, TrustFault};
use crate::fetch::FetchError;
use crate::keys::jose::{JwkSet, PublicKey};

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

/// Those it signs with in the protocol: whoever joins by its chain has them in its statement, or signed by the key of it.
pub(super) fn protocol_keys(metadata: &ClientMetadata) -> Verdict {
    let document = metadata.jwks.clone().unwrap_or_default().to_string();
    let keys = match JwkSet::parse(document.as_bytes()) {
        Ok(keys) => keys,
        Err(fault) => return Verdict::Fault(format!("its metadata: {fault}; it must publish public keys")),
    };
    let names: Vec<&str> = keys.keys().iter().filter_map(PublicKey::kid).collect();
    let said = format!("in its metadata: {}", names.join(" "));
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
}
