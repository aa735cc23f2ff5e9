use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::{Oidc, Parameters};
use crate::clock::Timestamp;
use crate::config::Config;
use crate::department::Client;
use crate::department::trust::join::{JoinFault, WayIn};
use crate::federation::{EntityId, Relaxation};
use crate::keys::jose::{LEEWAY, Unverified, numeric_date};
use crate::signin::Senders;
use crate::state::State;
use crate::store::StoreError;
use crate::web::Facts;

/// A longer chain is none that an anchor of ours would be at the end of.
const MOST_STATEMENTS: usize = 16;
/// Systems of one host that nobody knows, for one sender within a minute.
const MOST_OF_A_HOST: u64 = 20;

/// What its sender has signed in a request. Only who introduces itself so may join by it: by any other request,
/// somebody else may name a system as the one that asks (OpenID Federation 1.0 §12.1.1).
#[derive(Clone, Copy, Debug)]
pub(super) struct Introduction<'a> {
    token: &'a str,
    /// The claim that names the client besides `iss`.
    names: &'static str,
    parameter: Option<&'a str>,
}

impl<'a> Introduction<'a> {
    /// At the authorization endpoint.
    pub(super) fn by_request_object(parameters: &'a Parameters) -> Option<Self> {
        Self::by("request", "client_id", parameters)
    }

    /// Where clients authenticate.
    pub(super) fn by_assertion(parameters: &'a Parameters) -> Option<Self> {
        Self::by("client_assertion", "sub", parameters)
    }

    fn by(name: &str, names: &'static str, parameters: &'a Parameters) -> Option<Self> {
        Some(Self {
            token: parameters.get(name)?,
            names,
            parameter: parameters.get("trust_chain"),
        })
    }

    /// Whether it reads as what the client itself signs, for us and now. Nothing of it is proven; but who cannot say even
    /// this much is not worth to be asked for anywhere.
    fn check(&self, client_id: &str, issuer: &str, now: Timestamp) -> Result<(), &'static str> {
        let token = Unverified::parse_long(self.token).map_err(|_| "it is no signed JWT")?;
        let claims = token.unproven_claims().map_err(|_| "its claims cannot be read")?;
        let is = |name: &str, text: &str| claims.get(name).and_then(Value::as_str) == Some(text);
        if !is("iss", client_id) || !is(self.names, client_id) {
            return Err(
                "iss and, of an assertion, sub, of a request object, client_id must be the client_id",
            );
        }
        if !is("aud", issuer) {
            return Err("aud must be our issuer alone, as one text");
        }
        match numeric_date(&claims, "exp") {
            Ok(Some(exp)) if exp > now.minus(LEEWAY) => Ok(()),
            _ => Err("exp must be a time to come"),
        }
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
    facts: &Facts,
) -> Result<Option<Arc<Client>>, JoinFault> {
    let joining = &oidc.joining;
    let way = joining.way_in(client_id).await?;
    if way != WayIn::None && oidc.departments.client(client_id).await?.is_none() {
        match introduction {
            // By its document it comes by a plain request too.
            _ if way == WayIn::Document => {}
            Some(introduction) => introduction
                .check(client_id, oidc.config.public_url.issuer(), facts.now)
                .map_err(JoinFault::NotIntroduced)?,
            None => return Ok(None),
        }
        hold_back(&oidc.state, oidc.senders, &oidc.config, facts).await?;
        if way == WayIn::Document {
            hold_back_from_host(&oidc.state, oidc.senders, client_id, facts).await?;
        }
    }
    match introduction {
        Some(introduction) => {
            joining
                .client(client_id, introduction.trust_chain(), facts.now)
                .await
        }
        None => joining.known(client_id, facts.now).await,
    }
}

/// Who makes up one system after another has us ask around for each.
pub(super) async fn hold_back(
    state: &State,
    senders: Senders,
    config: &Config,
    facts: &Facts,
) -> Result<(), JoinFault> {
    let Some(sender) = senders.sender_of(facts.address) else {
        return Ok(());
    };
    let name = format!("joins:{sender}");
    let joins = state
        .count(&name, facts.now, Duration::from_secs(60))
        .await
        .map_err(|fault| StoreError::Unavailable(fault.to_string()))?;
    if joins > config.settings.http.sign_ins_per_minute {
        return Err(JoinFault::Busy);
    }
    Ok(())
}

/// At a host whose systems come by their ids alone, anybody can make one up after another. Whoever does is held back from
/// that host before its genuine systems are, which others ask for.
async fn hold_back_from_host(
    state: &State,
    senders: Senders,
    client_id: &str,
    facts: &Facts,
) -> Result<(), JoinFault> {
    let sender = senders.sender_of(facts.address);
    let id = EntityId::parse(client_id, Relaxation::PlainLoopback);
    let (Some(sender), Ok(id)) = (sender, id) else {
        return Ok(());
    };
    let name = format!("joins:{sender}:{}", id.authority());
    let looks = state
        .count(&name, facts.now, Duration::from_secs(60))
        .await
        .map_err(|fault| StoreError::Unavailable(fault.to_string()))?;
    if looks > MOST_OF_A_HOST {
        return Err(JoinFault::Busy);
    }
    Ok(())
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
    fn who_does_not_introduce_itself_to_us_now_is_not_asked_for() {
        const IT: &str = "https://hrss.city.example";
        const US: &str = "https://id.city.example";
        let now = Timestamp::from_seconds(1_800_000_000);
        let outcome = |token: &str| {
            let query = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("client_assertion", token)
                .finish();
            let parameters = Parameters::parse(query.as_bytes());
            let introduction = Introduction::by_assertion(&parameters).unwrap();
            introduction.check(IT, US, now)
        };
        let good = json!({"iss": IT, "sub": IT, "aud": US, "exp": 1_800_000_060});
        let sign = |claims: &Value| ForgedKey::new(Algorithm::Es256).sign(&json!({"alg": "ES256"}), claims);
        assert_eq!(outcome(&sign(&good)), Ok(()));
        assert!(outcome("x").is_err());
        for (name, value) in [
            ("iss", json!("https://evil.example")),
            ("iss", json!(null)),
            ("sub", json!("https://evil.example")),
            ("aud", json!(IT)),
            ("aud", json!([US])),
            ("exp", json!(1_799_999_000)),
            ("exp", json!(null)),
        ] {
            let mut claims = good.clone();
            claims[name] = value;
            assert!(outcome(&sign(&claims)).is_err(), "{claims}");
        }
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
