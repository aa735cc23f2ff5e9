//! What the resident agreed to share: claims of scopes come from UserInfo, not from the ID token
//! (OpenID Connect Core §5.3, §5.4).

use openidconnect::core::CoreGenderClaim;
use openidconnect::{
    AdditionalClaims, OAuth2TokenResponse, SubjectIdentifier, UserInfoClaims, UserInfoError,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::client::Yimen;
use crate::error::Error;
use crate::outgoing::NoAnswer;
use crate::provider::Known;
use crate::token_answer::TokenAnswer;

/// Whatever else the provider says, besides the standard claims.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Others(Map<String, Value>);

impl AdditionalClaims for Others {}

/// Nothing for a department that asks for nothing but `openid`.
pub(crate) async fn read_user_info(
    yimen: &Yimen,
    known: &Known,
    tokens: &TokenAnswer,
    sub: &str,
) -> Result<Map<String, Value>, Error> {
    if yimen.settings().scopes.len() < 2 {
        return Ok(Map::new());
    }
    let provider = yimen.provider();
    let claims: UserInfoClaims<Others, CoreGenderClaim> = known
        .client
        .user_info(
            tokens.access_token().clone(),
            Some(SubjectIdentifier::new(sub.to_owned())),
        )
        .map_err(|error| provider.nonsense(&error))?
        .request_async(&yimen.provider().http)
        .await
        .map_err(|error| explain(yimen, &error))?;
    match serde_json::to_value(claims) {
        Ok(Value::Object(claims)) => Ok(claims),
        _ => Err(provider.nonsense(&"UserInfo is no JSON object")),
    }
}

/// The answer holds personal data: none of it goes into an error.
fn explain(yimen: &Yimen, error: &UserInfoError<NoAnswer>) -> Error {
    let provider = yimen.provider();
    match error {
        UserInfoError::Request(reason) => provider.unreachable(reason),
        UserInfoError::Response(status, ..) => provider.nonsense(&format!("UserInfo answered {status}")),
        UserInfoError::Parse(error) => {
            provider.nonsense(&format!("UserInfo cannot be read at `{}`", error.path()))
        }
        UserInfoError::ClaimsVerification(_) => Error::BadToken {
            token: "UserInfo",
            problem: "it is about another person than the ID token".to_owned(),
        },
        _ => provider.nonsense(&"UserInfo cannot be read"),
    }
}
