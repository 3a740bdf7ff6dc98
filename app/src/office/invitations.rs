//! Inviting people by mail or by a link, and the invitations that were made.

use leptos::prelude::*;
use model::{Role, Today};
use service::people::{Asked, Desk, Invitation, InvitationState};

use super::{
    parts::OFFLINE,
    people::{address, project_role_options, role_options},
};
use crate::components::icon::Icon;

/// The form that invites, by mail or by a link.
pub(super) fn form(desk: &Desk) -> AnyView {
    let by_link = desk.asked.by_link;
    let other = address(&Asked { by_link: !by_link, ..desk.asked.clone() });
    let (icon, words) = if by_link { ("i-mail", "Invite by mail") } else { ("i-link", "Make a link") };
    let (name, post, button, saved) = if by_link {
        ("Make a link", "/api/people/link", "Make the link", "Copy the link now: it is not shown again.")
    } else {
        ("Invite people", "/api/people/invite", "Send invitation", "On their way.")
    };
    let fields = if by_link { link_fields(desk) } else { mail_fields(desk) };
    view! {
        <section class="panel" aria-labelledby="invite-title">
            <div class="panel-head">
                <h2 id="invite-title">"Invite people"</h2>
                <a class="btn btn-quiet push" href=other>
                    <Icon name=icon/>
                    {words}
                </a>
            </div>
            <form
                class="panel-body stack invite"
                aria-label=name
                method="post"
                novalidate
                data-post=post
                data-offline=OFFLINE
                data-clears
            >
                {fields} {projects(desk)}
                <div class="row-flex">
                    <p class="small muted grow" role="status" data-saved=saved></p>
                    <button class="btn btn-primary" type="submit">
                        <span class="spinner" aria-hidden="true"></span>
                        {button}
                    </button>
                </div>
            </form>
        </section>
    }
    .into_any()
}

fn role_field(desk: &Desk) -> AnyView {
    match desk.roles.as_slice() {
        // There is nothing to choose.
        [only] => view! { <input type="hidden" name="role" value=only.word().to_lowercase()/> }.into_any(),
        roles => view! {
            <div class="field">
                <label class="label" for="invite-role">
                    "Role"
                </label>
                <select class="select" id="invite-role" name="role">
                    {role_options(roles, Role::User)}
                </select>
            </div>
        }
        .into_any(),
    }
}

fn mail_fields(desk: &Desk) -> AnyView {
    view! {
        <div class="invite-row">
            <div class="field invite-to">
                <label class="label" for="invite-emails">
                    "Email addresses"
                </label>
                <input
                    class="input"
                    id="invite-emails"
                    name="emails"
                    type="text"
                    inputmode="email"
                    autocomplete="off"
                    placeholder="sofia@norrvik.example, tom@norrvik.example"
                    required
                />
            </div>
            {role_field(desk)}
        </div>
    }
    .into_any()
}

fn link_fields(desk: &Desk) -> AnyView {
    let number = |id: &'static str, name: &'static str, label: &'static str, value: &'static str| {
        view! {
            <div class="field">
                <label class="label" for=id>
                    {label}
                </label>
                <input class="input" id=id name=name type="number" min="1" value=value data-is="number" required/>
            </div>
        }
    };
    view! {
        <p class="small muted">
            "Whoever has the link names an address, gets a mail there and makes an account with it. Give it only to whom you mean."
        </p>
        <div class="invite-row">
            {role_field(desk)} {number("invite-uses", "uses", "How many may come", "1")}
            {number("invite-days", "days", "Works for days", "7")}
        </div>
        <div class="field" data-answer="link" hidden>
            <label class="label" for="invite-link">
                "The link"
            </label>
            <div class="input-wrap">
                <input class="input" id="invite-link" type="text" readonly/>
                <span class="end-slot">
                    <button class="icon-btn" type="button" aria-label="Copy the link" data-copies="invite-link">
                        <Icon name="i-copy"/>
                    </button>
                </span>
            </div>
        </div>
    }
    .into_any()
}

/// To which projects, and as what.
fn projects(desk: &Desk) -> AnyView {
    if desk.projects.is_empty() {
        let words = if desk.reader.1 == Role::Admin {
            "There are no projects yet to which they could be added."
        } else {
            "You invite people to projects that you lead. Begin one, or ask to lead one."
        };
        return view! {
            <input type="hidden" name="project_role" value="member"/>
            <p class="small muted">{words}</p>
        }
        .into_any();
    }
    let boxes: Vec<AnyView> = desk
        .projects
        .iter()
        .map(|(id, name)| {
            view! {
                <label class="check">
                    <input type="checkbox" name="projects[]" value=id.to_string()/>
                    {name.to_string()}
                </label>
            }
            .into_any()
        })
        .collect();
    // Who may not invite without one sees them at once.
    let open = desk.reader.1 != Role::Admin;
    view! {
        <details class="invite-projects" open=open>
            <summary>"Add them to projects"</summary>
            <fieldset>
                <legend class="vh">"Projects"</legend>
                {boxes}
            </fieldset>
            <div class="field">
                <label class="label" for="invite-as">
                    "There they become"
                </label>
                <select class="select" id="invite-as" name="project_role">
                    {project_role_options()}
                </select>
            </div>
        </details>
    }
    .into_any()
}

/// The invitations that were made.
pub(super) fn list(desk: &Desk, today: &Today) -> AnyView {
    let rows: Vec<AnyView> = desk.invitations.list.iter().map(|one| row(one, today)).collect();
    let is_empty = rows.is_empty();
    let turn = |older, words: &'static str| {
        let href = address(&Asked { older, ..desk.asked.clone() });
        view! { <a class="btn" href=href>{words}</a> }
    };
    let newest = desk.asked.older.map(|_| turn(None, "Newest"));
    let older = desk.invitations.next.map(|next| turn(Some(next), "Older"));
    let pages = (newest.is_some() || older.is_some()).then(|| {
        view! { <nav class="panel-body row-flex" aria-label="Pages of invitations">{newest} {older}</nav> }
    });
    view! {
        <section class="panel" aria-labelledby="invitations-title" id="invitations" data-live>
            <div class="panel-head">
                <h2 id="invitations-title">"Invitations"</h2>
            </div>
            <ul class="rows" role="list">
                {rows}
            </ul>
            {is_empty.then(|| view! { <p class="panel-body muted small">"Nobody was invited yet."</p> })}
            {pages}
        </section>
    }
    .into_any()
}

fn row(one: &Invitation, today: &Today) -> AnyView {
    let (icon, name) = one.email.clone().map_or_else(|| ("i-link", "Link".to_owned()), |email| ("i-mail", email));
    let waits = one.state == InvitationState::Waiting;
    let state = match one.state {
        InvitationState::Waiting => format!("works until {}", today.moment(one.expires)),
        InvitationState::Accepted => "accepted".to_owned(),
        InvitationState::Expired => format!("expired {}", today.moment(one.expires)),
        InvitationState::Revoked => "revoked".to_owned(),
    };
    let projects = match one.n_projects {
        0 => String::new(),
        1 => " · 1 project".to_owned(),
        n => format!(" · {n} projects"),
    };
    let uses = if one.email.is_none() { format!(" · {} of {} came", one.used.0, one.used.1) } else { String::new() };
    let again = one.email.is_some() && matches!(one.state, InvitationState::Waiting | InvitationState::Expired);
    let to = one.email.clone().map_or_else(|| "the link".to_owned(), |email| format!("the invitation to {email}"));
    let act = |order: &'static str, words: String, icon: &'static str, saved: &'static str| {
        let form = words.clone();
        view! {
            <form
                aria-label=form
                method="post"
                data-post="/api/people/invitation"
                data-offline=OFFLINE
                data-tells="said"
                data-saved=saved
            >
                <input type="hidden" name="order" value=order/>
                <input type="hidden" name="invitation" value=one.id.to_string()/>
                <button class="icon-btn" type="submit" aria-label=words>
                    <Icon name=icon/>
                </button>
            </form>
        }
    };
    let again = again.then(|| act("resend", format!("Send {to} again"), "i-retry", "The invitation was sent again."));
    let revoke = waits.then(|| act("revoke", format!("Revoke {to}"), "i-x", "It works no more."));
    view! {
        <li>
            <Icon name=icon/>
            <div class="invited">
                {name}
                <div class="sub">{format!("{}{projects}{uses} · {state}", one.role.word())}</div>
                <div class="sub">{format!("by {}", one.inviter)}</div>
            </div>
            <span class="push">{again} {revoke}</span>
        </li>
    }
    .into_any()
}
