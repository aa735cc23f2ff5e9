-- How well the person is known: unknown, real_name, in_person.
ALTER TABLE account ADD COLUMN identity TEXT NOT NULL DEFAULT 'unknown';
-- What passkeys know the account by: random, and no department's business (WebAuthn Level 3 §5.4.3, user.id).
ALTER TABLE account ADD COLUMN passkey_handle TEXT;
-- "Not now": until then nobody offers a passkey again.
ALTER TABLE account ADD COLUMN passkey_offer_after BIGINT NOT NULL DEFAULT 0;

CREATE TABLE passkey (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES account (id),
    -- SHA-256 of the credential id.
    credential_hash BYTEA NOT NULL,
    -- What is needed to check a signature: public key, counter, flags.
    credential TEXT NOT NULL,
    -- Where it was made: another relying party's passkeys do not sign in here.
    rp_id TEXT NOT NULL,
    origin TEXT NOT NULL,
    aaguid TEXT NOT NULL,
    -- As the resident calls it.
    name BYTEA NOT NULL,
    -- Since when it stands for the person whose real name is known, and not only for the account.
    vouched_at BIGINT,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    ended_at BIGINT,
    end_reason TEXT
);
CREATE UNIQUE INDEX passkey_credential ON passkey (credential_hash);
CREATE INDEX passkey_account ON passkey (account_id, ended_at);

-- How strongly the person signed in: with this passkey, or by a code.
ALTER TABLE session ADD COLUMN passkey_id TEXT REFERENCES passkey (id);

-- The relying party id, written once: with another one every passkey would be lost.
CREATE TABLE relying_party (
    rp_id TEXT PRIMARY KEY,
    first_used_at BIGINT NOT NULL
);
