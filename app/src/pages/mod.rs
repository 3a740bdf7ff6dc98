//! One room per screen. A page is given what the server told, and puts parts together.
//!
//! Must not know: how a change is sent or an event arrives; it dispatches and listens.

#![expect(unreachable_pub, reason = "the component macro makes its functions pub whatever is written")]

pub(crate) mod activity;
pub(crate) mod agenda;
pub(crate) mod apart;
pub(crate) mod board;
pub(crate) mod board_hand;
pub(crate) mod calendar;
pub(crate) mod card;
pub(crate) mod carry;
pub(crate) mod column;
pub(crate) mod comments;
pub(crate) mod conflict;
pub(crate) mod day_hand;
pub(crate) mod days;
pub(crate) mod description;
pub(crate) mod drag;
pub(crate) mod filters;
pub(crate) mod find;
pub(crate) mod grip;
pub(crate) mod home;
pub(crate) mod inbox;
pub(crate) mod key_sheet;
pub(crate) mod lane;
pub(crate) mod list;
mod list_hand;
pub(crate) mod list_row;
pub(crate) mod members;
pub(crate) mod mentioned;
pub(crate) mod missing;
pub(crate) mod my_tasks;
pub(crate) mod new_task;
pub(crate) mod noticed;
pub(crate) mod overview;
pub(crate) mod palette;
pub(crate) mod parts;
pub(crate) mod project;
pub(crate) mod properties;
pub(crate) mod prose;
pub(crate) mod quick_add;
pub(crate) mod reach;
pub(crate) mod reading;
pub(crate) mod search;
pub(crate) mod selection;
pub(crate) mod settings;
pub(crate) mod task;
pub(crate) mod task_head;
mod task_keys;
pub(crate) mod versions;

use leptos::prelude::*;

use crate::{live::part, pages::apart::with_pages, shown::Shown};

/// Paints a page.
pub(crate) fn paint(shown: Shown) -> AnyView {
    match shown {
        Shown::Nothing => part! { <p class="vh" role="status">"Loading"</p> },
        Shown::Home(me) => with_pages(|pages| (pages.home)(me)),
        Shown::MyTasks(me) => with_pages(|pages| (pages.my_tasks)(me)),
        Shown::Inbox(me) => with_pages(|pages| (pages.inbox)(me)),
        Shown::Search(found) => with_pages(|pages| (pages.search)(found)),
        Shown::Project(me, board) => part! { <project::ProjectPage me board/> },
        Shown::Missing(me) => part! { <missing::NoSuchPage me/> },
        Shown::Apart(me) => part! { <missing::Apart me/> },
        Shown::Broken(refusal) => part! { <missing::Broken refusal/> },
    }
}
