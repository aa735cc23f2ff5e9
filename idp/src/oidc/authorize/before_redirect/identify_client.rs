use std::sync::Arc;

use crate::department::{Client, Departments};
use crate::oidc::Parameters;
use crate::web::{ErrorKind, PageError};

/// Finds the client that asks (RFC 6749 §4.1.1). One that is suspended is as good as unknown.
pub(in crate::oidc) async fn identify_client(
    parameters: &Parameters,
    departments: &Departments,
) -> Result<Arc<Client>, PageError> {
    if parameters.is_repeated("client_id") {
        return Err(
            PageError::new(ErrorKind::FaultyRequest).developer("reason", "client_id was sent more than once")
        );
    }
    let Some(client_id) = parameters.get("client_id") else {
        return Err(PageError::new(ErrorKind::FaultyRequest).developer("reason", "client_id is missing"));
    };
    let client = departments.client(client_id).await.map_err(PageError::from)?;
    client.filter(|client| client.is_active()).ok_or_else(|| {
        PageError::new(ErrorKind::UnknownClient)
            .developer(
                "reason",
                "no active client has this client_id; the operator adds one with `yimen client add`",
            )
            .developer("client_id", client_id)
    })
}
