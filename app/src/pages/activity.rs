//! What happened to a task and what was said about it, oldest first: all of it, or one of both.

use leptos::prelude::*;
use model::{Comment, Day, Due, Event, Priority, Recorded, TaskId, Told};

use crate::{
    components::{icon::Icon, when::When},
    data::{boards::LiveBoard, client, people::People},
    live::{Row, live, part, rows},
    pages::{
        comments::CommentBox,
        project::here,
        task::{Painted, called},
    },
};

/// An entry of the list.
#[cfg_attr(
    not(target_family = "wasm"),
    expect(clippy::large_enum_variant, reason = "most entries are of the large kind")
)]
#[derive(Clone, Debug, PartialEq)]
enum Line {
    Said(Comment),
    /// Said here, and on its way.
    Waiting(Comment),
    Happened(Recorded),
}

impl Line {
    fn key(&self) -> (u128, u8) {
        match self {
            Self::Said(comment) => (comment.id.uuid().as_u128(), 0),
            Self::Waiting(comment) => (comment.id.uuid().as_u128(), 1),
            Self::Happened(recorded) => (u128::from(recorded.seq.unsigned_abs()), 2),
        }
    }
}

/// What of it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Show {
    All,
    Comments,
    History,
}

impl Show {
    const ALL: [(Self, &'static str); 3] =
        [(Self::All, "All"), (Self::Comments, "Comments"), (Self::History, "History")];

    const fn has(self, line: &Line) -> bool {
        match line {
            Line::Said(_) | Line::Waiting(_) => !matches!(self, Self::History),
            Line::Happened(_) => !matches!(self, Self::Comments),
        }
    }
}

/// The history.
#[component]
pub(crate) fn Activity(
    /// Of which task.
    task: TaskId,
    /// The task as it is painted.
    painted: Painted,
) -> impl IntoView {
    let board = here().board;
    let page = board.page(task);
    let show = RwSignal::new(Show::All);
    let lines = move || {
        let Some(opened) = page.get() else { return Vec::new() };
        let told = opened.page.told.into_iter().map(|told| match told {
            Told::Said(comment) => Line::Said(comment),
            Told::Happened(recorded) => Line::Happened(recorded),
        });
        let lines = told.chain(opened.waiting.into_iter().map(Line::Waiting));
        let show = show.get();
        lines.filter(|line| show.has(line)).map(|line| row(task, painted, line)).collect()
    };
    let tab = move |(which, name): (Show, &'static str)| {
        part! {
            <button
                type="button"
                aria-pressed=move || (show.get() == which).to_string()
                on:click=move |_| show.set(which)
            >
                {name}
            </button>
        }
    };
    part! {
        <section aria-labelledby="act-h">
            <div class="section-head">
                <h3 id="act-h">"Activity"</h3>
                <div class="tabs push" role="group" aria-label="Show">
                    {Show::ALL.into_iter().map(tab).collect_view()}
                </div>
            </div>
            <ol class="activity" role="list" aria-label="Activity">
                {rows(lines)}
            </ol>
        </section>
    }
}

fn row(task: TaskId, painted: Painted, line: Line) -> Row {
    Row::new(line.key(), move |_| match line {
        Line::Said(c) => part! { <CommentBox task painted id=c.id by=c.by at=c.at is_waiting=false/> },
        Line::Waiting(c) => part! { <CommentBox task painted id=c.id by=c.by at=c.at is_waiting=true/> },
        Line::Happened(recorded) => part! { <Happened recorded/> },
    })
}

#[component]
fn Happened(recorded: Recorded) -> impl IntoView {
    let (people, board) = (client().people, here().board);
    let (by, at) = (recorded.actor, recorded.at);
    let named = people.clone();
    let icon = icon(&recorded.event);
    part! {
        <li class="event">
            <span class="ev-icon">
                <Icon name=icon/>
            </span>
            <span>
                <strong>{live(move || named.name(by))}</strong>
                " "
                {live(move || deed(&recorded.event, &board, &people))}
                " "
                <When at/>
            </span>
        </li>
    }
}

const fn icon(event: &Event) -> &'static str {
    match event {
        Event::TaskRenamed { .. } | Event::TaskDescribed { .. } => "i-edit",
        Event::TaskMoved { .. } => "i-move",
        Event::DueSet { .. } => "i-calendar",
        Event::TaskAssigned { .. } | Event::TaskUnassigned { .. } => "i-user",
        Event::PrioritySet { .. } => "i-flag",
        Event::TaskLabelled { .. } => "i-tag",
        Event::ParentSet { .. } => "i-subtasks",
        Event::TaskArchived { .. } => "i-archive",
        Event::TaskTrashed { .. } | Event::TaskPurged { .. } => "i-trash",
        Event::TaskCreated { .. } => "i-plus",
        Event::PersonJoined { .. }
        | Event::RoleChanged { .. }
        | Event::PersonDisabled { .. }
        | Event::PersonEnabled { .. }
        | Event::SessionEnded { .. }
        | Event::PersonLeft { .. }
        | Event::ProjectCreated { .. }
        | Event::ProjectRemoved { .. }
        | Event::TeamNamed { .. }
        | Event::ProjectGained { .. }
        | Event::ProjectLost { .. }
        | Event::InboxChanged { .. }
        | Event::ProjectOpened { .. }
        | Event::MemberAdded { .. }
        | Event::MemberChanged { .. }
        | Event::MemberRemoved { .. }
        | Event::ProjectRenamed { .. }
        | Event::ProjectColoured { .. }
        | Event::ProjectArchived { .. }
        | Event::StatusAdded { .. }
        | Event::StatusChanged { .. }
        | Event::StatusMoved { .. }
        | Event::StatusRemoved { .. }
        | Event::LabelSet { .. }
        | Event::WatchSet { .. }
        | Event::CommentEdited { .. }
        | Event::CommentRemoved { .. }
        | Event::CommentAdded { .. } => "i-dot",
    }
}

/// What somebody did, to be read after their name.
fn deed(event: &Event, board: &LiveBoard, people: &People) -> String {
    let status =
        |id| board.read(|b| b.status(id).map(|s| s.name.to_string())).unwrap_or_else(|| "another status".into());
    let task = |id| {
        let found = board.read(|b| b.task(id).map(|t| called(&b.key, t) + " " + t.title.as_str()));
        found.unwrap_or_else(|| "another task".into())
    };
    match event {
        Event::TaskCreated { .. } => "created this task".into(),
        Event::TaskRenamed { from, to, .. } => {
            "renamed this task from “".to_owned() + from.as_str() + "” to “" + to.as_str() + "”"
        }
        Event::TaskDescribed { version: 1, .. } => "wrote the description".into(),
        Event::TaskDescribed { .. } => "changed the description".into(),
        Event::TaskMoved { from, to, .. } if from == to => "moved this within ".to_owned() + &status(*to),
        Event::TaskMoved { from, to, .. } => changed("moved this", Some(status(*from)), Some(status(*to))),
        Event::DueSet { from, to, .. } => changed("changed the due date", from.as_ref().map(day), to.as_ref().map(day)),
        Event::PrioritySet { from, to, .. } => {
            let word = |p: &Option<Priority>| p.map(|p| p.word().to_owned());
            changed("changed the priority", word(from), word(to))
        }
        Event::TaskLabelled { label, on, .. } => {
            let label = board.read(|b| b.label(*label).map(|l| l.name.to_string()));
            let label = label.unwrap_or_else(|| "that is gone".into());
            if *on { "added the label " } else { "removed the label " }.to_owned() + &label
        }
        Event::ParentSet { from, to, .. } => match (from, to) {
            (Some(from), None) => "took this out of ".to_owned() + &task(*from),
            (None, Some(to)) => "made this a part of ".to_owned() + &task(*to),
            _ => changed("moved this", from.map(task), to.map(task)),
        },
        Event::TaskArchived { on: true, .. } => "archived this task".into(),
        Event::TaskArchived { on: false, .. } => "brought this task back from the archive".into(),
        Event::TaskTrashed { on: true, .. } => "moved this task to the trash".into(),
        Event::TaskTrashed { on: false, .. } => "brought this task back from the trash".into(),
        Event::TaskPurged { .. } => "deleted this task for good".into(),
        Event::TaskAssigned { person, .. } => "assigned ".to_owned() + &people.name(*person),
        Event::TaskUnassigned { person, .. } => "took off ".to_owned() + &people.name(*person),
        Event::PersonJoined { .. }
        | Event::RoleChanged { .. }
        | Event::PersonDisabled { .. }
        | Event::PersonEnabled { .. }
        | Event::SessionEnded { .. }
        | Event::PersonLeft { .. }
        | Event::ProjectCreated { .. }
        | Event::ProjectRemoved { .. }
        | Event::TeamNamed { .. }
        | Event::ProjectGained { .. }
        | Event::ProjectLost { .. }
        | Event::InboxChanged { .. }
        | Event::ProjectOpened { .. }
        | Event::MemberAdded { .. }
        | Event::MemberChanged { .. }
        | Event::MemberRemoved { .. }
        | Event::ProjectRenamed { .. }
        | Event::ProjectColoured { .. }
        | Event::ProjectArchived { .. }
        | Event::StatusAdded { .. }
        | Event::StatusChanged { .. }
        | Event::StatusMoved { .. }
        | Event::StatusRemoved { .. }
        | Event::LabelSet { .. }
        | Event::WatchSet { .. }
        | Event::CommentEdited { .. }
        | Event::CommentRemoved { .. }
        | Event::CommentAdded { .. } => "changed something".into(),
    }
}

/// A deed with the old and the new value, as far as there are such.
fn changed(deed: &str, from: Option<String>, to: Option<String>) -> String {
    let mut text = deed.to_owned();
    for (word, value) in [(" from ", from), (" to ", to.or_else(|| Some("none".to_owned())))] {
        if let Some(value) = value {
            text += word;
            text += &value;
        }
    }
    text
}

/// A day with its year, since history is read late.
fn day(due: &Due) -> String {
    client().today.with(|today| {
        let day = today.due_day(due);
        // As seen from another year.
        let mut text = today.reader.short(day, Day::default());
        if let Due::At { instant, .. } = due {
            text.push(' ');
            text += &today.reader.time(today.reader.zone.civil(*instant).1);
        }
        text
    })
}
