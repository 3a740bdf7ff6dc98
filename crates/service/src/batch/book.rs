//! The book of one batch: where its streams stand, which boards it works on, and all that will be written.

use jobs::{NewJob, Turn, TurnAnswer};
use ledger::{Leaf, Side};
use model::{
    Board, Change, Command, CommentId, Done, Event, Facts, Key, OpId, PersonId, ProjectId, Recorded, Refusal, Said,
    Stamp, Stream, TaskId, decide,
};
use sea_orm::{DatabaseConnection, DatabaseTransaction, DbErr};
use std::{
    collections::{BTreeMap, HashMap},
    mem,
};
use store::{Condition, Insert, Row, insert_if};
use uuid::Uuid;
use vault::Vault;

use crate::{
    Outside,
    batch::{
        Item, Ordered,
        differs::{Differs, Was, differs},
        leaves::{Leaves, Told},
        memory::{Memory, Recalled, Sessions},
        opening::{Head, Stored, answered, lock, signed_in},
        partial::Partial,
        rows::{Changes, Field, Rows},
    },
    context::in_lock_order,
    prune::erase_project,
    sql::{get, id, kind_code, one},
};

/// What a book needs of the house.
type House<'t> = (&'t Outside, &'t Vault);

/// One batch, open.
pub(crate) struct Book<'t> {
    /// Nothing: all that is needed is here already.
    tx: Option<&'t DatabaseTransaction>,
    outside: &'t Outside,
    vault: &'t Vault,
    heads: BTreeMap<Stream, Head>,
    moved: BTreeMap<Stream, Head>,
    boards: HashMap<ProjectId, Partial>,
    sessions: Sessions,
    ops: HashMap<(PersonId, OpId), Stored>,
    rows: Rows,
    events: Vec<Row>,
    op_rows: Vec<Row>,
    leaves: Leaves,
    brings_jobs: bool,
    has_leaves: bool,
}

/// What [`decide`] is told.
struct Known<'a> {
    board: Option<&'a Board>,
    knows: bool,
    has_key: bool,
    comment: Option<Said>,
}

impl Facts for Known<'_> {
    fn board(&self) -> Option<&Board> {
        self.board
    }
    fn knows(&self, _: PersonId) -> bool {
        self.knows
    }
    fn has_key(&self, _: &Key) -> bool {
        self.has_key
    }
    fn comment(&self, _: CommentId) -> Option<Said> {
        self.comment
    }
}

impl<'t> Book<'t> {
    /// Locks the streams, in their order, and reads who is signed in and what this batch's operations were answered before.
    pub(super) async fn open(
        tx: &'t DatabaseTransaction,
        house: House<'t>,
        items: &[Item],
        memory: &Memory,
    ) -> Result<Self, DbErr> {
        let streams = in_lock_order(items.iter().flat_map(Item::streams).collect());
        let heads = lock(tx, &streams).await?;
        let sessions = signed_in(tx, items).await?;
        let ops = answered(tx, items).await?;
        let mut boards = HashMap::new();
        for (stream, head) in &heads {
            if let Stream::Project(project) = stream
                && let Some(board) = memory.take_board(*project)
                && board.board.seq == head.seq
            {
                boards.insert(*project, board);
            }
        }
        // To remember one is harmless: its row is asked again whenever it is used.
        let mut by_hash = Sessions::new();
        for session in sessions {
            memory.keep_session(session);
            by_hash.insert(session.actor.session_hash, session.actor);
        }
        Ok(Self { ops, ..Self::begin(Some(tx), house, heads, boards, by_hash) })
    }

    /// Goes by what is remembered. Only [`Book::close_at_once`] finds out whether all of it is still so.
    pub(super) fn recalled(house: House<'t>, recalled: Recalled) -> Self {
        let Recalled { boards, sessions } = recalled;
        let head = |board: &Board| Head { seq: board.seq, numbered: i64::from(board.next_number) - 1 };
        let heads = boards.iter().map(|(project, kept)| (Stream::Project(*project), head(&kept.board))).collect();
        Self::begin(None, house, heads, boards, sessions)
    }

    fn begin(
        tx: Option<&'t DatabaseTransaction>,
        (outside, vault): House<'t>,
        heads: BTreeMap<Stream, Head>,
        boards: HashMap<ProjectId, Partial>,
        sessions: Sessions,
    ) -> Self {
        Self {
            tx,
            outside,
            vault,
            heads,
            moved: BTreeMap::new(),
            boards,
            sessions,
            ops: HashMap::new(),
            rows: Rows::default(),
            events: Vec::new(),
            op_rows: Vec::new(),
            leaves: Leaves::default(),
            brings_jobs: false,
            has_leaves: false,
        }
    }

    /// Enqueues jobs, to be done after the commit.
    pub(crate) async fn enqueue(&mut self, jobs: Vec<NewJob>) -> Result<(), DbErr> {
        if !jobs.is_empty() {
            jobs::enqueue(self.tx()?, jobs).await?;
            self.brings_jobs = true;
        }
        Ok(())
    }

    /// Does a turn of the queue.
    pub(crate) async fn turn(&mut self, turn: &Turn) -> Result<TurnAnswer, DbErr> {
        self.brings_jobs |= turn.brings_work();
        turn.run(self.tx()?).await
    }

    /// The transaction, for reading. What waits in the book is not in it until [`Book::flush`].
    ///
    /// # Errors
    ///
    /// When there is none: what was remembered turned out not to be enough.
    pub(crate) fn tx(&self) -> Result<&'t DatabaseTransaction, DbErr> {
        self.tx.ok_or_else(not_enough)
    }

    /// Writes the rows that wait, so that statements see them.
    pub(crate) async fn flush(&mut self) -> Result<(), DbErr> {
        self.rows.take().write(self.tx()?).await
    }

    fn new_uuid(&self) -> Uuid {
        model::new_id(self.outside.clock.now(), self.outside.random())
    }

    /// Does a command, or says why not.
    pub(crate) async fn command(&mut self, ordered: &Ordered) -> Result<Result<Done, Refusal>, DbErr> {
        let Ordered { claim, envelope, hash, at } = ordered;
        let Some(actor) = self.sessions.get(&claim.session_hash).copied().filter(|a| a.person == claim.person) else {
            return Ok(Err(Refusal::SignIn));
        };
        let key = (actor.person, envelope.op);
        if let Some(stored) = self.ops.get(&key) {
            return Ok(if stored.hash == hash { Ok(stored.done()) } else { Err(Refusal::OpReused) });
        }
        let command = &envelope.command;
        let project = command.project();
        let known = self.prepare(command).await?;
        let known = Known { board: self.boards.get(&project).map(|p| &p.board), ..known };
        let stamp = Stamp { op: envelope.op, actor: actor.person, role: actor.role, at: *at };
        let main = Stream::Project(project);
        let changes = match (decide(&known, command, &stamp), self.tx) {
            (Ok(changes), _) if !changes.is_empty() => changes,
            // It may be refused, or change nothing, because it was done before. Only the row of the operation tells.
            (_, None) => return Err(not_enough()),
            (Ok(_), _) => return Ok(Ok(Done { stream: main, first: 0, last: 0, events: Vec::new() })),
            (Err(refusal), _) => return Ok(Err(refusal)),
        };
        let differs: Vec<Differs> = changes.iter().flat_map(|change| differs(&change.event)).collect();
        let events = self.record(changes, Some(envelope.op), actor.person, *at);
        if let Command::RemoveSample { .. } = command {
            erase_project(self.tx()?, project).await?;
            self.boards.remove(&project);
        }
        let (first, last) = (events.first().map_or(0, |e| e.seq), events.last().map_or(0, |e| e.seq));
        let stored = Stored { hash: hash.to_vec(), stream: main, first, last };
        self.op_rows.push(vec![
            actor.person.into(),
            envelope.op.into(),
            hash.to_vec().into(),
            kind_code(main).into(),
            main.uuid().into(),
            first.into(),
            last.into(),
            (*at).into(),
        ]);
        self.ops.insert(key, stored);
        let entry = self.new_entry();
        self.leaves.command((self.outside, self.vault), entry, &actor, ordered, differs);
        self.has_leaves = true;
        Ok(Ok(Done { stream: main, first, last, events }))
    }

    /// Loads what the command needs to be decided.
    async fn prepare(&mut self, command: &Command) -> Result<Known<'static>, DbErr> {
        let project = command.project();
        if !self.boards.contains_key(&project)
            && let Some(head) = self.heads.get(&Stream::Project(project)).copied()
        {
            self.flush().await?;
            if let Some(board) = Partial::load(self.tx()?, project, head.seq, head.numbered).await? {
                self.boards.insert(project, board);
            }
        }
        let mut known = Known { board: None, knows: true, has_key: false, comment: None };
        match command {
            Command::CreateProject { key, .. } => {
                self.flush().await?;
                let sql = "SELECT 1 FROM projects WHERE key = $1";
                known.has_key = one(self.tx()?, sql, [key.as_str().into()]).await?.is_some();
            }
            Command::AddMember { person, .. } => {
                let sql = "SELECT 1 FROM users WHERE id = $1 AND disabled_at IS NULL AND verified_at IS NOT NULL";
                known.knows = one(self.tx()?, sql, [(*person).into()]).await?.is_some();
            }
            Command::CreateTask { status, parent, .. } => {
                if self.boards.get(&project).is_some_and(|b| b.lacks_end(*status) || parent.is_some()) {
                    self.flush().await?;
                    self.with_board(project, async |tx, board| {
                        board.load_end(tx, *status).await?;
                        board.load_above(tx, *parent).await
                    })
                    .await?;
                }
            }
            Command::SetParent { task, parent, .. } => {
                self.flush().await?;
                self.with_board(project, async |tx, board| {
                    board.load_below(tx, *task).await?;
                    board.load_above(tx, *parent).await
                })
                .await?;
            }
            Command::RemoveStatus { status, to, .. } => {
                self.flush().await?;
                self.with_board(project, async |tx, board| {
                    board.load_column(tx, *status).await?;
                    board.load_end(tx, *to).await
                })
                .await?;
            }
            Command::EditComment { task, comment, .. } | Command::RemoveComment { task, comment, .. } => {
                self.flush().await?;
                self.with_board(project, async |tx, board| board.load_task(tx, *task).await).await?;
                known.comment = said(self.tx()?, project, *comment).await?;
            }
            Command::MoveTask { task, to, spot, .. } => {
                self.flush().await?;
                self.with_board(project, async |tx, board| {
                    board.load_task(tx, *task).await?;
                    board.load_spot(tx, *to, *spot).await
                })
                .await?;
            }
            // What is erased has to be in the database first.
            Command::RemoveSample { .. } => self.flush().await?,
            Command::ChangeMember { .. }
            | Command::RemoveMember { .. }
            | Command::RenameProject { .. }
            | Command::ColourProject { .. }
            | Command::ArchiveProject { .. }
            | Command::AddStatus { .. }
            | Command::ChangeStatus { .. }
            | Command::MoveStatus { .. }
            | Command::PutLabel { .. }
            | Command::RemoveLabel { .. } => {}
            Command::RenameTask { task, .. }
            | Command::DescribeTask { task, .. }
            | Command::SetDue { task, .. }
            | Command::Assign { task, .. }
            | Command::Unassign { task, .. }
            | Command::SetPriority { task, .. }
            | Command::LabelTask { task, .. }
            | Command::Watch { task, .. }
            | Command::ArchiveTask { task, .. }
            | Command::TrashTask { task, .. }
            | Command::AddComment { task, .. } => {
                if self.boards.get(&project).is_some_and(|b| b.board.task(*task).is_none()) {
                    self.flush().await?;
                    self.with_board(project, async |tx, board| board.load_task(tx, *task).await).await?;
                }
            }
        }
        Ok(known)
    }

    async fn with_board(
        &mut self,
        project: ProjectId,
        load: impl AsyncFnOnce(&DatabaseTransaction, &mut Partial) -> Result<(), DbErr>,
    ) -> Result<(), DbErr> {
        let tx = self.tx()?;
        match self.boards.get_mut(&project) {
            Some(board) => load(tx, board).await,
            None => Ok(()),
        }
    }

    /// Numbers the events, folds them into their boards and notes all rows; answers those of the first project stream.
    pub(crate) fn record(
        &mut self,
        changes: Vec<Change>,
        op: Option<OpId>,
        actor: PersonId,
        at: model::Instant,
    ) -> Vec<Recorded> {
        let mut main = Vec::new();
        for Change { stream, event, text } in changes {
            let head = self
                .moved
                .entry(stream)
                .or_insert_with(|| self.heads.get(&stream).copied().unwrap_or(Head { seq: 0, numbered: 0 }));
            head.seq += 1;
            if let Event::TaskCreated { number, .. } = &event {
                head.numbered = i64::from(*number);
            }
            let seq = head.seq;
            let recorded = Recorded { seq, op, actor, at, event, text: text.map(String::from), html: None };
            let text_id = recorded.text.is_some().then(|| self.new_uuid());
            self.note_event(stream, &recorded, text_id);
            if let Stream::Project(project) = stream {
                self.fold(project, &recorded, text_id);
                main.push(recorded);
            }
        }
        main
    }

    /// Begins a stream that has no event yet, so that it can be locked.
    pub(crate) fn begin_stream(&mut self, stream: Stream) {
        self.moved.entry(stream).or_insert(Head { seq: 0, numbered: 0 });
    }

    fn note_event(&mut self, stream: Stream, recorded: &Recorded, text_id: Option<Uuid>) {
        // Our own types have no map with keys that are not texts, the only thing that cannot be written as JSON.
        let payload = serde_json::to_string(&recorded.event).unwrap_or_default();
        self.events.push(vec![
            stream.uuid().into(),
            recorded.seq.into(),
            recorded.op.map(OpId::uuid).into(),
            recorded.actor.into(),
            recorded.at.into(),
            payload.into(),
            recorded.event.task().map(TaskId::uuid).into(),
            text_id.into(),
        ]);
    }

    fn fold(&mut self, project: ProjectId, recorded: &Recorded, text_id: Option<Uuid>) {
        if let Event::ProjectOpened { key, name, hue, .. } = &recorded.event {
            let board = Board::new(project, key.clone(), name.clone(), *hue);
            self.boards.insert(project, Partial::new(board));
        }
        if let Some(board) = self.boards.get_mut(&project) {
            let touched = board.apply(recorded);
            let came_at = match &recorded.event {
                Event::TaskMoved { from, to, .. } if from == to => None,
                Event::TaskMoved { .. } | Event::StatusRemoved { .. } => Some(recorded.at),
                _ => None,
            };
            let changed = match (&recorded.event, recorded.event.task()) {
                (Event::TaskCreated { task, .. }, _) => {
                    if let Some(task) = board.board.task(*task) {
                        self.rows.put_new_task(project, task.clone());
                    }
                    Vec::new()
                }
                (Event::StatusRemoved { .. }, _) => touched.tasks.into_iter().collect(),
                (_, task) => Vec::from_iter(task),
            };
            for task in changed.into_iter().filter_map(|t| board.board.task(t)) {
                self.rows.put_changed_task(project, task.clone(), came_at);
            }
            self.rows.put_project(&board.board, &recorded.event);
            self.rows.put_searched(&board.board, recorded);
        }
        if let Some(id) = text_id {
            match &recorded.event {
                Event::CommentAdded { comment, .. } => {
                    self.rows.put_text(id, comment.uuid(), Field::Comment, 1, recorded);
                }
                Event::CommentEdited { comment, version, .. } => {
                    self.rows.put_text(id, comment.uuid(), Field::Comment, *version, recorded);
                }
                Event::TaskDescribed { task, version, .. } => {
                    self.rows.put_text(id, task.uuid(), Field::Description, *version, recorded);
                }
                Event::TaskCreated { task, .. } => {
                    self.rows.put_text(id, task.uuid(), Field::Description, 1, recorded);
                }
                _ => {}
            }
        }
        self.rows.note(project, recorded, text_id);
    }

    /// A value of an entry, with what somebody typed kept beside it.
    pub(super) fn keep(&mut self, entry: [u8; 16], at: (Side, &str), person: PersonId, was: Was) -> Told {
        self.leaves.told((self.outside, self.vault), entry, at, person, was)
    }

    /// Adds an entry to the ledger.
    pub(crate) fn leaf(&mut self, leaf: &Leaf<'_>) {
        self.leaves.put(leaf);
        self.has_leaves = true;
    }

    /// A new id for an entry or a row.
    pub(crate) fn new_entry(&self) -> [u8; 16] {
        self.new_uuid().into_bytes()
    }

    /// Writes all that waits, and where the streams stand now.
    pub(super) async fn close(mut self) -> Result<Closed, DbErr> {
        let tx = self.tx()?;
        self.changes().write(tx).await?;
        Ok(self.closed())
    }

    /// Writes the same in one statement that is a transaction of its own, if all streams and sessions are as they were
    /// remembered; else writes nothing and answers nothing.
    pub(super) async fn close_at_once(mut self, db: &DatabaseConnection) -> Result<Option<Closed>, DbErr> {
        let Changes { deletes, inserts, updates } = self.changes();
        let condition = self.as_remembered();
        let is_done = deletes.is_empty() && updates.is_empty() && insert_if(db, condition, inserts).await?;
        Ok(is_done.then(|| self.closed()))
    }

    /// All that waits, as statements.
    fn changes(&mut self) -> Changes {
        let mut changes = self.rows.take();
        let head = "INSERT INTO events (stream, seq, op, actor, at, payload, task, text_id)";
        changes.inserts.push(Insert::new(head, mem::take(&mut self.events)));
        let head = "INSERT INTO ops (actor, op, hash, stream_kind, stream, first_seq, last_seq, at)";
        changes.inserts.push(Insert::new(head, mem::take(&mut self.op_rows)));
        changes.inserts.extend(self.leaves.take());
        let row = |(stream, head): (&Stream, &Head)| -> Row {
            vec![stream.uuid().into(), kind_code(*stream).into(), head.seq.into(), head.numbered.into()]
        };
        let head = "INSERT INTO streams (id, kind, seq, numbered)";
        let tail = "ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, numbered = excluded.numbered";
        // A stream that was not there to be locked is new. If its id is in use all the same, it is another thing's, and
        // the database refuses it.
        let (known, new): (Vec<_>, Vec<_>) =
            self.moved.iter().partition(|(stream, _)| self.heads.contains_key(*stream));
        changes.inserts.push(Insert::new(head, new.into_iter().map(row).collect()));
        changes.inserts.push(Insert { head, tail, rows: known.into_iter().map(row).collect() });
        changes
    }

    /// The condition that streams and sessions are as they were remembered. Locks the streams, in their order.
    fn as_remembered(&self) -> Condition {
        let streams: Vec<Uuid> = self.heads.keys().map(|s| s.uuid()).collect();
        let heads: Vec<i64> = self.heads.values().map(|h| h.seq).collect();
        let sessions: Vec<Vec<u8>> = self.sessions.keys().map(|hash| hash.to_vec()).collect();
        let roles: Vec<i16> = self.sessions.values().map(|a| a.role.code()).collect();
        Condition { sql: AS_REMEMBERED, values: vec![streams.into(), heads.into(), sessions.into(), roles.into()] }
    }

    fn closed(self) -> Closed {
        let heads = self.moved.iter().map(|(stream, head)| (*stream, head.seq)).collect();
        Closed {
            heads,
            brings_jobs: self.brings_jobs,
            has_leaves: self.has_leaves,
            boards: self.boards.into_values().filter(|b| !b.is_large()).collect(),
        }
    }
}

/// What is remembered does not suffice for an answer: the batch begins anew in a transaction.
fn not_enough() -> DbErr {
    DbErr::Custom("what is remembered is not enough".into())
}

/// What has to be known of a comment of a project.
async fn said(tx: &DatabaseTransaction, project: ProjectId, comment: CommentId) -> Result<Option<Said>, DbErr> {
    let sql = "SELECT task, author, version, removed_at FROM comments WHERE id = $1 AND project = $2";
    let Some(row) = one(tx, sql, [comment.into(), project.into()]).await? else { return Ok(None) };
    Ok(Some(Said {
        task: id(&row, 0)?,
        by: id(&row, 1)?,
        version: get::<i32>(&row, 2)?.unsigned_abs(),
        is_removed: get::<Option<i64>>(&row, 3)?.is_some(),
    }))
}

/// Lists are compared whole: one that is shorter because a row is gone is another list.
const AS_REMEMBERED: &str = "\
    coalesce((SELECT array_agg(h.seq) FROM \
        (SELECT seq FROM streams WHERE id = ANY($1) ORDER BY kind, id FOR NO KEY UPDATE) AS h) = $2, false) \
    AND coalesce((SELECT array_agg(r.role) FROM \
        (SELECT u.role FROM sessions s JOIN users u ON u.id = s.person \
         WHERE s.sid_hash = ANY($3) AND s.revoked_at IS NULL AND u.disabled_at IS NULL \
         AND u.security_version = s.security_version ORDER BY s.sid_hash) AS r) = $4, false)";

/// What a batch leaves to be told and remembered, once it is committed.
#[derive(Debug, Default)]
pub(crate) struct Closed {
    /// Where the streams stand that have moved.
    pub(crate) heads: Vec<(Stream, i64)>,
    /// Whether jobs wait that did not before.
    pub(crate) brings_jobs: bool,
    /// Whether entries were appended to the audit log.
    pub(crate) has_leaves: bool,
    /// The boards that it worked on.
    pub(crate) boards: Vec<Partial>,
}
