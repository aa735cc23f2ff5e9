//! OpenID Connect and OAuth, one specification after another.

mod authorize_errors;
mod authorize_prompts;
mod backchannel_logout;
mod client_auth;
mod code;
mod device;
mod discovery;
mod introspection;
mod par;
mod refresh;
mod request_object;
mod revocation;
mod rp_logout;
mod userinfo;
