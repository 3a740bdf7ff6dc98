//! What each way of changing something leaves in the audit log: done by who may, and tried by who may not.
//!
//! The ways come from the table of routes and from the names of the commands, as in the grid: one that leaves nothing fails the
//! test, unless it is said here why.

use http::Method;
use service::kit::House;
use std::fmt::Write as _;

use super::{
    About, all,
    names::variants,
    routes, told,
    world::{Who, Whose, World},
};

/// All of it, in a file, to be read and reviewed as text. `MUSTER_WRITE_DOCS=1 cargo test -p muster acts::sqlite` writes it.
const ACTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/matrix/acts.txt");

/// What changes nothing that anybody else could ask about.
const SILENT: [(&str, &str); 17] = [
    ("POST /api/inbox", "what one has read is one's own matter"),
    ("POST /api/account/preferences", "which mails one wants is one's own matter"),
    ("POST /api/account/presence", "whether one is seen is one's own matter"),
    ("POST /api/account/unsubscribe", "which mails one wants is one's own matter"),
    ("POST /unsubscribe/{link}", "which mails one wants is one's own matter"),
    ("POST /api/account/strength", "a question"),
    ("POST /api/account/sign-in-code", "without the first step nobody is signing in"),
    ("POST /api/account/set-up", "a link that was never made"),
    ("POST /api/account/ask", "a link that was never made"),
    ("POST /api/account/verify", "a link that was never made"),
    ("POST /api/account/reset", "a link that was never made"),
    ("POST /api/account/email/confirm", "a link that was never made"),
    ("POST /api/account/email/back", "a link that was never made"),
    ("POST /api/keys", "nothing is left on another key"),
    ("POST /api/account/accept", "a link that was never made"),
    ("POST /api/account/join", "a link that was never made"),
    ("POST /api/welcome/end", "nobody has first steps before them"),
];

fn cell(name: &str, letter: char, noted: &[String]) -> String {
    let silent = SILENT.iter().find(|(silent, _)| *silent == name);
    match (noted.is_empty(), silent, letter) {
        (false, _, _) => once(noted).join(", "),
        (true, Some((_, why)), _) => format!("({why})"),
        // Who is not signed in is told so before anything is looked at.
        (true, None, 's') => "(signed out)".to_owned(),
        (true, None, _) => "NOTHING".to_owned(),
    }
}

/// Each deed once: what is done several times in one go is one thing to read.
fn once(noted: &[String]) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    for deed in noted {
        if !told.contains(deed) {
            told.push(deed.clone());
        }
    }
    told
}

/// A line: by an Admin to what is theirs, and by a User to what is not.
async fn line(
    acts: &mut String,
    world: &World<'_>,
    name: &str,
    about: About,
    answer: impl AsyncFn(Who, Whose) -> char,
) {
    let foreign = if matches!(about, About::Something) { Whose::Other } else { Whose::Own };
    let mut cells = Vec::new();
    for (who, whose) in [(Who::Admin, Whose::Own), (Who::User, foreign)] {
        let letter = answer(who, whose).await;
        cells.push(cell(name, letter, &world.noted()));
    }
    let _ = writeln!(acts, "{name:<36} {:<58} {}", cells[0], cells[1]);
}

async fn acts(house: &House) -> String {
    let world = World::audited(house).await;
    let mut acts = String::new();
    let _ = writeln!(acts, "{:<36} {:<58} a User, to what is somebody else's", "", "an Admin, to what is theirs");
    for (_, path) in all().into_iter().filter(|(method, _)| *method == Method::POST) {
        match path.as_str() {
            // Questions, and what is there for developers alone.
            "/api/ask" | "/dev/clock" => {}
            "/api/execute" => {
                for name in variants::<model::Command>("\"\"") {
                    let answer = async |who, whose| told::command(&world, &name, who, whose).await;
                    line(&mut acts, &world, &format!("execute {name}"), told::about_command(&name), answer).await;
                }
            }
            _ => {
                for (name, about) in routes::of(&format!("POST {path}")) {
                    let answer = async |who, whose| routes::answer(&world, &name, who, whose).await;
                    line(&mut acts, &world, &name, about, answer).await;
                }
            }
        }
    }
    acts
}

service::both_engines! {
    async fn whatever_changes_something_is_in_the_audit_log_done_or_refused(house) {
        let (acts, reviewed) = (acts(house).await, std::fs::read_to_string(ACTS).unwrap());
        let differs: Vec<_> = acts.lines().zip(reviewed.lines()).filter(|(is, said)| is != said).collect();
        if std::env::var_os("MUSTER_WRITE_DOCS").is_some() {
            std::fs::write(ACTS, &acts).unwrap();
        }
        assert!(acts == reviewed, "{differs:#?}\nall of it is now:\n{acts}");
        assert!(!acts.contains("NOTHING"), "{acts}");
    }
}
