//! Exports that people asked for.

pub(crate) const SCHEMA: &str = "
CREATE TABLE exports (
    id $uuid PRIMARY KEY,
    person $uuid NOT NULL,
    what SMALLINT NOT NULL,
    project $uuid,
    format SMALLINT NOT NULL,
    state SMALLINT NOT NULL,
    n_done BIGINT NOT NULL,
    n_all BIGINT,
    bytes BIGINT,
    reason TEXT,
    created_at BIGINT NOT NULL,
    finished_at BIGINT,
    expires_at BIGINT
);
CREATE INDEX ix_exports__person ON exports (person, created_at);
CREATE INDEX ix_exports__expires_at ON exports (expires_at) WHERE expires_at IS NOT NULL;
";
