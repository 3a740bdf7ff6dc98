//! The inbox: what people are told, and how far each feed was read for it.

/// A notice is one event for one person, whoever writes it and however often. What happened before there was an inbox is
/// told to nobody.
pub(crate) const SCHEMA: &str = "
CREATE TABLE notices (
    person $uuid NOT NULL,
    stream $uuid NOT NULL,
    seq BIGINT NOT NULL,
    task $uuid NOT NULL,
    kind SMALLINT NOT NULL,
    actor $uuid NOT NULL,
    at BIGINT NOT NULL,
    read_at BIGINT,
    archived_at BIGINT,
    PRIMARY KEY (person, stream, seq)
) $clustered;
CREATE INDEX ix_notices__person_at ON notices (person, at) WHERE archived_at IS NULL;
CREATE INDEX ix_notices__person_unread ON notices (person, task) WHERE read_at IS NULL AND archived_at IS NULL;
CREATE TABLE followed (
    stream $uuid PRIMARY KEY,
    seq BIGINT NOT NULL
);
INSERT INTO followed (stream, seq) SELECT id, seq FROM streams WHERE kind = 2;
";
