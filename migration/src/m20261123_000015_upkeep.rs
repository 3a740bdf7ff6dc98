//! What is deleted when it is old is found by an index, and a mail knows the job that sends it.

/// `tries` is how often a mail was handed to a server; the job that counts them is deleted some days after its end.
pub(crate) const SCHEMA: &str = "
CREATE INDEX ix_sessions__revoked_at ON sessions (revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX ix_tokens__expires_at ON tokens (expires_at);
CREATE INDEX ix_invitations__expires_at ON invitations (expires_at);
CREATE INDEX ix_notices__read_at ON notices (read_at) WHERE read_at IS NOT NULL;
CREATE INDEX ix_notices__task ON notices (task);
ALTER TABLE mails ADD COLUMN job $uuid;
ALTER TABLE mails ADD COLUMN tries SMALLINT NOT NULL DEFAULT 0;
CREATE INDEX ix_mails__waiting ON mails (id) WHERE sent_at IS NULL AND failed_at IS NULL;
CREATE INDEX ix_mails__failed ON mails (id) WHERE failed_at IS NOT NULL;
CREATE INDEX ix_mails__kept ON mails (failed_at) WHERE failed_at IS NOT NULL AND content IS NOT NULL;
-- an export that could not be made is forgotten as one that was made
UPDATE exports SET expires_at = finished_at + 604800000 WHERE expires_at IS NULL AND finished_at IS NOT NULL;
";
