//! The steps after the redirect URI is proven. Each reads one thing of the request, in the order
//! of OpenID Connect Core 1.0 §3.1.2.2; their errors go to the client by redirect.

mod check_authorization_details;
mod check_manner;
mod check_max_age;
mod check_pkce;
mod check_prompt;
mod check_response_type;
mod read_acr;
mod read_claims;
mod read_hint;
mod refuse_unsupported;
mod resolve_response_mode;
mod resolve_scope;

pub(in crate::oidc) use check_authorization_details::check_authorization_details;
pub(super) use check_manner::check_manner;
pub(super) use check_max_age::check_max_age;
pub(super) use check_pkce::{CodeChallenge, check_pkce};
pub(super) use check_prompt::{Prompt, check_prompt};
pub(super) use check_response_type::check_response_type;
pub(super) use read_acr::read_acr;
pub(super) use read_claims::read_claims;
pub(super) use read_hint::{HintedSubject, read_hint};
pub(super) use refuse_unsupported::refuse_unsupported;
pub(super) use resolve_response_mode::{ResponseMode, resolve_response_mode};
pub(in crate::oidc) use resolve_scope::resolve_scope;
