-- What waits for a department that asks for it itself (RFC 8936), since we cannot reach it.
CREATE INDEX outbox_client ON outbox (client_id, created_at) WHERE next_attempt_at IS NOT NULL;
