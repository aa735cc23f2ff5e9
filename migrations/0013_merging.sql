-- Two accounts that prove to be one person, while the person shows that both are theirs.
CREATE TABLE merging (
    -- The one that closes.
    account_id TEXT PRIMARY KEY REFERENCES account (id),
    into_account TEXT NOT NULL,
    -- What says that they are one person, as it stood then.
    proof_id TEXT NOT NULL,
    -- SHA-256 of the browser's cookie, from the moment the person has said that they want it.
    token_hash BYTEA,
    begun_at BIGINT,
    expires_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX merging_token ON merging (token_hash);
CREATE INDEX merging_expiry ON merging (expires_at);

-- Where a closed account has gone: who asks by a subject of it is shown the one that stays.
ALTER TABLE account ADD COLUMN merged_into TEXT;
CREATE INDEX account_merged ON account (merged_into) WHERE merged_into IS NOT NULL;
-- What a passkey knows its account by, where that is not the account it signs in to now.
ALTER TABLE passkey ADD COLUMN handle TEXT;
-- Ended ones are swept by when they ended.
CREATE INDEX passkey_ended ON passkey (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX session_passkey ON session (passkey_id) WHERE passkey_id IS NOT NULL;
