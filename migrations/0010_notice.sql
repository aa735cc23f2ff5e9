-- What a resident was told of, each with a link by which whoever it was not locks the account.
CREATE TABLE notice (
    id TEXT PRIMARY KEY,
    -- SHA-256 of the link's token.
    token_hash BYTEA NOT NULL,
    account_id TEXT NOT NULL REFERENCES account (id),
    kind TEXT NOT NULL,
    -- The browser it was done in, as the resident knows it.
    device TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE UNIQUE INDEX notice_token ON notice (token_hash);
CREATE INDEX notice_account ON notice (account_id, created_at);
CREATE INDEX notice_expiry ON notice (expires_at);

-- Since when a code alone opens the account in no browser but those it knew before.
ALTER TABLE account ADD COLUMN locked_at BIGINT;
