//! The table in `docs/accounts.md` says which test shows which rule. Each test that it names is there.

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Whether a name in the table, such as `limits::name`, `src/account/filter.rs::name` or `mail.spec.ts: title`, is that of a test;
/// nothing if it is no name of one.
fn is_there(name: &str) -> Option<bool> {
    let has = |file: PathBuf, text: String| std::fs::read_to_string(file).is_ok_and(|source| source.contains(&text));
    if let Some((file, title)) = name.split_once(".spec.ts: ") {
        return Some(has(root().join(format!("end2end/tests/{file}.spec.ts")), format!("test(\"{title}\",")));
    }
    let (file, test) = name.split_once("::")?;
    let path = if file.contains('/') { file.to_owned() } else { format!("crates/service/tests/service/{file}.rs") };
    Some(has(root().join(path), format!("fn {test}(")))
}

#[test]
fn each_test_that_the_table_of_rules_names_exists() {
    let table = std::fs::read_to_string(root().join("docs/accounts.md")).unwrap();
    let names: Vec<&str> = table.split('`').skip(1).step_by(2).collect();
    let known: Vec<(&str, bool)> = names.iter().filter_map(|name| Some((*name, is_there(name)?))).collect();
    let missing: Vec<&str> = known.iter().filter(|(_, there)| !there).map(|(name, _)| *name).collect();
    assert_eq!(missing, Vec::<&str>::new(), "named in docs/accounts.md, and nowhere else");
    assert!(known.len() > 60, "the table is read: {}", known.len());
    assert_eq!(is_there("limits::no_such_test"), Some(false));
}

#[test]
fn every_rule_of_the_table_says_what_shows_it() {
    let table = std::fs::read_to_string(root().join("docs/accounts.md")).unwrap();
    for line in table.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| rule")) {
        let shown = line.trim_end_matches('|').rsplit('|').next().unwrap_or_default().trim();
        let says = shown.contains('`') || shown.contains("not applicable because") || shown.contains("](");
        assert!(says, "neither a test, nor a document, nor why not: {line}");
    }
}
