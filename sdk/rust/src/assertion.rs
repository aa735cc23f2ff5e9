//! How the department proves who it is to the provider: `private_key_jwt` (RFC 7523, OpenID Connect Core §9).

use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Map, json};

use crate::chance;
use crate::client::Yimen;
use crate::clock::numeric_date;
use crate::error::Error;

pub(crate) const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const LIFETIME: Duration = Duration::from_secs(60);

/// Good for one request: `jti` is never used twice. `aud` is the issuer alone, as FAPI 2.0 §5.3.2.1 demands,
/// and there is no `nbf` for a slow clock to trip over.
///
/// A provider that cannot reach this department finds in its header what it would have fetched (OpenID Federation 1.0
/// §4.3), each time: it needs that again before what it knows ends.
pub(crate) async fn client_assertion(yimen: &Yimen) -> Result<String, Error> {
    let (settings, now) = (yimen.settings(), yimen.now());
    let claims = json!({
        "iss": settings.client_id,
        "sub": settings.client_id,
        "aud": settings.issuer,
        "jti": chance::token()?,
        // To the millisecond: in the second of its start, the provider takes nothing that may be older.
        "iat": now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64(),
        "exp": numeric_date(now + LIFETIME),
    });
    let mut header = Map::new();
    if settings.is_unreachable
        && let Some(statement) = yimen.entity_statement().await
    {
        header.insert("trust_chain".to_owned(), json!([statement?]));
    }
    let keys = yimen.protocol_keys().now().await;
    keys.sign_client_assertion(header, &claims).await
}
