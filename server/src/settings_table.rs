//! The table of docs/settings.md, made from the options themselves. The test that compares them can also write it.
//!
//! Must not know: what a setting does; its help says that.

use clap::{Arg, CommandFactory as _, Parser as _};
use std::fmt::Write as _;

use crate::settings::Settings;

/// Where the table stands.
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/settings.md");
/// With this variable in its environment the test writes the table instead of comparing it.
const WRITE: &str = "MUSTER_WRITE_DOCS";
const BEGIN: &str = "<!-- from here on written by `MUSTER_WRITE_DOCS=1 cargo test -p muster settings_table` -->\n";
const END: &str = "<!-- until here -->";

/// A setting as people read of it.
struct Setting {
    option: String,
    variable: String,
    default: String,
    words: String,
}

impl Setting {
    fn of(argument: &Arg) -> Option<Self> {
        let option = argument.get_long()?.to_owned();
        let variable = argument.get_env()?.to_str()?.to_owned();
        let help = argument.get_long_help().or_else(|| argument.get_help())?.to_string();
        let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
        let (words, default) = help.split_once(" [default: ").unwrap_or((&help, "]"));
        Some(Self { option, variable, default: default.trim_end_matches(']').to_owned(), words: marked(words) })
    }
}

/// A default as a cell: a value as code, a description as it is.
fn shown(default: &str) -> String {
    match default {
        "" => "–".to_owned(),
        words if words.contains(' ') => words.replace('<', "\\<"),
        value => format!("`{value}`"),
    }
}

/// Words with addresses and variables as code. What is in backticks is so already.
fn marked(words: &str) -> String {
    let is_variable = |word: &str| word.contains('_') && word.chars().all(|c| c == '_' || c.is_ascii_uppercase());
    let is_code = |word: &str| word.contains("://") || is_variable(word);
    let mut out = String::new();
    for (n, part) in words.split('`').enumerate() {
        if n % 2 == 1 {
            let _ = write!(out, "`{part}`");
            continue;
        }
        for piece in part.split_inclusive(' ') {
            let word = piece.trim_matches([' ', '[', ']', '(', ')', ',', ';']);
            out += &if is_code(word) { piece.replace(word, &format!("`{word}`")) } else { piece.to_owned() };
        }
    }
    out
}

fn table() -> String {
    let mut table = "\n| option | environment | default | what it does |\n|---|---|---|---|\n".to_owned();
    let serve = crate::Cli::command();
    let serve = serve.find_subcommand("serve").unwrap();
    for Setting { option, variable, default, words } in serve.get_arguments().filter_map(Setting::of) {
        let _ = writeln!(table, "| `--{option}` | `{variable}` | {} | {words} |", shown(&default));
    }
    table + "\n"
}

#[test]
fn the_settings_in_the_docs_are_those_of_the_program() {
    let text = std::fs::read_to_string(FILE).unwrap();
    let (before, rest) = text.split_once(BEGIN).expect("docs/settings.md has the mark at which the table begins");
    let (written, after) = rest.split_once(END).expect("docs/settings.md has the mark at which the table ends");
    let told = table();
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(FILE, [before, BEGIN, &told, END, after].concat()).unwrap();
        return;
    }
    assert_eq!(
        written, told,
        "docs/settings.md does not tell the settings of the program: run `{WRITE}=1 cargo test -p muster settings_table` and \
         look at what it changed"
    );
}

#[test]
fn every_option_of_the_server_is_in_the_table() {
    let command = crate::Cli::command();
    let serve = command.find_subcommand("serve").unwrap();
    let own = serve.get_arguments().filter(|a| !["help", "version"].contains(&a.get_id().as_str()));
    for argument in own {
        assert!(Setting::of(argument).is_some(), "{} has a long name, a variable and a help text", argument.get_id());
    }
}

/// What is in force with these options.
fn in_force(options: Vec<String>) -> Vec<String> {
    let line = ["muster", "serve"].map(str::to_owned).into_iter().chain(options);
    let crate::Command::Serve(options) = crate::Cli::parse_from(line).command else { panic!("it serves") };
    let s = Settings::gather(*options).unwrap();
    vec![
        format!("{:?}", (s.listen, s.database_url, s.origins, s.site, s.audit_anchor, s.files)),
        format!("{:?}", (s.key_age_days, s.key_rotate_days, s.readers, s.writers, s.sockets_per_person)),
        format!("{:?}", (s.log, s.log_json, s.test_clock, s.demo)),
    ]
}

#[test]
fn the_defaults_that_are_told_are_those_in_force() {
    let command = crate::Cli::command();
    let all = command.find_subcommand("serve").unwrap().get_arguments().filter_map(Setting::of);
    let values = all.filter(|setting| !setting.default.is_empty() && !setting.default.contains(' '));
    let given: Vec<String> = values
        .map(|Setting { option, default, .. }| format!("--{option}={default}"))
        .map(|given| given.replace("<data>", "data").replace("<port>", "4000"))
        .collect();
    assert!(given.len() > 12, "{given:?}");
    assert_eq!(in_force(given), in_force(Vec::new()));
}

#[test]
fn addresses_and_variables_are_told_as_code() {
    for (words, told) in [
        ("A folder, or s3://bucket/prefix, or `x:`", "A folder, or `s3://bucket/prefix`, or `x:`"),
        ("[with VAULT_TOKEN or A]", "[with `VAULT_TOKEN` or A]"),
    ] {
        assert_eq!(marked(words), told);
    }
    assert_eq!(["", "4", "<data>/x", "<data>/x, made"].map(shown), ["–", "`4`", "`<data>/x`", "\\<data>/x, made"]);
}
