-- A browser that stands where anybody may use it: sessions on it are short and leave nothing behind.
CREATE TABLE kiosk (
    id TEXT PRIMARY KEY,
    -- What is written on it, by which residents find it.
    name TEXT NOT NULL,
    -- SHA-256 of the code that makes a browser this kiosk, until it is used.
    enrolment_hash BYTEA,
    enrolment_ends_at BIGINT NOT NULL,
    -- SHA-256 of the browser's cookie.
    token_hash BYTEA,
    created_at BIGINT NOT NULL,
    enrolled_at BIGINT,
    removed_at BIGINT
);
CREATE UNIQUE INDEX kiosk_name ON kiosk (name) WHERE removed_at IS NULL;
CREATE UNIQUE INDEX kiosk_enrolment ON kiosk (enrolment_hash);
CREATE UNIQUE INDEX kiosk_token ON kiosk (token_hash);

ALTER TABLE session ADD COLUMN kiosk_id TEXT;
CREATE INDEX session_kiosk ON session (last_seen_at) WHERE kiosk_id IS NOT NULL AND ended_at IS NULL;
