use uuid::Uuid;

use super::claims::Known;
use super::{Oidc, Scope, WireError};
use crate::account;
use crate::clock::Timestamp;
use crate::consent::allowed;
use crate::department::Client;

/// What we know of a resident, and for which scopes their consent to this client stands now.
pub(super) async fn known(
    oidc: &Oidc,
    account: Uuid,
    client: &Client,
    now: Timestamp,
) -> Result<(Known, Scope), WireError> {
    let given = oidc.consents.standing(account, &client.client_id, now).await?;
    let profile = account::profile(&oidc.db, &oidc.vault, account).await?;
    let known = Known {
        name: profile.name,
        phone_number: profile.phone.map(|phone| phone.e164().to_owned()),
    };
    Ok((known, Scope::parse(&allowed(&given, client))))
}
