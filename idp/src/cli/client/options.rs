use std::path::Path;

use serde_json::Value;

use crate::account::Level;
use crate::cli::arguments::{AuthMethod as Method, Clearable, ClientOptions};
use crate::cli::failure::Failure;
use crate::config::PublicUrl;
use crate::department::{AuthMethod, ClientMetadata};
use crate::oidc::acr_value;

impl ClientOptions {
    /// Sets what is named. A list is replaced as a whole; of the purposes, those of the scopes that are named.
    pub(super) fn set(&self, metadata: &mut ClientMetadata, provider: &PublicUrl) -> Result<(), Failure> {
        put(&mut metadata.client_name, self.name.as_ref());
        put(&mut metadata.client_name_en, self.name_en.as_ref());
        put(&mut metadata.organisation, self.department.as_ref());
        put(&mut metadata.organisation_en, self.department_en.as_ref());
        replace(&mut metadata.redirect_uris, &self.redirect_uris);
        replace(
            &mut metadata.post_logout_redirect_uris,
            &self.post_logout_redirect_uris,
        );
        give(
            &mut metadata.backchannel_logout_uri,
            self.backchannel_logout_uri.as_ref(),
        );
        give(&mut metadata.initiate_login_uri, self.initiate_login_uri.as_ref());
        put(
            &mut metadata.token_endpoint_auth_method,
            self.auth_method.map(AuthMethod::from).as_ref(),
        );
        self.set_keys(metadata)?;
        put(
            &mut metadata.id_token_signed_response_alg,
            self.id_token_alg.as_ref(),
        );
        metadata.require_pushed_authorization_requests |= self.require_par;
        metadata.require_signed_request_object |= self.require_request_object;
        give(
            &mut metadata.request_object_signing_alg,
            self.request_object_alg.as_ref(),
        );
        replace(&mut metadata.grant_types, &self.grant_types);
        replace(&mut metadata.admin_scopes, &self.admin_scopes);
        let default_acr = self
            .default_acr
            .iter()
            .filter_map(|level| Level::try_from(*level).ok());
        let default_acr: Vec<_> = default_acr.map(|level| acr_value(provider, level)).collect();
        replace(&mut metadata.default_acr_values, &default_acr);
        give(&mut metadata.default_max_age, self.default_max_age.as_ref());
        give(&mut metadata.policy_uri, self.policy_uri.as_ref());
        give(&mut metadata.tos_uri, self.tos_uri.as_ref());
        if self.native {
            "native".clone_into(&mut metadata.application_type);
        }
        self.set_scope(metadata);
        self.set_words(metadata)
    }

    /// Keys are registered in place or by address: whichever is named takes the place of the other.
    fn set_keys(&self, metadata: &mut ClientMetadata) -> Result<(), Failure> {
        if self.jwks.is_some() || self.jwks_uri.is_some() {
            metadata.jwks = self.jwks.as_deref().map(read_jwks).transpose()?;
            metadata.jwks_uri.clone_from(&self.jwks_uri);
        }
        Ok(())
    }

    /// The purpose of a scope goes with it.
    fn set_scope(&self, metadata: &mut ClientMetadata) {
        if let Some(scope) = &self.scope {
            metadata.scope.clone_from(scope);
            metadata
                .purposes
                .retain(|asked, _| scope.split_ascii_whitespace().any(|one| one == asked));
        }
    }

    fn set_words(&self, metadata: &mut ClientMetadata) -> Result<(), Failure> {
        self.said
            .set(&mut metadata.purposes, &mut metadata.records, &mut metadata.asks)
    }
}

impl Clearable {
    pub(super) fn clear(self, metadata: &mut ClientMetadata) {
        let (purposes, asks) = (metadata.purposes.values_mut(), metadata.asks.values_mut());
        match self {
            Self::NameEn => metadata.client_name_en.clear(),
            Self::DepartmentEn => metadata.organisation_en.clear(),
            Self::RedirectUri => metadata.redirect_uris.clear(),
            Self::PostLogoutRedirectUri => metadata.post_logout_redirect_uris.clear(),
            Self::BackchannelLogoutUri => metadata.backchannel_logout_uri = None,
            Self::InitiateLoginUri => metadata.initiate_login_uri = None,
            Self::Jwks => metadata.jwks = None,
            Self::JwksUri => metadata.jwks_uri = None,
            Self::RequirePar => metadata.require_pushed_authorization_requests = false,
            Self::RequireRequestObject => metadata.require_signed_request_object = false,
            Self::RequestObjectAlg => metadata.request_object_signing_alg = None,
            Self::DefaultAcr => metadata.default_acr_values.clear(),
            Self::DefaultMaxAge => metadata.default_max_age = None,
            Self::Purpose => purposes.for_each(|purpose| purpose.zh.clear()),
            Self::PurposeEn => purposes.for_each(|purpose| purpose.en.clear()),
            Self::Record => metadata.records.clear(),
            Self::RecordEn => metadata.records.values_mut().for_each(|words| words.en.clear()),
            Self::Ask => metadata.asks.clear(),
            Self::AskEn => asks.for_each(|purpose| purpose.en.clear()),
            Self::Optional => purposes.chain(asks).for_each(|purpose| purpose.optional = false),
            Self::AdminScope => metadata.admin_scopes.clear(),
            Self::PolicyUri => metadata.policy_uri = None,
            Self::TosUri => metadata.tos_uri = None,
            Self::Native => "web".clone_into(&mut metadata.application_type),
        }
    }
}

impl From<Method> for AuthMethod {
    fn from(named: Method) -> Self {
        match named {
            Method::ClientSecretBasic => Self::ClientSecretBasic,
            Method::ClientSecretPost => Self::ClientSecretPost,
            Method::PrivateKeyJwt => Self::PrivateKeyJwt,
            Method::None => Self::None,
        }
    }
}

pub(in crate::cli) fn put<T: Clone>(place: &mut T, named: Option<&T>) {
    if let Some(named) = named {
        place.clone_from(named);
    }
}

pub(in crate::cli) fn give<T: Clone>(place: &mut Option<T>, named: Option<&T>) {
    if named.is_some() {
        *place = named.cloned();
    }
}

fn replace(place: &mut Vec<String>, named: &[String]) {
    if !named.is_empty() {
        *place = named.to_vec();
    }
}

fn read_jwks(file: &Path) -> Result<Value, Failure> {
    let wrong = |fault: &dyn std::fmt::Display| Failure::new(format!("--jwks {}: {fault}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|fault| wrong(&fault))?;
    serde_json::from_str(&text).map_err(|fault| wrong(&fault))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::arguments::{Arguments, Client, Command};

    /// What `yimen client update hrss …` makes of it.
    fn updated(before: &ClientMetadata, line: &[&str]) -> ClientMetadata {
        let words = ["yimen", "client", "update", "hrss"].iter().chain(line);
        let Command::Client(Client::Update(update)) = Arguments::try_parse_from(words).unwrap().command
        else {
            panic!("another command");
        };
        let mut metadata = before.clone();
        update.clear.iter().for_each(|name| name.clear(&mut metadata));
        let provider = PublicUrl::parse("https://id.city.example").unwrap();
        update.options.set(&mut metadata, &provider).unwrap();
        metadata
    }

    fn registered() -> ClientMetadata {
        updated(
            &ClientMetadata::default(),
            &[
                "--name",
                "养老金查询",
                "--department",
                "人社局",
                "--scope",
                "openid profile phone",
                "--redirect-uri",
                "https://a.example/1",
                "--redirect-uri",
                "https://a.example/2",
                "--purpose",
                "phone=通知结果",
                "--purpose",
                "profile=核对",
                "--purpose-en",
                "phone=to tell you",
                "--optional",
                "phone",
                "--jwks-uri",
                "https://a.example/jwks",
                "--native",
                "--default-acr",
                "3",
                "--default-max-age",
                "900",
            ],
        )
    }

    #[test]
    fn a_level_is_registered_by_its_address_here_and_cleared_by_name() {
        let before = registered();
        assert_eq!(before.default_acr_values, ["https://id.city.example/acr/3"]);
        assert_eq!(before.default_max_age, Some(900));
        let after = updated(&before, &["--clear", "default-acr", "--clear", "default-max-age"]);
        assert!(after.default_acr_values.is_empty());
        assert_eq!(after.default_max_age, None);
        let words = ["yimen", "client", "update", "hrss", "--default-acr", "5"];
        assert!(Arguments::try_parse_from(words).is_err());
    }

    #[test]
    fn what_is_not_named_stays() {
        let before = registered();
        assert_eq!(updated(&before, &[]), before);
        let after = updated(&before, &["--name", "社保卡"]);
        assert_eq!(
            after,
            ClientMetadata {
                client_name: "社保卡".to_owned(),
                ..before
            }
        );
    }

    #[test]
    fn a_list_is_replaced_and_a_purpose_by_its_scope() {
        let after = updated(
            &registered(),
            &[
                "--redirect-uri",
                "https://a.example/3",
                "--purpose",
                "phone=办理",
                "--optional",
                "profile",
            ],
        );
        assert_eq!(after.redirect_uris, ["https://a.example/3"]);
        let phone = &after.purposes["phone"];
        assert_eq!(
            (phone.zh.as_str(), phone.en.as_str(), phone.optional),
            ("办理", "to tell you", false)
        );
        let profile = &after.purposes["profile"];
        assert_eq!((profile.zh.as_str(), profile.optional), ("核对", true));
    }

    #[test]
    fn a_purpose_goes_with_its_scope_or_when_its_words_are_taken_away() {
        let after = updated(&registered(), &["--scope", "openid profile"]);
        assert_eq!(after.purposes.keys().collect::<Vec<_>>(), ["profile"]);
        assert!(updated(&after, &["--purpose", "profile="]).purposes.is_empty());
        assert!(updated(&after, &["--clear", "purpose"]).purposes.is_empty());
    }

    #[test]
    fn what_is_cleared_is_gone_and_may_be_named_anew() {
        let before = registered();
        let after = updated(
            &before,
            &[
                "--clear",
                "jwks-uri",
                "--clear",
                "native",
                "--clear",
                "purpose",
                "--purpose",
                "phone=办理",
            ],
        );
        assert_eq!((after.jwks_uri.as_deref(), after.is_native()), (None, false));
        assert_eq!(after.purposes["phone"].zh, "办理");
        assert!(!after.purposes.contains_key("profile"));
    }

    #[test]
    fn a_new_client_needs_its_two_names() {
        for line in [vec!["--name", "养老金查询"], vec!["--department", "人社局"]] {
            let words = ["yimen", "client", "add"].into_iter().chain(line);
            assert!(Arguments::try_parse_from(words).is_err());
        }
    }
}
