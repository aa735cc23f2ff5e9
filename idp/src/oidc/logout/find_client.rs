use std::sync::Arc;

use super::faulty;
use super::read_hint::Hint;
use crate::department::Client;
use crate::oidc::{Oidc, Parameters};
use crate::web::PageError;

/// The client that asks, by `client_id` or by the hint's audience; where both are there they must agree.
///
/// # Errors
/// A page where they do not, or the records do not answer.
pub(super) async fn find_client(
    oidc: &Oidc,
    parameters: &Parameters,
    hint: Option<&Hint>,
) -> Result<Option<Arc<Client>>, PageError> {
    let hinted = hint.and_then(|hint| hint.audience.as_deref());
    let named = parameters.get("client_id");
    if let (Some(named), Some(hinted)) = (named, hinted)
        && named != hinted
    {
        return Err(faulty(
            "client_id is not the client that id_token_hint was issued to",
        ));
    }
    match named.or(hinted) {
        None => Ok(None),
        Some(client_id) => Ok(oidc
            .departments
            .client(client_id)
            .await?
            .filter(|client| client.is_active())),
    }
}
