-- A number that is being given up still signs in until then, so that its owner has time to say no.
ALTER TABLE phone ADD COLUMN ends_at BIGINT;
CREATE INDEX phone_ending ON phone (ends_at) WHERE ended_at IS NULL AND ends_at IS NOT NULL;

-- Staff at a window. They sign in by a passkey of their own, made once by a link from the command line.
CREATE TABLE operator (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    -- Of the link that makes their next passkey, once.
    invitation_hash BYTEA,
    invited_until BIGINT,
    created_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE UNIQUE INDEX operator_name ON operator (name) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX operator_invitation ON operator (invitation_hash);

CREATE TABLE operator_passkey (
    id TEXT PRIMARY KEY,
    operator_id TEXT NOT NULL REFERENCES operator (id),
    credential_hash BYTEA NOT NULL,
    credential TEXT NOT NULL,
    rp_id TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX operator_passkey_credential ON operator_passkey (credential_hash);

CREATE INDEX operator_passkey_operator ON operator_passkey (operator_id);

CREATE TABLE operator_session (
    token_hash BYTEA PRIMARY KEY,
    id TEXT NOT NULL,
    operator_id TEXT NOT NULL REFERENCES operator (id),
    last_seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX operator_session_operator ON operator_session (operator_id);
CREATE INDEX operator_session_expiry ON operator_session (expires_at);

-- A code that staff hand to a person whose document they have seen.
CREATE TABLE window_code (
    id TEXT PRIMARY KEY,
    code_mac BYTEA NOT NULL,
    account_id TEXT NOT NULL REFERENCES account (id),
    -- The pairing that it is about.
    phone_id TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE UNIQUE INDEX window_code_mac ON window_code (code_mac);
CREATE INDEX window_code_account ON window_code (account_id);
CREATE INDEX window_code_expiry ON window_code (expires_at);

-- What staff decide: the oldest first.
CREATE INDEX phone_disputed ON phone (ended_at) WHERE end_reason = 'disputed';
