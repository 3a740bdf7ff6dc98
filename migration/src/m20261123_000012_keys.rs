//! The vault's keys as the database has known them, which of them each server has, and how far a re-encryption has come.
//!
//! No key is in the database, nor anything from which one could be computed.

/// `keys` of a node is a list of numbers, fingerprints and states, as JSON. The place of a rotation is the column that it is in
/// and the last row that it has passed; a pass begins with the first column, and the last pass is the one that changes nothing.
/// Paces: 1 routine, 2 emergency.
pub(crate) const SCHEMA: &str = "
CREATE TABLE vault_keys (
    id BIGINT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    added_at BIGINT NOT NULL,
    promoted_at BIGINT,
    retired_at BIGINT
);
CREATE TABLE vault_nodes (
    id $uuid PRIMARY KEY,
    name TEXT NOT NULL,
    seen_at BIGINT NOT NULL,
    keys TEXT NOT NULL
);
CREATE TABLE vault_rotations (
    id $uuid PRIMARY KEY,
    key_id BIGINT NOT NULL,
    pace SMALLINT NOT NULL,
    began_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    ended_at BIGINT,
    n_total BIGINT NOT NULL,
    n_done BIGINT NOT NULL,
    n_skipped BIGINT NOT NULL,
    n_failed BIGINT NOT NULL,
    n_changed BIGINT NOT NULL,
    place TEXT NOT NULL,
    after $uuid NOT NULL
);
CREATE INDEX ix_vault_rotations__began_at ON vault_rotations (began_at);
CREATE INDEX ix_user_email_index__key ON user_email_index (key_id, mac);
";
