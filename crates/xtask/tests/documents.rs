//! What the documents say is there: links lead somewhere, and settings, commands and metrics that they name exist.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, its helpers too")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Every file that is part of the repository, with one of these endings.
fn files(endings: &[&str]) -> Vec<PathBuf> {
    let mut git = Command::new("git");
    git.current_dir(root()).args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let listed = git.output().unwrap();
    let names = String::from_utf8(listed.stdout).unwrap();
    let is_wanted = |name: &&str| endings.iter().any(|ending| name.ends_with(ending));
    let files: Vec<PathBuf> = names.split('\0').filter(is_wanted).map(|name| root().join(name)).collect();
    assert!(!files.is_empty(), "no files with {endings:?}");
    files
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All texts with one of these endings, one after the other.
fn all(endings: &[&str]) -> String {
    files(endings).iter().map(|path| read(path)).collect()
}

/// The words that begin with `prefix` and go on with capitals, or small letters, and `_`.
fn words(text: &str, prefix: &str) -> BTreeSet<String> {
    let is_part = |c: char| c == '_' || c.is_ascii_alphanumeric();
    let starts = text.match_indices(prefix).map(|(at, _)| at);
    let alone = starts.filter(|at| !text[..*at].ends_with(is_part));
    alone.map(|at| text[at..].chars().take_while(|c| is_part(*c)).collect()).collect()
}

/// The anchor that a heading gets: lower case, words joined with `-`, nothing but letters, digits, `-` and `_`.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter_map(|c| match c {
        ' ' => Some('-'),
        c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c.to_ascii_lowercase()),
        _ => None,
    });
    kept.collect()
}

fn has_heading(text: &str, wanted: &str) -> bool {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings.map(|line| anchor(line.trim_start_matches('#'))).any(|found| found == wanted)
}

/// The targets of `[words](target)`.
fn links(text: &str) -> Vec<&str> {
    let open = text.match_indices("](").map(|(at, _)| &text[at + 2..]);
    open.filter_map(|rest| rest.split_once(')').map(|(target, _)| target))
        .filter(|target| !target.contains(' '))
        .collect()
}

#[test]
fn every_link_between_documents_leads_somewhere() {
    let mut broken = Vec::new();
    let mut n = 0;
    for path in files(&[".md"]) {
        let text = read(&path);
        for target in
            links(&text).into_iter().filter(|target| !target.contains("://") && !target.starts_with("mailto:"))
        {
            n += 1;
            let (file, heading) = target.split_once('#').unwrap_or((target, ""));
            let there = if file.is_empty() { path.clone() } else { path.parent().unwrap().join(file) };
            let is_good = there.exists() && (heading.is_empty() || has_heading(&read(&there), heading));
            if !is_good {
                broken.push(format!("{}: {target}", path.strip_prefix(root()).unwrap().display()));
            }
        }
    }
    assert!(n > 10, "only {n} links were found");
    assert_eq!(broken, Vec::<String>::new());
}

#[test]
fn the_book_has_every_document_and_no_chapter_that_is_not_there() {
    let docs = root().join("docs");
    let summary = read(&docs.join("SUMMARY.md"));
    let chapters: Vec<PathBuf> = links(&summary).into_iter().map(|target| docs.join(target)).collect();
    assert_eq!(chapters.iter().filter(|path| !path.is_file()).collect::<Vec<_>>(), Vec::<&PathBuf>::new(), "not there");
    let told: Vec<PathBuf> = chapters.iter().map(|path| path.canonicalize().unwrap()).collect();
    let once: BTreeSet<&PathBuf> = told.iter().collect();
    assert_eq!(once.len(), told.len(), "a chapter is in docs/SUMMARY.md twice");
    let is_document = |path: &PathBuf| path.starts_with(&docs) && !path.ends_with("SUMMARY.md");
    let mut missing: Vec<PathBuf> = files(&[".md"]).into_iter().filter(is_document).collect();
    missing.extend(
        ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"]
            .map(|name| root().join(name)),
    );
    missing.retain(|path| !once.contains(path));
    assert_eq!(missing, Vec::<PathBuf>::new(), "give them a line in docs/SUMMARY.md");
}

#[test]
fn every_source_that_a_document_names_is_there() {
    let is_path = |word: &&str| {
        let known = ["app/", "crates/", "deploy/", "docs/", "end2end/", "frontend/", "migration/", "server/", "style/"];
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
        known.iter().any(|folder| word.starts_with(folder)) && word.chars().all(is_plain)
    };
    let (mut n, mut unknown) = (0, Vec::new());
    for path in files(&[".md"]) {
        let text = read(&path);
        for name in text.split('`').skip(1).step_by(2).filter(is_path) {
            n += 1;
            if !(name.contains("yours") || name.contains("YYYY") || root().join(name).exists()) {
                unknown.push(format!("{}: {name}", path.strip_prefix(root()).unwrap().display()));
            }
        }
    }
    assert!(n > 50, "only {n} names were found");
    assert_eq!(unknown, Vec::<String>::new());
}

#[test]
fn every_command_of_xtask_that_a_document_names_is_there() {
    let main = read(&root().join("crates/xtask/src/main.rs"));
    let tasks = main.split_once("enum Task {").unwrap().1.split_once("\n}").unwrap().0;
    let name = |line: &str| line.trim().split(['(', ',']).next().unwrap_or_default().to_lowercase();
    let known: BTreeSet<String> = tasks.lines().filter(|line| !line.trim().starts_with(['/', '#'])).map(name).collect();
    assert!(known.contains("test") && known.contains("book"), "{known:?}");
    let mut unknown = Vec::new();
    for path in files(&[".md", ".toml"]) {
        let text = read(&path);
        for (at, found) in text.match_indices("cargo xtask ") {
            let word: String = text[at + found.len()..].chars().take_while(char::is_ascii_alphabetic).collect();
            if !word.is_empty() && !known.contains(&word) {
                unknown.push(format!("{}: cargo xtask {word}", path.strip_prefix(root()).unwrap().display()));
            }
        }
    }
    assert_eq!(unknown, Vec::<String>::new());
}

#[test]
fn every_runbook_that_an_alert_names_is_there() {
    let alerts = read(&root().join("deploy/prometheus/alerts.yml"));
    let runbooks: Vec<&str> = alerts.lines().filter_map(|line| line.trim().strip_prefix("runbook: ")).collect();
    assert_eq!(runbooks.len(), alerts.matches("- alert:").count(), "each alert has one");
    for runbook in runbooks {
        let (file, heading) = runbook.trim_matches('"').split_once('#').unwrap_or((runbook.trim_matches('"'), ""));
        let text = read(&root().join(file));
        assert!(heading.is_empty() || has_heading(&text, heading), "{runbook}");
    }
}

#[test]
fn every_setting_is_documented_and_every_documented_one_is_read() {
    let source = read(&root().join("server/src/settings.rs"));
    let of_server: BTreeSet<String> =
        words(&source, "MUSTER_").into_iter().filter(|w| source.contains(&format!("env = \"{w}\""))).collect();
    let documented = words(&read(&root().join("docs/settings.md")), "MUSTER_");
    assert_eq!(of_server.difference(&documented).collect::<Vec<_>>(), Vec::<&String>::new(), "not in docs/settings.md");
    let others: String = ["deploy/", "docs/"]
        .iter()
        .flat_map(|folder| {
            files(&[".md", ".yml", ".service", "Dockerfile", "Caddyfile", ".conf"])
                .into_iter()
                .filter(move |path| path.starts_with(root().join(folder)))
        })
        .map(|path| read(&path))
        .collect();
    // What the examples of deploy/ pass on under names of their own.
    let own = ["MUSTER_HOST", "MUSTER_NODES"].map(String::from);
    let rust = all(&[".rs", ".ts"]);
    let unknown: Vec<String> =
        words(&others, "MUSTER_").into_iter().filter(|w| !own.contains(w) && !rust.contains(w.as_str())).collect();
    assert_eq!(unknown, Vec::<String>::new(), "named in a document, and read by nothing");
}

#[test]
fn every_metric_that_is_watched_is_counted() {
    let counted = words(&all(&[".rs"]), "muster_");
    let mut watched = words(&read(&root().join("deploy/prometheus/alerts.yml")), "muster_");
    watched.extend(words(&read(&root().join("deploy/grafana/muster.json")), "muster_"));
    assert!(watched.len() > 10, "{watched:?}");
    assert_eq!(watched.difference(&counted).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn every_command_that_a_document_names_is_there() {
    let main = read(&root().join("server/src/main.rs"));
    let commands = main.split_once("enum Command {").unwrap().1.split_once("\n}").unwrap().0;
    let known: BTreeSet<String> = commands
        .lines()
        .filter_map(|line| line.trim().split_once('(').map(|(name, _)| name.to_lowercase()))
        .filter(|name| name.chars().all(|c| c.is_ascii_alphabetic()))
        .collect();
    assert!(known.contains("serve") && known.contains("backup"), "{known:?}");
    let mut unknown = Vec::new();
    for path in files(&[".md"]) {
        let text = read(&path);
        for (at, _) in text.match_indices("`muster ").chain(text.match_indices("\nmuster ")) {
            let word: String = text[at + 8..].chars().take_while(char::is_ascii_alphabetic).collect();
            if !word.is_empty() && !known.contains(&word) {
                unknown.push(format!("{}: muster {word}", path.display()));
            }
        }
    }
    assert_eq!(unknown, Vec::<String>::new());
}

#[test]
fn every_test_that_a_document_names_is_there() {
    let rust = all(&[".rs"]);
    let (mut n, mut unknown) = (0, Vec::new());
    for path in files(&[".md"]) {
        let text = read(&path);
        let quoted = text.split('`').skip(1).step_by(2);
        let is_name = |word: &&str| {
            word.matches('_').count() > 3
                && word.chars().all(|c| c == '_' || c.is_ascii_lowercase() || c.is_ascii_digit())
        };
        for name in quoted.filter(is_name) {
            n += 1;
            if !rust.contains(&format!("fn {name}(")) {
                unknown.push(format!("{}: {name}", path.strip_prefix(root()).unwrap().display()));
            }
        }
    }
    assert!(n > 10, "only {n} names were found");
    assert_eq!(unknown, Vec::<String>::new());
}
