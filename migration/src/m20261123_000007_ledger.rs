//! The sealed ledger: entries in their order, the tree over them, what was signed and anchored, values that may be erased.
//!
//! All but the values and what waits grow at their end only, and triggers refuse anything else. On SQLite they stop
//! mistakes, and who can write the file can drop them; on PostgreSQL the owner can. What proves is the signed tree.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    // The trait's own signature leaves the lifetime out; writing it would make another signature.
    #[expect(elided_lifetimes_in_paths, reason = "as in the trait")]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        crate::ddl(db, SCHEMA).await?;
        let is_postgres = db.get_database_backend() == DbBackend::Postgres;
        for statement in GUARDED.iter().flat_map(|guarded| guarded.triggers(is_postgres)) {
            db.execute_unprepared(&statement).await?;
        }
        Ok(())
    }
}

/// `hash` and what follows it in an entry say what its bytes say; they are there to be searched. A node is a complete
/// subtree of 2^level entries, the levels being multiples of four. `keys` are those that signed a checkpoint.
const SCHEMA: &str = "
CREATE TABLE ledger_entries (
    position $number PRIMARY KEY NOT NULL,
    body $bytes NOT NULL,
    hash $bytes NOT NULL,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor $uuid,
    action TEXT NOT NULL,
    object_kind TEXT NOT NULL,
    object $uuid,
    project $uuid,
    outcome SMALLINT NOT NULL
);
CREATE INDEX ix_ledger_entries__at ON ledger_entries (at, position);
CREATE INDEX ix_ledger_entries__action ON ledger_entries (action, at, position);
CREATE INDEX ix_ledger_entries__actor ON ledger_entries (actor, at, position) WHERE actor IS NOT NULL;
CREATE INDEX ix_ledger_entries__object ON ledger_entries (object, at, position) WHERE object IS NOT NULL;
CREATE INDEX ix_ledger_entries__project ON ledger_entries (project, at, position) WHERE project IS NOT NULL;
CREATE TABLE ledger_nodes (
    level SMALLINT NOT NULL,
    place BIGINT NOT NULL,
    hash $bytes NOT NULL,
    PRIMARY KEY (level, place)
) $clustered;
CREATE TABLE ledger_checkpoints (
    number $number PRIMARY KEY NOT NULL,
    size BIGINT NOT NULL,
    at BIGINT NOT NULL,
    keys TEXT NOT NULL,
    note TEXT NOT NULL
);
CREATE UNIQUE INDEX uq_ledger_checkpoints__size ON ledger_checkpoints (size);
CREATE TABLE ledger_anchors (
    number $number PRIMARY KEY NOT NULL,
    sink TEXT NOT NULL,
    size BIGINT NOT NULL,
    at BIGINT NOT NULL,
    note TEXT NOT NULL
);
CREATE TABLE ledger_private (
    entry $uuid NOT NULL,
    side SMALLINT NOT NULL,
    field TEXT NOT NULL,
    person $uuid,
    salt $bytes NOT NULL,
    value $bytes NOT NULL,
    PRIMARY KEY (entry, side, field)
) $clustered;
CREATE INDEX ix_ledger_private__person ON ledger_private (person) WHERE person IS NOT NULL;
";

/// A table, what is refused in it, and when a row may not come in: SQL about `NEW`.
struct Guarded {
    table: &'static str,
    refused: &'static [&'static str],
    out_of_order: Option<&'static str>,
}

const ALL: &[&str] = &["UPDATE", "DELETE", "TRUNCATE"];

const GUARDED: [Guarded; 6] = [
    Guarded {
        table: "ledger_entries",
        refused: ALL,
        out_of_order: Some("NEW.position <> (SELECT coalesce(max(position), -1) + 1 FROM ledger_entries)"),
    },
    Guarded {
        table: "ledger_nodes",
        refused: ALL,
        out_of_order: Some(
            "NEW.place <> (SELECT coalesce(max(place), -1) + 1 FROM ledger_nodes WHERE level = NEW.level)",
        ),
    },
    Guarded {
        table: "ledger_checkpoints",
        refused: ALL,
        out_of_order: Some(
            "NEW.number <> (SELECT coalesce(max(number), -1) + 1 FROM ledger_checkpoints) \
             OR NEW.size <= (SELECT coalesce(max(size), 0) FROM ledger_checkpoints)",
        ),
    },
    Guarded {
        table: "ledger_anchors",
        refused: ALL,
        out_of_order: Some("NEW.number <> (SELECT coalesce(max(number), -1) + 1 FROM ledger_anchors)"),
    },
    // Its rows go when a person is erased.
    Guarded {
        table: "ledger_private",
        refused: &["UPDATE", "TRUNCATE"],
        out_of_order: Some(
            "EXISTS (SELECT 1 FROM ledger_private p \
             WHERE p.entry = NEW.entry AND p.side = NEW.side AND p.field = NEW.field)",
        ),
    },
    // Its rows go when they are sealed.
    Guarded { table: "ledger_pending", refused: &["UPDATE", "TRUNCATE"], out_of_order: None },
];

impl Guarded {
    fn triggers(&self, is_postgres: bool) -> Vec<String> {
        if is_postgres { self.postgres() } else { self.sqlite() }
    }

    /// A row that comes in wrongly is looked for before the insert: `INSERT OR REPLACE` deletes without asking a trigger.
    fn sqlite(&self) -> Vec<String> {
        let Self { table, refused, out_of_order } = self;
        let refuse = |what: &str, when: &str| {
            let name = what.to_lowercase();
            format!(
                "CREATE TRIGGER guard_{table}__{name} BEFORE {what} ON {table} {when} \
                 BEGIN SELECT RAISE(ABORT, '{table}: entries of the ledger are only ever added'); END"
            )
        };
        let refused = refused.iter().filter(|what| **what != "TRUNCATE").map(|what| refuse(what, ""));
        // NULL is out of order too.
        let insert = out_of_order.map(|wrong| refuse("INSERT", &format!("WHEN ({wrong}) IS NOT 0")));
        refused.chain(insert).collect()
    }

    /// `ENABLE ALWAYS`: else a session that plays a replica passes.
    fn postgres(&self) -> Vec<String> {
        let Self { table, refused, out_of_order } = self;
        let raise = |condition: &str, end: &str| {
            format!(
                "CREATE FUNCTION guard_{table}{end}() RETURNS trigger LANGUAGE plpgsql AS $guard$ BEGIN {condition} \
                 RAISE EXCEPTION '{table}: entries of the ledger are only ever added'; END $guard$"
            )
        };
        let always = |name: &str| format!("ALTER TABLE {table} ENABLE ALWAYS TRIGGER guard_{table}__{name}");
        let mut statements = vec![raise("", "")];
        for what in *refused {
            let name = what.to_lowercase();
            statements.push(format!(
                "CREATE TRIGGER guard_{table}__{name} BEFORE {what} ON {table} \
                 FOR EACH STATEMENT EXECUTE FUNCTION guard_{table}()"
            ));
            statements.push(always(&name));
        }
        if let Some(wrong) = out_of_order {
            statements.push(raise(&format!("IF ({wrong}) IS FALSE THEN RETURN NEW; END IF;"), "_order"));
            statements.push(format!(
                "CREATE TRIGGER guard_{table}__insert BEFORE INSERT ON {table} \
                 FOR EACH ROW EXECUTE FUNCTION guard_{table}_order()"
            ));
            statements.push(always("insert"));
        }
        statements
    }
}
