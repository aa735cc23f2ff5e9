-- One text for SQLite and PostgreSQL: TEXT, BIGINT (epoch milliseconds), BYTEA, BOOLEAN.
-- Columns that hold personal data are sealed (BYTEA) and found by keyed blind indexes.

CREATE TABLE account (
    id TEXT PRIMARY KEY,
    status TEXT NOT NULL,
    name BYTEA,
    created_at BIGINT NOT NULL,
    -- "Sign out everywhere" ends whatever was granted before this moment.
    signed_out_at BIGINT NOT NULL DEFAULT 0
);

-- A number is leased, not owned: each pairing of number and account has an epoch, and at most one is live.
CREATE TABLE phone (
    id TEXT PRIMARY KEY,
    number_index BYTEA NOT NULL,
    next_number_index BYTEA,
    account_id TEXT NOT NULL REFERENCES account (id),
    epoch BIGINT NOT NULL,
    number BYTEA NOT NULL,
    verified_at BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE UNIQUE INDEX phone_live ON phone (number_index) WHERE ended_at IS NULL;
CREATE INDEX phone_account ON phone (account_id);

-- What an attacker would like to see forgotten about a number: when codes were sent, and wrong codes since the last right one.
CREATE TABLE number_guard (
    number_index BYTEA PRIMARY KEY,
    sent_at TEXT NOT NULL,
    failures BIGINT NOT NULL,
    version BIGINT NOT NULL
);

-- Counts per browser, address range and day; `subject` is a keyed hash, so that none can be read back.
CREATE TABLE tally (
    subject BYTEA NOT NULL,
    period BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (subject, period)
);
CREATE INDEX tally_expiry ON tally (expires_at);

CREATE TABLE known_browser (
    browser_hash BYTEA NOT NULL,
    account_id TEXT NOT NULL REFERENCES account (id),
    created_at BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, browser_hash)
);

CREATE TABLE session (
    id TEXT PRIMARY KEY,
    token_hash BYTEA NOT NULL,
    account_id TEXT NOT NULL REFERENCES account (id),
    created_at BIGINT NOT NULL,
    auth_time BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    amr TEXT NOT NULL,
    device TEXT NOT NULL,
    ended_at BIGINT,
    end_reason TEXT
);
CREATE UNIQUE INDEX session_token ON session (token_hash);
CREATE INDEX session_account ON session (account_id, ended_at);

-- A department that a session has signed in to: whom to tell when it ends.
CREATE TABLE visit (
    session_id TEXT NOT NULL REFERENCES session (id),
    client_id TEXT NOT NULL,
    sub TEXT NOT NULL,
    sid TEXT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    PRIMARY KEY (session_id, client_id)
);

CREATE TABLE client (
    client_id TEXT PRIMARY KEY,
    status TEXT NOT NULL,
    sector TEXT NOT NULL,
    secret_hash BYTEA,
    metadata TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- Pairwise subject identifiers are random and stored, so that they survive a change of secrets.
CREATE TABLE subject (
    sector TEXT NOT NULL,
    account_id TEXT NOT NULL REFERENCES account (id),
    sub TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, sector)
);
CREATE UNIQUE INDEX subject_sub ON subject (sub);

CREATE TABLE consent (
    account_id TEXT NOT NULL REFERENCES account (id),
    client_id TEXT NOT NULL,
    item TEXT NOT NULL,
    -- Since when it has stood without a break, and when the resident last said yes.
    granted_at BIGINT NOT NULL,
    answered_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    withdrawn_at BIGINT,
    PRIMARY KEY (account_id, client_id, item)
);

CREATE TABLE oauth_grant (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES account (id),
    client_id TEXT NOT NULL,
    session_id TEXT NOT NULL REFERENCES session (id),
    sub TEXT NOT NULL,
    scope TEXT NOT NULL,
    offline BOOLEAN NOT NULL,
    -- What a refreshed ID token must repeat: auth_time, acr, amr, sid, the claims request.
    authentication TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    ended_at BIGINT,
    end_reason TEXT
);
CREATE INDEX oauth_grant_account ON oauth_grant (account_id, client_id);

-- An authorization code is spent by this row, written in the redeeming transaction, whatever the short-lived state does.
CREATE TABLE redeemed_code (
    code_hash BYTEA PRIMARY KEY,
    grant_id TEXT NOT NULL,
    redeemed_at BIGINT NOT NULL
);
CREATE INDEX redeemed_code_age ON redeemed_code (redeemed_at);

CREATE TABLE refresh_token (
    token_hash BYTEA PRIMARY KEY,
    grant_id TEXT NOT NULL REFERENCES oauth_grant (id),
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    -- Rotating tokens: until the successor has been used, it is given again for a lost answer.
    successor_hash BYTEA,
    successor BYTEA,
    used_at BIGINT
);
CREATE INDEX refresh_token_grant ON refresh_token (grant_id);

-- Messages to departments, written in the transaction that caused them and delivered afterwards.
CREATE TABLE outbox (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    client_id TEXT NOT NULL,
    account_id TEXT,
    payload TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    next_attempt_at BIGINT,
    attempts BIGINT NOT NULL,
    delivered_at BIGINT,
    last_error TEXT
);
CREATE INDEX outbox_due ON outbox (next_attempt_at);

CREATE TABLE audit (
    id TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    request_id TEXT NOT NULL,
    actor TEXT NOT NULL,
    account_id TEXT,
    client_id TEXT,
    action TEXT NOT NULL,
    detail TEXT
);
CREATE INDEX audit_account ON audit (account_id, at);
