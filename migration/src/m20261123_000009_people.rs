//! Invitations, and what an Admin sets for the whole installation.

/// `invitations.email` is sealed by the vault; without one it is a link that may be handed on. Who comes by a link gets an
/// invitation by mail of their own, whose `parent` is the link. `mac` is the blind index of the address: it says how many
/// mails an address got lately, and nothing depends on it after that.
pub(crate) const SCHEMA: &str = "
CREATE TABLE invitations (
    id $uuid PRIMARY KEY,
    hash $bytes NOT NULL,
    parent $uuid,
    email $bytes,
    mac $bytes,
    role SMALLINT NOT NULL,
    projects TEXT NOT NULL,
    inviter $uuid NOT NULL,
    created_at BIGINT NOT NULL,
    sent_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    uses INTEGER NOT NULL,
    used INTEGER NOT NULL,
    revoked_at BIGINT
);
CREATE UNIQUE INDEX uq_invitations__hash ON invitations (hash);
CREATE INDEX ix_invitations__inviter ON invitations (inviter, id);
CREATE INDEX ix_invitations__mac ON invitations (mac, sent_at) WHERE mac IS NOT NULL;
CREATE TABLE instance_settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    changed_by $uuid NOT NULL
);
";
