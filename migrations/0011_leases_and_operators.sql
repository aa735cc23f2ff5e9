-- A number that is being given up still signs in until then, so that its owner has time to say no.
ALTER TABLE phone ADD COLUMN ends_at BIGINT;
CREATE INDEX phone_ending ON phone (ends_at) WHERE ended_at IS NULL AND ends_at IS NOT NULL;
