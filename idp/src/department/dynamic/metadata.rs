use serde_json::{Map, Value};

use super::fault::RegistrationFault;
use super::invitation::InvitationKind;
use super::warrant::Warrant;
use crate::department::check::{check, check_redirects};
use crate::department::model::{AuthMethod, ClientMetadata};
use crate::department::trust::{NOT_OFFERED, NOT_OFFERED_IF_TRUE};
use crate::keys::jose::Algorithm;

/// What the provider alone says (RFC 7591 §3.2.1).
const OURS: [&str; 4] = [
    "registration_access_token",
    "registration_client_uri",
    "client_secret_expires_at",
    "client_id_issued_at",
];

/// What a system asks to be registered with (OpenID Connect Dynamic Client Registration 1.0 §2), within what it was let in
/// for. What residents read of it stands there, and never in the request. What we do not know is left out; what would be
/// unsafe to leave out is refused.
pub(super) fn read(
    asked: Map<String, Value>,
    warrant: &Warrant,
    dev: bool,
) -> Result<ClientMetadata, RegistrationFault> {
    let asked = Asked::of(asked, warrant)?;
    asked.check_offered(warrant)?;
    let mut metadata = ClientMetadata {
        redirect_uris: asked.texts("redirect_uris")?.unwrap_or_default(),
        post_logout_redirect_uris: asked.texts("post_logout_redirect_uris")?.unwrap_or_default(),
        initiate_login_uri: asked.text("initiate_login_uri")?,
        backchannel_logout_uri: asked.text("backchannel_logout_uri")?,
        token_endpoint_auth_method: asked.method()?,
        jwks: asked.object("jwks")?,
        jwks_uri: asked.text("jwks_uri")?,
        id_token_signed_response_alg: asked
            .text("id_token_signed_response_alg")?
            .unwrap_or_else(|| "RS256".to_owned()),
        require_pushed_authorization_requests: asked.flag("require_pushed_authorization_requests")?,
        require_signed_request_object: asked.flag("require_signed_request_object")?,
        request_object_signing_alg: asked.text("request_object_signing_alg")?,
        scope: asked.scope(warrant)?,
        grant_types: asked
            .texts("grant_types")?
            .unwrap_or_else(|| vec!["authorization_code".to_owned()]),
        default_max_age: asked.number("default_max_age")?,
        default_acr_values: asked.texts("default_acr_values")?.unwrap_or_default(),
        policy_uri: asked.text("policy_uri")?,
        tos_uri: asked.text("tos_uri")?,
        application_type: asked
            .text("application_type")?
            .unwrap_or_else(|| "web".to_owned()),
        sector_identifier_uri: asked.text("sector_identifier_uri")?,
        software_id: asked.text("software_id")?,
        software_version: asked.text("software_version")?,
        ..ClientMetadata::default()
    };
    warrant.terms.name(&mut metadata);
    check_redirects(&metadata, dev).map_err(RegistrationFault::RedirectUri)?;
    check_reach(&metadata, warrant)?;
    check(&metadata, dev).map_err(RegistrationFault::Metadata)?;
    Ok(metadata)
}

/// All that it names lies where the operator said that it does.
fn check_reach(metadata: &ClientMetadata, warrant: &Warrant) -> Result<(), RegistrationFault> {
    let reach = &warrant.reach;
    for uri in &metadata.redirect_uris {
        reach
            .check("redirect_uris", uri)
            .map_err(RegistrationFault::RedirectUri)?;
    }
    for uri in &metadata.post_logout_redirect_uris {
        reach
            .check("post_logout_redirect_uris", uri)
            .map_err(RegistrationFault::Metadata)?;
    }
    for (what, uri) in [
        ("initiate_login_uri", &metadata.initiate_login_uri),
        ("backchannel_logout_uri", &metadata.backchannel_logout_uri),
        ("jwks_uri", &metadata.jwks_uri),
        ("policy_uri", &metadata.policy_uri),
        ("tos_uri", &metadata.tos_uri),
        ("sector_identifier_uri", &metadata.sector_identifier_uri),
    ] {
        if let Some(uri) = uri {
            reach.check(what, uri).map_err(RegistrationFault::Metadata)?;
        }
    }
    Ok(())
}

/// What is asked, by what each must be.
struct Asked(Map<String, Value>);

impl Asked {
    /// The claims of a software statement win over what stands beside it (RFC 7591 §2.3); what is null is not there
    /// (RFC 7592 §2.2).
    fn of(mut asked: Map<String, Value>, warrant: &Warrant) -> Result<Self, RegistrationFault> {
        if let Some(name) = OURS.iter().find(|name| asked.contains_key(**name)) {
            return Err(metadata(format!("{name} is not for the client to say")));
        }
        if let (Some(asked), Some(stated)) = (asked.get("software_id"), warrant.stated.get("software_id"))
            && asked != stated
        {
            return Err(RegistrationFault::Statement(
                "is for other software: software_id differs".to_owned(),
            ));
        }
        for (name, value) in &warrant.stated {
            asked.insert(name.clone(), value.clone());
        }
        asked.retain(|_, value| !value.is_null());
        Ok(Self(asked))
    }

    fn text(&self, name: &str) -> Result<Option<String>, RegistrationFault> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(metadata(format!("{name} must be a text"))),
        }
    }

    fn texts(&self, name: &str) -> Result<Option<Vec<String>>, RegistrationFault> {
        let Some(value) = self.0.get(name) else {
            return Ok(None);
        };
        let texts = value.as_array().and_then(|list| {
            let texts = list.iter().map(|one| one.as_str().map(str::to_owned));
            texts.collect::<Option<Vec<_>>>()
        });
        match texts {
            Some(texts) => Ok(Some(texts)),
            None => Err(metadata(format!("{name} must be a list of texts"))),
        }
    }

    fn flag(&self, name: &str) -> Result<bool, RegistrationFault> {
        match self.0.get(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(metadata(format!("{name} must be true or false"))),
        }
    }

    fn number(&self, name: &str) -> Result<Option<u64>, RegistrationFault> {
        let Some(value) = self.0.get(name) else {
            return Ok(None);
        };
        match value.as_u64() {
            Some(number) => Ok(Some(number)),
            None => Err(metadata(format!("{name} must be a whole number of seconds"))),
        }
    }

    fn object(&self, name: &str) -> Result<Option<Value>, RegistrationFault> {
        match self.0.get(name) {
            None => Ok(None),
            Some(value) if value.is_object() => Ok(Some(value.clone())),
            Some(_) => Err(metadata(format!("{name} must be an object"))),
        }
    }

    fn is_one_of(&self, name: &str, ours: &[&str]) -> Result<(), RegistrationFault> {
        match self.text(name)? {
            Some(found) if !ours.contains(&found.as_str()) => {
                Err(metadata(format!("{name} must be {}", ours.join(" or "))))
            }
            _ => Ok(()),
        }
    }

    /// What would be done otherwise than it says, if it were let pass in silence.
    fn check_offered(&self, warrant: &Warrant) -> Result<(), RegistrationFault> {
        if let Some(name) = NOT_OFFERED.iter().find(|name| self.0.contains_key(**name)) {
            return Err(metadata(format!("{name} is not offered here")));
        }
        for name in NOT_OFFERED_IF_TRUE {
            if self.flag(name)? {
                return Err(metadata(format!("{name} is not offered here")));
            }
        }
        self.is_one_of("subject_type", &["pairwise"])?;
        let kinds: &[&str] = match warrant.kind {
            InvitationKind::Web => &["web"],
            InvitationKind::Native => &["web", "native"],
        };
        self.is_one_of("application_type", kinds)?;
        let verified: Vec<&str> = Algorithm::ALL.iter().map(|one| one.name()).collect();
        self.is_one_of("token_endpoint_auth_signing_alg", &verified)?;
        let types = self.texts("response_types")?.unwrap_or_default();
        match types.iter().find(|one| *one != "code") {
            Some(other) => Err(metadata(format!(
                "response_types: {other} is not offered here, code is"
            ))),
            None => self.check_public(),
        }
    }

    /// Who keeps no secret is an app on a resident's device, by an invitation for such.
    fn check_public(&self) -> Result<(), RegistrationFault> {
        let is_native = self.text("application_type")?.as_deref() == Some("native");
        if self.method()? == AuthMethod::None && !is_native {
            return Err(metadata(
                "token_endpoint_auth_method none is for apps (application_type native), by an invitation for them"
                    .to_owned(),
            ));
        }
        Ok(())
    }

    fn method(&self) -> Result<AuthMethod, RegistrationFault> {
        const NAME: &str = "token_endpoint_auth_method";
        match self.text(NAME)?.as_deref() {
            None | Some("client_secret_basic") => Ok(AuthMethod::ClientSecretBasic),
            Some("client_secret_post") => Ok(AuthMethod::ClientSecretPost),
            Some("private_key_jwt") => Ok(AuthMethod::PrivateKeyJwt),
            Some("none") => Ok(AuthMethod::None),
            Some(_) => Err(metadata(format!(
                "{NAME} must be client_secret_basic, client_secret_post, private_key_jwt or none"
            ))),
        }
    }

    /// What it asks for of what it may have; all of that where it does not say.
    fn scope(&self, warrant: &Warrant) -> Result<String, RegistrationFault> {
        let asked = self.text("scope")?;
        let wants = |scope: &&String| {
            asked
                .as_ref()
                .is_none_or(|asked| asked.split_ascii_whitespace().any(|one| one == *scope))
        };
        let given: Vec<_> = warrant.scopes.iter().filter(wants).map(String::as_str).collect();
        Ok(given.join(" "))
    }
}

fn metadata(said: String) -> RegistrationFault {
    RegistrationFault::Metadata(said)
}
