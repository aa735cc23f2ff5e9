use std::collections::BTreeSet;

use crate::clock::Timestamp;
use crate::federation::{Statement, Step, TrustFault, Unproven};
use crate::keys::jose::{JwkSet, PublicKey};

/// Of keys that are kept: many times what a rotation with long ones takes.
const MOST_BYTES: usize = 8 * 1024;

/// What is known of an entity's federation keys from before.
#[derive(Clone, Debug)]
pub(super) struct Pinned {
    pub(super) keys: JwkSet,
    /// When the newest statement was made that it has signed with them.
    pub(super) newest: Timestamp,
}

/// What an entity's configuration means for its keys.
#[derive(Clone, Debug)]
pub(super) enum Pins {
    /// Nobody was known at this address: who answers there now is who it is.
    First(Statement),
    Same(Statement),
    /// Other keys than before, which one of those before vouches for.
    Followed(Statement),
    /// One that is older than what we have, with the same keys, as of a second machine that signs for itself. It is good, but
    /// no news: what it says of the system is not believed.
    Older {
        statement: Statement,
        why: TrustFault,
    },
    /// Other keys, which none of those before vouches for: for the operator to look at.
    Held {
        statement: Statement,
        why: TrustFault,
    },
}

/// Judges the keys of a configuration that was fetched from the entity itself. Old statements of other keys, which anyone may
/// have kept, are refused: their keys may have been replaced since because somebody else has them.
pub(super) fn judge(configuration: Unproven, pinned: Option<&Pinned>) -> Result<Pins, TrustFault> {
    let statement = configuration.clone().prove_by_itself()?;
    let size = statement.keys_as_written().to_string().len();
    if size > MOST_BYTES {
        let expected = format!("at most {MOST_BYTES} bytes");
        return Err(TrustFault::new(
            Step::Keys,
            statement.subject(),
            "jwks",
            expected,
            size,
        ));
    }
    let Some(pinned) = pinned else {
        return Ok(Pins::First(statement));
    };
    if statement.issued_at() < pinned.newest {
        let expected = format!("a statement no older than the newest seen, of {}", pinned.newest);
        let (entity, found) = (statement.subject(), statement.issued_at());
        let why = TrustFault::new(Step::Time, entity, "iat", expected, found);
        let has_same_keys = named(&pinned.keys) == named(statement.keys());
        if has_same_keys && configuration.prove(&pinned.keys).is_ok() {
            return Ok(Pins::Older { statement, why });
        }
        return Err(why);
    }
    if configuration.prove(&pinned.keys).is_err() {
        let expected = format!("a statement signed by a pinned key: {}", prints(&pinned.keys));
        let why = TrustFault::new(
            Step::Keys,
            statement.subject(),
            "jwks",
            expected,
            prints(statement.keys()),
        );
        return Ok(Pins::Held { statement, why });
    }
    Ok(if named(&pinned.keys) == named(statement.keys()) {
        Pins::Same(statement)
    } else {
        Pins::Followed(statement)
    })
}

/// The keys' own names (RFC 7638), which a department can compare with its own over the telephone.
pub(super) fn fingerprints(keys: &JwkSet) -> Vec<String> {
    keys.keys().iter().map(PublicKey::thumbprint).collect()
}

fn prints(keys: &JwkSet) -> String {
    fingerprints(keys).join(" ")
}

fn named(keys: &JwkSet) -> BTreeSet<(Option<&str>, String)> {
    let keys = keys.keys().iter();
    keys.map(|key| (key.kid(), key.thumbprint())).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::federation::{Asked, EntityId, Relaxation, read};
    use crate::keys::jose::Algorithm;
    use crate::keys::jose::forge::ForgedKey;

    const SECONDS: i64 = 1_800_000_000;

    fn configuration(keys: &[&ForgedKey], by: &ForgedKey, iat: i64) -> Unproven {
        let id = EntityId::parse("https://hrss.city.example", Relaxation::Nothing).unwrap();
        let claims = json!({
            "iss": id.as_str(), "sub": id.as_str(), "iat": iat, "exp": SECONDS + 3600,
            "jwks": {"keys": keys.iter().map(|key| key.jwk()).collect::<Vec<Value>>()},
            "authority_hints": ["https://id.city.example"],
        });
        let jwt = by.sign(&by.header("entity-statement+jwt"), &claims);
        let now = Timestamp::from_seconds(SECONDS);
        read(&jwt, Asked::Configuration(&id), Relaxation::Nothing, now).unwrap()
    }

    fn pinned(keys: &[&ForgedKey]) -> Pinned {
        let jwks = json!({"keys": keys.iter().map(|key| key.jwk()).collect::<Vec<Value>>()});
        Pinned {
            keys: JwkSet::parse_federation(&jwks).unwrap(),
            newest: Timestamp::from_seconds(SECONDS - 100),
        }
    }

    fn key() -> ForgedKey {
        ForgedKey::new(Algorithm::Es256)
    }

    #[test]
    fn who_answers_first_is_pinned_and_stays_who_it_is() {
        let old = key();
        let at = |iat| configuration(&[&old], &old, iat);
        assert!(matches!(judge(at(SECONDS - 100), None), Ok(Pins::First(_))));
        for iat in [SECONDS - 100, SECONDS - 5] {
            let judged = judge(at(iat), Some(&pinned(&[&old])));
            assert!(matches!(judged, Ok(Pins::Same(_))), "{judged:?}");
        }
    }

    #[test]
    fn new_keys_that_an_old_one_signs_are_followed() {
        let (old, new) = (key(), key());
        for by in [&old, &new] {
            let known = if by.kid == old.kid {
                pinned(&[&old])
            } else {
                pinned(&[&old, &new])
            };
            let judged = judge(configuration(&[&old, &new], by, SECONDS - 50), Some(&known));
            let is_right = match judged {
                Ok(Pins::Followed(_)) => known.keys.keys().len() == 1,
                Ok(Pins::Same(_)) => known.keys.keys().len() == 2,
                _ => false,
            };
            assert!(is_right);
        }
        let alone = configuration(&[&new], &new, SECONDS - 50);
        let judged = judge(alone, Some(&pinned(&[&old, &new])));
        assert!(matches!(judged, Ok(Pins::Followed(_))), "{judged:?}");
    }

    #[test]
    fn new_keys_that_sign_for_themselves_are_held_with_both_fingerprints() {
        let (old, new) = (key(), key());
        // Also where they hide behind the old one's name, or have it beside them.
        let disguised = key().named(&old.kid);
        for (set, by) in [
            (vec![&new], &new),
            (vec![&new, &old], &new),
            (vec![&disguised], &disguised),
        ] {
            let judged = judge(configuration(&set, by, SECONDS - 50), Some(&pinned(&[&old])));
            let Ok(Pins::Held { statement, why }) = judged else {
                panic!("{judged:?}")
            };
            assert_eq!((why.step, why.claim), (Step::Keys, "jwks"));
            assert!(why.expected.contains(&fingerprints(&pinned(&[&old]).keys)[0]));
            assert!(why.found.contains(&fingerprints(statement.keys())[0]));
        }
    }

    #[test]
    fn a_statement_older_than_the_newest_seen_is_refused_or_no_news() {
        let (own, lost) = (key(), key());
        for (set, by) in [
            (vec![&lost], &lost),
            (vec![&own, &lost], &own),
            (vec![&own, &lost], &lost),
        ] {
            let judged = judge(configuration(&set, by, SECONDS - 101), Some(&pinned(&[&own])));
            let fault = judged.unwrap_err();
            assert_eq!((fault.step, fault.claim), (Step::Time, "iat"));
        }
        let judged = judge(
            configuration(&[&own], &own, SECONDS - 101),
            Some(&pinned(&[&own])),
        );
        assert!(matches!(judged, Ok(Pins::Older { .. })), "{judged:?}");
    }

    #[test]
    fn more_keys_than_anybody_rotates_are_not_kept() {
        let (own, padded) = (key(), key());
        let mut jwk = padded.jwk();
        jwk["x-pad"] = "x".repeat(MOST_BYTES).into();
        let id = EntityId::parse("https://hrss.city.example", Relaxation::Nothing).unwrap();
        let claims = json!({
            "iss": id.as_str(), "sub": id.as_str(), "iat": SECONDS, "exp": SECONDS + 3600,
            "jwks": {"keys": [own.jwk(), jwk]}, "authority_hints": ["https://id.city.example"],
        });
        let jwt = own.sign(&own.header("entity-statement+jwt"), &claims);
        let now = Timestamp::from_seconds(SECONDS);
        let configuration = read(&jwt, Asked::Configuration(&id), Relaxation::Nothing, now).unwrap();
        let fault = judge(configuration, None).unwrap_err();
        assert_eq!((fault.step, fault.claim), (Step::Keys, "jwks"));
    }

    #[test]
    fn what_its_own_keys_did_not_sign_is_nobodys() {
        let (old, other) = (key(), key());
        for known in [None, Some(pinned(&[&old])), Some(pinned(&[&other]))] {
            let judged = judge(configuration(&[&old], &other, SECONDS), known.as_ref());
            assert_eq!(judged.unwrap_err().step, Step::Signature);
        }
    }
}
