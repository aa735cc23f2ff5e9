use std::sync::Arc;

use serde_json::Value;

use super::{Oidc, Parameters};
use crate::clock::Timestamp;
use crate::department::Client;
use crate::department::trust::join::JoinFault;
use crate::keys::jose::Unverified;

/// A longer chain is none that an anchor of ours would be at the end of.
const MOST_STATEMENTS: usize = 16;

/// What its sender has signed in a request. Only who introduces itself so may join by it: by any other request,
/// somebody else may name a system as the one that asks (OpenID Federation 1.0 §12.1.1).
#[derive(Clone, Copy, Debug)]
pub(super) struct Introduction<'a> {
    token: &'a str,
    parameter: Option<&'a str>,
}

impl<'a> Introduction<'a> {
    /// At the authorization endpoint.
    pub(super) fn by_request_object(parameters: &'a Parameters) -> Option<Self> {
        Self::by("request", parameters)
    }

    /// Where clients authenticate.
    pub(super) fn by_assertion(parameters: &'a Parameters) -> Option<Self> {
        Self::by("client_assertion", parameters)
    }

    fn by(name: &str, parameters: &'a Parameters) -> Option<Self> {
        Some(Self {
            token: parameters.get(name)?,
            parameter: parameters.get("trust_chain"),
        })
    }

    /// The trust chain that comes along, in the header of what is signed or as a parameter beside it. Nothing of it
    /// is proven: it may spare us to fetch what it holds, and one that cannot be read does not count.
    pub(super) fn trust_chain(&self) -> Option<Vec<String>> {
        chain_in_header(self.token, "trust_chain")
            .or_else(|| chain(serde_json::from_str(self.parameter?).ok()?))
    }
}

/// A chain in the header of something signed.
pub(super) fn chain_in_header(token: &str, name: &str) -> Option<Vec<String>> {
    let token = Unverified::parse_long(token).ok()?;
    chain(token.header_member(name).ok()??)
}

/// A chain as it is written.
pub(super) fn chain(written: Value) -> Option<Vec<String>> {
    let chain: Vec<String> = serde_json::from_value(written).ok()?;
    (1..=MOST_STATEMENTS).contains(&chain.len()).then_some(chain)
}

/// The one way by which a request that is not yet authenticated finds its client. Who introduces itself may join by it.
///
/// # Errors
/// Why it may not.
pub(super) async fn find_client(
    oidc: &Oidc,
    client_id: &str,
    introduction: Option<Introduction<'_>>,
    now: Timestamp,
) -> Result<Option<Arc<Client>>, JoinFault> {
    match introduction {
        Some(introduction) => {
            let chain = introduction.trust_chain();
            oidc.joining.client(client_id, chain, now).await
        }
        None => oidc.joining.known(client_id, now).await,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::keys::jose::{Algorithm, forge::ForgedKey};

    fn chain(member: Option<&Value>, parameter: &str) -> Option<Vec<String>> {
        let mut header = json!({"alg": "ES256"});
        if let Some(member) = member {
            header["trust_chain"] = member.clone();
        }
        let token = ForgedKey::new(Algorithm::Es256).sign(&header, &json!({}));
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("request", &token)
            .append_pair("trust_chain", parameter)
            .finish();
        let parameters = Parameters::parse(query.as_bytes());
        assert!(Introduction::by_assertion(&parameters).is_none());
        Introduction::by_request_object(&parameters)?.trust_chain()
    }

    #[test]
    fn a_trust_chain_comes_in_the_header_or_beside_it() {
        let found = |parts: &[&str]| Some(parts.iter().map(|part| (*part).to_owned()).collect());
        assert_eq!(chain(Some(&json!(["a", "b"])), ""), found(&["a", "b"]));
        assert_eq!(chain(Some(&json!(["a"])), "[\"c\"]"), found(&["a"]));
        assert_eq!(chain(None, "[\"c\"]"), found(&["c"]));
    }

    #[test]
    fn what_is_no_chain_does_not_count() {
        for bad in [
            json!("a"),
            json!([]),
            json!([1]),
            json!(vec!["a"; 17]),
            json!(null),
        ] {
            assert_eq!(chain(Some(&bad), ""), None, "{bad}");
        }
        assert_eq!(chain(None, "[\"c\""), None);
        assert_eq!(chain(None, ""), None);
    }
}
