//! Projects that are there to be tried out, and can be removed.

pub(crate) const SCHEMA: &str = "
ALTER TABLE projects ADD COLUMN sample SMALLINT NOT NULL DEFAULT 0;
";
