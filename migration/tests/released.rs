//! What was released is never edited: databases out there went through it as it was.

use muster_migration::{Migrator, MigratorTrait, in_words_of};
use sea_orm_migration::sea_orm::DbBackend;
use sha2::{Digest, Sha256};
use std::path::Path;

/// The sum of a migration: of all texts in its file, in the words of either engine. Comments, attributes and the code around the texts
/// may be edited.
fn sum(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(format!("{name}.rs"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let is_code = |line: &&str| !["//", "#["].iter().any(|start| line.trim_start().starts_with(start));
    let code: Vec<&str> = text.lines().filter(is_code).collect();
    // A quote within a text is no end of it.
    let code = code.join("\n").replace("\\\"", "\u{1}");
    let texts = code.split('"').skip(1).step_by(2).collect::<Vec<_>>().join("\n");
    let mut hash = Sha256::new();
    for engine in [DbBackend::Sqlite, DbBackend::Postgres] {
        hash.update(in_words_of(engine, &texts));
    }
    data_encoding::HEXLOWER.encode(&hash.finalize())
}

#[test]
fn a_released_migration_is_as_it_was_and_each_has_its_line() {
    let released = include_str!("../released.txt").lines().map(str::to_owned).collect::<Vec<_>>();
    let names = Migrator::migrations().iter().map(|change| change.name().to_owned()).collect::<Vec<_>>();
    let found: Vec<String> = names.iter().map(|name| format!("{name} {}", sum(name))).collect();
    for (n, line) in found.iter().enumerate() {
        let kept = released.get(n).map_or("", String::as_str);
        assert!(
            kept == line,
            "released.txt has “{kept}” and the migration is “{line}”. One that was released is not edited: write another one. \
             For a new one, add this line at the end."
        );
    }
    assert_eq!(released.len(), found.len(), "a released migration is not removed");
}
