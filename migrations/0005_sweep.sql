-- What is over is found by when it ended, so that a sweep reads nothing that stays; and a session is deleted only when no
-- grant stands on it, which its foreign key asks for every one.
CREATE INDEX session_expiry ON session (expires_at);
CREATE INDEX oauth_grant_session ON oauth_grant (session_id);
CREATE INDEX consent_expiry ON consent (expires_at);
CREATE INDEX known_browser_age ON known_browser (last_used_at);
CREATE INDEX number_guard_quiet ON number_guard (sent_at) WHERE failures = 0;
CREATE INDEX outbox_done ON outbox (created_at) WHERE next_attempt_at IS NULL;
