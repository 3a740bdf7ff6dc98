//! What a client holds and does, as the product's page does it: boards with what is painted over them, an outbox whose changes wait
//! until they are answered, and the rules by which frames of the feed are taken in.
//!
//! Must not know: sockets, clocks, nodes. It says what to send, and hears what came.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

use model::{
    Answer, Board, Command, Desk, Done, Envelope, Event, Instant as Moment, Key, OpId, PersonId, ProjectId, Recorded,
    Refusal, Role, Stamp, Stream,
    live::{ClientFrame, Gone, ServerFrame},
    testing::{Random, START_MS, any_command, valid},
};

use super::history::{Saw, Told, print};

/// The most changes in one request.
const BATCH: usize = 50;
/// Who has so much waiting does nothing new for now.
const MOST_WAITING: usize = 40;
/// So many tries to find a command that the page itself would not refuse.
const TRIES: usize = 8;

/// A change that waits for its answer.
struct Waiting {
    envelope: Envelope,
    made: Instant,
    /// It was answered like this before, and is sent once more to see that nothing comes of it.
    again: Option<Done>,
}

/// A project that is followed.
struct Held {
    key: Key,
    /// Nothing while its reader has no access, or it was not read yet.
    desk: Option<Desk>,
    /// The board as it was first read: what a device keeps, from which a page begins that was closed for long.
    kept: Option<Board>,
    /// Answered operations whose events have not come yet, each with its last event.
    answered: Vec<(OpId, i64)>,
}

/// A client's page.
pub struct Page {
    n: usize,
    me: PersonId,
    role: Role,
    random: Random,
    projects: BTreeMap<ProjectId, Held>,
    person_seq: i64,
    instance_seq: i64,
    waiting: Vec<Waiting>,
    /// The streams of this connection, by their numbers.
    channels: BTreeMap<u32, Stream>,
    /// The streams for which a join is on its way, with the number after which it asks.
    joining: BTreeMap<Stream, i64>,
    /// Projects that have to be read anew, and the one that is being read.
    stale: BTreeSet<ProjectId>,
    reading: Option<ProjectId>,
    /// A join is on its way of which nobody knows any more whether it will be answered: only a new connection is sure.
    is_unsure: bool,
    /// What is to be said on the socket.
    says: Vec<ClientFrame>,
    /// Everything that it saw.
    pub saw: Vec<Saw>,
    /// Everything that it was answered.
    pub told: Vec<Told>,
    /// What the server did that it must not.
    pub faults: Vec<String>,
    /// When each answered command was made.
    pub made: Vec<Instant>,
    /// How often it was told to begin anew with a board.
    pub n_resyncs: usize,
    /// How many commands that were answered were sent once more.
    pub n_again: usize,
}

impl Page {
    /// The page of client number `n`, which will follow these projects.
    #[must_use]
    pub fn new(n: usize, (me, role): (PersonId, Role), projects: Vec<(ProjectId, Key)>, random: Random) -> Self {
        let held = |key| Held { key, desk: None, kept: None, answered: Vec::new() };
        Self {
            n,
            me,
            role,
            random,
            stale: projects.iter().map(|(id, _)| *id).collect(),
            projects: projects.into_iter().map(|(id, key)| (id, held(key))).collect(),
            person_seq: 0,
            instance_seq: 0,
            waiting: Vec::new(),
            channels: BTreeMap::new(),
            joining: BTreeMap::new(),
            reading: None,
            is_unsure: false,
            says: Vec::new(),
            saw: Vec::new(),
            told: Vec::new(),
            faults: Vec::new(),
            made: Vec::new(),
            n_resyncs: 0,
            n_again: 0,
        }
    }

    /// Chance, for whoever acts for this client.
    pub const fn random(&mut self) -> &mut Random {
        &mut self.random
    }

    /// The boards that it has.
    pub fn boards(&self) -> impl Iterator<Item = (ProjectId, Option<&Desk>)> {
        self.projects.iter().map(|(id, held)| (*id, held.desk.as_ref()))
    }

    /// How far it has followed each stream that it follows.
    #[must_use]
    pub fn reached(&self) -> BTreeMap<Stream, i64> {
        let boards = self.boards().filter_map(|(id, desk)| Some((Stream::Project(id), desk?.confirmed().seq)));
        let own = [(Stream::Person(self.me), self.person_seq), (Stream::Instance, self.instance_seq)];
        boards.chain(own).collect()
    }

    /// Whose page it is.
    #[must_use]
    pub const fn person(&self) -> PersonId {
        self.me
    }

    /// Whether a board is to be read anew, and was not yet.
    #[must_use]
    pub fn is_reading(&self) -> bool {
        self.reading.is_some() || !self.stale.is_empty()
    }

    /// The operations that wait for an answer.
    #[must_use]
    pub fn unanswered(&self) -> Vec<OpId> {
        self.waiting.iter().map(|w| w.envelope.op).collect()
    }

    fn fault(&mut self, words: impl std::fmt::Display) {
        self.faults.push(format!("client {}: {words}", self.n));
    }

    // doing

    /// Does something on one of the boards, if there is one; says whether something waits to be sent now.
    pub fn act(&mut self, people: &[PersonId]) -> bool {
        let open: Vec<ProjectId> = self.boards().filter(|(_, desk)| desk.is_some()).map(|(id, _)| id).collect();
        if open.is_empty() || self.waiting.len() >= MOST_WAITING {
            return !self.waiting.is_empty();
        }
        let project = *self.random.pick(&open);
        for _ in 0..TRIES {
            let Some(desk) = self.projects.get_mut(&project).and_then(|held| held.desk.as_mut()) else { break };
            let command = longer(any_command(desk.painted(), people, &mut self.random), &mut self.random);
            let (op, at) = (self.random.id(), Moment::from_ms(START_MS));
            let stamp = Stamp { op, actor: self.me, role: self.role, at };
            let envelope = Envelope { op, command };
            if desk.dispatch(envelope.clone(), stamp).is_err() {
                // A page that sees that it will be refused does not send it; one of an older build might.
                if !self.random.one_in(6) {
                    continue;
                }
                let _ = desk.resume(envelope.clone(), stamp);
            }
            self.waiting.push(Waiting { envelope, made: Instant::now(), again: None });
            break;
        }
        !self.waiting.is_empty()
    }

    /// The next request; empty when nothing waits. Two changes of one text never go together.
    #[must_use]
    pub fn batch(&self) -> Vec<Envelope> {
        let mut batch: Vec<Envelope> = Vec::new();
        for Waiting { envelope, .. } in self.waiting.iter().take(BATCH) {
            let text = envelope.command.text_of();
            if text.is_some() && batch.iter().any(|e| e.command.text_of() == text) {
                break;
            }
            batch.push(envelope.clone());
        }
        batch
    }

    /// The answers to a batch; says whether some of it has to be sent again.
    pub fn answered(&mut self, batch: &[Envelope], answers: Vec<Answer>) -> bool {
        if answers.len() != batch.len() {
            self.fault(format_args!("{} answers came to {} commands", answers.len(), batch.len()));
        }
        let mut is_passing = false;
        for (op, answer) in batch.iter().map(|e| e.op).zip(answers) {
            let Some(place) = self.waiting.iter().position(|w| w.envelope.op == op) else { continue };
            if matches!(&answer, Answer::Refused(refusal) if refusal.is_passing()) {
                is_passing = true;
                continue;
            }
            let waiting = self.waiting.remove(place);
            self.end(waiting, answer);
        }
        is_passing
    }

    fn end(&mut self, Waiting { envelope, made, again }: Waiting, answer: Answer) {
        let Envelope { op, command } = &envelope;
        if let Some(before) = again {
            self.n_again += 1;
            let is_same = matches!(&answer, Answer::Done(now) if (now.stream, now.first, now.last)
                == (before.stream, before.first, before.last));
            if !is_same {
                self.fault(format_args!("{op} was answered as {before:?}, and when it came again as {answer:?}"));
            }
            return;
        }
        self.made.push(made);
        let project = command.project();
        let result = match answer {
            Answer::Done(done) => Ok(done),
            Answer::Refused(refusal) => Err(refusal),
        };
        if let Ok(done) = &result {
            let _ = self.take_in(project, &done.events);
            if let Some(held) = self.projects.get_mut(&project) {
                held.answered.push((*op, done.last));
                held.settle();
            }
        } else {
            let desk = self.projects.get_mut(&project).and_then(|held| held.desk.as_mut());
            desk.map(|desk| desk.settle(*op));
        }
        let told = result.map(|done| Done { events: Vec::new(), ..done });
        if let Ok(done) = &told
            && done.last > 0
            && self.random.one_in(12)
        {
            self.waiting.push(Waiting { envelope: envelope.clone(), made, again: Some(done.clone()) });
        }
        self.told.push(Told { client: self.n, op: *op, answer: told });
    }

    // following

    /// What it says first on a new connection.
    pub fn hello(&mut self) -> ClientFrame {
        (self.channels, self.joining, self.says) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        self.is_unsure = false;
        self.joining.extend([(Stream::Person(self.me), self.person_seq), (Stream::Instance, self.instance_seq)]);
        ClientFrame::Hello {
            proto: model::live::PROTO,
            build: "chaos".into(),
            person_since: self.person_seq,
            instance_since: self.instance_seq,
        }
    }

    /// What is to be said on the socket now.
    pub fn take_says(&mut self) -> Vec<ClientFrame> {
        std::mem::take(&mut self.says)
    }

    /// Whether only a new connection can tell what is followed.
    #[must_use]
    pub const fn is_unsure(&self) -> bool {
        self.is_unsure
    }

    /// Takes a frame in.
    pub fn hear(&mut self, frame: ServerFrame) {
        match frame {
            ServerFrame::Welcome { .. } => {
                let projects: Vec<ProjectId> = self.projects.keys().copied().collect();
                for project in projects {
                    self.join(project);
                }
            }
            ServerFrame::Joined { stream, ch, .. } => {
                self.channels.insert(ch, stream);
                match self.joining.remove(&stream) {
                    Some(since) => self.saw.push(Saw::From(stream, since)),
                    None => self.fault(format_args!("{stream} was joined unasked")),
                }
            }
            ServerFrame::Events { ch, events } => match self.channels.get(&ch).copied() {
                Some(stream) => self.follow(stream, &events),
                None => self.fault(format_args!("events came on channel {ch}, which is no stream's")),
            },
            ServerFrame::Resync { stream, head } => self.resync(stream, head),
            ServerFrame::Refused { stream: Some(stream @ Stream::Project(project)), .. } => {
                self.joining.remove(&stream);
                self.stale.insert(project);
            }
            ServerFrame::Refused { stream, reason } => {
                self.fault(format_args!("a frame was refused: {stream:?} {reason}"));
            }
            ServerFrame::Gone { stream: Stream::Project(project), reason: Gone::Removed } => self.lose(project),
            ServerFrame::Gone { .. } | ServerFrame::People { .. } | ServerFrame::Beat {} | ServerFrame::Pong { .. } => {
            }
        }
    }

    /// Follows a project from where its board is, unless that was asked for already.
    fn join(&mut self, project: ProjectId) {
        let stream = Stream::Project(project);
        let Some(desk) = self.projects.get(&project).and_then(|held| held.desk.as_ref()) else { return };
        let is_read = self.stale.contains(&project) || self.reading == Some(project);
        if is_read || self.joining.contains_key(&stream) {
            return;
        }
        let since = desk.confirmed().seq;
        self.joining.insert(stream, since);
        self.says.push(ClientFrame::Join { stream, since });
    }

    fn follow(&mut self, stream: Stream, events: &[Recorded]) {
        self.saw.extend(events.iter().map(|r| Saw::Came(stream, r.seq, print(r))));
        let last = events.last().map_or(0, |r| r.seq);
        match stream {
            Stream::Project(project) => {
                if !self.take_in(project, events) {
                    self.join(project);
                }
            }
            Stream::Person(_) => {
                self.person_seq = self.person_seq.max(last);
                for recorded in events {
                    match recorded.event {
                        Event::ProjectLost { project } => self.lose(project),
                        Event::ProjectGained { project, .. } if self.projects.contains_key(&project) => {
                            self.stale.insert(project);
                        }
                        _ => {}
                    }
                }
            }
            Stream::Instance => self.instance_seq = self.instance_seq.max(last),
        }
    }

    /// Folds events in; what is known already is skipped. False when something is missing before them.
    fn take_in(&mut self, project: ProjectId, events: &[Recorded]) -> bool {
        let Some(held) = self.projects.get_mut(&project) else { return true };
        let Some(desk) = &mut held.desk else { return true };
        let seq = desk.confirmed().seq;
        let news: Vec<Recorded> = events.iter().filter(|r| r.seq > seq).cloned().collect();
        match news.first() {
            None => return true,
            Some(first) if first.seq != seq + 1 => return false,
            Some(_) => {}
        }
        let _ = desk.confirm(&news);
        held.settle();
        self.saw.extend(news.iter().map(|r| Saw::Folded(Stream::Project(project), r.seq)));
        true
    }

    fn resync(&mut self, stream: Stream, head: i64) {
        self.n_resyncs += 1;
        self.saw.push(Saw::From(stream, head));
        match stream {
            Stream::Project(project) => {
                self.stale.insert(project);
            }
            Stream::Person(_) => self.person_seq = head,
            Stream::Instance => self.instance_seq = head,
        }
        if !matches!(stream, Stream::Project(_)) {
            // What was gained or lost meanwhile is not told any more.
            self.stale.extend(self.projects.keys());
        }
    }

    fn lose(&mut self, project: ProjectId) {
        self.is_unsure |= self.joining.remove(&Stream::Project(project)).is_some();
        if let Some(held) = self.projects.get_mut(&project) {
            (held.desk, held.kept) = (None, None);
            held.answered.clear();
        }
    }

    // reading anew

    /// A project that has to be read anew, with its key. It counts as asked for.
    pub fn take_stale(&mut self) -> Option<(ProjectId, Key)> {
        let project = self.stale.pop_first()?;
        self.reading = Some(project);
        Some((project, self.projects.get(&project)?.key.clone()))
    }

    /// It could not be read: later, again.
    pub fn still_stale(&mut self, project: ProjectId) {
        self.reading = None;
        self.stale.insert(project);
    }

    /// Reads everything again to which it has no access, in case that is not so any more.
    pub fn doubt(&mut self) {
        let closed: Vec<ProjectId> = self.boards().filter(|(_, desk)| desk.is_none()).map(|(id, _)| id).collect();
        self.stale.extend(closed);
    }

    /// A board as the server tells it now; nothing if it is not for this reader.
    pub fn read(&mut self, project: ProjectId, board: Option<Board>) {
        self.reading = None;
        let Some(board) = board else { return self.lose(project) };
        let Some(held) = self.projects.get_mut(&project) else { return };
        let seq = board.seq;
        match &mut held.desk {
            Some(desk) if seq < desk.confirmed().seq => {}
            Some(desk) => {
                desk.replace(board);
                self.saw.push(Saw::Board(Stream::Project(project), seq));
            }
            None => {
                held.kept.get_or_insert_with(|| board.clone());
                self.open(project, board);
            }
        }
        if let Some(held) = self.projects.get_mut(&project) {
            held.settle();
        }
        self.join(project);
    }

    /// The page is opened anew, from the boards that the device keeps; what waits is painted over them.
    pub fn reload(&mut self) {
        let kept =
            self.projects.iter().filter_map(|(id, held)| Some((*id, held.desk.as_ref().and(held.kept.clone())?)));
        for (project, board) in kept.collect::<Vec<_>>() {
            self.open(project, board);
        }
    }

    fn open(&mut self, project: ProjectId, board: Board) {
        self.saw.push(Saw::Board(Stream::Project(project), board.seq));
        let mut desk = Desk::new(board);
        for Waiting { envelope, .. } in
            self.waiting.iter().filter(|w| w.again.is_none() && w.envelope.command.project() == project)
        {
            let at = Moment::from_ms(START_MS);
            let stamp = Stamp { op: envelope.op, actor: self.me, role: self.role, at };
            let _ = desk.resume(envelope.clone(), stamp);
        }
        if let Some(held) = self.projects.get_mut(&project) {
            held.desk = Some(desk);
            held.answered.clear();
        }
    }
}

impl Held {
    /// What was answered and whose events are here waits no more.
    fn settle(&mut self) {
        let Some(desk) = &mut self.desk else { return };
        let seq = desk.confirmed().seq;
        for (op, _) in self.answered.extract_if(.., |(_, last)| *last <= seq) {
            let _ = desk.settle(op);
        }
    }
}

/// One comment in three is long, so that who was away has much to catch up with.
fn longer(command: Command, random: &mut Random) -> Command {
    match command {
        Command::AddComment { project, task, comment, text } if random.one_in(3) => {
            let text = valid(&format!("{text}\n{}", "All of this was said on the phone. ".repeat(100)));
            Command::AddComment { project, task, comment, text }
        }
        other => other,
    }
}

/// Whether a refusal of a whole request means that the session is over, which it never is here.
#[must_use]
pub const fn is_over(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::SignIn | Refusal::WrongCredentials | Refusal::MayNot)
}
