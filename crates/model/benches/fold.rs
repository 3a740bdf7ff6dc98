//! What a page and the server do most with a feed: fold it, encode it, and send and read a whole board.

#![expect(clippy::unwrap_used, reason = "a bench that cannot make its data has to stop")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use muster_model::{
    Board, BoardSnapshot, Category, Day, Due, Event, Hue, Instant, NewStatus, PersonId, Priority, ProjectId,
    ProjectRole, Rank, Recorded, StatusId, TaskId, live::ServerFrame, new_id,
};

/// A feed whose every fourth event creates a task; the others assign, move, rename and comment, as a team would.
struct Feed {
    project: ProjectId,
    events: Vec<Recorded>,
}

/// An id that is the same in every run.
fn id<T: From<uuid::Uuid>>(n: u64) -> T {
    // An odd multiplier spreads the numbers over all bits, so that the ids compress as badly as real ones.
    let mut random = [0; 10];
    random[..8].copy_from_slice(&n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
    let at = i64::try_from(n).unwrap_or(0);
    new_id(Instant::from_ms(1_790_000_000_000 + at * 977), random)
}

fn text<T: TryFrom<String>>(text: String) -> T
where
    T::Error: std::fmt::Debug,
{
    T::try_from(text).unwrap()
}

fn feed(n_events: u64) -> Feed {
    let people: Vec<PersonId> = (0..12).map(id).collect();
    let statuses: Vec<StatusId> = (100..104).map(id).collect();
    let names = ["Backlog", "In progress", "In review", "Done"];
    let categories = [Category::Backlog, Category::InProgress, Category::InProgress, Category::Done];
    let columns = statuses.iter().zip(names).zip(categories);
    let mut happened = vec![Event::ProjectOpened {
        key: text("NOR".into()),
        name: text("Norrvik".into()),
        hue: Hue::of(&[1]),
        statuses: columns
            .map(|((id, name), category)| NewStatus { id: *id, name: text(name.into()), category })
            .collect(),
        is_sample: false,
    }];
    happened.extend(people.iter().map(|person| Event::MemberAdded { person: *person, role: ProjectRole::Member }));
    let mut tasks: Vec<(TaskId, usize)> = Vec::new();
    let mut ranks: Vec<Option<Rank>> = vec![None; statuses.len()];
    for n in u64::try_from(happened.len()).unwrap_or(0)..n_events {
        let pick = usize::try_from(n.wrapping_mul(0x9e37_79b9) >> 3).unwrap_or(0);
        let person = people[pick % people.len()];
        if n % 4 == 1 || tasks.is_empty() {
            let column = pick % statuses.len();
            let rank = Rank::between(ranks[column].as_ref(), None);
            ranks[column] = Some(rank.clone());
            let task = id(1_000 + n);
            tasks.push((task, column));
            happened.push(Event::TaskCreated {
                task,
                number: u32::try_from(tasks.len()).unwrap_or(0),
                title: text(format!(
                    "Check the fence {} before the {} delivery",
                    pick % 997,
                    ["first", "last"][pick % 2]
                )),
                status: statuses[column],
                rank,
                due: Day::from_number(20_700 + i32::try_from(pick % 90).unwrap_or(0))
                    .filter(|_| pick % 3 == 0)
                    .map(Due::Day),
                assignees: vec![person],
                text_version: u32::from(pick % 5 == 0),
                priority: Some(Priority::Medium).filter(|_| pick % 4 == 0),
                labels: Vec::new(),
                parent: None,
                mentions: Vec::new(),
            });
            continue;
        }
        let n_tasks = tasks.len();
        let (task, column) = &mut tasks[pick % n_tasks];
        let task = *task;
        happened.push(match n % 4 {
            0 => Event::CommentAdded { comment: id(2_000_000 + n), task, mentions: Vec::new() },
            2 => Event::TaskAssigned { task, person },
            _ => {
                let (from, to) = (*column, (*column + 1) % statuses.len());
                let rank = Rank::between(ranks[to].as_ref(), None);
                ranks[to] = Some(rank.clone());
                *column = to;
                Event::TaskMoved { task, from: statuses[from], to: statuses[to], rank }
            }
        });
    }
    let events = happened.into_iter().zip(1_i64..).map(|(event, seq)| Recorded {
        seq,
        op: Some(id(4_000_000 + seq.unsigned_abs())),
        actor: people[0],
        at: Instant::from_ms(1_790_000_000_000 + seq * 977),
        event,
        text: None,
        html: None,
    });
    Feed { project: id(1), events: events.collect() }
}

fn board_of(n_tasks: u64) -> Board {
    let feed = feed(n_tasks * 4 + 13);
    Board::fold(feed.project, &feed.events).unwrap()
}

fn fold(c: &mut Criterion) {
    let feed = feed(10_000);
    let mut group = c.benchmark_group("fold");
    group.throughput(Throughput::Elements(10_000));
    group.bench_function("10000 events", |b| b.iter(|| Board::fold(feed.project, black_box(&feed.events))));
    group.finish();
}

fn encode(c: &mut Criterion) {
    let feed = feed(1_000);
    let mut group = c.benchmark_group("encode");
    group.throughput(Throughput::Elements(1));
    let one = ServerFrame::Events { ch: 3, events: feed.events[500..501].to_vec() };
    group.bench_function("1 event", |b| b.iter(|| serde_json::to_string(black_box(&one))));
    let text = serde_json::to_string(&one).unwrap();
    group.bench_function("read 1 event", |b| b.iter(|| serde_json::from_str::<ServerFrame>(black_box(&text))));
    group.finish();
}

fn snapshot(c: &mut Criterion) {
    let mut group = c.benchmark_group("snapshot");
    for n_tasks in [1_000, 10_000] {
        let board = board_of(n_tasks);
        assert_eq!(board.n_tasks() as u64, n_tasks);
        let json = serde_json::to_string(&BoardSnapshot::from(&board)).unwrap();
        group.throughput(Throughput::Elements(n_tasks));
        group.bench_function(BenchmarkId::new("write", n_tasks), |b| {
            b.iter(|| serde_json::to_string(&BoardSnapshot::from(black_box(&board))));
        });
        group.bench_function(BenchmarkId::new("read", n_tasks), |b| {
            b.iter(|| Board::try_from(serde_json::from_str::<BoardSnapshot>(black_box(&json)).unwrap()).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, fold, encode, snapshot);
criterion_main!(benches);
