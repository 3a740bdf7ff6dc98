//! Who may do what: every route, question, command, page and live frame × who asks × whose it is, with the exact class of answer.
//!
//! What there is comes from the program: the routes from the table that the router is made of, questions, commands and frames
//! from the names that their types can be read from. One that has no case here, or no line in the grid, fails the test.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking, its helpers too")]

mod acts;
mod ended;
mod frames;
mod headers;
mod names;
mod pages;
mod routes;
mod strangers;
mod told;
mod traces;
mod world;

use http::Method;
use model::Refusal;
use service::kit::House;
use std::fmt::Write as _;

use crate::router::{Doors, doors, router};
use names::variants;
use world::{Answer, Who, Whose, World};

/// The whole policy of the site, in a file, to be read and reviewed as text.
///
/// `y` it is done or shown; `s` 401, or led to where one signs in; `n` 403; `.` 404, or an answer without it; `l` 422: for
/// whoever has the link or the first step that belongs to it, whoever they are, and these have not; `h` led home, because they are
/// signed in. Three letters: for something of one's own (a project that one leads, what one did in the project before one left
/// it), of somebody else in the project, and in the other project.
const GRID: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/matrix/grid.txt");

/// What a case answers, and whether it is about something of somebody's.
#[derive(Clone, Copy)]
enum About {
    Nothing,
    Something,
}

/// A line of the grid: everybody's answers.
async fn line(grid: &mut String, name: &str, about: About, answer: impl AsyncFn(Who, Whose) -> char) {
    let mut letters = Vec::new();
    for who in Who::ALL {
        let mut told = String::new();
        for whose in Whose::ALL {
            if matches!(about, About::Something) || whose == Whose::Own {
                told.push(answer(who, whose).await);
            }
        }
        letters.push(told);
    }
    let [nobody, user, manager, admin, disabled, stranger] = letters.try_into().unwrap();
    let _ = writeln!(grid, "{name:<44}{nobody:<7}{user:<6}{manager:<8}{admin:<6}{disabled:<9}{stranger}");
}

/// The letter of an answer. One that is none of these is a mistake of the test or of the program.
fn letter(answer: &Answer) -> char {
    match (answer.status, answer.to.as_deref()) {
        (200..=299, _) => 'y',
        (300..=399, Some("/")) => 'h',
        (300..=399, Some(to)) if to.starts_with("/signin") => 's',
        (status, _) => letter_of(status, || answer.json()),
    }
}

fn letter_of(status: u16, refusal: impl FnOnce() -> Refusal) -> char {
    match status {
        401 => 's',
        403 => 'n',
        404 => '.',
        422 => match refusal() {
            Refusal::BadLink => 'l',
            // The first step of signing in is told apart by its sentence alone; the one of an offer and of a session, by its field.
            Refusal::Invalid { field, .. } if field == "form" => 'l',
            // What one may not give away oneself is told at its field.
            Refusal::Invalid { field, .. } if field == "projects" => 'n',
            // There was nothing to do for an order that they may give.
            Refusal::Invalid { field, .. } if field == "order" => 'y',
            other => panic!("{other:?}"),
        },
        other => panic!("{other}: {:?}", refusal()),
    }
}

fn all() -> Vec<(Method, String)> {
    let Doors { pages, asked, changes, open } = doors();
    let all = pages.into_iter().chain(asked).chain(changes).chain(open);
    all.map(|route| (route.method, route.path)).collect()
}

async fn grid(house: &House) -> String {
    let world = World::new(house).await;
    let mut grid = String::new();
    let _ = writeln!(grid, "{:<44}nobody user  manager admin disabled another project's member", "");
    for (method, path) in all() {
        let route = format!("{method} {path}");
        match route.as_str() {
            "GET /" | "GET /{*path}" => {
                for (name, about) in pages::of(&path) {
                    let answer = async |who, whose| pages::answer(&world, name, who, whose).await;
                    line(&mut grid, &format!("GET {name}"), about, answer).await;
                }
            }
            "POST /api/ask" => {
                for name in variants::<model::Question>("\"\"") {
                    let answer = async |who, whose| told::question(&world, &name, who, whose).await;
                    line(&mut grid, &format!("ask {name}"), told::about_question(&name), answer).await;
                }
            }
            "POST /api/execute" => {
                for name in variants::<model::Command>("\"\"") {
                    let answer = async |who, whose| told::command(&world, &name, who, whose).await;
                    line(&mut grid, &format!("execute {name}"), told::about_command(&name), answer).await;
                }
            }
            "GET /live" => frames::lines(&world, &mut grid).await,
            _ => {
                for (name, about) in routes::of(&route) {
                    let answer = async |who, whose| routes::answer(&world, &name, who, whose).await;
                    line(&mut grid, &name, about, answer).await;
                }
            }
        }
    }
    world.is_untouched().await;
    grid
}

service::both_engines! {
    async fn everybody_gets_from_each_way_in_what_the_grid_says_and_nothing_else(house) {
        let (grid, reviewed) = (grid(house).await, std::fs::read_to_string(GRID).unwrap());
        let differs: Vec<_> = grid.lines().zip(reviewed.lines()).filter(|(is, said)| is != said).collect();
        assert!(grid == reviewed, "{differs:#?}\nthe whole grid is now:\n{grid}");
    }

    async fn what_is_for_developers_is_nowhere_else(house) {
        let folder = tempfile::tempdir().unwrap();
        let world = World::over(house, router(world::site(house, &folder, false)), folder).await;
        let caller = world.caller(Who::Admin);
        for (method, path) in all().into_iter().filter(|(_, path)| path.starts_with("/dev/")) {
            let body = (method == Method::POST).then(|| serde_json::json!({ "ms": 1 }));
            let told = world.send(caller, method, &path.replace("{id}", world::MAIL), body).await;
            let is_style = path == "/dev/mailbox.css";
            assert_eq!(told.status, if is_style { 200 } else { 404 }, "{path}");
        }
    }

    async fn no_other_site_makes_a_browser_change_anything(house) {
        let world = World::new(house).await;
        let admin = world.caller(Who::Admin);
        let before = house.trace().await;
        for (method, path) in all() {
            let is_socket = path == "/live";
            if method == Method::GET && !is_socket {
                continue;
            }
            let path = path.replace("{link}", "x");
            for (name, value) in [("origin", "https://evil.example"), ("origin", "null"), ("sec-fetch-site", "cross-site")] {
                let told = world.send_from(admin, (name, value), method.clone(), &path).await;
                assert_eq!(told.status, 403, "{method} {path} with {name}: {value}");
            }
        }
        assert_eq!(house.trace().await, before);
    }
}

#[test]
fn routes_are_written_down_in_their_table_alone() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
    let mut with_routes = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten().filter(|entry| entry.path().is_file()) {
        let text = std::fs::read_to_string(entry.path()).unwrap();
        if text.contains("Router::new") || text.contains("axum::routing") || text.contains("routing::{") {
            with_routes.push(entry.file_name().into_string().unwrap());
        }
    }
    assert_eq!(with_routes, ["routes.rs"], "what makes routers");
}
