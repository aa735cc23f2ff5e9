use std::time::Duration;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::clock::Timestamp;

/// A logout token lives two minutes (OpenID Connect Back-Channel Logout 1.0 §2.4 recommends at most
/// that). The key that signed it must be published for as long.
pub const LIFETIME: Duration = Duration::from_secs(120);
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// Tells a client that a session of one of its residents has ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Logout {
    pub client_id: String,
    /// The client's `backchannel_logout_uri`.
    pub uri: String,
    /// Addresses that are not public and where that may lead.
    #[serde(default)]
    pub within: Vec<IpNet>,
    /// Whether the client asks for it, since we cannot reach it.
    #[serde(default)]
    pub is_polled: bool,
    /// The algorithm the client's ID tokens are signed with.
    pub algorithm: String,
    pub sub: String,
    pub sid: String,
    /// None once it is erased: whom to sign out, the department knows by `sub` and `sid`.
    pub account: Option<Uuid>,
}

impl Logout {
    /// The claims of the logout token (§2.4); a `nonce` is forbidden there.
    pub(super) fn claims(&self, issuer: &str, jti: &str, now: Timestamp) -> Value {
        json!({
            "iss": issuer,
            "aud": self.client_id,
            "iat": now.seconds(),
            "exp": now.plus(LIFETIME).seconds(),
            "jti": jti,
            "sub": self.sub,
            "sid": self.sid,
            "events": { EVENT: {} },
        })
    }
}
