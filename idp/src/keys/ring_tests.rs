use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::config::MasterKey;
use crate::keys::jose::{Audience, Expiry, JoseError};
use crate::keys::{Policy, StatementType, TokenType, When};
use crate::rng::Rng;
use crate::store::Vault;
use crate::store::sample::Records;

const ES256_ONLY: Policy = Policy {
    algorithms: &[Algorithm::Es256],
    ..Policy::for_tokens(Duration::from_secs(300))
};
const DAY: Duration = Duration::from_secs(24 * 3600);

impl Records {
    fn keeper(&self, policy: Policy) -> Keeper {
        self.keeper_under([7; 32], policy)
    }

    fn keeper_under(&self, master: [u8; 32], policy: Policy) -> Keeper {
        let rng = Rng::system();
        let vault = Vault::new(&MasterKey::from_bytes(master), rng.clone());
        Keeper::new(self.db.clone(), vault, rng, policy)
    }

    async fn node(&self) -> KeyRing {
        KeyRing::open(self.keeper(ES256_ONLY), start()).await.unwrap()
    }

    async fn count(&self, sql: &'static str) -> i64 {
        self.db.one(sql, vec![]).await.unwrap().int("n").unwrap()
    }
}

fn start() -> Timestamp {
    Timestamp::from_seconds(1_800_000_000)
}

fn token(ring: &KeyRing) -> String {
    let now = start().seconds();
    let claims = json!({"iss": "https://op.test", "aud": "rp", "iat": now, "exp": now + 300});
    ring.sign(Algorithm::Es256, TokenType::Id, &claims).unwrap()
}

/// Whether this node takes the token for a good one of ours, as of its making.
fn read(ring: &KeyRing, token: &str, typ: Typ<'_>) -> Result<Claims, TokenError> {
    let rules = ClaimRules {
        issuer: "https://op.test",
        audience: Audience::Any,
        expiry: Expiry::Ahead,
    };
    ring.verify(token, typ, &rules, start())
}

fn kids(ring: &KeyRing) -> Vec<String> {
    let set: Value = serde_json::from_str(&ring.jwks()).unwrap();
    set["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key["kid"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_first_start_makes_keys_that_sign_and_are_published() {
    let records = Records::open().await;
    let policy = Policy::for_tokens(Duration::from_secs(300));
    let ring = KeyRing::open(records.keeper(policy), start()).await.unwrap();
    assert_eq!(kids(&ring).len(), 4);
    for algorithm in [Algorithm::Es256, Algorithm::Rs256] {
        let claims = json!({"iss": "https://op.test", "exp": start().seconds() + 300});
        let token = ring.sign(algorithm, TokenType::Access, &claims).unwrap();
        // A relying party has nothing but the published set.
        let keys = JwkSet::parse(ring.jwks().as_bytes()).unwrap();
        let accept = Accept {
            algorithms: &[algorithm],
            typ: Typ::Is("at+jwt"),
        };
        assert!(Unverified::parse(&token).unwrap().verify(&keys, &accept).is_ok());
        assert!(read(&ring, &token, Typ::Is("at+jwt")).is_ok());
        assert_eq!(
            read(&ring, &token, Typ::Jwt).unwrap_err(),
            JoseError::WrongType.into()
        );
    }
    assert!(!ring.jwks().contains("\"d\""));
    assert_eq!(
        ring.sign(Algorithm::EdDsa, TokenType::Id, &json!({})),
        Err(SignError::NoKey(Algorithm::EdDsa))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_start_together_agree_on_one_active_key() {
    let records = Records::open().await;
    let starts: Vec<_> = (0..4)
        .map(|_| {
            let keeper = records.keeper(ES256_ONLY);
            tokio::spawn(async move { KeyRing::open(keeper, start()).await.unwrap() })
        })
        .collect();
    let mut seen = Vec::new();
    for node in starts {
        seen.push(node.await.unwrap());
    }
    assert_eq!(records.count("SELECT COUNT(*) AS n FROM signing_key").await, 2);
    assert_eq!(
        records
            .count("SELECT COUNT(*) AS n FROM signing_key WHERE status = 'active'")
            .await,
        1
    );
    assert_eq!(
        records
            .count("SELECT COUNT(*) AS n FROM audit WHERE action = 'key.changed'")
            .await,
        2
    );
    for node in &seen {
        assert!(read(&seen[0], &token(node), Typ::Jwt).is_ok());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_rotate_together_rotate_once() {
    let records = Records::open().await;
    let mut nodes = Vec::new();
    for _ in 0..4 {
        nodes.push(records.node().await);
    }
    let waiting = kids(&nodes[0])[1].clone();
    let later = start().plus(90 * DAY);
    let refreshes: Vec<_> = nodes
        .iter()
        .cloned()
        .map(|node| tokio::spawn(async move { node.refresh(later).await }))
        .collect();
    for refresh in refreshes {
        refresh.await.unwrap().unwrap();
    }
    assert_eq!(records.count("SELECT COUNT(*) AS n FROM signing_key").await, 3);
    for node in &nodes {
        assert_eq!(kids(node)[0], waiting);
        assert_eq!(
            Unverified::parse(&token(node)).unwrap().header().kid.as_ref(),
            Some(&waiting)
        );
    }
}

#[tokio::test]
async fn a_restart_finds_its_keys_again() {
    let records = Records::open().await;
    let before = records.node().await;
    let after = records.node().await;
    assert_eq!(kids(&before), kids(&after));
    assert!(read(&after, &token(&before), Typ::Jwt).is_ok());
}

#[tokio::test]
async fn a_rotation_reaches_the_other_node_and_strands_nobody() {
    let records = Records::open().await;
    let (one, other) = (records.node().await, records.node().await);
    let old = token(&one);
    let waiting = kids(&one)[1].clone();

    let later = start().plus(90 * DAY);
    one.refresh(later).await.unwrap();
    let new = token(&one);
    // The other node has not looked yet; it knows the new key all the same, since it was published.
    assert!(read(&other, &new, Typ::Jwt).is_ok());
    other.refresh(later).await.unwrap();
    assert!(read(&other, &old, Typ::Jwt).is_ok() && kids(&other).len() == 3);
    assert_eq!(kids(&other)[0], waiting);
    let header = Unverified::parse(&new).unwrap().header().clone();
    assert_eq!(header.kid, Some(waiting));
    let erased = "SELECT COUNT(*) AS n FROM signing_key WHERE status = 'retired' AND private_key IS NULL";
    assert_eq!(records.count(erased).await, 1);
}

#[tokio::test]
async fn an_expired_id_token_is_a_hint_long_after_its_key_has_left_the_set() {
    let records = Records::open().await;
    let ring = records.node().await;
    let hint = token(&ring);
    ring.refresh(start().plus(90 * DAY)).await.unwrap();
    let later = start().plus(91 * DAY);
    ring.refresh(later).await.unwrap();
    assert_eq!(kids(&ring).len(), 2);
    let rules = ClaimRules {
        issuer: "https://op.test",
        audience: Audience::Any,
        expiry: Expiry::Ahead,
    };
    let expired = ring.verify(&hint, Typ::Jwt, &rules, later);
    assert!(matches!(expired, Err(TokenError::Claims(_))));
    let rules = ClaimRules {
        expiry: Expiry::MayHavePassed,
        ..rules
    };
    assert!(ring.verify(&hint, Typ::Jwt, &rules, later).unwrap().is_for("rp"));
}

#[tokio::test]
async fn an_operator_rotates_as_soon_as_caches_allow() {
    let records = Records::open().await;
    let ring = records.node().await;
    let keeper = records.keeper(ES256_ONLY);
    let first = kids(&ring)[0].clone();
    let known = Policy::JWKS_MAX_AGE + Policy::PROPAGATION;

    let rotations = keeper.rotate(None, When::Soon, start()).await.unwrap();
    assert_eq!(rotations.len(), 1);
    assert!(!rotations[0].active && rotations[0].activates_at == start().plus(known).to_string());
    ring.refresh(start().plus(known)).await.unwrap();
    assert_eq!(kids(&ring)[0], rotations[0].kid);

    let later = start().plus(known + DAY);
    let rotations = keeper
        .rotate(Some(Algorithm::Es256), When::Prepared, later)
        .await
        .unwrap();
    assert!(rotations[0].active);
    ring.refresh(later).await.unwrap();
    assert_eq!(kids(&ring)[0], rotations[0].kid);
    assert!(!kids(&ring).contains(&first));
    let error = keeper
        .rotate(Some(Algorithm::Es384), When::Soon, later)
        .await
        .unwrap_err();
    assert!(matches!(error, KeyError::NotOurs(Algorithm::Es384)));
}

#[tokio::test]
async fn a_revoked_key_ends_at_once_with_all_it_signed() {
    let records = Records::open().await;
    let ring = records.node().await;
    let stolen = token(&ring);
    let [active, next] = <[String; 2]>::try_from(kids(&ring)).unwrap();
    let keeper = records.keeper(ES256_ONLY);

    let revocation = keeper.revoke(&active, start()).await.unwrap();
    assert_eq!(
        (revocation.was, revocation.active),
        (Status::Active, Some(next.clone()))
    );
    ring.refresh(start()).await.unwrap();
    assert_eq!(
        read(&ring, &stolen, Typ::Jwt).unwrap_err(),
        JoseError::UnknownKey.into()
    );
    assert!(kids(&ring)[0] == next && kids(&ring).len() == 2 && !kids(&ring).contains(&active));
    assert!(read(&ring, &token(&ring), Typ::Jwt).is_ok());

    let listed = keeper.list(start()).await.unwrap();
    let shown: Vec<_> = listed.iter().filter(|key| key.kid == active).collect();
    assert!(shown.len() == 1 && shown[0].status == Status::Revoked && !shown[0].published);
    let error = keeper.revoke("no-such-kid", start()).await.unwrap_err();
    assert!(matches!(error, KeyError::UnknownKid(_)));
}

#[tokio::test]
async fn keys_are_sealed_and_another_master_key_says_so() {
    let records = Records::open().await;
    let ring = records.node().await;
    let row = records
        .db
        .one("SELECT private_key FROM signing_key LIMIT 1", vec![])
        .await
        .unwrap();
    assert!(
        String::from_utf8_lossy(&row.bytes("private_key").unwrap())
            .is_ascii()
            .eq(&false)
    );
    let error = KeyRing::open(records.keeper_under([8; 32], ES256_ONLY), start())
        .await
        .unwrap_err();
    let text = error.to_string();
    assert!(
        matches!(error, KeyError::Sealed { .. })
            && text.contains("master key")
            && text.contains(&kids(&ring)[0])
    );
}

#[tokio::test]
async fn a_list_says_when_the_next_turn_comes() {
    let records = Records::open().await;
    records.node().await;
    let listed = records.keeper(ES256_ONLY).list(start()).await.unwrap();
    let text = serde_json::to_value(&listed).unwrap();
    let next = text
        .as_array()
        .unwrap()
        .iter()
        .find(|key| key["status"] == "next")
        .unwrap();
    assert_eq!(next["activates_at"], start().plus(90 * DAY).to_string());
    assert_eq!(next["algorithm"], "ES256");
    assert!(!text.to_string().contains("private"));
}

const STATEMENTS: Policy = Policy::for_statements(DAY);

async fn federation(records: &Records) -> (FederationKeys, Keeper<Federation>) {
    let Keeper { db, vault, rng, .. } = records.keeper(ES256_ONLY);
    let keeper = Keeper::new(db, vault, rng, STATEMENTS);
    (
        FederationKeys::open(keeper.clone(), start()).await.unwrap(),
        keeper,
    )
}

fn statement(ring: &FederationKeys) -> String {
    ring.sign(Algorithm::Es256, StatementType::EntityStatement, &json!({}))
        .unwrap()
}

#[tokio::test]
async fn the_rings_share_no_key() {
    let records = Records::open().await;
    let (ring, _) = federation(&records).await;
    let tokens = records.node().await;
    assert_eq!((ring.published().len(), kids(&tokens).len()), (2, 2));
    for key in ring.published().iter() {
        assert!(!tokens.jwks().contains(key.kid().unwrap()));
    }
    let signed = |token: &str| {
        let keys: JwkSet = tokens.published().iter().cloned().collect();
        let accept = Accept {
            algorithms: SigningKey::ALGORITHMS,
            typ: Typ::Any,
        };
        Unverified::parse(token).unwrap().verify(&keys, &accept).map(drop)
    };
    assert_eq!(signed(&statement(&ring)), Err(JoseError::UnknownKey));
    assert_eq!(signed(&token(&tokens)), Ok(()));
}

#[tokio::test]
async fn a_federation_key_signs_once_every_configuration_that_lacks_it_has_expired() {
    let records = Records::open().await;
    let (ring, keeper) = federation(&records).await;
    let [first, second] = [0, 1].map(|at| ring.published()[at].kid().unwrap().to_owned());
    let rotations = keeper.rotate(None, When::Soon, start()).await.unwrap();
    let turn = start().plus(DAY).plus(Policy::PROPAGATION);
    assert_eq!(rotations[0].activates_at, turn.to_string());
    let signer = |ring: &FederationKeys| {
        let kid = Unverified::parse(&statement(ring)).unwrap().header().kid.clone();
        kid.unwrap()
    };
    ring.refresh(turn.minus(Duration::from_secs(1))).await.unwrap();
    assert_eq!(signer(&ring), first);
    ring.refresh(turn).await.unwrap();
    assert_eq!(signer(&ring), second);
    assert_eq!(ring.published().len(), 3);
}

#[tokio::test]
async fn what_federation_keys_were_is_remembered_for_ever() {
    let records = Records::open().await;
    let (ring, keeper) = federation(&records).await;
    let first = ring.published()[0].clone();
    assert!(ring.past().is_empty());
    let turn = start().plus(365 * DAY);
    ring.refresh(turn).await.unwrap();
    let gone = STATEMENTS.last_token_gone(turn);
    let expired = PastKey {
        public: first.clone(),
        issued_at: start(),
        expires_at: gone,
        revoked_at: None,
    };
    let past = || ring.past().to_vec();
    assert_eq!(past(), vec![expired.clone()]);
    let later = turn.plus(300 * DAY);
    ring.refresh(later).await.unwrap();
    assert!(!ring.published().contains(&first));
    assert_eq!(past(), vec![expired.clone()], "it has left what we publish");

    // That it was in other hands may come out long after its time.
    keeper.revoke(first.kid().unwrap(), later).await.unwrap();
    let much_later = start().plus(4000 * DAY);
    ring.refresh(much_later).await.unwrap();
    let revoked = PastKey {
        revoked_at: Some(later),
        ..expired
    };
    assert!(past().contains(&revoked), "{:?}", past());
    let kept = "SELECT COUNT(*) AS n FROM federation_key WHERE private_key IS NOT NULL AND status <> 'active' \
                AND status <> 'next'";
    assert_eq!(records.count(kept).await, 0);
}
