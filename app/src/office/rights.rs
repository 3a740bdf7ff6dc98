//! What the team is called, who may register, and what each role may do.

use leptos::prelude::*;
use model::{Ability, Name, Registration, Role, Verdict, may_manage};

use super::parts::FormPanel;
use crate::components::icon::Icon;

/// What the team is called.
pub(super) fn team(team: Option<&Name>) -> AnyView {
    let field = team_field("team-name", team);
    view! {
        <FormPanel
            title="Name of the team"
            lead="It stands in the side bar, at the door and in invitations."
            post="/api/people/team"
            submit="Save"
            saved="Saved."
        >
            <div class="panel-body stack">{field}</div>
        </FormPanel>
    }
    .into_any()
}

/// The field for it.
pub(super) fn team_field(id: &'static str, team: Option<&Name>) -> AnyView {
    view! {
        <div class="field">
            <label class="label" for=id>
                "What your team is called"
            </label>
            <input
                class="input"
                id=id
                name="name"
                type="text"
                autocomplete="organization"
                placeholder="Norrvik Robotics"
                value=team.map(Name::to_string)
            />
        </div>
    }
    .into_any()
}

pub(super) fn registration(registration: &Registration) -> AnyView {
    let (mode, domains) = match registration {
        Registration::Open => ("open", String::new()),
        Registration::Invitation => ("invitation", String::new()),
        Registration::Domains(domains) => {
            let domains: Vec<&str> = domains.iter().map(model::Domain::as_str).collect();
            ("domains", domains.join(", "))
        }
    };
    let modes = [
        ("open", "Anybody who confirms an address"),
        ("invitation", "Only who was invited"),
        ("domains", "Addresses of some domains"),
    ];
    let modes = modes.map(|(value, words)| {
        let selected = value == mode;
        view! {
            <option value=value selected=selected>
                {words}
            </option>
        }
    });
    view! {
        <div class="registration">
            <FormPanel
                title="Who may register"
                lead="An account alone opens nothing: somebody has to add it to a project. Invitations work always."
                post="/api/people/registration"
                submit="Save"
                saved="Saved."
            >
                <div class="panel-body stack">
                    <div class="field">
                        <label class="label" for="reg-mode">
                            "Accounts are for"
                        </label>
                        <select class="select" id="reg-mode" name="mode">
                            {modes.into_iter().collect_view()}
                        </select>
                    </div>
                    <div class="field" data-of="domains">
                        <label class="label" for="reg-domains">
                            "Domains"
                        </label>
                        <input
                            class="input"
                            id="reg-domains"
                            name="domains"
                            type="text"
                            autocomplete="off"
                            spellcheck="false"
                            placeholder="norrvik.example, otter.example"
                            value=domains
                            aria-describedby="reg-hint"
                            data-described="reg-hint"
                        />
                        <p class="hint" id="reg-hint">
                            "What stands behind the @. A domain stands for itself, not for those below it."
                        </p>
                    </div>
                </div>
            </FormPanel>
        </div>
    }
    .into_any()
}

/// What each role may do, as the tables of the model say.
pub(super) fn roles() -> AnyView {
    let may = |ability| move |role| may_manage(role, ability) == Verdict::Yes;
    let sees_all = |role| model::Standing { role, in_project: None }.may_see();
    let audits = |role| model::may_audit(role, None) == Verdict::Yes;
    let lines: [(&str, [bool; 3]); 7] = [
        ("Work in projects they are in", [true; 3]),
        ("Begin projects", [true; 3]),
        ("Invite Users to projects they lead", each(may(Ability::Invite(Role::User)))),
        ("Invite Managers and Admins", each(may(Ability::Invite(Role::Admin)))),
        ("See and join every project", each(sees_all)),
        ("Roles, accounts and sessions", each(may(Ability::ChangeRole))),
        ("The audit log and the jobs", each(audits)),
    ];
    let rows: Vec<AnyView> = lines
        .into_iter()
        .map(|(what, may)| {
            let cells = may.map(|may| {
                if may {
                    view! { <td><span class="yes" role="img" aria-label="Yes"><Icon name="i-check"/></span></td> }
                        .into_any()
                } else {
                    view! { <td><span class="no" role="img" aria-label="No">"–"</span></td> }.into_any()
                }
            });
            view! {
                <tr>
                    <th scope="row">{what}</th>
                    {cells.into_iter().collect_view()}
                </tr>
            }
            .into_any()
        })
        .collect();
    let heads = Role::ALL.iter().map(|role| view! { <th scope="col">{role.word()}</th> }).collect_view();
    view! {
        <section class="panel" aria-labelledby="roles-title">
            <div class="panel-head">
                <h2 id="roles-title">"What each role may do"</h2>
            </div>
            <div class="panel-body">
                <table class="matrix">
                    <thead>
                        <tr>
                            <th scope="col"><span class="vh">"Right"</span></th>
                            {heads}
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </section>
    }
    .into_any()
}

fn each(may: impl Fn(Role) -> bool) -> [bool; 3] {
    [Role::User, Role::Manager, Role::Admin].map(may)
}
