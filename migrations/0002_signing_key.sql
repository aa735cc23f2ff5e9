-- The key ring. Per algorithm one key signs and one waits its turn; the indexes hold all nodes to it.
CREATE TABLE signing_key (
    -- RFC 7638 thumbprint of the public key.
    kid TEXT PRIMARY KEY,
    alg TEXT NOT NULL,
    -- next, active, retired or revoked.
    status TEXT NOT NULL,
    -- Sealed PKCS#8; erased as soon as the key signs no more.
    private_key BYTEA,
    public_jwk TEXT NOT NULL,
    published_at BIGINT NOT NULL,
    -- When an operator has asked for its turn; without, the schedule says.
    activates_at BIGINT,
    activated_at BIGINT,
    ended_at BIGINT,
    -- When the key set drops it: the last token it signed has expired.
    leaves_at BIGINT
);
CREATE UNIQUE INDEX signing_key_active ON signing_key (alg) WHERE status = 'active';
CREATE UNIQUE INDEX signing_key_next ON signing_key (alg) WHERE status = 'next';
