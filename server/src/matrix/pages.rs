//! The pages, each with an address that leads to it.

use app::{Place, Room, Tail};
use http::Method;

use super::{
    About, letter,
    world::{Who, Whose, World},
};

/// What stands in an address for the key of a project, and for a task of it.
const KEY: &str = "{key}";
const TASK: &str = "{task}";

const PAGES: [&str; 41] = [
    "/my",
    "/inbox",
    "/search",
    "/signin",
    "/signin/code",
    "/email/x",
    "/email-back/x",
    "/register",
    "/setup/x",
    "/registered",
    "/verify/x",
    "/forgot",
    "/reset/x",
    "/invite/x",
    "/invited",
    "/unsubscribed",
    "/p/{key}",
    "/p/{key}/list",
    "/p/{key}/calendar",
    "/p/{key}/overview",
    "/p/{key}/members",
    "/p/{key}/settings",
    "/p/{key}/1",
    "/p/{key}/{task}",
    "/settings/notifications",
    "/settings/security",
    "/settings/security/confirm",
    "/settings/security/codes",
    "/settings/security/recovery",
    "/settings/security/email",
    "/settings/security/close",
    "/settings/exports",
    "/admin/jobs",
    "/admin/mails",
    "/admin/audit",
    "/admin/keys",
    "/admin/people",
    "/welcome",
    "/welcome/project",
    "/welcome/people",
    "/nowhere",
];

/// The pages that a route leads to.
pub(super) fn of(route: &str) -> Vec<(&'static str, About)> {
    if route == "/" {
        return vec![("/", About::Nothing)];
    }
    let about = |page: &str| if page.contains(KEY) { About::Something } else { About::Nothing };
    PAGES.into_iter().map(|page| (page, about(page))).collect()
}

pub(super) async fn answer(world: &World<'_>, page: &str, who: Who, whose: Whose) -> char {
    let caller = world.caller(who);
    let mut path = page.to_owned();
    if page.contains(KEY) {
        path = path.replace(KEY, world.project(caller, whose).key.as_str());
    }
    if page.contains(TASK) {
        path = path.replace(TASK, &world.house.id::<model::TaskId>().to_string());
    }
    letter(&world.send(caller, Method::GET, &path, None).await)
}

/// The address in the list that leads to such a place. Another place needs another address.
fn listed(place: &Place) -> &'static str {
    match place {
        Place::Home => "/",
        Place::MyTasks => "/my",
        Place::Inbox => "/inbox",
        Place::Search => "/search",
        Place::SignIn => "/signin",
        Place::SignInCode => "/signin/code",
        Place::NewEmail(_) => "/email/x",
        Place::EmailBack(_) => "/email-back/x",
        Place::Register => "/register",
        Place::SetUp(_) => "/setup/x",
        Place::Registered => "/registered",
        Place::Verify(_) => "/verify/x",
        Place::Forgot => "/forgot",
        Place::Reset(_) => "/reset/x",
        Place::Invite(_) => "/invite/x",
        Place::Invited => "/invited",
        // It has a route of its own.
        Place::Unsubscribe(_) => "/unsubscribe/x",
        Place::Unsubscribed => "/unsubscribed",
        Place::Project(_, tail) => match tail {
            Tail::Board | Tail::Unknown => "/p/{key}",
            Tail::List => "/p/{key}/list",
            Tail::Calendar => "/p/{key}/calendar",
            Tail::Overview => "/p/{key}/overview",
            Tail::Members => "/p/{key}/members",
            Tail::Settings => "/p/{key}/settings",
            Tail::Number(_) => "/p/{key}/1",
            Tail::Id(_) => "/p/{key}/{task}",
        },
        Place::Office(room) => match room {
            Room::Notifications
            | Room::Security
            | Room::Confirm
            | Room::Codes
            | Room::Recovery
            | Room::Email
            | Room::Close
            | Room::Jobs
            | Room::Mails
            | Room::Audit
            | Room::Exports
            | Room::Keys
            | Room::People
            | Room::Welcome
            | Room::WelcomeProject
            | Room::WelcomePeople => room.path(),
        },
        Place::Unknown => "/nowhere",
    }
}

#[test]
fn every_page_of_the_list_is_another_place() {
    let id = model::new_id::<model::TaskId>(model::Instant::from_ms(1_790_000_000_000), [3; 10]).to_string();
    for page in PAGES {
        let path = page.replace(KEY, "MUS").replace(TASK, &id);
        assert_eq!(listed(&Place::read(&path)), page, "{path}");
    }
}
