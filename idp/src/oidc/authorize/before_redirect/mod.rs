//! The steps before the redirect URI is proven. Their errors are pages: nothing here can redirect.

mod prove_redirect_uri;
mod read_client_id;
mod receive;
mod unpack_request_object;

pub(super) use prove_redirect_uri::{ProvenRedirect, Unproven, prove_redirect_uri};
pub(super) use read_client_id::read_client_id;
pub(super) use receive::receive;
pub(super) use unpack_request_object::unpack_request_object;
