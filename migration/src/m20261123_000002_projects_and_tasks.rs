//! Labels, watchers, priorities, parts, the archive and the trash; comments that are edited and removed.

/// Every new column has a default, so that the older binary goes on writing. A label's key begins with its project: the id
/// comes from a page, and must not reach another project's label.
pub(crate) const SCHEMA: &str = "
ALTER TABLE projects ADD COLUMN archived SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN priority SMALLINT;
ALTER TABLE tasks ADD COLUMN parent $uuid;
ALTER TABLE tasks ADD COLUMN archived SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN trashed_at BIGINT;
CREATE INDEX ix_tasks__parent ON tasks (parent) WHERE parent IS NOT NULL;
CREATE INDEX ix_tasks__trashed_at ON tasks (trashed_at) WHERE trashed_at IS NOT NULL;
CREATE TABLE labels (
    project $uuid NOT NULL,
    id $uuid NOT NULL,
    name TEXT NOT NULL,
    hue SMALLINT NOT NULL,
    PRIMARY KEY (project, id)
) $clustered;
CREATE TABLE task_labels (
    task $uuid NOT NULL,
    label $uuid NOT NULL,
    project $uuid NOT NULL,
    PRIMARY KEY (task, label)
) $clustered;
CREATE INDEX ix_task_labels__project_label ON task_labels (project, label);
-- what people said about hearing of a task: 1 yes, 0 no; for all others it follows from their part in it
CREATE TABLE watchers (
    task $uuid NOT NULL,
    person $uuid NOT NULL,
    project $uuid NOT NULL,
    is_on SMALLINT NOT NULL,
    PRIMARY KEY (task, person)
) $clustered;
CREATE INDEX ix_watchers__project ON watchers (project);
ALTER TABLE comments ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE comments ADD COLUMN removed_at BIGINT;
";
