//! The two questions a department asks the token endpoint, and what a refusal means.

use openidconnect::core::CoreErrorResponseType;
use openidconnect::{
    AuthorizationCode, PkceCodeVerifier, RefreshToken, RequestTokenError, StandardErrorResponse,
};

use crate::assertion::{ASSERTION_TYPE, client_assertion};
use crate::client::Yimen;
use crate::error::Error;
use crate::outgoing::NoAnswer;
use crate::provider::Known;
use crate::refusal;
use crate::token_answer::TokenAnswer;

pub(crate) enum Refusal {
    /// The provider's own words (RFC 6749 §5.2).
    Said(CoreErrorResponseType, Option<String>),
    Failed(Error),
}

/// A code for tokens (RFC 6749 §4.1.3, RFC 7636 §4.5).
pub(crate) async fn redeem(
    yimen: &Yimen,
    known: &Known,
    code: String,
    verifier: String,
) -> Result<TokenAnswer, Refusal> {
    let tokens = known
        .client
        .exchange_code(AuthorizationCode::new(code))
        .map_err(|error| Refusal::Failed(yimen.provider().nonsense(&error)))?
        .set_pkce_verifier(PkceCodeVerifier::new(verifier))
        .add_extra_param("client_assertion_type", ASSERTION_TYPE)
        .add_extra_param("client_assertion", assertion(yimen).await?)
        .request_async(&yimen.provider().http)
        .await
        .map_err(|error| explain(yimen, error))?;
    yimen.note_accepted();
    Ok(tokens)
}

/// A refresh token for a new access token (RFC 6749 §6).
pub(crate) async fn refresh(
    yimen: &Yimen,
    known: &Known,
    token: &RefreshToken,
) -> Result<TokenAnswer, Refusal> {
    known
        .client
        .exchange_refresh_token(token)
        .map_err(|error| Refusal::Failed(yimen.provider().nonsense(&error)))?
        .add_extra_param("client_assertion_type", ASSERTION_TYPE)
        .add_extra_param("client_assertion", assertion(yimen).await?)
        .request_async(&yimen.provider().http)
        .await
        .map_err(|error| explain(yimen, error))
}

async fn assertion(yimen: &Yimen) -> Result<String, Refusal> {
    client_assertion(yimen).await.map_err(Refusal::Failed)
}

fn explain(
    yimen: &Yimen,
    error: RequestTokenError<NoAnswer, StandardErrorResponse<CoreErrorResponseType>>,
) -> Refusal {
    let provider = yimen.provider();
    Refusal::Failed(match error {
        RequestTokenError::ServerResponse(answer) => {
            return Refusal::Said(answer.error().clone(), answer.error_description().cloned());
        }
        RequestTokenError::Request(reason) => provider.unreachable(&reason),
        // The text of a parse error could quote a token: name the place only.
        RequestTokenError::Parse(error, _) => provider.nonsense(&format!(
            "the token response cannot be read at `{}`",
            error.path()
        )),
        RequestTokenError::Other(problem) => provider.nonsense(&problem),
    })
}

impl Refusal {
    pub(crate) fn into_error(self, yimen: &Yimen) -> Error {
        match self {
            Self::Failed(error) => error,
            Self::Said(code, error_description) => refusal::Refusal {
                error: code.as_ref().to_owned(),
                error_description,
            }
            .into_error(yimen),
        }
    }
}
