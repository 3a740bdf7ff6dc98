//! What a page keeps while it lives, and the one way in which it changes something.
//!
//! [`Client`] is made with the page and outlives every route and dialog, so nothing that closes can lose a change. On the
//! server it is made anew for each request and is inert.

mod acts;
pub(crate) mod backoff;
pub(crate) mod boards;
pub(crate) mod drafts;
pub(crate) mod face;
pub(crate) mod inbox;
pub(crate) mod mine;
pub(crate) mod outbox;
pub(crate) mod people;
pub(crate) mod socket;
pub(crate) mod time;
mod toasts;
mod undo;
pub(crate) mod view;

use leptos::{prelude::*, task::spawn_local};
use model::{
    BoardPage, Command, Envelope, Me, PersonId, ProjectCard, ProjectId, Refusal, Role, Standing, Stream, TaskAnswer,
    TaskId, Today, Zone,
};
use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use crate::{api, dom, ids, live::effect, net};
use boards::{Boards, LiveBoard};
use drafts::Drafts;
use inbox::Notices;
use mine::Mine;
use outbox::{Next, Outbox, Then};
use people::People;
use undo::History;

pub(crate) use toasts::{Offer, Toast};

/// Takes a lock. What a panic left behind is taken as it is: the page has one thread, and the server drops the page.
pub(crate) fn hold<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How the page stands to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    /// Not connected for the first time yet.
    Connecting,
    /// All that happens arrives.
    Live,
    /// Lost, and being looked for.
    Reconnecting,
    /// Looked for and not found.
    Offline,
}

/// Whether the list of projects came with the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    Already,
    Never,
}

/// Something that concerns the whole page and asks for a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Concern {
    /// The session has ended.
    SignedOut,
    /// The server has another build than this page.
    NewBuild,
}

/// What the page keeps. Cheap to clone; every clone is the same page.
#[derive(Clone)]
pub(crate) struct Client {
    me: Arc<Mutex<Option<Me>>>,
    outbox: Arc<Mutex<Outbox>>,
    history: Arc<Mutex<History>>,
    has_arrived: Arc<AtomicBool>,
    pub(crate) boards: Boards,
    pub(crate) people: People,
    pub(crate) drafts: Drafts,
    /// What the reader has to do, in all projects.
    pub(crate) mine: Mine,
    /// What the reader is told.
    pub(crate) inbox: Notices,
    pub(crate) link: ArcRwSignal<Link>,
    pub(crate) concern: ArcRwSignal<Option<Concern>>,
    pub(crate) n_waiting: ArcRwSignal<usize>,
    pub(crate) toasts: ArcRwSignal<Vec<Toast>>,
    /// Who reads, and what day it is for them.
    pub(crate) today: RwSignal<Today>,
    /// The zones of others that were asked for.
    pub(crate) zones: ArcRwSignal<Vec<Zone>>,
    /// What the live region says.
    pub(crate) said: ArcRwSignal<String>,
    /// The projects of the reader as last heard, for the side bar.
    pub(crate) projects: ArcRwSignal<Vec<ProjectCard>>,
    /// Counts the news about which projects there are.
    pub(crate) projects_version: ArcRwSignal<u32>,
}

/// The page's client. Every part is below [`crate::App`], which provides it.
#[expect(clippy::expect_used, reason = "App provides it before it paints anything")]
pub(crate) fn client() -> Client {
    use_context::<Client>().expect("App provides the client")
}

impl Client {
    /// A page's client. What day it is, and for whom, is told; nothing asks a clock while it paints.
    pub(crate) fn new(today: Today) -> Self {
        Self {
            me: Arc::default(),
            outbox: Arc::default(),
            history: Arc::default(),
            has_arrived: Arc::default(),
            boards: Boards::default(),
            people: People::default(),
            drafts: Drafts::default(),
            mine: Mine::default(),
            inbox: Notices::default(),
            link: ArcRwSignal::new(Link::Connecting),
            concern: ArcRwSignal::new(None),
            n_waiting: ArcRwSignal::new(0),
            toasts: ArcRwSignal::new(Vec::new()),
            today: RwSignal::new(today),
            zones: ArcRwSignal::new(Vec::new()),
            said: ArcRwSignal::new(String::new()),
            projects: ArcRwSignal::new(Vec::new()),
            projects_version: ArcRwSignal::new(0),
        }
    }

    /// Takes in who is looking. Called while painting, on both sides.
    pub(crate) fn meet(&self, me: &Me) {
        *hold(&self.me) = Some(me.clone());
        self.drafts.belong_to(me.person.id);
        self.people.learn(vec![me.person.clone()]);
    }

    /// Who is looking, once somebody was met.
    pub(crate) fn me(&self) -> Option<Me> {
        hold(&self.me).clone()
    }

    /// What the reader signs changes with: who, and in which role.
    fn hand(&self) -> Option<(PersonId, Role)> {
        hold(&self.me).as_ref().map(|me| (me.person.id, me.role))
    }

    /// Connects this page to the server, once. In the browser only.
    pub(crate) fn connect(&self, me: &Me) {
        socket::start(self, me.person_seq, me.instance_seq);
    }

    /// The page was taken over from the server.
    pub(crate) fn arrive(&self) {
        let arrived = self.has_arrived.clone();
        // Effects of the first view run in the same turn; they still belong to what the server painted.
        dom::next_frame(move || arrived.store(true, Ordering::Relaxed));
        let client = self.clone();
        dom::on_event(dom::EventSource::Window, "beforeunload", move |event| {
            if hold(&client.outbox).n_waiting() > 0 {
                dom::ask_before_leaving(&event);
            }
        });
    }

    /// Whether what is shown now came after the first view, so that the focus may be moved to it.
    pub(crate) fn has_arrived(&self) -> bool {
        self.has_arrived.load(Ordering::Relaxed)
    }

    /// What the reader is, as far as permission in this project goes. Tracked.
    pub(crate) fn standing(&self, board: &LiveBoard) -> Option<Standing> {
        let (person, role) = self.hand()?;
        let in_project = board.members().into_iter().find(|(id, _)| *id == person).map(|(_, role)| role);
        Some(Standing { role, in_project })
    }

    /// Opens a board that the server told, with its people, and follows it.
    pub(crate) fn open(&self, page: BoardPage) -> Result<LiveBoard, Refusal> {
        self.people.learn(page.people);
        let project = page.board.project();
        let is_new = self.boards.get(project).is_none();
        let (board, evicted) = self.boards.open(page.board)?;
        if let Some(evicted) = evicted {
            socket::leave(evicted.project());
        }
        if is_new {
            socket::join(project, board.seq());
        }
        Ok(board)
    }

    // sending changes; how they are made is in `acts`

    /// Sends a change that no board can paint yet, and calls `then` with what came of it.
    pub(crate) fn ask(&self, command: Command, then: Then) {
        self.post(Envelope { op: ids::op(), command }, Some(then));
    }

    fn post(&self, envelope: Envelope, then: Option<Then>) {
        hold(&self.outbox).push(envelope, then);
        self.send();
    }

    /// Sends what waits, unless a request is on its way.
    pub(crate) fn send(&self) {
        let batch = {
            let mut outbox = hold(&self.outbox);
            self.n_waiting.set(outbox.n_waiting());
            outbox.begin()
        };
        let (Some(batch), Some((person, _))) = (batch, self.hand()) else { return };
        let client = self.clone();
        spawn_local(async move {
            let answer = net::execute(person, &batch).await;
            client.hear(answer);
        });
    }

    /// Sends what waits after somebody has signed in again.
    pub(crate) fn resume(&self) {
        hold(&self.outbox).resume();
        self.concern.set(None);
        socket::reconnect();
        self.send();
    }

    fn hear(&self, answer: Result<Vec<model::Answer>, Refusal>) {
        let is_lost = matches!(answer, Err(Refusal::Offline));
        let (outcomes, next) = hold(&self.outbox).answered(answer, ids::chance());
        for outcome in outcomes {
            let project = outcome.envelope.command.project();
            let board = self.boards.get(project);
            match &outcome.result {
                Ok(done) => {
                    if let Some(board) = &board
                        && done.stream == Stream::Project(project)
                    {
                        board.answered(outcome.envelope.op, done);
                    }
                }
                Err(refusal) => self.take_back(board.as_ref(), &outcome.envelope, refusal, outcome.then.is_none()),
            }
            if let Some(then) = outcome.then {
                then(&outcome.result);
            }
        }
        self.n_waiting.set(hold(&self.outbox).n_waiting());
        if is_lost {
            socket::doubt();
        }
        match next {
            Next::Now => self.send(),
            Next::After(ms) => {
                let client = self.clone();
                dom::after(ms, move || client.send());
            }
            Next::Stop => self.concern.set(Some(Concern::SignedOut)),
        }
    }

    /// A painted change was refused: it goes from the screen, its text back into the field, the reason to the reader.
    fn take_back(&self, board: Option<&LiveBoard>, envelope: &Envelope, refusal: &Refusal, tell: bool) {
        let is_return = hold(&self.history).refused(envelope.op);
        // Nobody has typed the texts of a return. But those of a removed comment are nowhere else.
        if !is_return || matches!(envelope.command, Command::EditComment { .. }) {
            self.drafts.give_all_back(envelope);
        }
        if let Some(board) = board {
            board.refused(envelope.op);
        }
        if tell {
            self.tell_refusal(refusal);
        }
    }

    // the feed

    /// Reads a board anew and follows it from there.
    pub(crate) fn refetch(&self, project: ProjectId) {
        let Some(board) = self.boards.get(project) else { return };
        let client = self.clone();
        spawn_local(async move {
            match api::board(board.key()).await {
                Ok(Some(page)) => {
                    client.people.learn(page.people);
                    if let Ok(snapshot) = model::Board::try_from(page.board) {
                        board.replace(snapshot);
                        socket::join(project, board.seq());
                    }
                }
                Ok(None) | Err(Refusal::MayNot) => client.lose(project),
                Err(Refusal::SignIn) => client.concern.set(Some(Concern::SignedOut)),
                // The socket will be found silent or closed, and joins again when it is back.
                Err(_) => socket::doubt(),
            }
        });
    }

    /// Takes in what the server told about a task when the page had the events up to `asked`. Nothing when it has to be
    /// asked again.
    pub(crate) fn take_task(&self, board: &LiveBoard, asked: i64, answer: TaskAnswer) -> Option<()> {
        self.people.learn(answer.people);
        board.put_page(asked, answer.page)
    }

    /// Asks for a task's description and history, unless they are here; `refused` says why they could not be told.
    pub(crate) fn read_task(&self, board: &LiveBoard, task: TaskId, refused: RwSignal<Option<Refusal>>) {
        let _ = refused.try_set(None);
        // The server knows nothing of a task that is still on its way there.
        if !board.lacks_page(task) || board.open_new(task) {
            return;
        }
        let (client, board, asked) = (self.clone(), board.clone(), board.seq());
        spawn_local(async move {
            match api::task(board.project(), task).await {
                Ok(answer) => {
                    if client.take_task(&board, asked, answer).is_none() {
                        client.read_task(&board, task, refused);
                    }
                }
                Err(refusal) => {
                    let _ = refused.try_set(Some(refusal));
                }
            }
        });
    }

    /// The reader's access to a project has ended.
    pub(crate) fn lose(&self, project: ProjectId) {
        socket::leave(project);
        self.boards.lose(project);
        self.projects_changed();
    }

    /// The reader is not a member of a project any more. An Admin still sees it.
    pub(crate) fn no_member_of(&self, project: ProjectId) {
        if self.hand().is_none_or(|(_, role)| role != Role::Admin) {
            self.lose(project);
        }
    }

    /// There are news about which projects there are: lists of them are read again.
    pub(crate) fn projects_changed(&self) {
        self.projects_version.update(|n| *n += 1);
        self.mine_changed();
        self.inbox_changed();
    }

    /// Shows a project in the list of projects as it is called now.
    pub(crate) fn rename_listed(&self, project: ProjectId, about: &boards::About) {
        let now = (&about.name, about.hue, about.is_archived);
        let is_old = |card: &ProjectCard| card.id == project && (&card.name, card.hue, card.is_archived) != now;
        if self.projects.with_untracked(|all| all.iter().any(is_old)) {
            self.projects.update(|all| {
                for card in all.iter_mut().filter(|card| card.id == project) {
                    (card.name, card.hue, card.is_archived) = (about.name.clone(), about.hue, about.is_archived);
                }
            });
        }
    }

    /// The projects of the reader, read again whenever there are news.
    pub(crate) fn follow_projects(&self, heard: Heard) -> Signal<Vec<ProjectCard>> {
        let client = self.clone();
        let mut before = (heard == Heard::Already).then(|| self.projects_version.get_untracked());
        effect(move || {
            let now = Some(client.projects_version.get());
            if before != now {
                client.read_projects();
            }
            before = now;
        });
        let projects = self.projects.clone();
        Signal::derive(move || projects.get())
    }

    /// Reads the list of projects.
    fn read_projects(&self) {
        let client = self.clone();
        spawn_local(async move {
            // If it fails, the list stays as it was; the next news or page brings it.
            if let Ok(home) = api::home().await {
                client.projects.set(home.projects);
                client.inbox.unread.set(home.me.unread);
            }
        });
    }

    /// Signs out: whatever this tab keeps goes with it.
    pub(crate) fn sign_out(&self) {
        let client = self.clone();
        spawn_local(async move {
            match net::sign_out().await {
                Ok(()) | Err(Refusal::SignIn) => {
                    hold(&client.outbox).clear();
                    dom::forget_stored();
                    dom::go("/signin");
                }
                Err(refusal) => client.tell_refusal(&refusal),
            }
        });
    }
}
