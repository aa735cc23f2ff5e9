use crate::department::Client;
use crate::oidc::authorize::Asked;
use crate::oidc::{Code, WireError};

/// Whether the request came as its client has registered that all of them do (RFC 9126 §6, RFC 9101 §10.5): another one
/// may be anybody's.
pub(in crate::oidc) fn check_manner(asked: &Asked, client: &Client) -> Result<(), WireError> {
    let refuse = |said| Err(WireError::new(Code::InvalidRequest, said));
    if client.metadata.require_pushed_authorization_requests && asked.pushed.is_none() {
        return refuse("this client is registered to push its requests: send them to /oauth2/par first");
    }
    if client.metadata.require_signed_request_object && !asked.is_signed {
        return refuse("this client is registered to sign its requests: send them in the parameter request");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oidc::par::Pushed;

    #[test]
    fn a_client_is_held_to_how_it_said_that_it_comes() {
        let request = |is_signed: bool, pushed: Option<Pushed>| Asked {
            is_signed,
            pushed,
            ..Asked::default()
        };
        let pushed = || Some(Pushed::sample());
        let mut client = Client::sample("https://hrss.city.example/cb");
        let taken = |client: &Client| {
            [(false, None), (false, pushed()), (true, None), (true, pushed())]
                .map(|(signed, pushed)| check_manner(&request(signed, pushed), client).is_ok())
        };
        assert_eq!(taken(&client), [true, true, true, true]);
        client.metadata.require_pushed_authorization_requests = true;
        assert_eq!(taken(&client), [false, true, false, true]);
        client.metadata.require_signed_request_object = true;
        assert_eq!(taken(&client), [false, false, false, true]);
        client.metadata.require_pushed_authorization_requests = false;
        assert_eq!(taken(&client), [false, false, true, true]);
    }
}
