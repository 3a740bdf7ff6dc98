//! The head of an open task: where it belongs, and what can be done with it as a whole; and what is said when it is not
//! on the board any more.

use leptos::prelude::*;
use model::{Body, Command, CommandKind, Refusal, Task, TaskId, Title};

use crate::{
    components::{
        avatar::ProjectTile,
        icon::Icon,
        menu::{Item, Menu},
        popover,
        presence::presence,
    },
    data::{Client, boards::LiveBoard, client, opened::Opened},
    dom, ids,
    live::{live, memo, part},
    nav::{Go, nav},
    pages::{
        project::{Here, here},
        properties::PARENT,
        task::{Painted, called},
    },
    paths,
};

/// The head.
#[component]
pub(crate) fn TaskHead(
    /// The task.
    task: TaskId,
    /// As it is painted.
    painted: Painted,
    /// Closes it.
    close: Callback<()>,
) -> impl IntoView {
    let others = client().others_at(here().board.project(), task);
    part! {
        <header class="task-head">
            <Crumbs painted/>
            <span class="push"></span>
            {presence("People viewing this task", others)}
            <CopyLink painted/>
            <Follow painted/>
            <TaskMenu task painted/>
            <button
                class="icon-btn task-close"
                type="button"
                aria-label="Close task"
                on:click=move |_| close.run(())
            >
                <Icon name="i-x" class="icon hide-phone"/>
                <Icon name="i-back" class="icon only-phone"/>
            </button>
        </header>
    }
}

/// The project, the task that it is a part of, and its number.
#[component]
fn Crumbs(painted: Painted) -> impl IntoView {
    let Here { board, .. } = here();
    let (key, tile, name) = (board.key(), board.clone(), board.clone());
    let parent = memo(move || painted.get().and_then(|t| t.parent));
    let (of, mine) = (key.clone(), key.clone());
    let above = move || {
        let parent = board.task(parent.get()?);
        let key = of.clone();
        Some(live(move || {
            parent.get().map(|t| {
                part! {
                    <a class="num" href=paths::task(&key, &t) title=t.title.to_string()>
                        {called(&key, &t)}
                    </a>
                    <Icon name="i-chev" class="icon icon-sm"/>
                }
            })
        }))
    };
    part! {
        <div class="crumbs">
            {live(move || {
                let about = tile.about();
                part! { <ProjectTile name=about.name.to_string() hue=about.hue.number()/> }
            })}
            <a href=paths::board(&key)>{live(move || name.about().name.to_string())}</a>
            <Icon name="i-chev" class="icon icon-sm"/>
            {live(above)}
            <span class="num">{live(move || painted.get().map(|t| called(&mine, &t)))}</span>
        </div>
    }
}

#[component]
fn CopyLink(painted: Painted) -> impl IntoView {
    let (client, board) = (client(), here().board);
    let copy = move |_| {
        if let Some(task) = painted.get_untracked() {
            copy_link(&client, dom::origin() + &paths::task(&board.key(), &task));
        }
    };
    part! {
        <button class="icon-btn" type="button" aria-label="Copy link" on:click=copy>
            <Icon name="i-link"/>
        </button>
    }
}

/// Puts a link where it can be pasted from, and says whether that went well.
pub(crate) fn copy_link(client: &Client, link: String) {
    client.copy(link, "Link copied.", "The browser does not allow copying here. The link is in the address bar.");
}

#[component]
fn Follow(painted: Painted) -> impl IntoView {
    let (client, here) = (client(), here());
    let me = client.me().map(|me| me.person.id);
    let follows = memo(move || painted.get().zip(me).is_some_and(|(task, me)| task.is_watched_by(me)));
    let can = memo(move || painted.get().is_some_and(|t| t.is_live()));
    let toggle = move |_| {
        let Some(task) = painted.get_untracked() else { return };
        let on = !follows.get_untracked();
        let command = Command::Watch { project: here.board.project(), task: task.id, on: Some(on) };
        if client.dispatch_or_tell(&here.board, command) {
            client.say(if on { "You follow this task." } else { "You do not follow this task any more." });
        }
    };
    part! {
        <button
            class="icon-btn"
            type="button"
            aria-label="Follow this task"
            aria-pressed=move || follows.get().to_string()
            disabled=move || !can.get()
            on:click=toggle
        >
            <Icon name="i-bell"/>
        </button>
    }
}

/// What can be done with the task as a whole. Nothing here asks: all of it can be taken back.
#[component]
fn TaskMenu(task: TaskId, painted: Painted) -> impl IntoView {
    let here = here();
    let page = here.board.page(task);
    let deeds = Deeds { client: client(), board: here.board.clone(), painted };
    let (going, key) = (nav(), here.board.key());
    let duplicate = {
        let deeds = deeds.clone();
        Callback::new(move |()| {
            if let Some(copy) = deeds.duplicate(page.get_untracked().as_ref()) {
                going.go(&(paths::board(&key) + "/" + &copy.to_string()), Go::Beside);
            }
        })
    };
    let items = Callback::new(move |()| {
        let Some(task) = deeds.painted.get_untracked() else { return Vec::new() };
        let archive = deeds.clone();
        let archive = Callback::new(move |()| archive.archive());
        let trash = deeds.clone();
        let trash = Callback::new(move |()| trash.trash());
        if task.trashed_at.is_some() {
            return vec![Item::new("i-undo", "Restore from the trash", trash)];
        }
        let mut items = Vec::new();
        if !task.is_archived {
            items.push(Item::new("i-copy", "Duplicate", duplicate));
            items.push(Item::new(
                "i-subtasks",
                "Make part of…",
                Callback::new(|()| {
                    popover::press(PARENT);
                }),
            ));
        }
        let word = if task.is_archived { "Bring back from the archive" } else { "Archive" };
        items.push(Item::new("i-archive", word, archive));
        items.push(Item::new("i-trash", "Move to trash", trash).bad());
        items
    });
    let may = memo(move || here.may(CommandKind::TrashTask));
    live(move || {
        may.get().then(|| {
            part! {
                <Menu id="task-menu".to_owned() name="Task menu".to_owned() items>
                    <Icon name="i-more"/>
                </Menu>
            }
        })
    })
}

/// What is done with a task as a whole.
#[derive(Clone)]
struct Deeds {
    client: Client,
    board: LiveBoard,
    painted: Painted,
}

impl Deeds {
    /// Archives it, or brings it back.
    fn archive(&self) {
        let Some(now) = self.painted.get_untracked() else { return };
        let (project, task, on) = (self.board.project(), now.id, !now.is_archived);
        let said = now.title.to_string() + if on { " archived." } else { " is back on the board." };
        self.client.act(&self.board, vec![Command::ArchiveTask { project, task, on }], said);
    }

    /// Throws it away, or brings it back.
    fn trash(&self) {
        let Some(now) = self.painted.get_untracked() else { return };
        let (project, task, on) = (self.board.project(), now.id, now.trashed_at.is_none());
        let said = now.title.to_string() + if on { " moved to the trash." } else { " restored." };
        self.client.act(&self.board, vec![Command::TrashTask { project, task, on }], said);
    }

    /// Makes a task with the same values.
    fn duplicate(&self, page: Option<&Opened>) -> Option<TaskId> {
        let now = self.painted.get_untracked()?;
        let command = copy_of(&self.board, &now, page);
        let title = match &command {
            Ok(Command::CreateTask { title, .. }) => title.to_string(),
            _ => String::new(),
        };
        match command {
            Ok(command) => {
                let copy = command.task()?;
                self.client.act(&self.board, vec![command], title + " created.").then_some(copy)
            }
            Err(refusal) => {
                self.client.tell_refusal(&refusal);
                None
            }
        }
    }
}

fn copy_of(board: &LiveBoard, now: &Task, page: Option<&Opened>) -> Result<Command, Refusal> {
    let at = |field| move |why: model::Invalid| Refusal::invalid(field, why.to_string());
    if page.is_none() && now.text_version > 0 {
        return Err(Refusal::invalid("text", "The description is not here yet. Try again when it is."));
    }
    // A title has at most 200 characters.
    let title: String = "Copy of ".chars().chain(now.title.as_str().chars()).take(200).collect();
    let text = page.and_then(|p| p.text.clone()).filter(|text| !text.is_empty());
    let text = text.map(Body::try_from).transpose().map_err(at("text"))?;
    let mut assignees = now.assignees.clone();
    board.read(|b| assignees.retain(|person| b.members.contains_key(person)));
    Ok(Command::CreateTask {
        project: board.project(),
        task: ids::task(),
        title: Title::try_from(title).map_err(at("title"))?,
        text,
        status: now.status,
        due: now.due.clone(),
        assignees,
        priority: now.priority,
        labels: now.labels.clone(),
        parent: now.parent,
    })
}

/// Says that the task is in the archive or in the trash, and brings it back.
#[component]
pub(crate) fn Shelved(
    /// The task.
    painted: Painted,
) -> impl IntoView {
    let here = here();
    let deeds = Deeds { client: client(), board: here.board.clone(), painted };
    let stands = memo(move || painted.get().map(|t| (t.is_archived, t.trashed_at.is_some())));
    let may = memo(move || here.may(CommandKind::TrashTask));
    live(move || {
        let (icon, lead, more, word) = match stands.get() {
            Some((_, true)) => ("i-trash", "This task is in the trash. ", "It is kept there for 30 days.", "Restore"),
            Some((true, false)) => {
                ("i-archive", "This task is archived. ", "It keeps its place on the board.", "Bring back")
            }
            _ => return None,
        };
        let deeds = deeds.clone();
        let back = move |_| {
            if deeds.painted.get_untracked().is_some_and(|t| t.trashed_at.is_some()) {
                deeds.trash();
            } else {
                deeds.archive();
            }
            crate::dom::focus("task-title");
        };
        Some(part! {
            <div class="banner task-note" data-tone="warn" role="status">
                <Icon name=icon/>
                <p>
                    <strong>{lead}</strong>
                    {more}
                </p>
                {may
                    .get()
                    .then(|| {
                        part! {
                            <button class="btn" type="button" on:click=back>
                                {word}
                            </button>
                        }
                    })}
            </div>
        })
    })
}
