//! Whether somebody wants to be seen. Who is where at a moment is in no table.

pub(crate) const SCHEMA: &str = "
ALTER TABLE preferences ADD COLUMN appears_offline SMALLINT NOT NULL DEFAULT 0;
";
