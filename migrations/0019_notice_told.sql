-- When the telephones of the account had it. What is told too often stands on the account page alone.
ALTER TABLE notice ADD COLUMN told_at BIGINT;
