-- Keyed hashes, of this session alone, of the range of addresses that it was begun from and last used from: no address.
ALTER TABLE session ADD COLUMN begun_network BYTEA;
ALTER TABLE session ADD COLUMN seen_network BYTEA;
-- Sealed: the place where it was begun, by the operator's database; nothing without one.
ALTER TABLE session ADD COLUMN place BYTEA;
-- The same, of a new device.
ALTER TABLE notice ADD COLUMN place BYTEA;
