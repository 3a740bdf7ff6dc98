//! The register of all encrypted columns: one line for each, and the only place where a column of the vault is named.
//!
//! What is sealed is sealed under a name of this list, so no column can be forgotten by a rotation, by the count before a key is
//! retired, or by the page that shows them. A test looks for names elsewhere, and for columns of the schema that are neither here
//! nor known to hold nothing personal.

use vault::Column;

/// An encrypted column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sealed {
    /// Its logical name, which is bound into every value.
    pub(crate) column: Column,
    pub(crate) table: &'static str,
    /// The column with the id of the row that a value belongs to.
    pub(crate) id: &'static str,
    /// Its name in the database.
    pub(crate) name: &'static str,
    pub(crate) how: How,
    /// What it holds, for people.
    pub(crate) words: &'static str,
}

/// How a value is put in the place of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// In its row; there is one row for each id.
    Update,
    /// The row is put in anew: the guards of the ledger let nobody change one, and an entry may have several.
    LedgerPrivate,
}

macro_rules! register {
    ($($(#[$doc:meta])* $constant:ident: $table:literal.$name:literal by $id:literal, $how:ident, $words:literal;)+) => {
        $($(#[$doc])* pub(crate) const $constant: Column = Column::new(concat!($table, ".", $name));)+

        /// All of them, in the order in which a rotation passes them.
        pub(crate) const REGISTER: &[Sealed] = &[$(Sealed {
            column: $constant,
            table: $table,
            id: $id,
            name: $name,
            how: How::$how,
            words: $words,
        }),+];
    };
}

register! {
    /// How a person is called.
    NAME: "users"."name" by "id", Update, "Names of people";
    /// The address of a person. It is found through [`EMAIL_INDEX`].
    EMAIL: "users"."email" by "id", Update, "E-mail addresses";
    /// How the browser of a session describes itself.
    AGENT: "sessions"."agent" by "id", Update, "Browsers of sessions";
    /// From where a session was begun.
    ADDRESS: "sessions"."address" by "id", Update, "Network addresses of sessions";
    /// A mail that was not sent.
    CONTENT: "mails"."content" by "id", Update, "Mails that wait to be sent";
    /// Private values of the audit log; the row is the entry.
    PRIVATE: "ledger_private"."value" by "entry", LedgerPrivate, "Private values of the audit log";
    /// The secret that a person shares with their app of codes.
    TOTP_SECRET: "totp"."secret" by "person", Update, "Secrets of second factors";
    /// The address that somebody changes to.
    FRESH_EMAIL: "email_changes"."fresh" by "id", Update, "New addresses";
    /// The address that somebody had.
    FORMER_EMAIL: "email_changes"."former" by "id", Update, "Former addresses";
    /// Who is invited.
    INVITED: "invitations"."email" by "id", Update, "Addresses of who is invited";
}

/// A secret of codes that a page was given and nobody has confirmed: sealed to its session, stored nowhere.
pub(crate) const TOTP_OFFER: Column = Column::new("totp.offer");

/// What the blind index of addresses is called beside the columns.
pub(crate) const EMAIL_INDEX: &str = "user_email_index.mac";
/// What it holds, for people.
pub(crate) const EMAIL_INDEX_WORDS: &str = "Index of e-mail addresses";

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, path::Path};

    use super::*;

    /// Columns of bytes that are not sealed, because nothing can be learned from them.
    const NOT_SEALED: [(&str, &str); 16] = [
        ("events.payload", "names people by id only"),
        ("invitations.hash", "a hash of 32 random bytes"),
        ("invitations.mac", "a blind index that only counts mails of the last hours"),
        ("ledger_checkpoints.note", "public"),
        ("ledger_entries.body", "ids and commitments"),
        ("ledger_entries.hash", "a hash"),
        ("ledger_nodes.hash", "a hash"),
        ("ledger_pending.body", "ids and commitments"),
        ("ledger_private.salt", "random; commits to a value that is sealed"),
        ("limits.key", "an HMAC"),
        ("ops.hash", "a hash of a command"),
        ("recovery_codes.hash", "a hash of 15 random bytes"),
        ("sessions.sid_hash", "a hash of 32 random bytes"),
        ("sign_ins.hash", "a hash of 32 random bytes"),
        ("tokens.hash", "a hash of 32 random bytes"),
        ("user_email_index.mac", "a blind index, rotated by itself"),
    ];

    fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|end| end == "rs") {
                found.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
            }
        }
    }

    #[test]
    fn no_column_of_the_vault_is_named_outside_of_the_register() {
        let mut found = Vec::new();
        sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut found);
        assert!(found.len() > 50, "the sources of this crate");
        for (path, text) in found {
            let is_here = path.ends_with("keys/register.rs");
            assert!(
                is_here || !text.contains("Column::new("),
                "{path} names a column of its own: put it into the register"
            );
        }
    }

    /// The columns of type bytes in all migrations, as `table.column`.
    fn columns_of_bytes() -> BTreeSet<String> {
        let mut found = Vec::new();
        sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../migration/src")), &mut found);
        let mut columns = BTreeSet::new();
        for (_, text) in found {
            let mut table = "";
            for line in text.lines() {
                let mut words = line.split_whitespace();
                match (words.next(), words.next(), words.next()) {
                    (Some("CREATE"), Some("TABLE"), Some(name)) => table = name,
                    (Some("ALTER"), Some("TABLE"), Some(name)) => {
                        let added = line.split(" ADD COLUMN ").nth(1).and_then(|rest| {
                            let mut words = rest.split([' ', ';']);
                            Some((words.next()?, words.next()?))
                        });
                        columns.extend(added.filter(|(_, kind)| *kind == "$bytes").map(|(c, _)| format!("{name}.{c}")));
                    }
                    (Some(column), Some(kind), _) if kind.trim_end_matches(',') == "$bytes" => {
                        columns.insert(format!("{table}.{column}"));
                    }
                    _ => {}
                }
            }
        }
        columns
    }

    #[test]
    fn every_column_of_bytes_in_the_schema_is_in_the_register_or_known_to_hold_nothing_personal() {
        let columns = columns_of_bytes();
        let sealed: BTreeSet<String> = REGISTER.iter().map(|s| format!("{}.{}", s.table, s.name)).collect();
        assert!(sealed.is_subset(&columns), "{:?} is not in the schema", sealed.difference(&columns));
        for column in columns.difference(&sealed) {
            let is_known = NOT_SEALED.iter().any(|(name, _)| name == column);
            assert!(is_known, "{column}: seal it (one line in the register), or say here why it needs none");
        }
    }

    #[test]
    fn names_and_columns_are_there_once() {
        let names: BTreeSet<&str> = REGISTER.iter().map(|sealed| sealed.column.name()).collect();
        assert_eq!(names.len(), REGISTER.len());
        assert!(!names.contains(EMAIL_INDEX));
    }
}
