-- How a scope was asked for when the resident said yes: a client whose purpose has changed since asks again.
ALTER TABLE consent ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;
-- The same of what a grant was made for: scope to revision in JSON, without those that never changed.
ALTER TABLE oauth_grant ADD COLUMN revisions TEXT NOT NULL DEFAULT '{}';
