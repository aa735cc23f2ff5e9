//! The steps before the redirect URI is proven. Their errors are pages: nothing here can redirect.

mod identify_client;
mod prove_redirect_uri;

pub(super) use identify_client::{identify_client, read_client_id};
pub(super) use prove_redirect_uri::{ProvenRedirect, prove_redirect_uri};
