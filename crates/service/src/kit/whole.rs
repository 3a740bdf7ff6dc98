//! What holds for every database that this program wrote, whatever happened to it.

use ledger::{Leaf, Outcome};
use model::{
    Board, CommentId, Event, Instant, PersonId, ProjectId, ProjectRole, Recorded, Stream, TaskId, testing::START_MS,
};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

use super::House;
use crate::{
    search::{self, Kind},
    sql::{all, get, stream_of},
};

/// For how many days at least nothing is forgotten, and for how many operations are not.
const KEPT_DAYS: i64 = 30;
const OPS_DAYS: i64 = 90;

impl House {
    /// Panics unless the database is whole: every stream's events are 1 to its head without gaps; every operation's
    /// events are there and no others; the ledger has one entry for each operation and each deed of an account; rows,
    /// texts and memberships are what the feed says.
    pub async fn assert_whole(&self) {
        let streams = self.streams().await;
        let mut feeds = BTreeMap::new();
        for (stream, (seq, numbered)) in &streams {
            let feed = self.feed(*stream).await;
            let numbers: Vec<i64> = feed.iter().map(|e| e.seq).collect();
            assert_eq!(numbers, (1..=*seq).collect::<Vec<_>>(), "the numbers of {stream}");
            assert!(feed.iter().all(|e| e.event.stream_kind() == stream.kind()), "an event in the wrong {stream}");
            let created = feed.iter().filter_map(|e| match &e.event {
                Event::TaskCreated { number, .. } => Some(i64::from(*number)),
                _ => None,
            });
            assert_eq!(created.collect::<Vec<_>>(), (1..=*numbered).collect::<Vec<_>>(), "task numbers of {stream}");
            feeds.insert(*stream, feed);
        }
        let n_events: usize = feeds.values().map(Vec::len).sum();
        assert_eq!(self.number("SELECT count(*) FROM events").await, i64::try_from(n_events).unwrap(), "stray events");
        let ops = self.assert_ops(&feeds).await;
        self.assert_ledger(&ops).await;
        self.assert_rows(&feeds).await;
        self.assert_texts(&feeds).await;
        self.assert_searched(&feeds).await;
    }

    async fn streams(&self) -> BTreeMap<Stream, (i64, i64)> {
        let rows = all(self.store().reader(), "SELECT id, kind, seq, numbered FROM streams", []).await.unwrap();
        let read = |row| {
            let stream = stream_of(get(row, 1).unwrap(), get::<Uuid>(row, 0).unwrap()).expect("a kind of stream");
            (stream, (get(row, 2).unwrap(), get(row, 3).unwrap()))
        };
        rows.iter().map(read).collect()
    }

    /// Answers the operations, sorted.
    async fn assert_ops(&self, feeds: &BTreeMap<Stream, Vec<Recorded>>) -> Vec<Uuid> {
        let sql = "SELECT op, actor, stream_kind, stream, first_seq, last_seq, at FROM ops";
        let mut ops = Vec::new();
        for row in all(self.store().reader(), sql, []).await.unwrap() {
            let (op, actor): (Uuid, Uuid) = (get(&row, 0).unwrap(), get(&row, 1).unwrap());
            let stream = stream_of(get(&row, 2).unwrap(), get(&row, 3).unwrap()).expect("a kind of stream");
            let (first, last): (i64, i64) = (get(&row, 4).unwrap(), get(&row, 5).unwrap());
            let its = |e: &&Recorded| e.op == Some(op.into()) && e.actor == actor.into();
            let numbers: Vec<i64> = feeds[&stream].iter().filter(its).map(|e| e.seq).collect();
            assert_eq!(numbers, (first..=last).collect::<Vec<_>>(), "the events of an operation on {stream}");
            assert!(!numbers.is_empty(), "an operation without events");
            if get::<i64>(&row, 6).unwrap() >= self.days_ago(OPS_DAYS).ms() {
                ops.push(op);
            }
        }
        ops.sort_unstable();
        let known: BTreeSet<Uuid> = ops.iter().copied().collect();
        let young = |e: &&Recorded| e.at >= self.days_ago(OPS_DAYS);
        let mut all_ops = feeds.values().flatten().filter(young).filter_map(|e| e.op);
        assert!(all_ops.all(|op| known.contains(&op.uuid())), "an event of an operation that is not there");
        ops
    }

    fn days_ago(&self, days: i64) -> Instant {
        self.now().plus_ms(-days * 86_400_000)
    }

    /// How many entries the ledger has of an action that ended so.
    pub async fn noted(&self, action: &str, outcome: Outcome) -> usize {
        let bodies = self.bodies().await;
        let leaves = bodies.iter().map(|body| Leaf::decode(body).unwrap());
        leaves.filter(|leaf| leaf.action == action && leaf.outcome == outcome).count()
    }

    /// All entries of the ledger, sealed or not.
    async fn bodies(&self) -> Vec<Vec<u8>> {
        let sql = "SELECT body FROM ledger_pending UNION ALL SELECT body FROM ledger_entries";
        let rows = all(self.store().reader(), sql, []).await.unwrap();
        rows.iter().map(|row| get(row, 0).unwrap()).collect()
    }

    async fn assert_ledger(&self, ops: &[Uuid]) {
        let bodies = self.bodies().await;
        let leaves: Vec<Leaf<'_>> = bodies.iter().map(|body| Leaf::decode(body).unwrap()).collect();
        let since_us = self.days_ago(OPS_DAYS).ms() * 1000;
        let of_commands = leaves.iter().filter(|leaf| leaf.kind == "command" && leaf.outcome == Outcome::Done);
        let of_commands = of_commands.filter(|leaf| leaf.at_us >= since_us);
        let mut requests: Vec<Uuid> =
            of_commands.map(|leaf| Uuid::from_bytes(leaf.request.expect("a request"))).collect();
        requests.sort_unstable();
        assert_eq!(requests, ops, "one entry in the ledger for each operation");
        for (action, sql) in [
            ("account_create", "SELECT count(*) FROM users"),
            ("authn_login_success", "SELECT count(*) FROM sessions"),
            ("session_logout", "SELECT count(*) FROM sessions WHERE revoked_at IS NOT NULL"),
        ] {
            let n = leaves.iter().filter(|l| l.action == action && l.outcome == Outcome::Done).count();
            let (told, rows) = (i64::try_from(n).unwrap(), self.number(sql).await);
            let may_be_forgotten = self.days_ago(KEPT_DAYS) >= Instant::from_ms(START_MS);
            assert!(told == rows || (may_be_forgotten && told > rows), "{told} entries of {action} for {rows} rows");
        }
    }

    async fn assert_rows(&self, feeds: &BTreeMap<Stream, Vec<Recorded>>) {
        let rows = all(self.store().reader(), "SELECT id FROM projects", []).await.unwrap();
        let projects: BTreeSet<ProjectId> = rows.iter().map(|r| get::<Uuid>(r, 0).unwrap().into()).collect();
        let removed = removed(feeds);
        let mut members: BTreeMap<PersonId, BTreeMap<ProjectId, ProjectRole>> = BTreeMap::new();
        let (mut with_feed, mut created) = (BTreeSet::new(), BTreeSet::new());
        for (stream, feed) in feeds {
            match stream {
                Stream::Project(project) if removed.contains(project) => {}
                Stream::Project(project) => {
                    with_feed.insert(*project);
                    let board = self.board(*project).await;
                    assert_eq!(Board::fold(*project, feed).expect("an opening"), board, "rows and feed of {stream}");
                    for (person, role) in board.members.iter() {
                        members.entry(*person).or_default().insert(*project, *role);
                    }
                }
                Stream::Instance => created.extend(feed.iter().filter_map(|e| match e.event {
                    Event::ProjectCreated { project } => Some(project).filter(|project| !removed.contains(project)),
                    _ => None,
                })),
                Stream::Person(_) => {}
            }
        }
        assert_eq!(with_feed, projects, "projects with a feed and with rows");
        assert_eq!(created, projects, "projects that the instance was told of");
        for (stream, feed) in feeds {
            let Stream::Person(person) = stream else { continue };
            let mut told = BTreeMap::new();
            for recorded in feed {
                match recorded.event {
                    Event::ProjectGained { project, role } => drop(told.insert(project, role)),
                    Event::ProjectLost { project } => drop(told.remove(&project)),
                    _ => {}
                }
            }
            told.retain(|project, _| !removed.contains(project));
            assert_eq!(told, members.remove(person).unwrap_or_default(), "what {stream} was told of memberships");
        }
        assert_eq!(members, BTreeMap::new(), "members without a stream");
    }

    /// What is searched is what the feed wrote last, and nothing that was removed.
    async fn assert_searched(&self, feeds: &BTreeMap<Stream, Vec<Recorded>>) {
        let (mut expected, removed) = (BTreeMap::new(), removed(feeds));
        for (stream, feed) in feeds {
            let Stream::Project(project) = stream else { continue };
            if removed.contains(project) {
                continue;
            }
            for task in self.board(*project).await.all_tasks() {
                let key = Board::fold(*project, feed).expect("an opening").key;
                let terms = search::title_terms(key.as_str(), task.number, task.title.as_str());
                expected.insert((task.id.uuid(), Kind::Title as i16), terms);
            }
            for recorded in feed {
                let key = match recorded.event {
                    Event::TaskCreated { task, .. } | Event::TaskDescribed { task, .. } => {
                        (task.uuid(), Kind::Description as i16)
                    }
                    Event::CommentAdded { comment, .. } | Event::CommentEdited { comment, .. } => {
                        (comment.uuid(), Kind::Comment as i16)
                    }
                    Event::CommentRemoved { comment, .. } => {
                        expected.remove(&(comment.uuid(), Kind::Comment as i16));
                        continue;
                    }
                    _ => continue,
                };
                if let Some(text) = &recorded.text {
                    expected.insert(key, search::terms(text));
                }
            }
        }
        let rows = all(self.store().reader(), "SELECT object, kind, terms FROM search_texts", []).await.unwrap();
        let read = |row| ((get::<Uuid>(row, 0).unwrap(), get::<i16>(row, 1).unwrap()), get::<String>(row, 2).unwrap());
        assert_eq!(rows.iter().map(read).collect::<BTreeMap<_, _>>(), expected, "what is searched");
    }

    async fn assert_texts(&self, feeds: &BTreeMap<Stream, Vec<Recorded>>) {
        let (mut with_text, mut comments) = (0, 0);
        let gone = feeds.values().flatten().filter_map(|e| match e.event {
            Event::TaskPurged { task } => Some(task),
            _ => None,
        });
        let with_project = removed(feeds).into_iter().filter_map(|project| feeds.get(&Stream::Project(project)));
        let gone: BTreeSet<TaskId> = gone.chain(with_project.flatten().filter_map(|e| e.event.task())).collect();
        for recorded in feeds.values().flatten() {
            // Who removes a comment erases all that was said in it until then.
            let is_erased = |comment: CommentId| {
                feeds.values().flatten().any(|later| {
                    later.seq > recorded.seq
                        && matches!(later.event, Event::CommentRemoved { comment: c, .. } if c == comment)
                })
            };
            let needs_text = match recorded.event {
                _ if recorded.event.task().is_some_and(|task| gone.contains(&task)) => false,
                Event::CommentAdded { comment, .. } => {
                    comments += 1;
                    !is_erased(comment)
                }
                Event::CommentEdited { comment, .. } => !is_erased(comment),
                Event::TaskDescribed { .. } => true,
                Event::TaskCreated { text_version, .. } => text_version > 0,
                _ => false,
            };
            assert_eq!(recorded.text.is_some(), needs_text, "the text of {recorded:?}");
            with_text += i64::from(needs_text);
        }
        assert_eq!(self.number("SELECT count(*) FROM text_versions").await, with_text, "texts");
        assert_eq!(self.number("SELECT count(*) FROM comments").await, comments, "comments");
    }
}

/// The projects that are gone, with all their rows.
fn removed(feeds: &BTreeMap<Stream, Vec<Recorded>>) -> BTreeSet<ProjectId> {
    let instance = feeds.get(&Stream::Instance).into_iter().flatten();
    let gone = instance.filter_map(|e| match e.event {
        Event::ProjectRemoved { project } => Some(project),
        _ => None,
    });
    gone.collect()
}
