/// The statements on the table of one ring. The rings share their rules, and never a row.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    pub(super) all: &'static str,
    pub(super) private: &'static str,
    /// Does nothing where another node has put a key of this algorithm into this place.
    pub(super) insert: &'static str,
    pub(super) retire: &'static str,
    pub(super) activate: &'static str,
    pub(super) schedule: &'static str,
    pub(super) revoke: &'static str,
    /// None where keys are remembered for ever.
    pub(super) forget: Option<&'static str>,
    /// What the private half is sealed as.
    pub(super) sealed: &'static str,
}

pub(super) const PROTOCOL: Table = Table {
    all: "SELECT kid, alg, status, public_jwk, published_at, activates_at, activated_at, ended_at, leaves_at \
         FROM signing_key ORDER BY alg, published_at, kid",
    private: "SELECT private_key FROM signing_key WHERE kid = $1 AND status = 'active'",
    insert: "INSERT INTO signing_key (kid, alg, status, private_key, public_jwk, published_at, activated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
    retire: "UPDATE signing_key SET status = 'retired', private_key = NULL, ended_at = $2, leaves_at = $3 \
         WHERE kid = $1 AND status = 'active'",
    activate: "UPDATE signing_key SET status = 'active', activates_at = NULL, activated_at = $2 \
         WHERE kid = $1 AND status = 'next'",
    schedule: "UPDATE signing_key SET activates_at = $2 WHERE kid = $1 AND status = 'next'",
    revoke: "UPDATE signing_key SET status = 'revoked', private_key = NULL, ended_at = $2, leaves_at = $2 \
         WHERE kid = $1 AND status <> 'revoked'",
    forget: Some("DELETE FROM signing_key WHERE kid = $1 AND status IN ('retired', 'revoked')"),
    sealed: "signing_key.private_key",
};

/// What a key has signed stays verifiable by its history (OpenID Federation 1.0 §8.7): a revoked one keeps the end that
/// it had.
pub(super) const FEDERATION: Table = Table {
    all: "SELECT kid, alg, status, public_jwk, published_at, activates_at, activated_at, ended_at, leaves_at \
         FROM federation_key ORDER BY alg, published_at, kid",
    private: "SELECT private_key FROM federation_key WHERE kid = $1 AND status = 'active'",
    insert: "INSERT INTO federation_key (kid, alg, status, private_key, public_jwk, published_at, activated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
    retire: "UPDATE federation_key SET status = 'retired', private_key = NULL, ended_at = $2, leaves_at = $3 \
         WHERE kid = $1 AND status = 'active'",
    activate: "UPDATE federation_key SET status = 'active', activates_at = NULL, activated_at = $2 \
         WHERE kid = $1 AND status = 'next'",
    schedule: "UPDATE federation_key SET activates_at = $2 WHERE kid = $1 AND status = 'next'",
    revoke: "UPDATE federation_key SET status = 'revoked', private_key = NULL, ended_at = $2, \
         leaves_at = COALESCE(leaves_at, $2) WHERE kid = $1 AND status <> 'revoked'",
    forget: None,
    sealed: "federation_key.private_key",
};
