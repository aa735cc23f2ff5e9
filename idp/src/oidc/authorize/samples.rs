//! Requests for the tests of rules.

use super::after_redirect::{check_max_age, check_prompt, read_acr, read_claims};
use super::before_redirect::prove_redirect_uri;
use super::request::{AuthorizationRequest, Reply, ReplyTo};
use crate::clock::Timestamp;
use crate::config::PublicUrl;
use crate::department::Client;
use crate::oidc::authorization_details::AuthorizationDetails;
use crate::oidc::{Parameters, Scope};

pub(in crate::oidc) fn request(more: &str, received_at: Timestamp) -> AuthorizationRequest {
    let client = Client::sample("https://hrss.city.example/cb");
    let query = format!("redirect_uri=https://hrss.city.example/cb{more}");
    let parameters = Parameters::parse(query.as_bytes());
    let redirect = prove_redirect_uri(&parameters, &client).unwrap();
    let claims = read_claims(&parameters, &client).unwrap();
    let public_url = PublicUrl::parse("https://id.city.example").unwrap();
    AuthorizationRequest {
        client_id: client.client_id.clone(),
        reply_to: ReplyTo::Browser(Reply::read(&parameters, redirect).0),
        scope: Scope::parse("openid"),
        code_challenge: None,
        prompt: check_prompt(&parameters).unwrap(),
        max_age: check_max_age(&parameters, &client).unwrap(),
        acr: read_acr(&parameters, &claims, &client, &public_url),
        claims,
        details: AuthorizationDetails::default(),
        hinted: None,
        nonce: None,
        pushed: None,
        received_at,
    }
}
