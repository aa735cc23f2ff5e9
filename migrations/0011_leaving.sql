-- When the account is erased, for a resident who leaves: until then they can come back.
ALTER TABLE account ADD COLUMN erase_at BIGINT;
CREATE INDEX account_leaving ON account (erase_at) WHERE erase_at IS NOT NULL;
-- What was sent about a person is theirs to see, and goes with them.
CREATE INDEX outbox_account ON outbox (account_id);
