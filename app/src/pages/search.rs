//! Tasks of all projects by the words in their titles, descriptions and comments.

use leptos::{ev::SubmitEvent, html, prelude::*, task::spawn_local};
use model::{Category, Found, Hit, Place, Refusal};

use crate::{
    api,
    components::{
        icon::{Icon, StatusIcon},
        live_badge::LiveBadge,
        sidebar::AppShell,
    },
    data::{Heard, client},
    dom,
    live::{effect, live, memo, part},
    nav::{Go, nav},
    pages::{home::counted, missing::EmptyArt},
    paths,
};

/// So long nothing more is typed before it is searched for.
const PAUSE_MS: u64 = 200;

/// The page. The address says what is searched for; it follows what is typed.
#[component]
pub(crate) fn SearchPage(
    /// What the server told for the address.
    found: Found,
) -> impl IntoView {
    let (nav, me) = (nav(), found.me.clone());
    let text = memo(move || paths::searched(&nav.query()));
    let answer = RwSignal::new(Ok::<Found, Refusal>(found));
    let mut before = Some(text.get_untracked());
    effect(move || {
        let now = text.get();
        if before.as_ref() != Some(&now) {
            spawn_local(async move {
                let told = api::search(now.clone()).await;
                // An answer to an older text says nothing any more.
                if text.try_get_untracked() == Some(now) {
                    answer.set(told);
                }
            });
        }
        before = Some(text.get_untracked());
    });
    let node = NodeRef::<html::Input>::new();
    let came_later = client().has_arrived();
    effect(move || {
        if let Some(input) = node.get()
            && came_later
        {
            let _ = input.focus();
        }
    });
    let typed = move || node.try_get_untracked().flatten().map(|input| input.value()).unwrap_or_default();
    // Timers of earlier keys find that more was typed since.
    let type_on = move |_| {
        let then = typed();
        dom::after(PAUSE_MS, move || {
            if typed() == then && !then.is_empty() {
                nav.go(&paths::search(then.trim()), Go::Renamed);
            }
        });
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        nav.go(&paths::search(typed().trim()), Go::Renamed);
    };
    let client = client();
    let said = move || match answer.get() {
        Ok(_) if text.with(String::is_empty) => String::new(),
        Ok(found) if found.is_cut => "The first 50 tasks".to_owned(),
        Ok(found) => counted(found.hits.len(), "task") + " found",
        Err(refusal) => refusal.tell(),
    };
    part! {
        <AppShell me current=None projects=client.follow_projects(Heard::Never) add=None>
            <header class="page-head">
                <div class="title">
                    <h1 id="page-title">"Search"</h1>
                    <span class="page-sub" role="status">
                        {live(said)}
                    </span>
                </div>
                <div class="page-actions">
                    <LiveBadge/>
                </div>
            </header>
            <div class="scroll">
                <div class="found">
                    <form class="quick-row" role="search" aria-label="Search tasks" action=paths::SEARCH on:submit=submit>
                        <Icon name="i-search"/>
                        <label class="vh" for="q">
                            "Search tasks"
                        </label>
                        <input
                            id="q"
                            name="q"
                            type="search"
                            maxlength="200"
                            autocomplete="off"
                            placeholder="Words, or a number such as MUS-42"
                            value=text.get_untracked()
                            node_ref=node
                            on:input=type_on
                        />
                    </form>
                    {live(move || results(answer.get().ok(), &text.get()))}
                </div>
            </div>
        </AppShell>
    }
}

fn results(found: Option<Found>, text: &str) -> AnyView {
    let hits = found.map(|found| found.hits).unwrap_or_default();
    if hits.is_empty() {
        let (head, hint) = if text.is_empty() {
            ("What are you looking for?", "Titles, descriptions and comments of all your projects are searched.")
        } else {
            (
                "Nothing found",
                "Each word has to be there, as a word or the beginning of one. Try fewer or shorter words.",
            )
        };
        return part! {
            <div class="empty">
                <EmptyArt/>
                <h2>{head}</h2>
                <p>{hint}</p>
            </div>
        };
    }
    part! {
        <ul class="todo-list" role="list" aria-label="Results">
            {hits.into_iter().map(hit).collect_view()}
        </ul>
    }
}

fn hit(hit: Hit) -> AnyView {
    let Hit { key, project, hue, number, title, category, is_archived, place, excerpt, .. } = hit;
    let look = match category {
        Category::Backlog => "backlog",
        Category::Todo => "todo",
        Category::InProgress => "progress",
        Category::Done => "done",
        Category::Cancelled => "cancelled",
    };
    let place = match place {
        Place::Title => "",
        Place::Description => "Description: ",
        Place::Comment => "Comment: ",
    };
    part! {
        <li class="todo">
            <StatusIcon shape=look/>
            <div class="grow">
                <a class="todo-title" href=paths::numbered(&key, number)>
                    {title.to_string()}
                </a>
                <span class="todo-sub">
                    <span class="proj" data-hue=hue.number().to_string() data-size="dot" aria-hidden="true"></span>
                    {project.to_string() + " · " + key.as_str() + "-" + &number.to_string()}
                </span>
                {(!excerpt.is_empty()).then(|| part! { <p class="found-text">{place} {excerpt}</p> })}
            </div>
            <span class="todo-end">
                {category.word()}
                {is_archived.then(|| part! { <span class="tag">"Archived"</span> })}
            </span>
        </li>
    }
}
