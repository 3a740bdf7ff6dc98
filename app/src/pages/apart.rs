//! What of the pages comes [later](crate::later): which functions are in which part of the program. The rest is there from the
//! beginning: the frame, the board, and what keeps it.
//!
//! Each of these is the only place that names the functions in its table: what is named anywhere else is no part of it any more.

use leptos::prelude::*;
use model::{Found, Me, StatusId, Task, TaskId};
use std::sync::Arc;

use crate::{
    components::{dialog::DialogRef, waiting},
    data::view::{Layout, View},
    dom,
    keys::Shortcut,
    later::{Later, way_into},
    live::part,
    nav::Address,
    pages::{
        calendar, column, filters, grip::Grip, home, inbox, key_sheet, list, members, my_tasks, new_task, overview,
        palette, quick_add, reach, search, selection, settings, task,
    },
    paths::{Place, Tail},
};

/// Pages and views of a project, other than its board.
pub(crate) struct Pages {
    pub(crate) home: fn(Me) -> AnyView,
    pub(crate) my_tasks: fn(Me) -> AnyView,
    pub(crate) inbox: fn(Me) -> AnyView,
    pub(crate) search: fn(Found) -> AnyView,
    pub(crate) list: fn() -> AnyView,
    pub(crate) calendar: fn() -> AnyView,
    pub(crate) month_bar: fn() -> AnyView,
    pub(crate) overview: fn() -> AnyView,
    pub(crate) members: fn() -> AnyView,
    pub(crate) settings: fn() -> AnyView,
}

static PAGES_TABLE: Pages = Pages {
    home: |me| part! { <home::HomePage me/> },
    my_tasks: |me| part! { <my_tasks::MyTasksPage me/> },
    inbox: |me| part! { <inbox::InboxPage me/> },
    search: |found| part! { <search::SearchPage found/> },
    list: || part! { <list::ListView/> },
    calendar: || part! { <calendar::CalendarView/> },
    month_bar: || part! { <calendar::MonthBar/> },
    overview: || part! { <overview::OverviewView/> },
    members: || part! { <members::MembersView/> },
    settings: || part! { <settings::SettingsView/> },
};

pub(crate) static PAGES: Later<Pages> =
    Later::new(way_into!(pages, PAGES_TABLE: Pages), if cfg!(feature = "ssr") { Some(&PAGES_TABLE) } else { None });

/// A task that is opened.
pub(crate) struct Opened {
    pub(crate) panel: fn(TaskId, Callback<()>) -> AnyView,
}

static OPENED_TABLE: Opened = Opened { panel: |task, close| part! { <task::TaskPanel task close/> } };

pub(crate) static OPENED: Later<Opened> =
    Later::new(way_into!(opened, OPENED_TABLE: Opened), if cfg!(feature = "ssr") { Some(&OPENED_TABLE) } else { None });

/// What is over a page once somebody reaches for it. The server never paints it.
pub(crate) struct Hand {
    pub(crate) palette: fn(&reach::Reach) -> AnyView,
    pub(crate) shortcuts: fn(&[Shortcut]) -> AnyView,
    pub(crate) new_task: fn(DialogRef) -> AnyView,
    pub(crate) filter: fn(DialogRef) -> AnyView,
    pub(crate) status: fn(column::StatusForms, column::Edit) -> AnyView,
    pub(crate) quick_add: fn(StatusId, Callback<()>) -> AnyView,
    pub(crate) chosen: fn(&Grip, Memo<Vec<Arc<Task>>>) -> AnyView,
    pub(crate) waiting: fn() -> AnyView,
    pub(crate) unsent: fn(DialogRef) -> AnyView,
}

static HAND_TABLE: Hand = Hand {
    palette: palette::inside,
    shortcuts: key_sheet::groups,
    new_task: |dialog| part! { <new_task::NewTask dialog/> },
    filter: |dialog| part! { <filters::FilterForm dialog/> },
    status: column::form,
    quick_add: |status, done| part! { <quick_add::QuickAdd status done/> },
    chosen: selection::bar,
    waiting: waiting::list,
    unsent: waiting::unsent,
};

pub(crate) static HAND: Later<Hand> = Later::new(way_into!(hand, HAND_TABLE: Hand), None);

/// Paints with what the pages' part has, or says that it is coming.
pub(crate) fn with_pages(paint: impl FnOnce(&'static Pages) -> AnyView) -> AnyView {
    PAGES.get().map_or_else(coming, paint)
}

/// What stands where something is going to be.
pub(crate) fn coming() -> AnyView {
    part! {
        <div class="panel-body skeleton-lines">
            <div class="skeleton"></div>
            <div class="skeleton"></div>
            <div class="skeleton"></div>
        </div>
        <p class="vh" role="status">
            "Loading"
        </p>
    }
}

/// Fetches all that is not here yet. In the browser only.
pub(crate) fn fetch_all() {
    HAND.fetch();
    OPENED.fetch();
    PAGES.fetch();
}

/// Which parts of the program the first view of an address needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// The pages other than the board.
    pub pages: bool,
    /// A task that is opened.
    pub opened: bool,
}

impl Needs {
    /// What the page at an address needs.
    #[must_use]
    pub fn of(address: &Address) -> Self {
        let place = Place::read(&address.path);
        let opened = matches!(place.tail(), Tail::Number(_) | Tail::Id(_));
        let pages = match place {
            Place::Home | Place::MyTasks | Place::Inbox | Place::Search => true,
            Place::Project(_, Tail::Number(_) | Tail::Id(_)) => View::read(&address.query).layout != Layout::Board,
            Place::Project(_, tail) => !matches!(tail, Tail::Board | Tail::Unknown),
            _ => false,
        };
        Self { pages, opened }
    }

    /// What the parts are called where their files are listed.
    #[cfg(feature = "ssr")]
    pub(crate) fn names(self) -> impl Iterator<Item = &'static str> {
        [(self.pages, "pages"), (self.opened, "opened")].into_iter().filter_map(|(is, name)| is.then_some(name))
    }

    /// What the page needs that is open. In the browser only.
    #[must_use]
    pub fn now() -> Self {
        dom::address().map(|address| Self::of(&address)).unwrap_or_default()
    }

    /// Fetches that; says whether it is here now. In the browser only.
    pub async fn ready(self) -> bool {
        (!self.pages || PAGES.ready().await) && (!self.opened || OPENED.ready().await)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_board_needs_nothing_more_and_other_pages_what_they_show() {
        let (none, pages, opened) =
            (Needs::default(), Needs { pages: true, opened: false }, Needs { pages: false, opened: true });
        for (path, query, needs) in [
            ("/", "", pages),
            ("/my", "", pages),
            ("/p/MUS", "", none),
            ("/p/MUS/list", "?sort=title", pages),
            ("/p/MUS/calendar", "", pages),
            ("/p/MUS/settings", "", pages),
            ("/p/MUS/42", "", opened),
            ("/p/MUS/42", "?view=list", Needs { pages: true, opened: true }),
            ("/p/MUS/42", "?view=calendar", Needs { pages: true, opened: true }),
            ("/nowhere", "", none),
        ] {
            let address = Address { path: path.to_owned(), query: query.to_owned() };
            assert_eq!(Needs::of(&address), needs, "{path}{query}");
        }
    }
}
