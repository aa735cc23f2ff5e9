//! How the department proves who it is to the provider: `private_key_jwt` (RFC 7523, OpenID Connect Core §9).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::json;

use crate::chance;
use crate::clock::numeric_date;
use crate::error::Error;
use crate::keys::{Protocol, Ring};

pub(crate) const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const LIFETIME: Duration = Duration::from_secs(60);

/// Good for one request: `jti` is never used twice. `aud` is the issuer alone, as FAPI 2.0 §5.3.2.1 demands,
/// and there is no `nbf` for a slow clock to trip over.
pub(crate) async fn client_assertion(
    keys: &Ring<Protocol>,
    client_id: &str,
    issuer: &str,
    now: SystemTime,
) -> Result<String, Error> {
    let claims = json!({
        "iss": client_id,
        "sub": client_id,
        "aud": issuer,
        "jti": chance::token()?,
        // To the millisecond: in the second of its start, the provider takes nothing that may be older.
        "iat": now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64(),
        "exp": numeric_date(now + LIFETIME),
    });
    keys.now().await.sign_client_assertion(&claims).await
}
