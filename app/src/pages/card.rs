//! A task on the board: its number, how urgent it is, its title and labels, when it is due, what became of its parts, what
//! was said, who does it.

use leptos::prelude::*;
use model::{Category, Label, Task, TaskId, live::Mode};

use crate::{
    components::{
        avatar::Avatars,
        icon::Icon,
        presence::{first_hue, flag, viewers},
        prio::PriorityIcon,
        waiting,
        when::due_tone,
    },
    data::{Link, client, face::Face, presence::There},
    live::{live, memo, part},
    pages::{
        grip::Grip,
        project::{Here, card_link_id, here},
    },
    paths,
};

/// One task. Only this is painted anew when the task changes.
#[component]
pub(crate) fn TaskCard(
    /// Which.
    task: TaskId,
    /// What the reader has in hand.
    grip: Grip,
) -> impl IntoView {
    let here = here();
    let (painted, waiting) = (here.board.face(task), here.board.is_waiting(task));
    let link = client().link;
    // An answer is seldom slower than a glance; only without a connection is waiting worth a mark.
    let is_pending = memo(move || waiting.get() && link.get() != Link::Live);
    let others = client().others_at(here.board.project(), task);
    let writers = memo(move || others.get().into_iter().filter(|(_, mode)| *mode == Mode::Editing).collect::<Vec<_>>());
    let title_id = format!("t-{task}");
    let labelled = title_id.clone();
    let (lifted, chosen) = (grip.clone(), grip.clone());
    let state = move || match is_pending.get() {
        _ if lifted.is_carried(task) => Some("ghost"),
        true => Some("pending"),
        false => writers.with(|writers| (!writers.is_empty()).then_some("editing")),
    };
    part! {
        <article
            class="card"
            aria-labelledby=labelled
            data-state=state
            data-hue=move || writers.with(|writers| first_hue(writers))
            data-selected=move || chosen.is_chosen(task).then_some("true")
        >
            {flag(writers, "editing")}
            {live(move || painted.get().map(|face| paint(&here, &face, is_pending, others, &grip, title_id.clone())))}
        </article>
    }
}

fn paint(
    here: &Here,
    face: &Face,
    is_pending: Memo<bool>,
    others: Memo<Vec<There>>,
    grip: &Grip,
    title_id: String,
) -> AnyView {
    let (key, task) = (here.board.key(), &face.task);
    let number = if task.number > 0 { format!("{key}-{}", task.number) } else { "New".to_owned() };
    let (grip, id) = (grip.clone(), task.id);
    part! {
        <div class="card-top">
            <span>{number}</span>
            {viewers(others)}
            {waiting::mark(is_pending)}
            <PriorityIcon priority=task.priority alone=true/>
        </div>
        <h3 class="card-title" id=title_id>
            <a
                class="card-link"
                id=card_link_id(id)
                href=paths::task(&key, task)
                tabindex=move || if grip.is_stop(id) { "0" } else { "-1" }
            >
                {task.title.to_string()}
            </a>
        </h3>
        {chips(&face.labels)}
        <div class="card-foot">
            {due(here, face)}
            {(face.parts.1 > 0)
                .then(|| {
                    let told = format!("{}/{}", face.parts.0, face.parts.1);
                    meta("i-subtasks", told, " sub-tasks done")
                })}
            {(task.n_comments > 0)
                .then(|| {
                    let what = if task.n_comments == 1 { " comment" } else { " comments" };
                    meta("i-comment", task.n_comments.to_string(), what)
                })}
            <Avatars people=task.assignees.clone()/>
        </div>
    }
}

fn chips(labels: &[Label]) -> Option<AnyView> {
    if labels.is_empty() {
        return None;
    }
    let chips: Vec<AnyView> = labels
        .iter()
        .map(|label| {
            part! {
                <li class="chip" data-hue=label.hue.number().to_string()>
                    <span class="dot"></span>
                    {label.name.to_string()}
                </li>
            }
        })
        .collect();
    Some(part! {
        <ul class="chips" role="list" aria-label="Labels">
            {chips}
        </ul>
    })
}

/// A small fact: an icon, what is shown, and how it goes on for those who hear it.
fn meta(icon: &'static str, told: String, goes_on: &'static str) -> AnyView {
    part! {
        <span class="meta">
            <Icon name=icon/>
            {told}
            <span class="vh">{goes_on}</span>
        </span>
    }
}

fn due(here: &Here, face: &Face) -> Option<AnyView> {
    let due = face.task.due.clone()?;
    let (today, finished) = (here.today, face.is_finished);
    let told = memo(move || today.with(|today| (today.due_day(&due), today.due(&due))));
    Some(part! {
        <span class="meta" data-tone=move || today.with(|today| due_tone(told.get().0, today, finished))>
            <Icon name="i-calendar"/>
            <span class="vh">"Due: "</span>
            <time datetime=move || told.get().0.to_string()>{live(move || told.get().1)}</time>
        </span>
    })
}

/// Whether nothing more is to be done for it.
pub(crate) fn is_finished(here: &Here, task: &Task) -> bool {
    let category = here.board.read(|b| b.status(task.status).map(|s| s.category));
    matches!(category, Some(Category::Done | Category::Cancelled))
}
