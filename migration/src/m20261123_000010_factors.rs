//! What protects an account: second factors, recovery codes, sign-ins that wait for a code, limits, and changes of address.

/// Each row of `totp` has its secret sealed, each of `email_changes` both addresses. Hashes are SHA-256 of secrets that nobody can
/// guess; the keys of `limits` are HMACs, so that no address of any kind can be read from them.
pub(crate) const SCHEMA: &str = "
-- closed: the account was given up and what was personal is erased
ALTER TABLE users ADD COLUMN closed_at BIGINT;
-- its name or address is another one since then
ALTER TABLE users ADD COLUMN changed_at BIGINT;
CREATE INDEX ix_users__changed_at ON users (changed_at) WHERE changed_at IS NOT NULL;
-- the password is so short that it is only good together with a second factor
ALTER TABLE users ADD COLUMN is_short SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE tokens ADD COLUMN about $uuid;
CREATE TABLE totp (
    person $uuid PRIMARY KEY REFERENCES users (id),
    secret $bytes NOT NULL,
    enabled_at BIGINT NOT NULL,
    last_step BIGINT NOT NULL
);
CREATE TABLE recovery_codes (
    hash $bytes PRIMARY KEY,
    person $uuid NOT NULL REFERENCES users (id),
    made_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX ix_recovery_codes__person ON recovery_codes (person);
-- the password was right, the code is still missing
CREATE TABLE sign_ins (
    hash $bytes PRIMARY KEY,
    person $uuid NOT NULL REFERENCES users (id),
    security_version INTEGER NOT NULL,
    remember SMALLINT NOT NULL,
    tries INTEGER NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX ix_sign_ins__expires_at ON sign_ins (expires_at);
CREATE INDEX ix_sign_ins__person ON sign_ins (person);
-- failures: how many in a row, when the last, and until when nothing more is heard
CREATE TABLE limits (
    key $bytes PRIMARY KEY,
    n INTEGER NOT NULL,
    at BIGINT NOT NULL,
    until BIGINT NOT NULL,
    noted BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX ix_limits__at ON limits (at);
CREATE TABLE email_changes (
    id $uuid PRIMARY KEY,
    person $uuid NOT NULL REFERENCES users (id),
    fresh $bytes NOT NULL,
    former $bytes NOT NULL,
    asked_at BIGINT NOT NULL,
    done_at BIGINT,
    reverted_at BIGINT
);
CREATE INDEX ix_email_changes__person ON email_changes (person, asked_at);
";
