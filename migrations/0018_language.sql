-- The language in which its owner reads what they are told: a tag such as zh-CN. None where nobody has signed in since this
-- was kept.
ALTER TABLE account ADD COLUMN language TEXT;
-- What is open on a kiosk, for the moment in which it is removed.
CREATE INDEX session_at_kiosk ON session (kiosk_id) WHERE ended_at IS NULL;
-- Messages of accounts that were erased since: few, and gone as soon as they are delivered.
CREATE INDEX outbox_nobody ON outbox (next_attempt_at) WHERE account_id IS NULL;
