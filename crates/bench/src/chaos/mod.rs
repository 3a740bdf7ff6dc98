//! `cargo xtask bench chaos`: three server processes on PostgreSQL, fifty clients, nodes that are killed and connections that are cut.
//!
//! The clients are pages without a screen: the same boards (`model::Desk`), the same outbox rules, the same frames. Each command has its own
//! `OpId` and is sent until it is answered. When the time is over the trouble ends, everybody catches up, and it is checked that
//!
//! 1. each command that was answered as done is in the feed, among the operations and in the audit log exactly once, under the
//!    numbers of the answer, also when it came again later; and none that was refused or changed nothing,
//! 2. each client's board is the one that every node tells now, and the one that follows from the stored feed,
//! 3. each socket told every event once and in order from where it said it would, and what a client folded has no gap,
//! 4. `muster audit verify` says that the log is whole, against the anchors of all nodes, and counts the entries that are there.
//!
//! The same seed gives the same commands and troubles; when they strike depends on the machine, as it does in the world.
//!
//! Must not know: the inside of the product. It reads tables of the feed and of the log, whose forms are for ever.

pub mod books;
pub mod calm;
pub mod client;
pub mod history;
pub mod page;
pub mod trouble;

use std::{
    path::PathBuf,
    rc::Rc,
    sync::atomic::{AtomicBool, Ordering},
    thread::{self, ScopedJoinHandle},
    time::{Duration, Instant},
};

use anyhow::{Result, anyhow};
use model::{Board, Role, Stream, testing::Random};
use tokio::{
    runtime,
    sync::watch,
    task::{JoinSet, LocalSet},
    time::sleep,
};

use self::{
    client::{Client, Stage, Weather, World},
    history::Books,
    page::Page,
    trouble::{Nodes, Troubles},
};
use crate::{
    product::{Engine, Person, Product, Project},
    report::{Table, percentile},
};

const N_CLIENTS: usize = 50;
const N_PROJECTS: usize = 3;
/// So many faults are told.
const MOST_TOLD: usize = 20;

/// How it is to be done.
pub struct Plan {
    /// The product's binary.
    pub muster: PathBuf,
    /// An empty database of PostgreSQL.
    pub url: String,
    /// Where folders may be made.
    pub base: PathBuf,
    /// How long there is trouble.
    pub time: Duration,
    /// Where chance begins.
    pub seed: u64,
}

/// What came of the clients' part.
struct Ended {
    clients: Vec<Rc<Client>>,
    faults: Vec<String>,
    troubles: Troubles,
    busy: Duration,
}

/// Does it.
///
/// # Errors
///
/// When a promise is broken: then with the words which, for which client and operation, and with the seed.
pub fn run(plan: &Plan) -> Result<Table> {
    let product = Product::set_up(&plan.muster, Engine::Postgres(plan.url.clone()), &plan.base, N_CLIENTS, N_PROJECTS)?;
    let (home, people, projects) = product.leave();
    let mut nodes = Nodes::start(home)?;
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let before = runtime.block_on(books::read(&plan.url))?;
    let outcome = with_trouble(plan, &mut nodes, &runtime, &people, &projects)
        .and_then(|ended| looked_over(plan, &mut nodes, &runtime, &before, ended));
    outcome.map_err(|error| {
        nodes.home.keep();
        let logs = nodes.home.folder().display();
        error.context(format!("a promise was broken with --seed {}; the logs of the nodes are in {logs}", plan.seed))
    })
}

/// Lets the clients work while others make trouble.
fn with_trouble(
    plan: &Plan,
    nodes: &mut Nodes,
    runtime: &runtime::Runtime,
    people: &[Person],
    projects: &[Project],
) -> Result<Ended> {
    let world = Rc::new(World {
        nodes: nodes.addrs.clone(),
        origin: nodes.origin().to_owned(),
        people: people.iter().map(|p| p.id).collect(),
    });
    let now = Instant::now();
    let calm = Weather { n_cuts: 0, n_reloads: 0, held_until: now, away_until: now };
    let (skies, weathers): (Vec<_>, Vec<_>) = people.iter().map(|_| watch::channel(calm)).unzip();
    let (stage, stages) = watch::channel(Stage::Busy);
    let clients: Vec<_> = (people.iter().zip(weathers).enumerate())
        .map(|(n, (person, weather))| {
            Rc::new(Client::new(n, person.clone(), page_of(plan.seed, n, person, projects), weather, stages.clone()))
        })
        .collect();
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let trouble = scope.spawn(|| trouble::make(nodes, &skies, Random::new(plan.seed), &is_over));
        let work = async {
            let mut tasks = JoinSet::new();
            for client in &clients {
                let (client, world) = (client.clone(), world.clone());
                tasks.spawn_local(async move { client.run(&world).await });
            }
            let (busy, troubles) = until_over(plan.time, trouble, &is_over).await?;
            stage.send_replace(Stage::Quiet);
            let mut faults = calm::settle(&plan.url, &clients).await?;
            if faults.is_empty() {
                faults = calm::compare(&world, &people[0], projects, &clients).await?;
            }
            tasks.shutdown().await;
            faults.extend(clients.iter().flat_map(|client| std::mem::take(&mut client.page.borrow_mut().faults)));
            Ok(Ended { clients: clients.clone(), faults, troubles, busy })
        };
        let ended = LocalSet::new().block_on(runtime, work);
        is_over.store(true, Ordering::Relaxed);
        ended
    })
}

/// Waits until the time is over, and then until the trouble is.
async fn until_over(
    time: Duration,
    trouble: ScopedJoinHandle<'_, Result<Troubles>>,
    is_over: &AtomicBool,
) -> Result<(Duration, Troubles)> {
    let start = Instant::now();
    while !trouble.is_finished() {
        sleep(Duration::from_millis(20)).await;
        if start.elapsed() >= time {
            is_over.store(true, Ordering::Relaxed);
        }
    }
    let made = trouble.join().map_err(|_| anyhow!("the trouble itself broke"))??;
    Ok((start.elapsed(), made))
}

fn page_of(seed: u64, n: usize, person: &Person, projects: &[Project]) -> Page {
    // Far from the seeds of the others, and of the trouble.
    let of_client = u64::try_from(n).unwrap_or(0) + 1;
    let mut random = Random::new(seed.wrapping_add(of_client.wrapping_mul(0x5851_f42d_4c95_7f2d)));
    let role = if n == 0 { Role::Admin } else { Role::User };
    let first = random.below(projects.len());
    // One follows one project, another several.
    let some = 1 + random.below(projects.len());
    let followed = projects.iter().cycle().skip(first).take(some);
    Page::new(n, (person.id, role), followed.map(|p| (p.id, p.key.clone())).collect(), random)
}

/// Ends the nodes, reads what is stored, and judges.
fn looked_over(
    plan: &Plan,
    nodes: &mut Nodes,
    runtime: &runtime::Runtime,
    before: &Books,
    mut ended: Ended,
) -> Result<Table> {
    nodes.end_all()?;
    let books = runtime.block_on(books::read(&plan.url))?;
    ended.faults.extend(judge(&books, before, &ended.clients));
    let there = books.logged.len() + books.n_other_entries;
    let said = match books::verify(&nodes.home) {
        Ok((n, said)) if n == there => said,
        Ok((n, _)) => {
            ended.faults.push(format!("the audit log has {there} entries, and the verifier counted {n}"));
            String::new()
        }
        Err(error) => {
            ended.faults.push(format!("{error:#}"));
            String::new()
        }
    };
    if ended.faults.is_empty() {
        return Ok(table(plan, &ended, &books, &said, nodes));
    }
    let n = ended.faults.len();
    ended.faults.truncate(MOST_TOLD);
    Err(anyhow!("{n} faults, the first of them:\n{}", ended.faults.join("\n")))
}

/// Everything that what the clients were told and saw says about the books.
fn judge(books: &Books, before: &Books, clients: &[Rc<Client>]) -> Vec<String> {
    let mut faults = books.faults();
    let mut told = Vec::new();
    for client in clients {
        let page = client.page.borrow();
        faults.extend(books.belies(client.n, &page.saw));
        told.extend(page.told.iter().cloned());
        for (project, desk) in page.boards() {
            let folded = books.feed.get(&Stream::Project(project)).and_then(|events| Board::fold(project, events));
            if desk.is_some_and(|desk| Some(desk.confirmed()) != folded.as_ref()) {
                faults.push(format!("client {}: its board of {project} is not what the stored feed gives", client.n));
            }
        }
    }
    faults.extend(books.contradicts(&told, before));
    faults
}

fn table(plan: &Plan, ended: &Ended, books: &Books, said: &str, nodes: &Nodes) -> Table {
    let pages: Vec<_> = ended.clients.iter().map(|client| client.page.borrow()).collect();
    let figures: Vec<_> = ended.clients.iter().map(|client| client.figures.borrow()).collect();
    let told = || pages.iter().flat_map(|page| &page.told);
    let n_done = told().filter(|t| matches!(&t.answer, Ok(done) if done.last > 0)).count();
    let n_refused = told().filter(|t| t.answer.is_err()).count();
    let saw = || pages.iter().flat_map(|page| &page.saw);
    let n_came = saw().filter(|s| matches!(s, history::Saw::Came(..))).count();
    let mut answers: Vec<f64> = figures.iter().flat_map(|f| f.answers_ms.iter().copied()).collect();
    let without_live = figures.iter().map(|f| f.longest_without_live_ms).fold(0.0, f64::max);
    let Troubles { n_kills, n_ends, n_cuts, n_holds, n_aways, n_reloads } = ended.troubles;
    let mut table = Table::new(format!(
        "Chaos · three nodes on PostgreSQL, {N_CLIENTS} clients, {:.0} s, seed {}",
        ended.busy.as_secs_f64(),
        plan.seed
    ));
    for (label, n) in [
        ("nodes killed (SIGKILL)", n_kills),
        ("nodes ended and started (SIGTERM)", n_ends),
        ("clients cut off", n_cuts),
        ("clients held back", n_holds),
        ("clients without network for a while", n_aways),
        ("pages opened anew", n_reloads),
        ("commands answered", told().count()),
        ("of these done", n_done),
        ("of these refused", n_refused),
        ("requests sent again", figures.iter().map(|f| f.n_repeats).sum()),
        ("answered commands sent once more", pages.iter().map(|page| page.n_again).sum()),
        ("sockets opened again", figures.iter().map(|f| f.n_reconnects).sum()),
        ("told to resync", pages.iter().map(|page| page.n_resyncs).sum()),
        ("events that came", n_came),
    ] {
        table.add(label, "", f64::from(u32::try_from(n).unwrap_or(u32::MAX)));
    }
    table.add("an answer: p50", "ms", percentile(&mut answers, 50.0));
    table.add("an answer: p99", "ms", percentile(&mut answers, 99.0));
    table.add("the longest wait for an answer", "ms", percentile(&mut answers, 100.0));
    table.add("the longest time without a socket", "ms", without_live);
    let n_events: usize = books.feed.values().map(Vec::len).sum();
    table.note(format!(
        "Nothing lost, nothing doubled: {} operations and {n_events} events of {} streams against {} answers and {n_came} events \
         that came; each client's boards against those of each node and the stored feed. {said}",
        books.ops.len(),
        books.feed.len(),
        told().count(),
    ));
    table.note(format!(
        "The audit log has {} entries of commands that were done, one for each, and {} others.",
        books.logged.len(),
        books.n_other_entries
    ));
    let errors = nodes.errors();
    if let Some(first) = errors.first() {
        table.note(format!("The nodes logged {} errors; the first: {first}", errors.len()));
    }
    table
}
