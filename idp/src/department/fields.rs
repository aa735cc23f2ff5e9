use std::collections::BTreeMap;

use super::data::{DataKey, Words};
use super::model::{Client, Purpose};
use super::trust::allowed::Terms;
use super::update::Changed;
use crate::keys::jose::JwkSet;

/// One thing a client is registered with, or a decision says, under the name of the option that sets it.
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
        let default_max_age = metadata.default_max_age.map(|seconds| seconds.to_string());
        let fields: [(&'static str, Vec<String>); 30] = [
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
            ("admin-scope", metadata.admin_scopes.clone()),
            ("id-token-alg", one(&metadata.id_token_signed_response_alg)),
            ("require-par", yes(metadata.require_pushed_authorization_requests)),
            (
                "require-request-object",
                yes(metadata.require_signed_request_object),
            ),
            ("request-object-alg", maybe(&metadata.request_object_signing_alg)),
            ("default-acr", metadata.default_acr_values.clone()),
            ("default-max-age", default_max_age.into_iter().collect()),
            ("purpose", purposes(&metadata.purposes, |purpose| &purpose.zh)),
            ("purpose-en", purposes(&metadata.purposes, |purpose| &purpose.en)),
            ("record", records(&metadata.records, |words| &words.zh)),
            ("record-en", records(&metadata.records, |words| &words.en)),
            ("ask", asks(&metadata.asks, |purpose| &purpose.zh)),
            ("ask-en", asks(&metadata.asks, |purpose| &purpose.en)),
            ("optional", optional(&metadata.purposes, &metadata.asks)),
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

    /// What `after` is registered with otherwise.
    pub(super) fn changes_to(&self, after: &Self) -> Vec<Changed> {
        let other_keys = self.metadata.jwks != after.metadata.jwks;
        changes(self.fields(), after.fields(), |name| name == "jwks" && other_keys)
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

impl Terms {
    /// All that is decided, in the order of the options.
    #[must_use]
    pub fn fields(&self) -> Vec<Field> {
        let superior = self.superior.as_ref();
        let most = superior.and_then(|superior| superior.max_path_length);
        let fields: [(&'static str, Vec<String>); 20] = [
            ("name", one(&self.name)),
            ("name-en", one(&self.name_en)),
            ("organisation", one(&self.organisation)),
            ("organisation-en", one(&self.organisation_en)),
            ("scopes", one(&self.scope)),
            ("purpose", purposes(&self.purposes, |purpose| &purpose.zh)),
            ("purpose-en", purposes(&self.purposes, |purpose| &purpose.en)),
            ("record", records(&self.records, |words| &words.zh)),
            ("record-en", records(&self.records, |words| &words.en)),
            ("ask", asks(&self.asks, |purpose| &purpose.zh)),
            ("ask-en", asks(&self.asks, |purpose| &purpose.en)),
            ("optional", optional(&self.purposes, &self.asks)),
            ("marks", self.marks.clone()),
            ("range", self.ranges.iter().map(ToString::to_string).collect()),
            (
                "superior",
                superior.map(|_| "yes".to_owned()).into_iter().collect(),
            ),
            (
                "max-path-length",
                most.map(|most| most.to_string()).into_iter().collect(),
            ),
            (
                "permit",
                superior
                    .map(|superior| superior.permitted.clone())
                    .unwrap_or_default(),
            ),
            ("through", maybe(&self.through)),
            ("moved-from", maybe(&self.sector)),
            ("metadata-document", yes(self.metadata_document)),
        ];
        fields
            .into_iter()
            .chain([
                ("unreachable", yes(self.unreachable)),
                ("trusted-keys", self.trusted_keys.clone()),
            ])
            .map(|(name, values)| Field { name, values })
            .collect()
    }
}

/// What has another value now, or differs in what is not shown.
pub(super) fn changes(
    before: Vec<Field>,
    after: Vec<Field>,
    differs_unseen: impl Fn(&str) -> bool,
) -> Vec<Changed> {
    before
        .into_iter()
        .zip(after)
        .filter(|(old, new)| old.values != new.values || differs_unseen(old.name))
        .map(|(old, new)| Changed {
            name: old.name,
            from: old.values,
            to: new.values,
        })
        .collect()
}

fn purposes(purposes: &BTreeMap<String, Purpose>, text: fn(&Purpose) -> &str) -> Vec<String> {
    purposes
        .iter()
        .filter(|(_, purpose)| !text(purpose).is_empty())
        .map(|(scope, purpose)| format!("{scope}={}", text(purpose)))
        .collect()
}

fn records(records: &BTreeMap<String, Words>, text: fn(&Words) -> &str) -> Vec<String> {
    let named = records.iter().filter(|(_, words)| !text(words).is_empty());
    named
        .map(|(record, words)| format!("{record}={}", text(words)))
        .collect()
}

fn asks(asks: &BTreeMap<DataKey, Purpose>, text: fn(&Purpose) -> &str) -> Vec<String> {
    let named = asks.iter().filter(|(_, purpose)| !text(purpose).is_empty());
    named
        .map(|(key, purpose)| format!("{key}={}", text(purpose)))
        .collect()
}

/// The scopes and the records that can be done without.
fn optional(purposes: &BTreeMap<String, Purpose>, asks: &BTreeMap<DataKey, Purpose>) -> Vec<String> {
    let scopes = purposes.iter().filter(|(_, purpose)| purpose.optional);
    let records = asks.iter().filter(|(_, purpose)| purpose.optional);
    let scopes = scopes.map(|(scope, _)| scope.clone());
    scopes.chain(records.map(|(key, _)| key.to_string())).collect()
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
