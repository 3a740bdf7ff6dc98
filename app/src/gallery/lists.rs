//! Badges, tabs, tables, and what stands where something is coming or nothing is.

use leptos::prelude::*;
use model::Priority;

use super::{on_page, part, section, wide};
use crate::{
    components::{icon::StatusIcon, live_badge::LiveBadge, prio, prio::PriorityIcon},
    data::Link,
    office::table_of,
    pages::{apart::coming, missing::EmptyArt},
};

pub(super) fn badges() -> AnyView {
    let mut all: Vec<AnyView> = Vec::new();
    for (state, shape) in [
        ("Backlog", "backlog"),
        ("Todo", "todo"),
        ("In progress", "progress"),
        ("In review", "review"),
        ("Done", "done"),
        ("Cancelled", "cancelled"),
    ] {
        all.push(part(state, view! { <StatusIcon shape/> }));
    }
    let priorities = [None, Some(Priority::Low), Some(Priority::Medium), Some(Priority::High), Some(Priority::Urgent)];
    for priority in priorities {
        all.push(part(prio::word(priority), view! { <PriorityIcon priority alone=true/> }));
    }
    for (state, link, n) in [
        ("Live", Link::Live, 0),
        ("Reconnecting", Link::Reconnecting, 0),
        ("Offline", Link::Offline, 0),
        ("Offline, changes wait", Link::Offline, 3),
    ] {
        let change = move |client: &crate::data::Client| {
            client.link.set(link);
            client.n_waiting.set(n);
        };
        all.push(part(state, on_page(change, || view! { <LiveBadge/> }.into_any())));
    }
    for (state, tone) in [("Tag", ""), ("Good", "ok"), ("Information", "info"), ("Warning", "warn"), ("Bad", "bad")] {
        let tone = (!tone.is_empty()).then_some(tone);
        all.push(part(state, view! { <span class="tag" data-tone=tone>{state}</span> }));
    }
    for (state, tone) in [("Count", None), ("News", Some("accent")), ("Trouble", Some("bad"))] {
        all.push(part(state, view! { <span class="count" data-tone=tone>"4"</span> }));
    }
    let chips = (1..=8_u8).map(|hue| {
        view! {
            <li class="chip" data-hue=hue.to_string()>
                <span class="dot"></span>
                {format!("Label {hue}")}
            </li>
        }
        .into_any()
    });
    all.push(wide(
        "Labels in all colours",
        view! { <ul class="chips" aria-label="Labels">{chips.collect_view()}</ul> },
    ));
    let keys = view! {
        <span class="keys">
            <kbd class="kbd">"Ctrl"</kbd>
            <kbd class="kbd">"K"</kbd>
        </span>
    };
    all.push(part("Keys", keys));
    section("Badges", all)
}

pub(super) fn tabs_and_tables() -> AnyView {
    let buttons = view! {
        <div class="tabs" role="group" aria-label="Show">
            <button type="button" aria-pressed="true">"All"</button>
            <button type="button" aria-pressed="false">"Comments"</button>
            <button type="button" aria-pressed="false" data-force="hover">"History"</button>
        </div>
    };
    let rows =
        [("MUS-41", "Book the EMC chamber", "Todo"), ("MUS-42", "Packaging drop test from 1.2 m", "In progress")];
    let rows = rows.map(|(number, title, status)| {
        view! {
            <tr>
                <td>{number}</td>
                <td>{title}</td>
                <td>{status}</td>
            </tr>
        }
        .into_any()
    });
    section(
        "Tabs and tables",
        vec![
            part("Tabs: chosen, at rest, hover", buttons),
            wide("Table", table_of("Tasks", ["Number", "Title", "Status"], rows.into())),
        ],
    )
}

pub(super) fn waiting() -> AnyView {
    let empty = view! {
        <div class="empty">
            <EmptyArt/>
            <h3>"No projects yet"</h3>
            <p>"A project has its own board and its own people."</p>
            <button class="btn btn-primary btn-lg" type="button">
                "New project"
            </button>
        </div>
    };
    let mut all = vec![wide("Something is coming", coming()), wide("Nothing is there", empty)];
    for (state, tone, value) in [
        ("Progress", "", 62),
        ("Warning", "warn", 86),
        ("Bad", "bad", 97),
        ("Quiet", "quiet", 30),
        ("Not begun", "", 0),
    ] {
        let tone = (!tone.is_empty()).then_some(tone);
        let bar =
            view! { <progress class="progress" max="100" value=value data-tone=tone aria-label=state></progress> };
        all.push(part(state, bar));
    }
    section("Waiting, empty, progress", all)
}
