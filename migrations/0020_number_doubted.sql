-- Since when somebody wants an account of their own with the number, who was proven to be another person than its
-- account's; its owner's next code clears it.
ALTER TABLE phone ADD COLUMN doubted_at BIGINT;
-- When whoever was there said that the account is another person's.
ALTER TABLE known_browser ADD COLUMN disowned_at BIGINT;
-- The session that it was made in; nothing of those that were made before this column.
ALTER TABLE passkey ADD COLUMN made_in TEXT;
