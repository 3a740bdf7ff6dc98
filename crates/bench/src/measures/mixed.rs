//! A working day in ten minutes: a hundred changes a second of all sorts, people who open tasks and boards meanwhile, and
//! pages that hear of everything.
//!
//! The load is open: each thing is due at its moment, and its time counts from then, however long those before it took.

use std::{cell::Cell, collections::VecDeque, future::pending, rc::Rc, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use model::{Command, Day, Due, Envelope, Priority, Question, Spot, TaskId};
use serde::Serialize;
use serde_json::json;
use tokio::{
    runtime,
    task::{JoinSet, LocalSet},
    time::{Instant, sleep_until},
};

use super::Run;
use crate::{
    ids::Ids,
    line::{Frame, Line},
    product::{Product, Project},
    report::{Table, Target, percentile},
};

const N_PEOPLE: usize = 10;
const N_PROJECTS: usize = 4;
/// Pages that hear of everything, spread over people and projects.
const N_PAGES: usize = 50;
/// Who works: each does one thing after the other.
const N_WORKERS: usize = 16;
/// Changes each second, of which a fifth of all that is asked comes on top as questions.
const CHANGES: u32 = 100;
/// Of so many things in a row, two are questions.
const TURN: usize = 10;
/// So many open tasks of each worker; what is older is archived, so that memory grows by a leak alone.
const OPEN: usize = 60;
const MEGABYTE: f64 = 1e6;

/// Measures it, on each engine.
///
/// # Errors
///
/// When the product does not start, refuses something, or hangs up.
pub fn measure(run: &mut Run) -> Result<Table> {
    let time = run.pick(Duration::from_mins(10), Duration::from_secs(10));
    let title = format!("Mixed load · {CHANGES} changes a second for {} s, {N_PAGES} pages", time.as_secs());
    let mut table = Table::new(title);
    let Some(binary) = run.muster.clone() else { return Ok(table) };
    for (name, engine) in run.engines()? {
        let product = Product::set_up(&binary, engine, &run.folder, N_PEOPLE, N_PROJECTS)?.restart()?;
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let cpu = product.server.cpu_us()?;
        let mut day = LocalSet::new().block_on(&runtime, day(&product, time))?;
        let (p50, p99) = (format!("{name}: change, p50"), format!("{name}: change, p99"));
        table.add(&p50, "ms", percentile(&mut day.changes, 50.0));
        table.add(&p99, "ms", percentile(&mut day.changes, 99.0));
        table.expect(&p99, None, Some(Target::AtMost(50.0)));
        table.add(&format!("{name}: question, p50"), "ms", percentile(&mut day.questions, 50.0));
        table.add(&format!("{name}: question, p99"), "ms", percentile(&mut day.questions, 99.0));
        let busy = (product.server.cpu_us()? - cpu) / 1e6 / time.as_secs_f64();
        table.add(&format!("{name}: of a core"), "%", busy * 100.0);
        table.add(&format!("{name}: memory when all is open"), "MB", day.early / MEGABYTE);
        table.add(&format!("{name}: memory at the end"), "MB", day.late / MEGABYTE);
        let n = f64::from(u32::try_from(day.changes.len())?);
        table.note(format!("{name}: {n} changes, {:.0} frames heard.", day.n_heard));
    }
    table.note("All is open when a tenth of the time is over.");
    Ok(table)
}

/// What came of it.
struct Outcome {
    changes: Vec<f64>,
    questions: Vec<f64>,
    early: f64,
    late: f64,
    n_heard: f64,
}

async fn day(product: &Product, time: Duration) -> Result<Outcome> {
    let n_heard = Rc::new(Cell::new(0.0));
    let mut pages = JoinSet::new();
    for page in 0..N_PAGES {
        let line = enter(product, page % N_PEOPLE, page % N_PROJECTS).await?;
        pages.spawn_local(listen(line, n_heard.clone()));
    }
    let start = Instant::now();
    let mut workers = Vec::new();
    for number in 0..N_WORKERS {
        workers.push(Worker::new(product, number).await?);
    }
    let work = futures::future::try_join_all(workers.into_iter().map(|worker| worker.work(start, time)));
    let memory = async {
        sleep_until(start + time / 10).await;
        let early = product.server.resident_bytes()?;
        sleep_until(start + time).await;
        anyhow::Ok((early, product.server.resident_bytes()?))
    };
    // A page that ends is a fault: nobody asked it to.
    let hung_up = async {
        match pages.join_next().await {
            Some(ended) => ended?,
            None => pending().await,
        }
    };
    let (times, (early, late)) = tokio::select! {
        done = async { tokio::try_join!(work, memory) } => done?,
        fault = hung_up => bail!("a page was left: {:?}", fault.err()),
    };
    let (changes, questions): (Vec<_>, Vec<_>) = times.into_iter().unzip();
    Ok(Outcome { changes: changes.concat(), questions: questions.concat(), early, late, n_heard: n_heard.get() })
}

async fn enter(product: &Product, person: usize, project: usize) -> Result<Line> {
    let door = product.door(person, project)?;
    let mut line = Line::open(door.addr).await?;
    line.upgrade(&door.request).await?;
    line.write(&door.greeting).await?;
    Ok(line)
}

/// Hears everything, and answers nothing, as a page that only looks on.
async fn listen(mut line: Line, n_heard: Rc<Cell<f64>>) -> Result<()> {
    loop {
        match line.frame().await? {
            Frame::Text(_) => n_heard.set(n_heard.get() + 1.0),
            Frame::Close(code) => bail!("closed with {code}"),
        }
    }
}

/// Somebody who works on tasks of their own in one of the projects.
struct Worker<'p> {
    product: &'p Product,
    project: &'p Project,
    number: usize,
    line: Line,
    ids: Ids,
    /// Their open tasks, the oldest first.
    tasks: VecDeque<TaskId>,
    n_done: usize,
}

/// Milliseconds: of changes, and of questions.
type Times = (Vec<f64>, Vec<f64>);

impl<'p> Worker<'p> {
    async fn new(product: &'p Product, number: usize) -> Result<Self> {
        let line = Line::open(product.server.addr).await?;
        let project = &product.projects[number % N_PROJECTS];
        let ids = Ids::behind((number as u64 + 1) * 10_000_000);
        Ok(Self { product, project, number, line, ids, tasks: VecDeque::new(), n_done: 0 })
    }

    async fn work(mut self, start: Instant, time: Duration) -> Result<Times> {
        let (mut changes, mut questions) = (Vec::new(), Vec::new());
        // Two of ten things are questions: so often, that the others are as many as they shall be.
        let apart = Duration::from_secs(1) * 8 / 10 / CHANGES;
        for turn in 0.. {
            let due = start + apart * u32::try_from(turn * N_WORKERS + self.number)?;
            if due >= start + time {
                break;
            }
            sleep_until(due).await;
            if turn % TURN < 2 && !self.tasks.is_empty() {
                self.ask(turn % TURN == 0).await?;
                questions.push(due.elapsed().as_secs_f64() * 1e3);
            } else {
                let command = self.command()?;
                let envelope = Envelope { op: self.ids.fresh(), command };
                let body = self.send("/api/execute", &[envelope]).await?;
                ensure!(body.starts_with(br#"[{"done""#), "{}", String::from_utf8_lossy(&body));
                changes.push(due.elapsed().as_secs_f64() * 1e3);
            }
        }
        Ok((changes, questions))
    }

    async fn send(&mut self, path: &str, body: &impl Serialize) -> Result<Vec<u8>> {
        let request = self.product.request(Some(self.number % N_PEOPLE), path, body)?;
        let (status, body) = self.line.ask(&request).await?;
        ensure!(status == 200, "{path}: {status} {}", String::from_utf8_lossy(&body));
        Ok(body)
    }

    /// Opens the board, or a task of it.
    async fn ask(&mut self, is_board: bool) -> Result<()> {
        let task = *self.tasks.back().context("no task")?;
        let question = if is_board {
            Question::Board { key: self.project.key.clone() }
        } else {
            Question::Task { project: self.project.id, task }
        };
        self.send("/api/ask", &json!({ "question": question })).await.map(drop)
    }

    /// The next thing that is done: each sort in its turn.
    fn command(&mut self) -> Result<Command> {
        let (project, statuses) = (self.project.id, &self.project.statuses);
        let n = self.n_done;
        self.n_done += 1;
        let Some(&task) = self.tasks.get(n % self.tasks.len().max(1)) else { return self.create() };
        let person = self.product.people[n % N_PEOPLE].id;
        Ok(match n % 8 {
            0 if self.tasks.len() >= OPEN => {
                let task = self.tasks.pop_front().context("no task")?;
                Command::ArchiveTask { project, task, on: true }
            }
            0 | 1 => return self.create(),
            2 => Command::MoveTask { project, task, to: statuses[n / 8 % statuses.len()], spot: Spot::First },
            3 => {
                Command::AddComment { project, task, comment: self.ids.fresh(), text: "The posts are in.".try_into()? }
            }
            4 => Command::RenameTask { project, task, title: format!("Check the fence, part {n}").try_into()? },
            5 => Command::Assign { project, task, person },
            6 => Command::SetDue {
                project,
                task,
                due: Day::from_ymd(2031, 3, 1 + u32::try_from(n / 8 % 28)?).map(Due::Day),
            },
            _ => {
                let priority = if (n / 8).is_multiple_of(2) { Priority::High } else { Priority::Low };
                Command::SetPriority { project, task, priority: Some(priority) }
            }
        })
    }

    fn create(&mut self) -> Result<Command> {
        let task = self.ids.fresh();
        self.tasks.push_back(task);
        Ok(Command::CreateTask {
            project: self.project.id,
            task,
            title: "Check the fence before the first delivery".try_into()?,
            text: None,
            status: self.project.statuses[0],
            due: None,
            assignees: Vec::new(),
            priority: None,
            labels: Vec::new(),
            parent: None,
        })
    }
}
