-- The records of others that a grant's client may ask for, as a JSON list of their keys (PURPOSE:RECORD@HOLDER); NULL where
-- there are none.
ALTER TABLE oauth_grant ADD COLUMN authorization_details TEXT;

-- How often a client got a token for a record that another has, so that its resident need not hand it in (RFC 8693).
CREATE TABLE data_exchange (
    account_id TEXT NOT NULL REFERENCES account (id),
    -- Who asked.
    client_id TEXT NOT NULL,
    -- Whose record it is.
    holder TEXT NOT NULL,
    record TEXT NOT NULL,
    purpose TEXT NOT NULL,
    times BIGINT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, client_id, holder, record, purpose)
);
