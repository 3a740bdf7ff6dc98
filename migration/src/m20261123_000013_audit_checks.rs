//! What checks of the whole audit log found.

pub(crate) const SCHEMA: &str = "
CREATE TABLE audit_checks (
    at BIGINT PRIMARY KEY NOT NULL,
    took_ms BIGINT NOT NULL,
    size BIGINT NOT NULL,
    anchored BIGINT,
    finding TEXT
);
";
