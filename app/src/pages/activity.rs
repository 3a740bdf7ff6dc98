//! What happened to a task and what was said about it, oldest first, and saying something more.

use leptos::{
    ev::{KeyboardEvent, SubmitEvent},
    prelude::*,
};
use model::{Body, Command, CommandKind, Comment, Event, Recorded, Refusal, TaskId, Told};

use crate::{
    components::{avatar::Avatar, icon::Icon, when::When},
    data::{Client, Link, boards::LiveBoard, client, drafts::Field, people::People},
    dom, ids,
    live::{Row, live, memo, part, rows},
    pages::project::here,
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

/// The history.
#[component]
pub(crate) fn Activity(
    /// Of which task.
    task: TaskId,
) -> impl IntoView {
    let board = here().board;
    let page = board.page(task);
    let lines = move || {
        let Some(opened) = page.get() else { return Vec::new() };
        let told = opened.page.told.into_iter().map(|told| match told {
            Told::Said(comment) => Line::Said(comment),
            Told::Happened(recorded) => Line::Happened(recorded),
        });
        told.chain(opened.waiting.into_iter().map(Line::Waiting)).map(row).collect()
    };
    part! {
        <section aria-labelledby="act-h">
            <div class="section-head">
                <h3 id="act-h">"Activity"</h3>
            </div>
            <ol class="activity" role="list" aria-label="Activity">
                {rows(lines)}
            </ol>
        </section>
    }
}

fn row(line: Line) -> Row {
    Row::new(line.key(), move |_| match line {
        Line::Said(comment) => part! { <Said comment is_waiting=false/> },
        Line::Waiting(comment) => part! { <Said comment is_waiting=true/> },
        Line::Happened(recorded) => part! { <Happened recorded/> },
    })
}

#[component]
fn Said(comment: Comment, is_waiting: bool) -> impl IntoView {
    let Client { people, link, .. } = client();
    let by = comment.by;
    let (named, labelled) = (people.clone(), people);
    let is_marked = memo(move || is_waiting && link.get() != Link::Live);
    let text = match comment.text {
        Some(text) => part! {
            <div class="prose prose-sm" data-plain>
                {text}
            </div>
        },
        None => part! { <p class="faint">"This comment was erased."</p> },
    };
    part! {
        <li class="comment" data-state=is_waiting.then_some("pending")>
            <Avatar person=by size="md"/>
            <article
                class="comment-box"
                aria-label=move || format!("Comment by {}", labelled.name(by))
            >
                <header>
                    <strong>{live(move || named.name(by))}</strong>
                    <When at=comment.at/>
                    {live(move || {
                        is_marked
                            .get()
                            .then(|| {
                                part! {
                                    <span class="pending">
                                        <Icon name="i-waiting"/>
                                        "Waiting"
                                    </span>
                                }
                            })
                    })}
                </header>
                {text}
            </article>
        </li>
    }
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
        Event::TaskTrashed { .. } => "i-trash",
        Event::TaskCreated { .. } => "i-plus",
        Event::PersonJoined { .. }
        | Event::ProjectCreated { .. }
        | Event::ProjectGained { .. }
        | Event::ProjectLost { .. }
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
    match event {
        Event::TaskCreated { .. } => "created this task".into(),
        Event::TaskRenamed { from, .. } => format!("renamed this task, which was called “{from}”"),
        Event::TaskDescribed { version: 1, .. } => "wrote the description".into(),
        Event::TaskDescribed { .. } => "changed the description".into(),
        Event::TaskMoved { from, to, .. } if from == to => format!("moved this within {}", status(*to)),
        Event::TaskMoved { from, to, .. } => format!("moved this from {} to {}", status(*from), status(*to)),
        Event::DueSet { to: None, .. } => "removed the due date".into(),
        Event::DueSet { to: Some(due), .. } => {
            let day = crate::components::when::due_day(due);
            // With the year, since history is read late.
            format!("made this due on {} {}", day.short(day), day.ymd().0)
        }
        Event::PrioritySet { to: None, .. } => "took the priority off".into(),
        Event::PrioritySet { to: Some(to), .. } => format!("set the priority to {}", to.word()),
        Event::TaskLabelled { label, on, .. } => {
            let label = board.read(|b| b.label(*label).map(|l| l.name.to_string()));
            let label = label.unwrap_or_else(|| "that is gone".into());
            if *on { format!("added the label {label}") } else { format!("removed the label {label}") }
        }
        Event::ParentSet { to: None, .. } => "took this out of the task that it was a part of".into(),
        Event::ParentSet { to: Some(to), .. } => {
            let title = board.read(|b| b.task(*to).map(|t| t.title.to_string()));
            format!("made this a part of “{}”", title.unwrap_or_else(|| "another task".into()))
        }
        Event::TaskArchived { on: true, .. } => "archived this task".into(),
        Event::TaskArchived { on: false, .. } => "brought this task back from the archive".into(),
        Event::TaskTrashed { on: true, .. } => "moved this task to the trash".into(),
        Event::TaskTrashed { on: false, .. } => "brought this task back from the trash".into(),
        Event::TaskAssigned { person, .. } => format!("assigned {}", people.name(*person)),
        Event::TaskUnassigned { person, .. } => format!("took {} off", people.name(*person)),
        Event::PersonJoined { .. }
        | Event::ProjectCreated { .. }
        | Event::ProjectGained { .. }
        | Event::ProjectLost { .. }
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

/// Saying something.
#[component]
pub(crate) fn Composer(
    /// About which task.
    task: TaskId,
) -> impl IntoView {
    let (client, here) = (client(), here());
    let draft = client.drafts.field(Field::Comment(task));
    let error = RwSignal::new(None::<String>);
    let (text, board, drafts) = (draft.clone(), here.board.clone(), client.drafts.clone());
    let send = move || {
        let written = text.get_untracked();
        if written.trim().is_empty() {
            return;
        }
        let result =
            Body::try_from(written).map_err(|why| Refusal::invalid("text", why.to_string())).and_then(|text| {
                let comment = ids::comment();
                client.dispatch(&board, Command::AddComment { project: board.project(), task, comment, text })
            });
        match result {
            Ok(()) => {
                error.set(None);
                client.drafts.set(Field::Comment(task), String::new());
                client.say("Comment added.");
                dom::focus("c");
            }
            Err(refusal) => error.set(Some(refusal.tell())),
        }
    };
    let (submit, blank, idle) = (send.clone(), draft.clone(), draft.clone());
    let form = move || {
        let (submit, send, draft, drafts) = (submit.clone(), send.clone(), draft.clone(), drafts.clone());
        let (blank, idle) = (blank.clone(), idle.clone());
        part! {
            <form
                class="composer-box"
                data-idle=move || (!idle.get().contains('\n')).then_some("")
                aria-label="Add a comment"
                novalidate
                on:submit=move |event: SubmitEvent| {
                    event.prevent_default();
                    submit();
                }
                on:keydown=move |event: KeyboardEvent| {
                    if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) && !event.is_composing() {
                        event.prevent_default();
                        send();
                    }
                }
            >
                <label class="vh" for="c">
                    "Comment"
                </label>
                <textarea
                    id="c"
                    rows="1"
                    placeholder="Write a comment"
                    prop:value=move || draft.get()
                    on:input=move |event| drafts.set(Field::Comment(task), event_target_value(&event))
                    aria-invalid=move || error.get().map(|_| "true")
                    aria-describedby=move || error.get().map(|_| "c-error")
                ></textarea>
                <div class="composer-foot">
                    <button
                        class="btn btn-primary"
                        type="submit"
                        disabled=move || blank.get().trim().is_empty()
                    >
                        "Comment"
                    </button>
                </div>
            </form>
        }
    };
    let may = memo(move || here.may(CommandKind::AddComment));
    part! {
        <div class="composer">
            {live(move || {
                error
                    .get()
                    .map(|text| {
                        part! {
                            <p class="error" id="c-error" role="alert">
                                {text}
                            </p>
                        }
                    })
            })}
            {live(move || may.get().then(&form))}
        </div>
    }
}
