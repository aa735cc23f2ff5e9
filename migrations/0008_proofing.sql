-- Proofs of a real name, as the authority answered. The number is not kept: a keyed hash of it notices one person with
-- two accounts.
CREATE TABLE identity_proof (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES account (id),
    -- None where the person has shown no number, but a network identity.
    identity_index BYTEA,
    -- The same of the authority's own name for the person, where it has one.
    person_index BYTEA,
    -- authority or window.
    method TEXT NOT NULL,
    source TEXT NOT NULL,
    -- By which the authority finds the question.
    transaction_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    -- When a later proof took its place.
    ended_at BIGINT
);
CREATE INDEX identity_proof_account ON identity_proof (account_id);
-- An account is one person, and a person has one account.
CREATE UNIQUE INDEX identity_proof_live ON identity_proof (account_id) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX identity_proof_number ON identity_proof (identity_index) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX identity_proof_person ON identity_proof (person_index) WHERE ended_at IS NULL;
