use std::path::Path;
use std::time::Duration;

use super::arguments::Keys;
use super::client::open_records;
use super::failure::Failure;
use super::output::Output;
use super::table::align;
use crate::clock::{Clock, Timestamp};
use crate::config;
use crate::http::{federation_key_policy, key_policy};
use crate::keys::jose::Algorithm;
use crate::keys::{Federation, Keeper, KeyError, KeyView, Protocol, Revocation, Rotation, Status, When};
use crate::rng::Rng;
use crate::store::Vault;

pub(super) async fn run(path: Option<&Path>, command: &Keys, output: &Output) -> Result<(), Failure> {
    let config = config::load(&config::find_file(path)?, std::env::vars())?;
    let db = open_records(&config).await?;
    let rng = Rng::system();
    let vault = Vault::new(&config.master_key, rng.clone());
    let rings = Rings {
        tokens: Keeper::new(
            db.clone(),
            vault.clone(),
            rng.clone(),
            key_policy(&config.settings),
        ),
        federation: Keeper::new(db.clone(), vault, rng, federation_key_policy(&config.settings)),
    };
    let now = Clock::system().now();
    match command {
        Keys::List => {
            let keys = rings.list(now).await?;
            output.say(&keys, || table(&keys));
        }
        Keys::Rotate {
            alg,
            federation,
            now: soon,
        } => {
            let algorithm =
                match alg {
                    None => None,
                    Some(name) => Some(Algorithm::named(name).ok_or_else(|| {
                        Failure::new(format!("--alg {name} is unknown; it is ES256 or RS256"))
                    })?),
                };
            let when = if *soon { When::Soon } else { When::Prepared };
            let done = if *federation {
                rings.federation.rotate(algorithm, when, now).await?
            } else {
                rings.tokens.rotate(algorithm, when, now).await?
            };
            output.say(&done, || done.iter().map(rotated).collect());
        }
        Keys::Revoke { kid } => {
            let done = rings.revoke(kid, now).await?;
            output.say(&done, || revoked(&done));
        }
    }
    db.close().await;
    Ok(())
}

struct Rings {
    tokens: Keeper<Protocol>,
    federation: Keeper<Federation>,
}

impl Rings {
    async fn list(&self, now: Timestamp) -> Result<Vec<KeyView>, KeyError> {
        let mut keys = self.tokens.list(now).await?;
        keys.extend(self.federation.list(now).await?);
        Ok(keys)
    }

    /// A `kid` is a thumbprint: it says which ring by itself.
    async fn revoke(&self, kid: &str, now: Timestamp) -> Result<Revocation, KeyError> {
        match self.tokens.revoke(kid, now).await {
            Err(KeyError::UnknownKid(_)) => self.federation.revoke(kid, now).await,
            other => other,
        }
    }
}

fn table(keys: &[KeyView]) -> String {
    if keys.is_empty() {
        return "there are no keys yet: the first node to start makes them".to_owned();
    }
    let head = [
        "kid",
        "signs",
        "algorithm",
        "status",
        "since",
        "what happens next",
    ]
    .map(str::to_owned);
    let rows = keys.iter().map(|key| {
        [
            key.kid.clone(),
            key.purpose.to_owned(),
            key.algorithm.to_string(),
            key.status.as_str().to_owned(),
            since(key).to_owned(),
            what_next(key, keys),
        ]
    });
    align(&std::iter::once(head).chain(rows).collect::<Vec<_>>())
}

fn since(key: &KeyView) -> &str {
    let at = match key.status {
        Status::Next => None,
        Status::Active => key.activated_at.as_deref(),
        Status::Retired | Status::Revoked => key.ended_at.as_deref(),
    };
    at.unwrap_or(&key.published_at)
}

fn what_next(key: &KeyView, keys: &[KeyView]) -> String {
    let follower = || {
        keys.iter().find(|other| {
            (other.purpose, other.algorithm, other.status) == (key.purpose, key.algorithm, Status::Next)
        })
    };
    match (key.status, &key.activates_at, &key.leaves_at) {
        (Status::Next, Some(turn), _) => format!("will sign from {turn}"),
        (Status::Next, None, _) => "will sign as soon as a node checks".to_owned(),
        (Status::Active, ..) => match follower().and_then(|next| next.activates_at.as_deref()) {
            Some(turn) => format!("signs until {turn}"),
            None => "signs; a node will prepare the next one".to_owned(),
        },
        (Status::Retired, _, Some(leaves)) if key.published => format!("stays published until {leaves}"),
        (Status::Retired, ..) => "nothing: the last token it signed has expired".to_owned(),
        (Status::Revoked, ..) => "nothing: what it signed is no longer accepted".to_owned(),
    }
}

fn rotated(done: &Rotation) -> String {
    if done.active {
        return format!("{}: {} signs now\n", done.algorithm, done.kid);
    }
    format!(
        "{}: {} will sign from {}; a running node will make the switch\n",
        done.algorithm, done.kid, done.activates_at
    )
}

fn revoked(done: &Revocation) -> String {
    let follower = match &done.active {
        Some(kid) => format!("{kid} now signs with {}.", done.algorithm),
        None => format!("No key signs with {} until a node has made one.", done.algorithm),
    };
    format!(
        "{} ({}, {} before) has been revoked: what it signed is no longer accepted here.\n{follower}\n\
         A department's system may still accept it for up to {}, as long as it may remember our keys.",
        done.kid,
        done.algorithm,
        done.was.as_str(),
        written(done.remembered_for)
    )
}

fn written(span: Duration) -> String {
    match span.as_secs() / 60 {
        minutes if minutes < 120 => format!("{minutes} minutes"),
        minutes => format!("{} hours", minutes.div_ceil(60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(kid: &str, status: Status) -> KeyView {
        let at = |only: Status, time: &str| (status == only).then(|| time.to_owned());
        KeyView {
            purpose: "tokens",
            kid: kid.to_owned(),
            algorithm: Algorithm::Es256,
            status,
            published: status != Status::Revoked,
            published_at: "2026-03-01T08:00:00Z".to_owned(),
            activates_at: at(Status::Next, "2026-05-30T08:00:00Z"),
            activated_at: at(Status::Active, "2026-03-02T08:00:00Z"),
            ended_at: at(Status::Retired, "2026-03-03T08:00:00Z")
                .or(at(Status::Revoked, "2026-03-04T08:00:00Z")),
            leaves_at: at(Status::Retired, "2026-03-03T08:07:00Z"),
        }
    }

    #[test]
    fn each_key_stands_on_a_line_that_says_what_happens_next() {
        let keys = [
            key("a", Status::Next),
            key("bb", Status::Active),
            key("c", Status::Retired),
            key("d", Status::Revoked),
        ];
        assert_eq!(
            table(&keys),
            "kid  signs   algorithm  status   since                 what happens next\n\
             a    tokens  ES256      next     2026-03-01T08:00:00Z  will sign from 2026-05-30T08:00:00Z\n\
             bb   tokens  ES256      active   2026-03-02T08:00:00Z  signs until 2026-05-30T08:00:00Z\n\
             c    tokens  ES256      retired  2026-03-03T08:00:00Z  stays published until 2026-03-03T08:07:00Z\n\
             d    tokens  ES256      revoked  2026-03-04T08:00:00Z  nothing: what it signed is no longer accepted\n"
        );
        assert!(table(&keys[1..2]).contains("a node will prepare the next one"));
        assert!(table(&[]).contains("no keys yet"));
    }
}
