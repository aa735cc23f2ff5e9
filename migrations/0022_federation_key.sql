-- The keys that sign what we state of ourselves and of others (OpenID Federation 1.0), as `signing_key` holds those of
-- tokens. The public half is never deleted: it proves what was signed long ago (§8.7).
CREATE TABLE federation_key (
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
    -- When it was retired or revoked.
    ended_at BIGINT,
    -- When our entity configuration drops it: the last statement it signed has expired.
    leaves_at BIGINT
);
CREATE UNIQUE INDEX federation_key_active ON federation_key (alg) WHERE status = 'active';
CREATE UNIQUE INDEX federation_key_next ON federation_key (alg) WHERE status = 'next';
