//! What the command palette can reach: everything that can be gone to or done from where the reader is, as far as this page
//! holds it.
//!
//! Must not know: how results are painted.

use leptos::prelude::*;
use model::{Command, CommandKind, Key, PersonId, Priority, ProjectCard, Spot, StatusId, Task, Title, Verdict, may};
use std::sync::Arc;

use crate::{
    components::{icon::shape, prio::word},
    data::{Client, boards::LiveBoard},
    dom, ids,
    keys::{self, Act, Keys, Shortcut},
    nav::{Go, Nav},
    pages::{
        find::Wanted, palette::PaletteRef, quick_add::creation, reading::Asked, task::called, task_head::copy_link,
    },
    paths::{self, Place, Tail},
};

/// How many tasks are shown.
const MOST_TASKS: usize = 8;

/// What is before a result.
#[derive(Clone)]
pub(super) enum Look {
    Icon(&'static str),
    Status(&'static str),
    Project(String, u8),
    Priority(Option<Priority>),
}

/// What a result does.
#[derive(Clone)]
pub(super) enum Pick {
    /// Leads there.
    Go(String, Go),
    /// Shows the results of another kind.
    Page(Page),
    /// Changes the task that it is about, and says so.
    Act(Vec<Command>, String),
    /// Begins a task with this title.
    Create(Title),
    /// Does what a shortcut does.
    Press(Act),
    /// Copies a link.
    Copy(String),
    SignOut,
}

/// A result.
#[derive(Clone)]
pub(super) struct Item {
    pub(super) look: Look,
    pub(super) text: String,
    /// At its end: the number of a task.
    pub(super) note: String,
    /// At its end: what can be pressed instead.
    pub(super) caps: Vec<String>,
    pub(super) pick: Pick,
}

impl Item {
    fn new(look: Look, text: impl Into<String>, pick: Pick) -> Self {
        Self { look, text: text.into(), note: String::new(), caps: Vec::new(), pick }
    }
}

/// Results of one kind.
#[derive(Clone)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) items: Vec<Item>,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Page {
    Top,
    Status,
    Priority,
    Assignee,
    Label,
}

impl Page {
    pub(super) const fn prompt(self) -> &'static str {
        match self {
            Self::Top => "Search or run a command",
            Self::Status => "Move to which status?",
            Self::Priority => "Which priority?",
            Self::Assignee => "Who does it?",
            Self::Label => "Which label?",
        }
    }
}

/// The task that commands are about: the one that is open, or whose card has the focus.
#[derive(Clone)]
pub(super) struct Subject {
    pub(super) board: LiveBoard,
    pub(super) task: Arc<Task>,
}

impl Subject {
    /// `MUS-42`, or that it is new.
    pub(super) fn called(&self) -> String {
        called(&self.board.key(), &self.task)
    }

    pub(super) fn look(&self) -> &'static str {
        self.board.read(|b| shape(&b.statuses, self.task.status))
    }
}

/// What the palette can reach.
#[derive(Clone)]
pub(crate) struct Reach {
    pub(super) client: Client,
    pub(super) nav: Nav,
    pub(super) keys: Keys,
    pub(super) current: Option<Key>,
    pub(super) sign_out: Callback<()>,
    pub(super) palette: PaletteRef,
}

impl Reach {
    fn here(&self) -> Option<LiveBoard> {
        self.current.as_ref().and_then(|key| self.client.boards.by_key(key))
    }

    pub(super) fn subject(&self) -> Option<Subject> {
        let board = self.here()?;
        let opened = match untrack(|| self.nav.place()) {
            Place::Project(_, Tail::Number(number)) => board.numbered(number),
            Place::Project(_, Tail::Id(task)) => Some(task),
            _ => None,
        };
        let id = opened.or_else(|| self.palette.focused.get_untracked())?;
        let task = board.read(|b| b.task(id).cloned())?;
        Some(Subject { board, task })
    }

    fn may(&self, board: &LiveBoard, kind: CommandKind) -> bool {
        self.client.standing(board).is_some_and(|standing| may(standing, kind) == Verdict::Yes)
    }

    /// All that fits, the most likely first. Results from elsewhere would be groups more.
    pub(super) fn groups(&self, query: &str, page: Page, subject: Option<&Subject>) -> Vec<Group> {
        let wanted = Wanted::read(query);
        let is_blank = wanted.is_blank();
        let mut groups = Vec::new();
        let on_subject = subject.map(|s| "On ".to_owned() + &s.called()).unwrap_or_default();
        let mut put = |name: &str, mut items: Vec<Item>, are_found: bool| {
            items.retain(|item| are_found || wanted.fits(&item.text).is_some());
            if !items.is_empty() {
                groups.push(Group { name: name.to_owned(), items });
            }
        };
        if page != Page::Top {
            put(&on_subject, subject.map(|s| self.leaves(s, page)).unwrap_or_default(), false);
            return groups;
        }
        if !is_blank {
            // They are found by their numbers too.
            put("Tasks", self.tasks(query, &wanted), true);
        }
        if let Some(subject) = subject {
            let mut items = self.commands(subject);
            if !is_blank {
                for page in [Page::Status, Page::Priority, Page::Assignee, Page::Label] {
                    items.extend(self.leaves(subject, page));
                }
            }
            put(&on_subject, items, false);
        }
        let mut places = self.pressed(keys::GO_TO);
        places.extend(self.client.projects.get_untracked().iter().map(project));
        put("Go to", places, false);
        let mut others = self.pressed(keys::EVERYWHERE);
        others.push(Item::new(Look::Icon("i-signout"), "Sign out", Pick::SignOut));
        put("Commands", others, false);
        put("Create", self.creation(query).into_iter().collect(), true);
        groups
    }

    /// The tasks that fit, of the boards that are here: the one that is open first, and what begins so before the rest.
    fn tasks(&self, query: &str, wanted: &Wanted) -> Vec<Item> {
        let mut boards = self.client.boards.all();
        boards.reverse();
        if let Some(place) = boards.iter().position(|b| Some(b.key()) == self.current) {
            let first = boards.remove(place);
            boards.insert(0, first);
        }
        let mut ranked: [Vec<Item>; 3] = Default::default();
        for board in boards {
            let key = board.key();
            let is_here = Some(&key) == self.current.as_ref();
            let number = number_in(query, &key, is_here);
            board.read(|b| {
                for task in b.tasks() {
                    let is_named = number == Some(task.number);
                    let Some(rank) = is_named.then_some(0).or_else(|| wanted.fits(task.title.as_str())) else {
                        continue;
                    };
                    if ranked[rank].len() >= MOST_TASKS {
                        continue;
                    }
                    let how = if is_here { Go::Beside } else { Go::To };
                    ranked[rank].push(Item {
                        note: called(&key, task),
                        ..Item::new(
                            Look::Status(shape(&b.statuses, task.status)),
                            task.title.as_str(),
                            Pick::Go(paths::task(&key, task), how),
                        )
                    });
                }
            });
        }
        ranked.into_iter().flatten().take(MOST_TASKS).collect()
    }

    /// What shortcuts do.
    fn pressed(&self, group: &str) -> Vec<Item> {
        let is_mac = dom::is_mac();
        let item = |s: Shortcut| Item {
            caps: keys::caps(s.keys, is_mac),
            ..Item::new(Look::Icon(s.icon), s.name, Pick::Press(s.act))
        };
        // This one is open already.
        let all = self.keys.all().into_iter();
        all.filter(|s| s.group == group && !s.in_fields).map(item).collect()
    }

    /// A new task, called what is typed.
    pub(super) fn creation(&self, query: &str) -> Option<Item> {
        let board = self.here()?;
        let title = Title::try_from(query).ok()?;
        if !self.may(&board, CommandKind::CreateTask) {
            return None;
        }
        let text = format!("New task “{title}” in {}", board.read(|b| b.name.to_string()));
        let caps = vec!["Shift".to_owned(), "Enter".to_owned()];
        Some(Item { caps, ..Item::new(Look::Icon("i-plus"), text, Pick::Create(title)) })
    }

    /// What can be done with a task, in short.
    fn commands(&self, subject: &Subject) -> Vec<Item> {
        let Subject { board, task } = subject;
        let (project, id, name) = (board.project(), task.id, subject.called());
        let mut items = Vec::new();
        if self.may(board, CommandKind::Assign)
            && let Some(me) = self.client.me().map(|me| me.person.id)
            && board.read(|b| b.members.contains_key(&me))
        {
            let (text, command, said) = if task.assignees.contains(&me) {
                ("Take me off", Command::Unassign { project, task: id, person: me }, " is not yours any more.")
            } else {
                ("Assign to me", Command::Assign { project, task: id, person: me }, " is assigned to you.")
            };
            items.push(Item::new(Look::Icon("i-user"), text, Pick::Act(vec![command], name.clone() + said)));
        }
        for (kind, look, text, page) in [
            (CommandKind::MoveTask, Look::Status("progress"), "Move to…", Page::Status),
            (CommandKind::SetPriority, Look::Priority(Some(Priority::High)), "Set priority…", Page::Priority),
            (CommandKind::Assign, Look::Icon("i-users"), "Assign…", Page::Assignee),
            (CommandKind::LabelTask, Look::Icon("i-tag"), "Change labels…", Page::Label),
        ] {
            if self.may(board, kind) {
                items.push(Item::new(look, text, Pick::Page(page)));
            }
        }
        let link = dom::origin() + &paths::task(&board.key(), task);
        items.push(Item::new(Look::Icon("i-link"), "Copy link", Pick::Copy(link)));
        let archive = Command::ArchiveTask { project, task: id, on: !task.is_archived };
        let trash = Command::TrashTask { project, task: id, on: task.trashed_at.is_none() };
        let (archive_text, archived) = if task.is_archived {
            ("Bring back from the archive", " is back on the board.")
        } else {
            ("Archive", " archived.")
        };
        let (trash_text, trashed) = if task.trashed_at.is_some() {
            ("Restore from the trash", " restored.")
        } else {
            ("Move to the trash", " moved to the trash.")
        };
        if self.may(board, CommandKind::ArchiveTask) {
            let pick = Pick::Act(vec![archive], name.clone() + archived);
            items.push(Item::new(Look::Icon("i-archive"), archive_text, pick));
        }
        if self.may(board, CommandKind::TrashTask) {
            let pick = Pick::Act(vec![trash], name + trashed);
            items.push(Item::new(Look::Icon("i-trash"), trash_text, pick));
        }
        self.with_hints(items)
    }

    /// The same with the keys of shortcuts that are called so.
    fn with_hints(&self, mut items: Vec<Item>) -> Vec<Item> {
        let (all, is_mac) = (self.keys.all(), dom::is_mac());
        for item in &mut items {
            if let Some(shortcut) = all.iter().find(|s| s.name == item.text) {
                item.caps = keys::caps(shortcut.keys, is_mac);
            }
        }
        items
    }

    /// The choices of one kind for a task.
    fn leaves(&self, subject: &Subject, page: Page) -> Vec<Item> {
        let Subject { board, task } = subject;
        let (project, id, name) = (board.project(), task.id, subject.called());
        let kind = match page {
            Page::Top => return Vec::new(),
            Page::Status => CommandKind::MoveTask,
            Page::Priority => CommandKind::SetPriority,
            Page::Assignee => CommandKind::Assign,
            Page::Label => CommandKind::LabelTask,
        };
        if !self.may(board, kind) {
            return Vec::new();
        }
        let item = |look, text: String, command, said: String| {
            Item::new(look, text, Pick::Act(vec![command], name.clone() + " " + &said))
        };
        match page {
            Page::Top => Vec::new(),
            Page::Status => {
                let statuses = board.read(|b| b.statuses.clone());
                let others = statuses.iter().filter(|s| s.id != task.status);
                let to = |to: StatusId| Command::MoveTask { project, task: id, to, spot: Spot::Last };
                others
                    .map(|s| {
                        let look = Look::Status(shape(&statuses, s.id));
                        item(look, format!("Move to {}", s.name), to(s.id), format!("moved to {}.", s.name))
                    })
                    .collect()
            }
            Page::Priority => {
                let all = Priority::ALL.iter().copied().map(Some).chain([None]);
                all.filter(|p| *p != task.priority)
                    .map(|priority| {
                        let word = word(priority);
                        let command = Command::SetPriority { project, task: id, priority };
                        item(
                            Look::Priority(priority),
                            "Priority: ".to_owned() + word,
                            command,
                            if priority.is_some() {
                                format!("has the priority {word}.")
                            } else {
                                "has no priority any more.".to_owned()
                            },
                        )
                    })
                    .collect()
            }
            Page::Assignee => {
                let members = board.read(|b| b.members.iter().map(|(id, _)| *id).collect::<Vec<PersonId>>());
                let people = self.client.people.by_name(members.into_iter());
                people
                    .into_iter()
                    .map(|(who, person)| {
                        if task.assignees.contains(&person) {
                            let command = Command::Unassign { project, task: id, person };
                            item(
                                Look::Icon("i-user"),
                                format!("Take {who} off"),
                                command,
                                format!("is not {who}’s any more."),
                            )
                        } else {
                            let command = Command::Assign { project, task: id, person };
                            item(
                                Look::Icon("i-user"),
                                format!("Assign to {who}"),
                                command,
                                format!("is assigned to {who}."),
                            )
                        }
                    })
                    .collect()
            }
            Page::Label => {
                let labels = board.read(|b| b.labels.clone());
                labels
                    .into_iter()
                    .map(|label| {
                        let on = !task.labels.contains(&label.id);
                        let command = Command::LabelTask { project, task: id, label: label.id, on };
                        let (text, said) =
                            if on { ("Add label ", "has the label ") } else { ("Remove label ", "lost the label ") };
                        item(
                            Look::Icon("i-tag"),
                            text.to_owned() + label.name.as_str(),
                            command,
                            format!("{said}{}.", label.name),
                        )
                    })
                    .collect()
            }
        }
    }

    /// Does what was picked. The palette is closed first: the focus is back where it was, and may go on from there.
    pub(super) fn pick(&self, pick: Pick, subject: Option<&Subject>) {
        self.palette.close();
        match pick {
            Pick::Go(href, how) => self.nav.go(&href, how),
            Pick::Page(_) => {}
            Pick::Act(commands, said) => {
                if let Some(subject) = subject {
                    self.client.act(&subject.board, commands, said);
                }
            }
            Pick::Create(title) => self.create(title),
            Pick::Press(act) => drop(act()),
            Pick::Copy(link) => copy_link(&self.client, link),
            Pick::SignOut => self.sign_out.run(()),
        }
    }

    fn create(&self, title: Title) {
        let Some(board) = self.here() else { return };
        let Some(status) = board.read(first_status) else { return };
        let said = format!("{title} created.");
        let command = creation(board.project(), ids::task(), status, title, None, Asked::default());
        self.client.act(&board, vec![command], said);
    }
}

/// Where a new task begins unless one says otherwise.
fn first_status(board: &model::Board) -> Option<StatusId> {
    let todo = board.statuses.iter().find(|s| s.category == model::Category::Todo);
    todo.or(board.statuses.first()).map(|s| s.id)
}

fn project(card: &ProjectCard) -> Item {
    let look = Look::Project(card.name.to_string(), card.hue.number());
    Item {
        note: card.key.to_string(),
        ..Item::new(look, card.name.to_string(), Pick::Go(paths::board(&card.key), Go::To))
    }
}

/// The number that a query names in a project: `mus-42`, and in the project that is open `42`.
fn number_in(query: &str, key: &Key, is_here: bool) -> Option<u32> {
    let query = query.trim();
    let digits = match query.split_once('-') {
        Some((name, digits)) => name.eq_ignore_ascii_case(key.as_str()).then_some(digits)?,
        None if is_here => query,
        None => return None,
    };
    digits.parse().ok().filter(|n| *n > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_named_by_the_key_and_its_number_and_at_home_by_the_number() {
        let key = Key::try_from("MUS").unwrap();
        for (query, is_here, number) in [
            ("MUS-42", false, Some(42)),
            (" mus-42 ", false, Some(42)),
            ("OTR-42", true, None),
            ("42", true, Some(42)),
            ("42", false, None),
            ("0", true, None),
            ("dock", true, None),
        ] {
            assert_eq!(number_in(query, &key, is_here), number, "{query}");
        }
    }
}
