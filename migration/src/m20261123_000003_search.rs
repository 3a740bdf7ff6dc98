//! The texts of tasks in the form in which they are searched.

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
        crate::ddl(db, if db.get_database_backend() == DbBackend::Postgres { POSTGRES } else { SQLITE }).await
    }
}

/// `terms` are words with one space between them, made by the program, so that both engines find the same. A title and a
/// description are their task's, so `object` is its id; a comment has its own. The program fills the table when it finds it
/// empty beside tasks.
const SCHEMA: &str = "
CREATE TABLE search_texts (
    n $identity,
    object $uuid NOT NULL,
    kind SMALLINT NOT NULL,
    project $uuid NOT NULL,
    task $uuid NOT NULL,
    at BIGINT NOT NULL,
    terms TEXT NOT NULL
);
CREATE UNIQUE INDEX uq_search_texts__object_kind ON search_texts (object, kind);
";

/// No parser of the engine's own: the words are the lexemes.
const POSTGRES: &str = "
ALTER TABLE search_texts ADD COLUMN lexemes tsvector NOT NULL
    GENERATED ALWAYS AS (array_to_tsvector(string_to_array(terms, ' '))) STORED;
CREATE INDEX ix_search_texts__lexemes ON search_texts USING gin (lexemes);
";

/// The index holds no second copy of the words, and follows the table by triggers. Its tokenizer splits ASCII only, where
/// we leave nothing to be split but spaces.
const SQLITE: &str = "
CREATE VIRTUAL TABLE search_index USING fts5 (terms, content = 'search_texts', content_rowid = 'n', detail = 'none', tokenize = \"ascii tokenchars '-'\");
CREATE TRIGGER tr_search_texts__insert AFTER INSERT ON search_texts BEGIN INSERT INTO search_index (rowid, terms) VALUES (new.n, new.terms); END;
CREATE TRIGGER tr_search_texts__delete AFTER DELETE ON search_texts BEGIN INSERT INTO search_index (search_index, rowid, terms) VALUES ('delete', old.n, old.terms); END;
CREATE TRIGGER tr_search_texts__update AFTER UPDATE ON search_texts BEGIN INSERT INTO search_index (search_index, rowid, terms) VALUES ('delete', old.n, old.terms); INSERT INTO search_index (rowid, terms) VALUES (new.n, new.terms); END;
";
