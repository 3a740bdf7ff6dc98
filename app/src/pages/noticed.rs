//! The reader's side of the inbox: the task of a notice, and all that somebody is told of it.
//!
//! Must not know: what else is in the inbox.

use leptos::{ev::MouseEvent, prelude::*};
use model::{Category, Comment, Notice, NoticeKind, TaskId, Told};

use crate::{
    components::{
        avatar::Avatar,
        icon::{Icon, StatusIcon},
        prio::{PriorityIcon, word},
        when::When,
    },
    data::{Client, client},
    live::{live, memo, part},
    nav::{Go, nav},
    pages::{
        inbox::{View, archive, deed, turn},
        mentioned::said,
        prose::{Written, prose},
    },
    paths,
};

/// The task of a notice, and all that its reader is told of it.
#[component]
pub(crate) fn Reader(
    /// Where the reader is in the inbox.
    view: View,
    /// Which task.
    task: TaskId,
) -> impl IntoView {
    let client = client();
    let inbox = client.inbox.clone();
    let now = memo(move || inbox.of(task));
    let nav = nav();
    live(move || {
        let Some(noticed) = now.get() else { return ().into_any() };
        let (turning, away) = (client.clone(), client.clone());
        let number = noticed.key.to_string() + "-" + &noticed.number.to_string();
        let href = paths::numbered(&noticed.key, noticed.number);
        let (to, is_unread) = (href.clone(), noticed.is_unread());
        let look = match noticed.category {
            Category::Backlog => "backlog",
            Category::Todo => "todo",
            Category::InProgress => "progress",
            Category::Done => "done",
            Category::Cancelled => "cancelled",
        };
        let follow = move |event: MouseEvent| {
            if !(event.ctrl_key() || event.meta_key() || event.shift_key()) {
                event.prevent_default();
                nav.go(&to, Go::To);
            }
        };
        let entries = noticed.notices.iter().rev().map(|notice| told(&client, task, notice)).collect_view();
        part! {
            <section class="reader" aria-labelledby="r-title">
                <div class="reader-tools">
                    <button
                        class="icon-btn only-phone"
                        type="button"
                        aria-label="Back to notifications"
                        on:click=move |_| view.close()
                    >
                        <Icon name="i-back"/>
                    </button>
                    <span class="small faint">{noticed.name.to_string() + " · " + &number}</span>
                    <span class="push">
                        <button class="btn btn-quiet" type="button" on:click=move |_| _ = archive(&away, view)>
                            <Icon name="i-archive"/>
                            "Archive"
                            <span class="keys hide-phone" aria-hidden="true">
                                <kbd class="kbd">"E"</kbd>
                            </span>
                        </button>
                        <button
                            class="btn btn-quiet hide-phone"
                            type="button"
                            on:click=move |_| _ = turn(&turning, view)
                        >
                            <Icon name="i-mail"/>
                            {if is_unread { "Mark as read" } else { "Mark as unread" }}
                            <span class="keys" aria-hidden="true">
                                <kbd class="kbd">"U"</kbd>
                            </span>
                        </button>
                        <a class="btn" href=href on:click=follow>
                            "Open task"
                        </a>
                    </span>
                </div>
                <div class="reader-body">
                    <div class="stack">
                        <h2 class="task-title" id="r-title" tabindex="-1">
                            {noticed.title.to_string()}
                        </h2>
                        <div class="inline-props">
                            <span>
                                <StatusIcon shape=look/>
                                {noticed.status.to_string()}
                            </span>
                            <span>
                                <PriorityIcon priority=noticed.priority/>
                                {word(noticed.priority)}
                            </span>
                        </div>
                    </div>
                    <ol class="activity" role="list" aria-label="Updates">
                        {entries}
                    </ol>
                </div>
            </section>
        }
    })
}

/// One notice: what was said in full, or what happened.
fn told(client: &Client, task: TaskId, notice: &Notice) -> AnyView {
    let (inbox, people) = (client.inbox.clone(), client.people.clone());
    let Notice { kind, by, at, what, .. } = notice.clone();
    // A comment and its notice are of one moment and one person.
    let comment = memo(move || {
        let page = inbox.page(task).filter(|_| matches!(kind, NoticeKind::Mentioned | NoticeKind::Commented))?;
        let mut said = page.told.iter().filter_map(|told| match told {
            Told::Said(comment) => Some(comment),
            Told::Happened(_) => None,
        });
        said.rfind(|c| c.by == by && c.at == at).cloned()
    });
    live(move || {
        if let Some(Comment { text: Some(text), html, .. }) = comment.get() {
            let (named, labelled) = (people.clone(), people.clone());
            let written = memo(move || Written { text: text.clone(), html: html.clone() });
            // It is read here; whoever wants to change it opens the task.
            let words = prose("prose prose-sm", &at.ms().to_string(), written, memo(|| false), Callback::new(|_| {}));
            part! {
                <li class="comment">
                    <Avatar person=by size="md"/>
                    <article class="comment-box" aria-label=move || "Comment by ".to_owned() + &labelled.name(by)>
                        <header>
                            <strong>{live(move || named.name(by))}</strong>
                            <When at/>
                        </header>
                        {words}
                    </article>
                </li>
            }
        } else {
            let (named, what) = (people.clone(), what.clone());
            let icon = match kind {
                NoticeKind::Assigned => "i-user",
                NoticeKind::Mentioned => "i-at",
                NoticeKind::Commented => "i-comment",
                NoticeKind::Moved => "i-move",
                NoticeKind::Due => "i-calendar",
            };
            let words = match (kind, what) {
                (NoticeKind::Moved, Some(to)) => (" moved this to ".to_owned() + &to).into_any(),
                (_, Some(words)) => part! { <span>{deed(kind)} ": “" {said(&words)} "”"</span> },
                _ => deed(kind).into_any(),
            };
            part! {
                <li class="event">
                    <span class="ev-icon">
                        <Icon name=icon/>
                    </span>
                    <span>
                        <strong>{live(move || named.name(by))}</strong>
                        {words}
                        " "
                        <When at/>
                    </span>
                </li>
            }
        }
    })
}
