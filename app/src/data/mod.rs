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
pub(crate) mod keep;
pub(crate) mod mine;
pub(crate) mod opened;
pub(crate) mod outbox;
pub(crate) mod people;
pub(crate) mod presence;
mod sending;
#[cfg(test)]
mod simulation;
pub(crate) mod socket;
pub(crate) mod time;
mod toasts;
mod undo;
pub(crate) mod view;

use leptos::{prelude::*, task::spawn_local};
use model::{
    BoardPage, Instant, Me, Name, PersonId, ProjectCard, ProjectId, Question, Refusal, Reply, Role, Standing,
    TaskAnswer, TaskId, Today, Zone,
};
use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use crate::{api, dom, ids, live::effect};
use boards::{Boards, LiveBoard};
use drafts::Drafts;
use inbox::Notices;
use mine::Mine;
use outbox::Outbox;
use people::People;
use presence::Presence;
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
    /// Whether the device keeps what this person does.
    keeps: Arc<AtomicBool>,
    pub(crate) boards: Boards,
    pub(crate) people: People,
    pub(crate) presence: Presence,
    pub(crate) drafts: Drafts,
    /// What the reader has to do, in all projects.
    pub(crate) mine: Mine,
    /// What the reader is told.
    pub(crate) inbox: Notices,
    pub(crate) link: ArcRwSignal<Link>,
    pub(crate) concern: ArcRwSignal<Option<Concern>>,
    pub(crate) n_waiting: ArcRwSignal<usize>,
    /// Whether what waits survives this page.
    pub(crate) is_kept: ArcRwSignal<bool>,
    /// What waits in a form that this page cannot read: it is shown, and not thrown away.
    pub(crate) unreadable: ArcRwSignal<Vec<String>>,
    /// Until when the changes of others are shown, while nothing arrives.
    pub(crate) heard: ArcRwSignal<Option<Instant>>,
    /// Whether the browser offers to install the page.
    pub(crate) can_install: ArcRwSignal<bool>,
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
    /// What the team that works here is called.
    pub(crate) team: ArcRwSignal<Option<Name>>,
    /// Counts how often the reader got another role.
    pub(crate) role_version: ArcRwSignal<u32>,
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
            keeps: Arc::default(),
            boards: Boards::default(),
            people: People::default(),
            presence: Presence::default(),
            drafts: Drafts::default(),
            mine: Mine::default(),
            inbox: Notices::default(),
            link: ArcRwSignal::new(Link::Connecting),
            concern: ArcRwSignal::new(None),
            n_waiting: ArcRwSignal::new(0),
            is_kept: ArcRwSignal::new(true),
            unreadable: ArcRwSignal::new(Vec::new()),
            heard: ArcRwSignal::new(None),
            can_install: ArcRwSignal::new(false),
            toasts: ArcRwSignal::new(Vec::new()),
            today: RwSignal::new(today),
            zones: ArcRwSignal::new(Vec::new()),
            said: ArcRwSignal::new(String::new()),
            projects: ArcRwSignal::new(Vec::new()),
            projects_version: ArcRwSignal::new(0),
            team: ArcRwSignal::new(None),
            role_version: ArcRwSignal::new(0),
        }
    }

    /// Takes in who is looking. Called while painting, on both sides.
    pub(crate) fn meet(&self, me: &Me) {
        *hold(&self.me) = Some(me.clone());
        self.team.set(me.team.clone());
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

    /// The team is called otherwise.
    pub(crate) fn team_heard(&self, name: Option<Name>) {
        if let Some(me) = hold(&self.me).as_mut() {
            me.team.clone_from(&name);
        }
        self.team.set(name);
    }

    /// Somebody has another role. If it is the reader, what they see and may do is painted anew.
    pub(crate) fn role_heard(&self, person: PersonId, to: Role) {
        if let Some(me) = hold(&self.me).as_mut().filter(|me| me.person.id == person) {
            me.role = to;
        } else {
            return;
        }
        self.projects_changed();
        self.role_version.update(|n| *n += 1);
    }

    /// Connects this page to the server, once. In the browser only.
    pub(crate) fn connect(&self, me: &Me) {
        if !self.keeps.swap(true, Ordering::Relaxed) {
            self.begin_keeping(me.person.id);
        }
        socket::start(self, me.person_seq, me.instance_seq);
    }

    /// The page was taken over from the server.
    pub(crate) fn arrive(&self) {
        let arrived = self.has_arrived.clone();
        // Effects of the first view run in the same turn; they still belong to what the server painted.
        dom::next_frame(move || arrived.store(true, Ordering::Relaxed));
        let client = self.clone();
        dom::on_event(dom::EventSource::Window, "beforeunload", move |event| {
            if hold(&client.outbox).n_waiting() > 0 && !keep::is_safe() {
                dom::ask_before_leaving(&event);
            }
        });
    }

    /// The page stands otherwise to the server than before.
    pub(crate) fn link_changed(&self, was: Link, is: Link) {
        if was == Link::Live && is != Link::Live {
            self.heard.set(Some(ids::now()));
        } else if is == Link::Live && self.heard.get_untracked().is_some() {
            self.heard.set(None);
            // Boards catch up by themselves.
            self.projects_changed();
        }
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
            self.presence.forget(evicted.project());
        }
        if is_new {
            self.paint_all_waiting(&board);
            socket::join(project, board.seq());
        }
        Ok(board)
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
                    // As it was when it was opened before, until the server can be asked.
                    let question = Question::Task { project: board.project(), task };
                    match api::kept(question).await {
                        Some((Reply::Task(answer), _)) if refusal == Refusal::Offline => {
                            client.people.learn(answer.people);
                            board.put_kept_page(answer.page);
                        }
                        _ => {
                            let _ = refused.try_set(Some(refusal));
                        }
                    }
                }
            }
        });
    }

    /// The reader's access to a project has ended.
    pub(crate) fn lose(&self, project: ProjectId) {
        socket::leave(project);
        self.presence.forget(project);
        self.boards.lose(project);
        keep::forget(project);
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
            } else if client.projects.with_untracked(Vec::is_empty)
                && let Some((Reply::Home(home), _)) = api::kept(Question::Home).await
            {
                client.projects.set(home.projects);
            }
        });
    }
}
