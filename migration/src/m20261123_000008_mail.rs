//! Mails on their way, what people wish to be told, and which addresses are confirmed.

/// Whoever has an account already keeps it. A mail's content goes when it was sent; its row stays as the log of what was sent.
pub(crate) const SCHEMA: &str = "
ALTER TABLE users ADD COLUMN verified_at BIGINT;
UPDATE users SET verified_at = created_at;
CREATE INDEX ix_users__verified_at ON users (verified_at);
CREATE INDEX ix_tokens__person ON tokens (person, purpose);
CREATE TABLE mails (
    id $uuid PRIMARY KEY,
    person $uuid,
    kind SMALLINT NOT NULL,
    content $bytes,
    created_at BIGINT NOT NULL,
    sent_at BIGINT,
    failed_at BIGINT,
    reason TEXT
);
CREATE INDEX ix_mails__person ON mails (person, created_at);
CREATE INDEX ix_mails__created_at ON mails (created_at);
ALTER TABLE notices ADD COLUMN mailed_at BIGINT;
-- how far each clock has come that looks for what came due
CREATE TABLE clocks (
    name TEXT PRIMARY KEY,
    at BIGINT NOT NULL
);
CREATE INDEX ix_tasks__due_day ON tasks (due_day) WHERE due_day IS NOT NULL;
CREATE INDEX ix_tasks__due_at ON tasks (due_at) WHERE due_at IS NOT NULL;
CREATE TABLE preferences (
    person $uuid PRIMARY KEY,
    zone TEXT,
    wishes TEXT
);
";
