//! The first schema: streams and their feed, people and their sessions, projects and their tasks.

/// Tasks, events and what else a command writes have no foreign keys: they are written only by the one door, under the
/// lock of their stream, and a key would take a second lock on rows that other streams share. There is no ON DELETE
/// CASCADE from projects or people: they are purged in small batches.
pub(crate) const SCHEMA: &str = "
-- the feed: `seq` is the last event's number, `numbered` the last number that a task of the project got
CREATE TABLE streams (
    id $uuid PRIMARY KEY,
    kind SMALLINT NOT NULL,
    seq BIGINT NOT NULL,
    numbered BIGINT NOT NULL
);
CREATE TABLE events (
    stream $uuid NOT NULL,
    seq BIGINT NOT NULL,
    op $uuid,
    actor $uuid NOT NULL,
    at BIGINT NOT NULL,
    payload TEXT NOT NULL,
    task $uuid,
    text_id $uuid,
    PRIMARY KEY (stream, seq)
) $clustered;
CREATE INDEX ix_events__task ON events (task, seq) WHERE task IS NOT NULL;
CREATE TABLE ops (
    actor $uuid NOT NULL,
    op $uuid NOT NULL,
    hash $bytes NOT NULL,
    stream_kind SMALLINT NOT NULL,
    stream $uuid NOT NULL,
    first_seq BIGINT NOT NULL,
    last_seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (op, actor)
) $clustered;
CREATE INDEX ix_ops__at ON ops (at);
CREATE TABLE text_versions (
    id $uuid PRIMARY KEY,
    object $uuid NOT NULL,
    field SMALLINT NOT NULL,
    version INTEGER NOT NULL,
    author $uuid NOT NULL,
    at BIGINT NOT NULL,
    body TEXT NOT NULL
);
CREATE UNIQUE INDEX uq_text_versions__object_field_version ON text_versions (object, field, version);

-- people: name, email, agent and address are sealed by the vault
CREATE TABLE users (
    id $uuid PRIMARY KEY,
    name $bytes NOT NULL,
    email $bytes NOT NULL,
    role SMALLINT NOT NULL,
    password TEXT NOT NULL,
    security_version INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    disabled_at BIGINT
);
CREATE TABLE user_email_index (
    mac $bytes PRIMARY KEY,
    key_id BIGINT NOT NULL,
    person $uuid NOT NULL REFERENCES users (id)
);
CREATE INDEX ix_user_email_index__person ON user_email_index (person);
CREATE TABLE sessions (
    id $uuid PRIMARY KEY,
    sid_hash $bytes NOT NULL,
    person $uuid NOT NULL REFERENCES users (id),
    security_version INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    authenticated_at BIGINT NOT NULL,
    last_seen BIGINT NOT NULL,
    idle_ms BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    agent $bytes,
    address $bytes,
    revoked_at BIGINT
);
CREATE UNIQUE INDEX uq_sessions__sid_hash ON sessions (sid_hash);
CREATE INDEX ix_sessions__person ON sessions (person);
CREATE INDEX ix_sessions__expires_at ON sessions (expires_at);
CREATE TABLE tokens (
    hash $bytes PRIMARY KEY,
    purpose SMALLINT NOT NULL,
    person $uuid,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);

-- projects
CREATE TABLE projects (
    id $uuid PRIMARY KEY,
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    hue SMALLINT NOT NULL,
    created_by $uuid NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX uq_projects__key ON projects (key);
CREATE TABLE members (
    project $uuid NOT NULL,
    person $uuid NOT NULL,
    role SMALLINT NOT NULL,
    PRIMARY KEY (project, person)
) $clustered;
CREATE INDEX ix_members__person ON members (person);
CREATE TABLE statuses (
    id $uuid PRIMARY KEY,
    project $uuid NOT NULL,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    category SMALLINT NOT NULL
);
CREATE INDEX ix_statuses__project ON statuses (project, position);
CREATE TABLE tasks (
    id $uuid PRIMARY KEY,
    project $uuid NOT NULL,
    number BIGINT NOT NULL,
    title TEXT NOT NULL,
    status $uuid NOT NULL,
    rank $order NOT NULL,
    due_day INTEGER,
    due_at BIGINT,
    due_zone TEXT,
    n_comments INTEGER NOT NULL,
    text_version INTEGER NOT NULL,
    text_by $uuid NOT NULL,
    created_by $uuid NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX uq_tasks__project_number ON tasks (project, number);
CREATE INDEX ix_tasks__project_status_rank ON tasks (project, status, rank);
CREATE TABLE assignees (
    task $uuid NOT NULL,
    person $uuid NOT NULL,
    project $uuid NOT NULL,
    PRIMARY KEY (task, person)
) $clustered;
CREATE INDEX ix_assignees__project_person ON assignees (project, person);
CREATE TABLE comments (
    id $uuid PRIMARY KEY,
    project $uuid NOT NULL,
    task $uuid NOT NULL,
    author $uuid NOT NULL,
    at BIGINT NOT NULL,
    text_id $uuid NOT NULL
);
CREATE INDEX ix_comments__task_at ON comments (task, at);

-- the ledger: leaves that wait to be sealed
CREATE TABLE ledger_pending (
    id $identity,
    body $bytes NOT NULL
);
";
