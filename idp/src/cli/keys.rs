use std::path::Path;

use super::arguments::Keys;
use super::client::open_records;
use super::failure::Failure;
use super::output::Output;
use crate::clock::Clock;
use crate::config;
use crate::http::key_policy;
use crate::keys::jose::Algorithm;
use crate::keys::{Keeper, When};
use crate::rng::Rng;
use crate::store::Vault;

pub(super) async fn run(path: Option<&Path>, command: &Keys, output: &Output) -> Result<(), Failure> {
    let config = config::load(&config::find_file(path)?, std::env::vars())?;
    let db = open_records(&config).await?;
    let rng = Rng::system();
    let vault = Vault::new(&config.master_key, rng.clone());
    let keeper = Keeper::new(db.clone(), vault, rng, key_policy(&config.settings));
    let now = Clock::system().now();
    match command {
        Keys::List => {
            let keys = keeper.list(now).await?;
            output.say(&keys, || pretty(&keys));
        }
        Keys::Rotate { alg, now: soon } => {
            let algorithm =
                match alg {
                    None => None,
                    Some(name) => Some(Algorithm::named(name).ok_or_else(|| {
                        Failure::new(format!("--alg {name} is unknown; it is ES256 or RS256"))
                    })?),
                };
            let when = if *soon { When::Soon } else { When::Prepared };
            let done = keeper.rotate(algorithm, when, now).await?;
            output.say(&done, || pretty(&done));
        }
        Keys::Revoke { kid } => {
            let done = keeper.revoke(kid, now).await?;
            output.say(&done, || pretty(&done));
        }
    }
    db.close().await;
    Ok(())
}

fn pretty(value: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}
