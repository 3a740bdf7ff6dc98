//! `cargo xtask book`: the documents as a book, `target/book/html`.
//!
//! mdBook reaches nothing outside of its folder, and the chapters link to pictures, examples and sources. So they are laid out as they
//! lie in the repository, with what they link to, and the book is made of that: every relative link works in both places.
//!
//! Must not know: what the documents say.

use std::{
    collections::BTreeSet,
    fs,
    path::{Component, Path, PathBuf},
};

use anyhow::{Context, Result};

use crate::{
    shell::{self, say},
    tools,
    workspace::root,
};

/// The chapters in order, with addresses as they are from there.
const SUMMARY: &str = "docs/SUMMARY.md";
/// The settings of the book.
const SETTINGS: &str = "docs/book.toml";
/// What is another than in mdBook's own style.
const STYLE: &str = "book.css";

/// Makes the book.
///
/// # Errors
///
/// When a chapter is missing, or mdBook is and cannot be installed, or has something against the book.
pub(crate) fn book() -> Result<()> {
    let mdbook = tools::mdbook()?;
    let folder = root().join("target/book");
    let pages = folder.join("pages");
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("could not empty {}", folder.display()))?;
    }
    let summary = read(SUMMARY)?;
    let chapters: BTreeSet<PathBuf> = targets(&summary).map(|target| from(Path::new(SUMMARY), target)).collect();
    let mut laid_out = chapters.clone();
    for chapter in &chapters {
        let text = read(chapter)?;
        laid_out.extend(targets(&text).map(|target| from(chapter, target)).filter(|file| root().join(file).is_file()));
    }
    for file in &laid_out {
        let to = pages.join(file);
        fs::create_dir_all(to.parent().unwrap_or(&pages))?;
        fs::copy(root().join(file), to).with_context(|| format!("could not copy {}", file.display()))?;
    }
    // It lies at the top of its folder, so its addresses begin there.
    fs::write(pages.join("SUMMARY.md"), at_the_top(&summary))?;
    let settings = read(SETTINGS)?.replace("src = \".\"", "src = \"pages\"");
    fs::write(folder.join("book.toml"), settings)?;
    fs::copy(root().join("docs").join(STYLE), folder.join(STYLE)).context("could not copy the style")?;
    shell::run(
        shell::command(mdbook).current_dir(root()).args(["build", "--dest-dir"]).arg(folder.join("html")).arg(&folder),
    )?;
    say(&format!("{} files in {}", laid_out.len(), folder.join("html/index.html").display()));
    Ok(())
}

fn read(file: impl AsRef<Path>) -> Result<String> {
    let path = root().join(file);
    fs::read_to_string(&path).with_context(|| format!("could not read {}", path.display()))
}

/// What `[words](target)` lead to in this repository, without the heading that they name.
fn targets(text: &str) -> impl Iterator<Item = &str> {
    let open = text.match_indices("](").map(|(at, _)| &text[at + 2..]);
    open.filter_map(|rest| rest.split_once(')'))
        .map(|(target, _)| target.split('#').next().unwrap_or_default())
        .filter(|target| !target.is_empty() && !target.contains("://") && !target.contains([' ', ':']))
}

/// A target as it is from the top of the repository, when `file` names it.
fn from(file: &Path, target: &str) -> PathBuf {
    let mut found = file.parent().unwrap_or(Path::new("")).to_path_buf();
    for part in Path::new(target).components() {
        match part {
            Component::ParentDir => drop(found.pop()),
            Component::Normal(name) => found.push(name),
            _ => {}
        }
    }
    found
}

/// The summary with addresses as they are from the top of the repository.
fn at_the_top(summary: &str) -> String {
    let line = |line: &str| match line.split_once("](") {
        Some((before, rest)) => {
            let target = rest.trim_end_matches(')');
            format!("{before}]({})\n", from(Path::new(SUMMARY), target).display())
        }
        None => format!("{line}\n"),
    };
    summary.lines().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_found_from_the_top_of_the_repository() {
        for (file, target, found) in [
            ("docs/SUMMARY.md", "guide/tasks.md", "docs/guide/tasks.md"),
            ("docs/SUMMARY.md", "../SECURITY.md", "SECURITY.md"),
            ("docs/guide/tasks.md", "../../end2end/shots/task-light.png", "end2end/shots/task-light.png"),
            ("README.md", "docs/keys.md", "docs/keys.md"),
        ] {
            assert_eq!(from(Path::new(file), target), PathBuf::from(found));
        }
    }

    #[test]
    fn only_what_is_in_the_repository_is_a_target() {
        let text = "[a](b.md#c) [d](https://e.example) [f](#g) [h](mailto:i@j) ![k](l.png)";
        assert_eq!(targets(text).collect::<Vec<_>>(), ["b.md", "l.png"]);
    }

    #[test]
    fn a_summary_at_the_top_leads_to_the_same_chapters() {
        assert_eq!(
            at_the_top("# For all\n- [Keys](keys.md)\n- [In](../A.md)"),
            "# For all\n- [Keys](docs/keys.md)\n- [In](A.md)\n"
        );
    }
}
