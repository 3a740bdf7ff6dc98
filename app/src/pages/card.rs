//! A task on the board: its number, title, when it is due, what was said, who does it.

use leptos::prelude::*;
use model::{Category, Task, TaskId};

use crate::{
    components::{
        avatar::Avatars,
        icon::Icon,
        when::{day_text, due_day, due_tone},
    },
    data::{Link, client},
    live::{live, memo, part},
    pages::project::{Here, card_link_id, here},
    paths,
};

/// One task. Only this is painted anew when the task changes.
#[component]
pub(crate) fn TaskCard(
    /// Which.
    task: TaskId,
) -> impl IntoView {
    let here = here();
    let (painted, waiting) = (here.board.task(task), here.board.is_waiting(task));
    let link = client().link;
    // An answer is seldom slower than a glance; only without a connection is waiting worth a mark.
    let is_pending = memo(move || waiting.get() && link.get() != Link::Live);
    let title_id = format!("t-{task}");
    let labelled = title_id.clone();
    part! {
        <article
            class="card"
            aria-labelledby=labelled
            data-state=move || is_pending.get().then_some("pending")
        >
            {live(move || painted.get().map(|t| face(&here, &t, is_pending, title_id.clone())))}
        </article>
    }
}

fn face(here: &Here, task: &Task, is_pending: Memo<bool>, title_id: String) -> AnyView {
    let key = here.board.key();
    let number = if task.number > 0 { format!("{key}-{}", task.number) } else { "New".to_owned() };
    let comments = (task.n_comments > 0).then(|| {
        part! {
            <span class="meta">
                <Icon name="i-comment"/>
                {task.n_comments.to_string()}
                <span class="vh">{if task.n_comments == 1 { " comment" } else { " comments" }}</span>
            </span>
        }
    });
    part! {
        <div class="card-top">
            <span>{number}</span>
        </div>
        <h3 class="card-title" id=title_id>
            <a class="card-link" id=card_link_id(task.id) href=paths::task(&key, task)>
                {task.title.to_string()}
            </a>
        </h3>
        <div class="card-foot">
            {due(here, task)}
            {comments}
            {live(move || {
                is_pending
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
            <Avatars people=task.assignees.clone()/>
        </div>
    }
}

fn due(here: &Here, task: &Task) -> Option<AnyView> {
    let day = due_day(task.due.as_ref()?);
    let today = here.today;
    let finished = is_finished(here, task);
    Some(part! {
        <span class="meta" data-tone=move || due_tone(day, today.get(), finished)>
            <Icon name="i-calendar"/>
            <span class="vh">"Due: "</span>
            <time datetime=day.to_string()>{live(move || day_text(day, today.get()))}</time>
        </span>
    })
}

/// Whether nothing more is to be done for it.
pub(crate) fn is_finished(here: &Here, task: &Task) -> bool {
    let category = here.board.read(|b| b.status(task.status).map(|s| s.category));
    matches!(category, Some(Category::Done | Category::Cancelled))
}
