//! The people of a project: who they are, what they may do, adding and removing.

use leptos::{ev::SubmitEvent, html, prelude::*, task::spawn_local};
use model::{Command, CommandKind, PersonCard, PersonId, ProjectRole, Question, Refusal};

use crate::{
    api,
    components::{
        avatar::Avatar,
        field::{Faults, FormFault, TextField, typed},
        icon::Icon,
        presence::state_of,
    },
    data::{boards::LiveBoard, client, people::People},
    dom,
    live::{Row, live, memo, part, rows},
    pages::{home::counted, project::here},
};

/// The members of the project.
#[component]
pub(crate) fn MembersView() -> impl IntoView {
    let here = here();
    let asking = here.clone();
    let may = memo(move || asking.may(CommandKind::AddMember));
    let name = here.board.read(|b| b.name.to_string());
    let (people, board) = (client().people, here.board.clone());
    let members = memo(move || by_name(&board, &people));
    part! {
        <div class="scroll">
            <div class="admin">
                {live(move || may.get().then(|| part! { <AddMember/> }))}
                <section class="panel" aria-labelledby="mem-h">
                    <div class="panel-head">
                        <h2 id="mem-h">"Members"</h2>
                        <span class="tiny faint num">
                            {live(move || match members.with(Vec::len) {
                                1 => "1 person".to_owned(),
                                n => format!("{n} people"),
                            })}
                        </span>
                    </div>
                    <div class="table-wrap">
                        <table class="table table-tall">
                            <caption class="vh">{format!("Members of {name}")}</caption>
                            <thead>
                                <tr>
                                    <th scope="col">"Name"</th>
                                    <th scope="col">"Role"</th>
                                    {live(move || {
                                        may.get()
                                            .then(|| {
                                                part! {
                                                    <th scope="col">
                                                        <span class="vh">"Actions"</span>
                                                    </th>
                                                }
                                            })
                                    })}
                                </tr>
                            </thead>
                            <tbody>
                                {rows(move || members.get().into_iter().map(|(person, role)| row(person, role, may)).collect())}
                            </tbody>
                        </table>
                    </div>
                </section>
            </div>
        </div>
    }
}

/// The members by name. Tracked.
fn by_name(board: &LiveBoard, people: &People) -> Vec<(PersonId, ProjectRole)> {
    let members = board.members();
    let ordered = people.by_name(members.iter().map(|(id, _)| *id));
    let role_of = |id| members.iter().find(|(other, _)| *other == id).map(|(_, role)| *role);
    ordered.into_iter().filter_map(|(_, id)| Some((id, role_of(id)?))).collect()
}

fn row(person: PersonId, role: ProjectRole, may: Memo<bool>) -> Row {
    // A new role is another row.
    let key = (person.uuid().as_u128(), u8::try_from(role.code()).unwrap_or_default());
    Row::new(key, move |_| part! { <Member person role may/> })
}

#[component]
fn Member(person: PersonId, role: ProjectRole, may: Memo<bool>) -> impl IntoView {
    let (client, board) = (client(), here().board);
    let people = client.people.clone();
    let state = state_of(person, client.others(board.project()));
    let (shown, of, removed) = (people.clone(), people.clone(), people);
    let node = NodeRef::<html::Select>::new();
    let change = {
        let (client, board) = (client.clone(), board.clone());
        move |event| {
            let chosen = event_target_value(&event);
            let Some(to) = ProjectRole::ALL.iter().find(|r| r.word() == chosen) else { return };
            let command = Command::ChangeMember { project: board.project(), person, role: *to };
            if !client.dispatch_or_tell(&board, command)
                && let Some(select) = node.get_untracked()
            {
                select.set_value(role.word());
            }
        }
    };
    let remove = move |_| {
        if client.dispatch_or_tell(&board, Command::RemoveMember { project: board.project(), person }) {
            client.tell(format!("{} removed.", client.people.name(person)));
            dom::focus("m-who");
        }
    };
    let role_cell = move || {
        let (change, of) = (change.clone(), of.clone());
        if may.get() {
            let options = ProjectRole::ALL
                .iter()
                .map(|r| {
                    part! {
                        <option value=r.word() selected=*r == role>
                            {r.word()}
                        </option>
                    }
                })
                .collect_view();
            part! {
                <select
                    class="select"
                    aria-label=move || format!("Role of {}", of.name(person))
                    node_ref=node
                    on:change=change
                >
                    {options}
                </select>
            }
        } else {
            role.word().into_any()
        }
    };
    let actions = move || {
        let (removed, remove) = (removed.clone(), remove.clone());
        may.get().then(|| {
            part! {
                <td class="end">
                    <button
                        class="icon-btn"
                        type="button"
                        aria-label=move || format!("Remove {}", removed.name(person))
                        on:click=remove
                    >
                        <Icon name="i-x"/>
                    </button>
                </td>
            }
        })
    };
    part! {
        <tr>
            <td>
                <span class="person">
                    <Avatar person size="md" presence=Some(state)/>
                    <span>
                        <span class="strong">{live(move || shown.name(person))}</span>
                        <span class="vh">{live(move || state.get().map(|state| format!(", {state} now")))}</span>
                    </span>
                </span>
            </td>
            <td>{live(role_cell)}</td>
            {live(actions)}
        </tr>
    }
}

/// Finds somebody by name or address and adds them; asks which one when several match.
#[component]
fn AddMember() -> impl IntoView {
    let (client, board) = (client(), here().board);
    let (who, role) = (NodeRef::<html::Input>::new(), NodeRef::<html::Select>::new());
    let faults = Faults::none();
    let busy = RwSignal::new(false);
    let found = RwSignal::new(Vec::<PersonCard>::new());
    let add = {
        let (client, board) = (client.clone(), board.clone());
        Callback::new(move |card: PersonCard| {
            let chosen = role.get_untracked().map(|s| s.value()).unwrap_or_default();
            let role = ProjectRole::ALL.iter().find(|r| r.word() == chosen).copied().unwrap_or(ProjectRole::Member);
            let (person, name) = (card.id, card.name.clone());
            client.people.learn(vec![card]);
            match client.dispatch(&board, Command::AddMember { project: board.project(), person, role }) {
                Ok(()) => {
                    client.tell(format!("{name} added."));
                    found.set(Vec::new());
                    if let Some(input) = who.get_untracked() {
                        input.set_value("");
                        let _ = input.focus();
                    }
                }
                Err(refusal) => faults.set(refusal),
            }
        })
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let text = typed(who).trim().to_owned();
        if busy.get_untracked() {
            return;
        }
        faults.clear();
        found.set(Vec::new());
        if text.is_empty() {
            faults.set(Refusal::invalid("person", "Write a name or a mail address."));
            return dom::focus("m-who");
        }
        busy.set(true);
        let board = board.clone();
        spawn_local(async move {
            let answer = api::people(Question::FindPeople { project: board.project(), text }).await;
            let _ = busy.try_set(false);
            match answer.map(|cards| choose(cards, &board)) {
                Ok(Found::Nobody) => {
                    let why = "Nobody with this name or address has an account here. Check the spelling, or ask them to create one.";
                    faults.set(Refusal::invalid("person", why));
                    dom::focus_soon("m-who");
                }
                Ok(Found::OnlyMembers) => {
                    faults.set(Refusal::invalid("person", "This person is a member already."));
                    dom::focus_soon("m-who");
                }
                Ok(Found::One(card)) => {
                    let _ = add.try_run(card);
                }
                Ok(Found::Several(cards)) => {
                    let _ = found.try_set(cards);
                }
                Err(refusal) => faults.set(refusal),
            }
        });
    };
    part! {
        <section class="panel" aria-labelledby="add-h">
            <div class="panel-head">
                <h2 id="add-h">"Add to this project"</h2>
            </div>
            <form class="panel-body form-row" aria-label="Add a member" novalidate on:submit=submit>
                <FormFault faults fields=&["person"]/>
                <TextField label="Add a person" name="person" id="m-who" node=who faults hint="A name, or a whole mail address."/>
                <div class="field">
                    <label class="label" for="m-role">
                        "Role"
                    </label>
                    <select class="select" id="m-role" name="role" node_ref=role>
                        <option value="Member">"Member"</option>
                        <option value="Viewer">"Viewer"</option>
                        <option value="Lead">"Lead"</option>
                    </select>
                </div>
                <button
                    class="btn btn-primary"
                    type="submit"
                    aria-busy=move || busy.get().then_some("true")
                >
                    "Add"
                </button>
            </form>
            <Choices found add/>
        </section>
    }
}

#[component]
fn Choices(found: RwSignal<Vec<PersonCard>>, add: Callback<PersonCard>) -> impl IntoView {
    live(move || {
        let cards = found.get();
        (!cards.is_empty()).then(|| {
            let n = cards.len();
            let choices = cards
                .into_iter()
                .map(|card| {
                    let name = card.name.to_string();
                    part! {
                        <li>
                            <button class="btn" type="button" on:click=move |_| add.run(card.clone())>
                                <Icon name="i-plus"/>
                                {format!("Add {name}")}
                            </button>
                        </li>
                    }
                })
                .collect_view();
            part! {
                <div class="panel-body stack">
                    <p role="status">{format!("{} match. Whom do you mean?", counted(n, "account"))}</p>
                    <ul class="chips" role="list" aria-label="People who match">
                        {choices}
                    </ul>
                </div>
            }
        })
    })
}

/// What a search for somebody to add has found.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    Nobody,
    OnlyMembers,
    One(PersonCard),
    Several(Vec<PersonCard>),
}

fn choose(cards: Vec<PersonCard>, board: &LiveBoard) -> Found {
    let any = !cards.is_empty();
    let mut others: Vec<PersonCard> =
        board.read(|b| cards.into_iter().filter(|c| !b.members.contains_key(&c.id)).collect());
    match others.len() {
        0 if any => Found::OnlyMembers,
        0 => Found::Nobody,
        1 => Found::One(others.remove(0)),
        _ => Found::Several(others),
    }
}
