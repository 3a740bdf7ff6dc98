//! The people of the installation: who is there, what may be done about each, who was invited, and who may register.
//!
//! Must not know: who may do what. What is not for the reader does not arrive here.

use leptos::prelude::*;
use model::{Hue, ProjectRole, Role, Today, initials};
use service::people::{Asked, Desk, Filter, Listed, People};

use super::{
    invitations,
    parts::{ACTIONS, OFFLINE, Tab, head, table, tabs},
    rights,
};
use crate::{components::icon::Icon, paths, query};

const ACT: &str = "/api/people/act";

/// Reads the query of the address. What is not known there is not asked.
pub(super) fn asked(query: &str) -> Asked {
    let mut asked = Asked::default();
    for (name, value) in query::pairs(query) {
        match name {
            "q" => asked.text = value,
            "show" => {
                asked.filter =
                    FILTERS.into_iter().find(|(_, word, _)| *word == value).map_or_else(Filter::default, |f| f.0);
            }
            "after" => asked.after = value.parse().ok(),
            "person" => asked.person = value.parse().ok(),
            "by" => asked.by_link = value == "link",
            "older" => asked.older = value.parse().ok(),
            _ => {}
        }
    }
    asked
}

const FILTERS: [(Filter, &str, &str); 6] = [
    (Filter::All, "all", "All"),
    (Filter::Role(Role::Admin), "admins", "Admins"),
    (Filter::Role(Role::Manager), "managers", "Managers"),
    (Filter::Role(Role::User), "users", "Users"),
    (Filter::Disabled, "disabled", "Disabled"),
    (Filter::Unconfirmed, "unconfirmed", "Not confirmed"),
];

/// The address at which this is asked.
pub(super) fn address(asked: &Asked) -> String {
    let show = FILTERS.iter().find(|(filter, ..)| *filter == asked.filter && asked.filter != Filter::All);
    let mut address = paths::PEOPLE.to_owned();
    query::put(&mut address, "q", Some(&asked.text));
    query::put(&mut address, "show", show.map(|(_, word, _)| word));
    query::put(&mut address, "after", asked.after);
    query::put(&mut address, "person", asked.person);
    query::put(&mut address, "by", asked.by_link.then_some("link"));
    query::put(&mut address, "older", asked.older);
    address
}

pub(super) fn paint(desk: &Desk, today: &Today) -> AnyView {
    let people = desk.people.as_ref().map(|people| list(people, &desk.asked, today));
    let chosen = desk.chosen.as_ref().map(|person| about(person, desk, today));
    let team = desk.team.as_ref().map(|team| rights::team(team.as_ref()));
    let registration = desk.registration.as_ref().map(rights::registration);
    view! {
        <div class="admin with-aside">
            <div class="stack">
                {invitations::form(desk)} <p class="said" id="said" role="status"></p> {chosen} {people}
            </div>
            <div class="stack">{invitations::list(desk, today)} {team} {registration} {rights::roles()}</div>
        </div>
    }
    .into_any()
}

fn list(people: &People, asked: &Asked, today: &Today) -> AnyView {
    let rows: Vec<AnyView> = people.list.iter().map(|person| row(person, asked, today)).collect();
    let is_empty = rows.is_empty();
    let turn = |to, words: &'static str| {
        let href = address(&Asked { after: to, person: None, ..asked.clone() });
        view! { <a class="btn" href=href>{words}</a> }
    };
    let first = asked.after.map(|_| turn(None, "First page"));
    let next = people.next.map(|next| turn(Some(next), "Next page"));
    let pages = (first.is_some() || next.is_some()).then(|| {
        view! { <nav class="panel-body row-flex" aria-label="Pages of people">{first} {next}</nav> }
    });
    let found = match people.n_found {
        1 => "1 person".to_owned(),
        n => format!("{} people", today.reader.number(n)),
    };
    let heads = [
        head("Name"),
        head("Role"),
        head("Projects").with("hide-compact"),
        head("Sessions").with("hide-compact"),
        head("Last seen").with("hide-phone"),
        ACTIONS,
    ];
    view! {
        <section class="panel" aria-labelledby="people-title" id="people" data-live>
            <div class="panel-head">
                <h2 id="people-title">"People"</h2>
                <span class="tiny faint">{found}</span>
                {search(asked)}
            </div>
            <div class="panel-body">{by_kind(people, asked)}</div>
            {table("People, by name", "table table-tall", heads, rows)}
            {is_empty.then(|| view! { <p class="panel-body muted small">"Nobody fits. Look for the beginning of a name or an address."</p> })}
            {pages}
        </section>
    }
    .into_any()
}

fn search(asked: &Asked) -> AnyView {
    let show = FILTERS.iter().find(|(filter, ..)| *filter == asked.filter).map_or("all", |(_, word, _)| word);
    view! {
        <form class="push" role="search" method="get" action=paths::PEOPLE aria-label="Find a person">
            <input type="hidden" name="show" value=show/>
            <div class="input-wrap">
                <Icon name="i-search"/>
                <input
                    class="input"
                    id="people-q"
                    name="q"
                    type="search"
                    aria-label="Find a person"
                    placeholder="Find a person"
                    value=asked.text.clone()
                />
            </div>
        </form>
    }
    .into_any()
}

/// Links to the people of each sort, with how many there are.
fn by_kind(people: &People, asked: &Asked) -> AnyView {
    let tab = |(filter, _, words): &(Filter, &'static str, &'static str)| Tab {
        words: (*words).to_owned(),
        n: Some(people.counts.of(*filter).unsigned_abs()),
        href: address(&Asked { filter: *filter, text: asked.text.clone(), ..Asked::default() }),
        is_current: *filter == asked.filter,
    };
    tabs("People by role and state", FILTERS.iter().map(tab))
}

fn face(person: &Listed) -> AnyView {
    let hue = Hue::of(&person.id.bytes()).number().to_string();
    view! {
        <span class="avatar" data-hue=hue data-size="md" aria-hidden="true">
            {initials(&person.name)}
        </span>
    }
    .into_any()
}

fn state(person: &Listed) -> Option<AnyView> {
    let (tone, word) = match (person.is_confirmed, person.is_disabled) {
        (true, false) => return None,
        (true, true) => ("bad", "Disabled"),
        (false, _) => ("warn", "Not confirmed"),
    };
    Some(view! { <span class="tag" data-tone=tone>{word}</span> }.into_any())
}

fn seen(person: &Listed, today: &Today) -> String {
    person.last_seen.map_or_else(|| "Never".to_owned(), |at| today.moment(at))
}

fn row(person: &Listed, asked: &Asked, today: &Today) -> AnyView {
    let manage = person.is_confirmed.then(|| {
        let href = address(&Asked { person: Some(person.id), ..asked.clone() });
        let name = format!("Manage {}", person.name);
        view! {
            <a class="icon-btn" href=format!("{href}#person") aria-label=name>
                <Icon name="i-more"/>
            </a>
        }
    });
    view! {
        <tr>
            <td>
                <span class="person">
                    {face(person)}
                    <span>
                        <span class="strong">{person.name.clone()}</span>
                        " "
                        {state(person)}
                        <br/>
                        <span class="tiny faint">{person.email.clone()}</span>
                    </span>
                </span>
            </td>
            <td>{person.role.word()}</td>
            <td class="hide-compact">{person.n_projects}</td>
            <td class="hide-compact">{person.n_sessions}</td>
            <td class="hide-phone faint">{seen(person, today)}</td>
            <td class="end">{manage}</td>
        </tr>
    }
    .into_any()
}

/// One person, and what can be done about them.
fn about(person: &Listed, desk: &Desk, today: &Today) -> AnyView {
    let away = address(&Asked { person: None, ..desk.asked.clone() });
    let is_self = desk.reader.0 == person.id;
    let name = person.name.clone();
    let facts = [
        ("Here since", today.moment(person.since)),
        ("Last seen", seen(person, today)),
        ("Projects", person.n_projects.to_string()),
        ("Sessions", person.n_sessions.to_string()),
    ];
    let facts = facts.map(|(what, value)| {
        view! {
            <div>
                <dt>{what}</dt>
                <dd>{value}</dd>
            </div>
        }
    });
    let sign_out = (person.n_sessions > 0).then(|| {
        let why = "Ends all sessions, at once and everywhere. Whoever knows the password can sign in again.";
        act(person, "sign_out", ("Sign out everywhere", "Sessions", why), "", "They were signed out everywhere.")
    });
    let reset = (!person.is_disabled).then(|| {
        let why = "Sends a link by mail, with which they choose another password. Nobody else can.";
        act(person, "reset", ("Send the link", "Password", why), "", "The link is on its way to them.")
    });
    let factor_off = (person.has_factor && !person.is_disabled).then(|| {
        let why = "For somebody who lost the phone and the recovery codes. Make sure by another way than a mail that it is them. They are signed out everywhere, and told by mail.";
        let saved = "Codes are off. Their password alone is enough now.";
        act(person, "factor_off", ("Turn codes off", "Codes from an app", why), "", saved)
    });
    let keep_out = if person.is_disabled {
        let why = "They can sign in again, with the password that they had.";
        act(person, "enable", ("Enable the account", "Account", why), "", "They can sign in again.")
    } else {
        let why = "Signs them out and keeps them out. What they did, and what is assigned to them, stays.";
        act(person, "disable", ("Disable the account", "Account", why), "btn-danger", "They cannot sign in any more.")
    };
    view! {
        <section class="panel" aria-labelledby="person-title" id="person" data-live>
            <div class="panel-head">
                {face(person)} <h2 id="person-title">{name}</h2> {state(person)}
                {is_self.then(|| view! { <span class="tag" data-tone="ok">"You"</span> })}
                <a class="icon-btn push" href=away aria-label="Close">
                    <Icon name="i-x"/>
                </a>
                <p>{person.email.clone()}</p>
            </div>
            <dl class="facts panel-body">{facts.into_iter().collect_view()}</dl>
            <ul class="rows acts" role="list">
                {role(person)} {sign_out} {reset} {factor_off} {keep_out}
            </ul>
        </section>
    }
    .into_any()
}

/// Their role, to be changed.
fn role(person: &Listed) -> AnyView {
    let options = role_options(Role::ALL, person.role);
    let label = format!("Role of {}", person.name);
    view! {
        <li>
            <Icon name="i-shield"/>
            <span>
                "Role" <br/> <span class="sub">"Counts from the next click on, also on pages that are open."</span>
            </span>
            <form
                class="row-flex"
                aria-label="Change the role"
                method="post"
                data-post=ACT
                data-offline=OFFLINE
                data-tells="said"
                data-saved="The role was changed."
            >
                <input type="hidden" name="order" value="role"/>
                <input type="hidden" name="person" value=person.id.to_string()/>
                <select class="select" id="person-role" name="role" aria-label=label>
                    {options}
                </select>
                <button class="btn" type="submit" id="person-role-save">
                    "Change"
                </button>
            </form>
        </li>
    }
    .into_any()
}

/// Something that is done with one button: what the button says, what it is about, and what it does.
fn act(
    person: &Listed,
    order: &'static str,
    (button, what, why): (&'static str, &'static str, &'static str),
    class: &'static str,
    saved: &'static str,
) -> AnyView {
    let icon = match order {
        "sign_out" => "i-signout",
        "reset" => "i-key",
        "factor_off" => "i-shield",
        _ => "i-lock",
    };
    view! {
        <li>
            <Icon name=icon/>
            <span>
                {what} <br/> <span class="sub">{why}</span>
            </span>
            <form aria-label=button method="post" data-post=ACT data-offline=OFFLINE data-tells="said" data-saved=saved>
                <input type="hidden" name="order" value=order/>
                <input type="hidden" name="person" value=person.id.to_string()/>
                <button class=format!("btn {class}") type="submit" id=format!("person-{order}")>
                    {button}
                </button>
            </form>
        </li>
    }
    .into_any()
}

/// Roles to choose from.
pub(super) fn role_options(roles: &[Role], chosen: Role) -> Vec<AnyView> {
    let option = |role: &Role| {
        let selected = *role == chosen;
        view! {
            <option value=role.word().to_lowercase() selected=selected>
                {role.word()}
            </option>
        }
        .into_any()
    };
    roles.iter().map(option).collect()
}

/// Roles in projects to choose from.
pub(super) fn project_role_options() -> Vec<AnyView> {
    let option = |role: &ProjectRole| {
        let selected = *role == ProjectRole::Member;
        view! {
            <option value=role.word().to_lowercase() selected=selected>
                {role.word()}
            </option>
        }
        .into_any()
    };
    ProjectRole::ALL.iter().map(option).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_read_from_its_address() {
        let person = model::new_id(model::Instant::from_ms(1_790_000_000_000), [3; 10]);
        for question in [
            Asked::default(),
            Asked { text: "Ana P & Co".into(), filter: Filter::Disabled, ..Asked::default() },
            Asked { filter: Filter::Role(Role::Manager), after: Some(person), ..Asked::default() },
            Asked { person: Some(person), by_link: true, ..Asked::default() },
        ] {
            let address = address(&question);
            let query = address.strip_prefix(paths::PEOPLE).unwrap();
            assert_eq!(asked(query), question, "{address}");
        }
        assert_eq!(asked("?show=nobody&after=x&more=1"), Asked::default());
    }
}
