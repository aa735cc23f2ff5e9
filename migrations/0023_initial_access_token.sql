-- Invitations of the operator's: whoever brings the token may register so many systems, within what was decided beforehand.
CREATE TABLE initial_access_token (
    id TEXT PRIMARY KEY,
    token_hash BYTEA NOT NULL,
    -- Names, scopes and purposes as `allowed_department.terms` has them, as JSON.
    terms TEXT NOT NULL,
    -- Where all addresses of such a system lie, apart by spaces.
    hosts TEXT NOT NULL,
    -- `web`, or `native`: apps on residents' own devices too, which keep no secret.
    kind TEXT NOT NULL,
    uses BIGINT NOT NULL,
    used BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    -- When the operator took it back.
    ended_at BIGINT
);
CREATE UNIQUE INDEX initial_access_token_hash ON initial_access_token (token_hash);

-- Of a client that registered itself: what it manages its registration with (RFC 7592), and whose word let it in.
ALTER TABLE client ADD COLUMN registration_token_hash BYTEA;
ALTER TABLE client ADD COLUMN invitation_id TEXT;
-- Of what was signed of the software statement: each registers one client.
ALTER TABLE client ADD COLUMN statement_hash BYTEA;
CREATE UNIQUE INDEX client_statement ON client (statement_hash) WHERE statement_hash IS NOT NULL;
-- Of a suspension by the operator: a word of ours, for which residents read a sentence.
ALTER TABLE client ADD COLUMN reason TEXT;
