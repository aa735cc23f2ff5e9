-- When the one account closes into the other: after a while in which its owner can say no.
ALTER TABLE merging ADD COLUMN due_at BIGINT;
-- When the person has shown that both are theirs, and said yes in the one that stays.
ALTER TABLE merging ADD COLUMN agreed_at BIGINT;
CREATE INDEX merging_due ON merging (due_at) WHERE agreed_at IS NOT NULL;
CREATE INDEX merging_into ON merging (into_account);

-- The account that a number leaves can say no, as the one can that it comes to.
CREATE INDEX phone_move_from ON phone_move (from_account);
