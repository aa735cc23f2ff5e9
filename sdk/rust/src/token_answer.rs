//! What the token endpoint answers: OpenID Connect's members, and which records of other departments may be had
//! (RFC 9396 §7).

use openidconnect::core::{
    CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreTokenType,
};
use openidconnect::{EmptyAdditionalClaims, ExtraTokenFields, IdTokenFields, StandardTokenResponse};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::record::{Granted, Record};

pub(crate) type TokenAnswer = StandardTokenResponse<
    IdTokenFields<
        EmptyAdditionalClaims,
        Details,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;

#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Details {
    authorization_details: Option<Value>,
}

impl ExtraTokenFields for Details {}

/// The records that were given; `None` where the answer says nothing of them.
pub(crate) fn given(answer: &TokenAnswer) -> Option<Vec<Record>> {
    let details = answer
        .extra_fields()
        .extra_fields()
        .authorization_details
        .as_ref()?;
    let granted = Granted::all_in(details);
    Some(granted.iter().flat_map(Granted::records).collect())
}
