//! Which tables a database has, as the engine's own catalog says.
//!
//! Must not know: what is done with them.

use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use std::collections::{BTreeMap, BTreeSet};

use crate::{CopyError, all, get};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Small,
    Middle,
    Big,
    Text,
    Bytes,
    Uuid,
}

/// A column that is written; none that the engine works out.
#[derive(Debug)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

/// A table.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) columns: Vec<Column>,
    /// The columns of its primary key, in their order.
    key: Vec<String>,
    /// The column whose numbers PostgreSQL gives by itself.
    pub(crate) identity: Option<String>,
}

impl Table {
    /// The columns of its primary key, with their places among the columns; none if it has no key.
    pub(crate) fn key(&self) -> impl Iterator<Item = (usize, &Column)> {
        self.key.iter().filter_map(|name| self.columns.iter().enumerate().find(|(_, column)| column.name == *name))
    }
}

/// All ordinary tables, each after those that it refers to, and else by name.
pub(crate) async fn tables(db: &impl ConnectionTrait) -> Result<Vec<Table>, CopyError> {
    let words = match db.get_database_backend() {
        DbBackend::Postgres => POSTGRES,
        _ => SQLITE,
    };
    let mut found: BTreeMap<String, Table> = BTreeMap::new();
    for row in all(db, words.columns, []).await? {
        let (name, column, kind): (String, String, String) = (get(&row, 0)?, get(&row, 1)?, get(&row, 2)?);
        let table = found.entry(name.clone()).or_default();
        let known = kind_of(&kind);
        let unknown = || CopyError::UnknownType { table: name.clone(), column: column.clone(), kind };
        table.columns.push(Column { name: column.clone(), kind: known.ok_or_else(unknown)? });
        if get::<i32>(&row, 3)? != 0 {
            table.identity = Some(column);
        }
        table.name = name;
    }
    for (table, column) in pairs(db, words.keys).await? {
        if let Some(table) = found.get_mut(&table) {
            table.key.push(column);
        }
    }
    Ok(in_order(found, &pairs(db, words.references).await?))
}

async fn pairs(db: &impl ConnectionTrait, sql: &str) -> Result<Vec<(String, String)>, DbErr> {
    all(db, sql, []).await?.iter().map(|row| Ok((get(row, 0)?, get(row, 1)?))).collect()
}

fn in_order(mut left: BTreeMap<String, Table>, references: &[(String, String)]) -> Vec<Table> {
    let mut ordered = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let waits =
            |name: &String| references.iter().any(|(from, to)| from == name && to != name && left.contains_key(to));
        let mut ready: BTreeSet<String> = left.keys().filter(|name| !waits(name)).cloned().collect();
        if ready.is_empty() {
            // A circle: whatever the order, the engine decides.
            ready = left.keys().cloned().collect();
        }
        ordered.extend(ready.iter().filter_map(|name| left.remove(name)));
    }
    ordered
}

fn kind_of(declared: &str) -> Option<Kind> {
    match declared.to_ascii_lowercase().as_str() {
        "smallint" | "int2" => Some(Kind::Small),
        // SQLite's INTEGER has 64 bits; PostgreSQL's is read as what it is.
        "int4" => Some(Kind::Middle),
        "integer" | "bigint" | "int8" => Some(Kind::Big),
        "text" | "varchar" | "character varying" => Some(Kind::Text),
        "blob" | "bytea" => Some(Kind::Bytes),
        "uuid" => Some(Kind::Uuid),
        _ => None,
    }
}

struct Words {
    /// Table, column, type, and whether the engine numbers it.
    columns: &'static str,
    /// Table and column, in the order of the key.
    keys: &'static str,
    /// A table and one that it refers to.
    references: &'static str,
}

const SQLITE: Words = Words {
    columns: "SELECT l.name, x.name, x.type, 0 FROM pragma_table_list l JOIN pragma_table_xinfo(l.name) x \
              WHERE l.schema = 'main' AND l.type = 'table' AND l.name NOT LIKE 'sqlite_%' AND x.hidden = 0 \
              ORDER BY l.name, x.cid",
    keys: "SELECT l.name, x.name FROM pragma_table_list l JOIN pragma_table_xinfo(l.name) x \
           WHERE l.schema = 'main' AND l.type = 'table' AND x.pk > 0 ORDER BY l.name, x.pk",
    references: "SELECT l.name, f.\"table\" FROM pragma_table_list l JOIN pragma_foreign_key_list(l.name) f \
                 WHERE l.schema = 'main' AND l.type = 'table'",
};

const POSTGRES: Words = Words {
    columns: "SELECT c.table_name::text, c.column_name::text, c.udt_name::text, (c.is_identity = 'YES')::int \
              FROM information_schema.columns c JOIN information_schema.tables t \
              ON t.table_schema = c.table_schema AND t.table_name = c.table_name \
              WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE' AND c.is_generated = 'NEVER' \
              ORDER BY c.table_name, c.ordinal_position",
    keys: "SELECT r.relname::text, a.attname::text FROM pg_index i JOIN pg_class r ON r.oid = i.indrelid \
           CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place) \
           JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum = k.attnum \
           WHERE i.indisprimary AND r.relnamespace = current_schema()::regnamespace ORDER BY r.relname, k.place",
    references: "SELECT a.relname::text, b.relname::text FROM pg_constraint c JOIN pg_class a ON a.oid = c.conrelid \
                 JOIN pg_class b ON b.oid = c.confrelid \
                 WHERE c.contype = 'f' AND c.connamespace = current_schema()::regnamespace",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_referred_to_comes_first_and_circles_end() {
        let table = |name: &str| (name.to_owned(), Table { name: name.into(), ..Table::default() });
        let found = ["a", "b", "c", "d", "e"].map(table).into();
        let refers = |from: &str, to: &str| (from.to_owned(), to.to_owned());
        let references = [refers("a", "c"), refers("c", "c"), refers("d", "e"), refers("e", "d")];
        let names: Vec<String> = in_order(found, &references).into_iter().map(|table| table.name).collect();
        assert_eq!(names, ["b", "c", "a", "d", "e"]);
    }
}
