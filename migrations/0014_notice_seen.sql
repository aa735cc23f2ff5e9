-- When its owner saw it on the account page.
ALTER TABLE notice ADD COLUMN seen_at BIGINT;
