-- When somebody who had signed in with it said that the account is another person's; its owner's next sign-in clears it.
ALTER TABLE phone ADD COLUMN doubted_at BIGINT;
