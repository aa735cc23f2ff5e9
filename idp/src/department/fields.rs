use super::model::{Client, Purpose};
use crate::keys::jose::JwkSet;

/// One thing a client is registered with, under the name of the option that sets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    pub name: &'static str,
    /// One for each time the option is given; none where it is not.
    pub values: Vec<String>,
}

impl Client {
    /// All it is registered with, in the order of the options.
    #[must_use]
    pub fn fields(&self) -> Vec<Field> {
        let metadata = &self.metadata;
        let purposes = |text: fn(&Purpose) -> &str| {
            let given = metadata.purposes.iter();
            given
                .filter(|(_, purpose)| !text(purpose).is_empty())
                .map(|(scope, purpose)| format!("{scope}={}", text(purpose)))
                .collect::<Vec<_>>()
        };
        let optional = metadata.purposes.iter().filter(|(_, purpose)| purpose.optional);
        let default_max_age = metadata.default_max_age.map(|seconds| seconds.to_string());
        let fields: [(&'static str, Vec<String>); 25] = [
            ("name", one(&metadata.client_name)),
            ("name-en", one(&metadata.client_name_en)),
            ("department", one(&metadata.organisation)),
            ("department-en", one(&metadata.organisation_en)),
            ("redirect-uri", metadata.redirect_uris.clone()),
            (
                "post-logout-redirect-uri",
                metadata.post_logout_redirect_uris.clone(),
            ),
            ("backchannel-logout-uri", maybe(&metadata.backchannel_logout_uri)),
            ("initiate-login-uri", maybe(&metadata.initiate_login_uri)),
            ("auth-method", one(metadata.token_endpoint_auth_method.as_str())),
            ("jwks", self.keys()),
            ("jwks-uri", maybe(&metadata.jwks_uri)),
            ("scope", one(&metadata.scope)),
            ("grant-type", metadata.grant_types.clone()),
            ("id-token-alg", one(&metadata.id_token_signed_response_alg)),
            ("require-par", yes(metadata.require_pushed_authorization_requests)),
            (
                "require-request-object",
                yes(metadata.require_signed_request_object),
            ),
            ("request-object-alg", maybe(&metadata.request_object_signing_alg)),
            ("default-acr", metadata.default_acr_values.clone()),
            ("default-max-age", default_max_age.into_iter().collect()),
            ("purpose", purposes(|purpose| &purpose.zh)),
            ("purpose-en", purposes(|purpose| &purpose.en)),
            ("optional", optional.map(|(scope, _)| scope.clone()).collect()),
            ("policy-uri", maybe(&metadata.policy_uri)),
            ("tos-uri", maybe(&metadata.tos_uri)),
            ("sector", one(&self.sector)),
        ];
        fields
            .into_iter()
            .chain([("native", yes(metadata.is_native()))])
            .map(|(name, values)| Field { name, values })
            .collect()
    }

    /// The registered keys by what tells them apart.
    fn keys(&self) -> Vec<String> {
        let set = self.metadata.jwks.as_ref();
        let set = set.and_then(|jwks| JwkSet::parse(jwks.to_string().as_bytes()).ok());
        set.iter()
            .flat_map(JwkSet::keys)
            .map(|key| match (key.kid(), key.thumbprint()) {
                (Some(kid), thumbprint) if kid != thumbprint => format!("{kid} (thumbprint {thumbprint})"),
                (_, thumbprint) => thumbprint,
            })
            .collect()
    }
}

fn one(text: &str) -> Vec<String> {
    let given = (!text.is_empty()).then(|| text.to_owned());
    given.into_iter().collect()
}

fn yes(is_so: bool) -> Vec<String> {
    let given = is_so.then(|| "yes".to_owned());
    given.into_iter().collect()
}

fn maybe(text: &Option<String>) -> Vec<String> {
    text.iter().cloned().collect()
}
