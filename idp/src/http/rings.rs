use super::app::StartError;
use crate::clock::Timestamp;
use crate::config::{Config, Settings};
use crate::department::trust::{About, Ourselves};
use crate::events::LOGOUT_TOKEN_LIFETIME;
use crate::keys::{Federation, FederationKeys, Keeper, KeyRing, Policy};
use crate::oidc;
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

/// The keys of tokens, and us as an entity with keys of our own.
pub(super) async fn open(
    config: &Config,
    db: &Db,
    vault: &Vault,
    rng: &Rng,
    now: Timestamp,
) -> Result<(KeyRing, Ourselves), StartError> {
    let about = About::of(config, oidc::metadata(config))?;
    let policy = key_policy(&config.settings);
    let tokens = Keeper::new(db.clone(), vault.clone(), rng.clone(), policy);
    let keys = KeyRing::open(tokens, now).await?;
    let statements = keeper_of_statements(config, db, vault, rng);
    Ok((
        keys,
        Ourselves::new(about, FederationKeys::open(statements, now).await?),
    ))
}

/// Us as an entity, for who only looks on.
pub(super) async fn ourselves_as_they_are(
    config: &Config,
    db: &Db,
    vault: &Vault,
    rng: &Rng,
    now: Timestamp,
) -> Result<Ourselves, StartError> {
    let about = About::of(config, oidc::metadata(config))?;
    let statements = keeper_of_statements(config, db, vault, rng);
    Ok(Ourselves::new(
        about,
        FederationKeys::look(statements, now).await?,
    ))
}

fn keeper_of_statements(config: &Config, db: &Db, vault: &Vault, rng: &Rng) -> Keeper<Federation> {
    let policy = federation_key_policy(&config.settings);
    Keeper::new(db.clone(), vault.clone(), rng.clone(), policy)
}
