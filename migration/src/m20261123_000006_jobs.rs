//! Background jobs: the queue, what people set about queues, and which slots of the crontab have had their job.

/// States: 1 scheduled, 2 available, 3 executing, 4 retryable, 5 completed, 6 discarded, 7 cancelled. A key is in
/// `unique_key` as long as it is taken, and in `unique_as` as long as the row is there.
///
/// What waits for its time is not in the index that workers claim by, so that a hundred thousand reminders for next week cost
/// them nothing.
pub(crate) const SCHEMA: &str = "
CREATE TABLE jobs (
    id $uuid PRIMARY KEY,
    queue TEXT NOT NULL,
    name TEXT NOT NULL,
    args TEXT NOT NULL,
    state SMALLINT NOT NULL,
    priority SMALLINT NOT NULL,
    attempt SMALLINT NOT NULL,
    max_attempts SMALLINT NOT NULL,
    unique_key TEXT,
    unique_as TEXT,
    unique_scope SMALLINT NOT NULL,
    inserted_at BIGINT NOT NULL,
    scheduled_at BIGINT NOT NULL,
    attempted_at BIGINT,
    finished_at BIGINT,
    lease_owner $uuid,
    lease_until BIGINT,
    cancel_reason TEXT,
    errors TEXT NOT NULL
);
CREATE UNIQUE INDEX uq_jobs__unique_key ON jobs (unique_key);
CREATE INDEX ix_jobs__claim ON jobs (queue, priority, scheduled_at, id) WHERE state = 2;
CREATE INDEX ix_jobs__due ON jobs (scheduled_at, id) WHERE state IN (1, 4);
CREATE INDEX ix_jobs__lease ON jobs (lease_until) WHERE state = 3;
CREATE INDEX ix_jobs__finished ON jobs (state, finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX ix_jobs__state ON jobs (state, id);
CREATE TABLE queue_settings (
    queue TEXT PRIMARY KEY,
    paused_at BIGINT,
    per_node INTEGER
);
-- since when an entry of the crontab is as it is: nothing before that is caught up
CREATE TABLE cron_entries (
    name TEXT PRIMARY KEY,
    expression TEXT NOT NULL,
    zone TEXT NOT NULL,
    since BIGINT NOT NULL
);
CREATE TABLE cron_slots (
    name TEXT NOT NULL,
    slot_at BIGINT NOT NULL,
    job $uuid NOT NULL,
    PRIMARY KEY (name, slot_at)
) $clustered;
";
