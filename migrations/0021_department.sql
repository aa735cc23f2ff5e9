-- Whom the operator lets join without registration: one decision for each address, host or domain.
CREATE TABLE allowed_department (
    id TEXT PRIMARY KEY,
    pattern TEXT NOT NULL,
    status TEXT NOT NULL,
    -- Of a suspension: a word of ours, for which residents read a sentence.
    reason TEXT,
    -- Names, scopes, purposes, marks, address ranges, and what a superior may do, as JSON.
    terms TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX allowed_department_pattern ON allowed_department (pattern) WHERE status <> 'removed';

-- What is known of each system that has come under one.
CREATE TABLE federation_entity (
    entity_id TEXT PRIMARY KEY,
    -- host[:port]: whoever holds it can answer for every system there.
    authority TEXT NOT NULL,
    allowed_id TEXT NOT NULL REFERENCES allowed_department (id),
    status TEXT NOT NULL,
    reason TEXT,
    -- Its pinned federation keys, and when the newest statement that it signed with them was made: older ones are refused.
    jwks TEXT NOT NULL,
    statement_iat BIGINT NOT NULL,
    -- Keys that no pinned one vouched for, until the operator looks at them.
    held_jwks TEXT,
    held_at BIGINT,
    -- Why it could not join last, as JSON.
    fault TEXT,
    fault_at BIGINT,
    joined_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX federation_entity_allowed ON federation_entity (allowed_id);
CREATE INDEX federation_entity_authority ON federation_entity (authority);

-- How it came to be one: static, federation, metadata_document, dynamic.
ALTER TABLE client ADD COLUMN origin TEXT NOT NULL DEFAULT 'static';
-- The decision that carries it.
ALTER TABLE client ADD COLUMN allowed_id TEXT;
-- Those who vouched for it between us and it, apart by spaces: what becomes of them concerns it.
ALTER TABLE client ADD COLUMN superiors TEXT;
-- When what it is registered with must be fetched anew.
ALTER TABLE client ADD COLUMN expires_at BIGINT;
-- What was granted up to then is over, and stays so.
ALTER TABLE client ADD COLUMN grants_ended_at BIGINT;
