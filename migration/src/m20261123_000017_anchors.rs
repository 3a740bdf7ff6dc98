//! What each sink of checkpoints has taken last is asked each minute, and receipts are never deleted.

pub(crate) const SCHEMA: &str = "
CREATE INDEX ix_ledger_anchors__sink ON ledger_anchors (sink, size);
";
