-- Why a pairing of number and account ended. A disputed one still counts for its owner's known browsers.
ALTER TABLE phone ADD COLUMN end_reason TEXT;
