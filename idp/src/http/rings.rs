use crate::clock::Timestamp;
use crate::config::Settings;
use crate::events::LOGOUT_TOKEN_LIFETIME;
use crate::keys::{FederationKeys, Keeper, KeyError, KeyRing, Policy};
use crate::rng::Rng;
use crate::store::{Db, Vault};

/// How long keys must outlive what they sign.
#[must_use]
pub fn key_policy(settings: &Settings) -> Policy {
    Policy::for_tokens(
        settings
            .token
            .access
            .get()
            .max(settings.token.id.get())
            .max(LOGOUT_TOKEN_LIFETIME),
    )
}

/// The same of the keys that sign what we state as an entity.
#[must_use]
pub fn federation_key_policy(settings: &Settings) -> Policy {
    Policy::for_statements(settings.federation.statement_lifetime.get())
}

pub(super) async fn open(
    settings: &Settings,
    db: &Db,
    vault: &Vault,
    rng: &Rng,
    now: Timestamp,
) -> Result<(KeyRing, FederationKeys), KeyError> {
    let tokens = Keeper::new(db.clone(), vault.clone(), rng.clone(), key_policy(settings));
    let policy = federation_key_policy(settings);
    let federation = Keeper::new(db.clone(), vault.clone(), rng.clone(), policy);
    Ok((
        KeyRing::open(tokens, now).await?,
        KeyRing::open(federation, now).await?,
    ))
}
