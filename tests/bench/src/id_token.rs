//! ID tokens are checked as a relying party would: ES256 signature, issuer, audience, nonce.

use crate::Result;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::Value;

/// `jwks` is the provider's key set.
pub(crate) fn check(token: &str, jwks: &Value, issuer: &str, nonce: &str) -> Result<()> {
    let (signed, signature) = token.rsplit_once('.').ok_or("an ID token has no signature")?;
    let (header, claims) = signed.split_once('.').ok_or("an ID token has no claims")?;
    let header = part(header)?;
    if header["alg"] != "ES256" {
        return Err(format!("an ID token is signed by {} and not ES256", header["alg"]).into());
    }
    let keys = jwks["keys"].as_array().ok_or("the key set has no keys")?;
    let key = keys.iter().find(|key| key["kid"] == header["kid"]);
    let key = point(key.ok_or("an ID token's key is not in the key set")?)?;
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key)
        .verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature)?)
        .map_err(|_| "an ID token's signature does not verify")?;
    let claims = part(claims)?;
    let audience_is_us = claims["aud"] == "bench" || claims["aud"][0] == "bench";
    if claims["iss"] != issuer || !audience_is_us || claims["nonce"] != nonce {
        return Err(format!("an ID token's claims are not ours: {claims}").into());
    }
    Ok(())
}

fn part(text: &str) -> Result<Value> {
    Ok(serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text)?)?)
}

fn point(key: &Value) -> Result<Vec<u8>> {
    let mut point = vec![4];
    for name in ["x", "y"] {
        let text = key[name].as_str().ok_or("a key is not on a curve")?;
        point.extend(URL_SAFE_NO_PAD.decode(text)?);
    }
    Ok(point)
}
