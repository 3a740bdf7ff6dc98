//! Who may depend on whom: what must never be compiled into the page, and which rooms must not know each other.
//!
//! Must not know: why a package needs another; the architecture says that.

use std::collections::BTreeSet;

use anyhow::{Result, bail};

use crate::{
    shell,
    workspace::{APP, FRONTEND, WASM, Workspace, root},
};

/// The only packages of our own that may be compiled into the page.
const OF_THE_PAGE: [&str; 6] = [FRONTEND, APP, "muster-markup", "muster-model", "muster-wire", "muster-wire-derive"];

/// What would make the page big or belongs to the server. Names that end with `*` are prefixes.
const NOT_IN_THE_PAGE: [&str; 27] = [
    "ammonia",
    "argon2",
    "aws-lc*",
    "axum*",
    "chrono*",
    "comrak",
    "hyper*",
    "icu_datetime*",
    "jiff*",
    "jsonwebtoken",
    "lettre",
    "plotters",
    "pulldown-cmark",
    "rayon*",
    "reqwest",
    "ring",
    "rusqlite",
    "rustls*",
    "sea-orm*",
    "sea-query*",
    "sqlx*",
    "syntect",
    "time",
    "time-*",
    "tokio",
    "tower-http",
    "tracing-subscriber",
];

/// Rooms that are written as if each were published on its own, and what they may use of ours.
const ON_THEIR_OWN: [&str; 4] = ["muster-jobs", "muster-ledger", "muster-live", "muster-vault"];
/// Rooms that know nothing of ours, not even the domain.
const ALONE: [&str; 1] = ["muster-mail"];
const FOR_EVERYBODY: [&str; 3] = ["muster-model", "muster-store", "muster-wire"];

/// Compares what depends on what with the rules.
///
/// # Errors
///
/// With every dependency that should not be.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let mut tree = shell::command("cargo");
    tree.current_dir(root()).args(["tree", "--locked", "--package", FRONTEND, "--target", WASM]);
    let listed = shell::read(tree.args(["--edges", "normal", "--prefix", "none", "--format", "{p}"]))?;
    let in_page: BTreeSet<&str> = listed.lines().filter_map(|line| line.split_whitespace().next()).collect();
    let ours: Vec<&str> = workspace.packages.iter().map(|p| p.name.as_str()).collect();

    let mut wrong = strangers_in_page(&in_page, &ours);
    for package in &workspace.packages {
        let normal = package.dependencies.iter().filter(|d| d.kind.is_none()).map(|d| d.name.as_str());
        wrong.extend(
            normal
                .filter(|name| ours.contains(name) && !may_know(&package.name, name))
                .map(|name| format!("{} must not know {name}", package.name)),
        );
    }
    println!(
        "{} packages in the page, {} of them ours",
        in_page.len(),
        OF_THE_PAGE.iter().filter(|p| in_page.contains(*p)).count()
    );
    if !wrong.is_empty() {
        bail!("{}", wrong.join("; "));
    }
    Ok(())
}

fn strangers_in_page(in_page: &BTreeSet<&str>, ours: &[&str]) -> Vec<String> {
    let stranger = |name: &str| if ours.contains(&name) { !OF_THE_PAGE.contains(&name) } else { is_refused(name) };
    in_page.iter().filter(|name| stranger(name)).map(|name| format!("the page must not contain {name}")).collect()
}

fn is_refused(name: &str) -> bool {
    NOT_IN_THE_PAGE.iter().any(|rule| rule.strip_suffix('*').map_or(*rule == name, |start| name.starts_with(start)))
}

fn may_know(who: &str, whom: &str) -> bool {
    if who == "muster-model" {
        whom == "muster-wire"
    } else if ALONE.contains(&who) {
        false
    } else if ON_THEIR_OWN.contains(&who) {
        FOR_EVERYBODY.contains(&whom)
    } else {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_kept_free_of_the_server_and_of_big_libraries() {
        let in_page = ["muster-app", "muster-model", "leptos", "time-macros", "chrono-tz", "muster-store", "timer"];
        let wrong = strangers_in_page(&in_page.into(), &["muster-app", "muster-model", "muster-store"]);
        assert_eq!(
            wrong,
            ["chrono-tz", "muster-store", "time-macros"].map(|name| format!("the page must not contain {name}"))
        );
    }

    #[test]
    fn rooms_on_their_own_know_the_model_and_the_store_and_not_each_other() {
        for (who, whom, may) in [
            ("muster-vault", "muster-model", true),
            ("muster-jobs", "muster-store", true),
            ("muster-live", "muster-jobs", false),
            ("muster-live", "muster-mail", false),
            ("muster-mail", "muster-model", false),
            ("muster-mail", "muster-store", false),
            ("muster-service", "muster-mail", true),
            ("muster-ledger", "muster-service", false),
            ("muster-model", "muster-store", false),
            ("muster-model", "muster-wire", true),
            ("muster-service", "muster-ledger", true),
        ] {
            assert_eq!(may_know(who, whom), may, "{who} → {whom}");
        }
    }
}
