//! How a task stands: the status, who does it and until when, each changed where it is read.

use leptos::{html, prelude::*};
use model::{Command, CommandKind, Day, Due, PersonId, Refusal, Spot, StatusId};

use crate::{
    components::{
        avatar::Avatar,
        icon::{Icon, StatusIcon, shape},
        when::{When, due_day, due_tone},
    },
    data::client,
    dom,
    live::{live, memo, part},
    pages::{
        card::is_finished,
        project::{Here, here},
        task::Painted,
    },
};

/// How it stands: status, who does it, until when.
#[component]
pub(crate) fn Rail(
    /// The task.
    painted: Painted,
) -> impl IntoView {
    let created = move || {
        painted.get().map(|t| {
            let (people, by) = (client().people, t.created_by);
            part! {
                <p class="tiny faint">
                    "Created " <When at=t.created_at/> " by " {live(move || people.name(by))}
                </p>
            }
        })
    };
    // Rebuilt only when one's own rights change: a control must not go away under one's hands.
    let here = here();
    let may = memo(move || here.may(CommandKind::MoveTask));
    part! {
        <aside class="task-rail" aria-label="Properties">
            <dl class="props">
                <StatusProperty painted may/>
                <AssigneeProperty painted may/>
                <DueProperty painted may/>
            </dl>
            {live(created)}
        </aside>
    }
}

#[component]
fn StatusProperty(painted: Painted, may: Memo<bool>) -> impl IntoView {
    let (client, Here { board, .. }) = (client(), here());
    let status = memo(move || painted.get().map(|t| t.status));
    let at = board.clone();
    let look = Signal::derive(move || {
        let statuses = at.statuses();
        status.get().map_or("todo", |id| shape(&statuses, id))
    });
    let listed = board.clone();
    let options = move || {
        listed
            .statuses()
            .into_iter()
            .map(|s| {
                let is_chosen = move || status.get() == Some(s.id);
                part! {
                    <option value=s.id.to_string() selected=is_chosen prop:selected=is_chosen>
                        {s.name.to_string()}
                    </option>
                }
            })
            .collect_view()
    };
    let node = NodeRef::<html::Select>::new();
    let choose = move |event| {
        let (Ok(to), Some(task)) = (event_target_value(&event).parse::<StatusId>(), painted.get_untracked()) else {
            return;
        };
        let command = Command::MoveTask { project: board.project(), task: task.id, to, spot: Spot::Last };
        if client.dispatch_or_tell(&board, command) {
            let name = board.read(|b| b.status(to).map(|s| s.name.to_string())).unwrap_or_default();
            client.say(format!("{} moved to {name}.", task.title));
        } else if let Some(select) = node.get_untracked() {
            select.set_value(&task.status.to_string());
        }
    };
    part! {
        <div>
            <dt>
                <label for="p-status">"Status"</label>
            </dt>
            <dd class="prop-field">
                <StatusIcon shape=look/>
                <select
                    class="prop-select"
                    id="p-status"
                    node_ref=node
                    disabled=move || !may.get()
                    on:change=choose
                >
                    {live(options)}
                </select>
            </dd>
        </div>
    }
}

#[component]
fn AssigneeProperty(painted: Painted, may: Memo<bool>) -> impl IntoView {
    let (client, Here { board, .. }) = (client(), here());
    let assignees = memo(move || painted.get().map(|t| t.assignees.clone()).unwrap_or_default());
    let act = {
        let (client, board) = (client.clone(), board.clone());
        move |person: PersonId, assign: bool| {
            let Some(task) = painted.get_untracked() else { return };
            let (project, task) = (board.project(), task.id);
            let command = if assign {
                Command::Assign { project, task, person }
            } else {
                Command::Unassign { project, task, person }
            };
            client.dispatch_or_tell(&board, command);
        }
    };
    let remove = act.clone();
    let names = client.people.clone();
    let chosen = move || {
        assignees
            .get()
            .into_iter()
            .map(|person| {
                let (shown, named, remove) = (names.clone(), names.clone(), remove.clone());
                part! {
                    <div class="row-flex">
                        <span class="person">
                            <Avatar person size="xs"/>
                            <span>{live(move || shown.name(person))}</span>
                        </span>
                        <button
                            class="icon-btn"
                            type="button"
                            aria-label=move || format!("Remove {}", named.name(person))
                            disabled=move || !may.get()
                            on:click=move |_| {
                                remove(person, false);
                                dom::focus_soon("p-assignee");
                            }
                        >
                            <Icon name="i-x" class="icon icon-sm"/>
                        </button>
                    </div>
                }
            })
            .collect_view()
    };
    let people = client.people;
    let options = move || {
        let taken = assignees.get();
        let free = board.members().into_iter().map(|(id, _)| id).filter(|id| !taken.contains(id));
        let free = people.by_name(free);
        free.into_iter().map(|(name, id)| part! { <option value=id.to_string()>{name}</option> }).collect_view()
    };
    let node = NodeRef::<html::Select>::new();
    let choose = move |event| {
        if let Ok(person) = event_target_value(&event).parse() {
            act(person, true);
        }
        // The control offers others to add; who does it stands above.
        if let Some(select) = node.get_untracked() {
            select.set_value("");
        }
    };
    part! {
        <div>
            <dt>
                <label for="p-assignee">"Assignee"</label>
            </dt>
            <dd>
                {live(chosen)}
                <div class="prop-field">
                <Icon name="i-user"/>
                <select
                    class="prop-select"
                    id="p-assignee"
                    node_ref=node
                    disabled=move || !may.get()
                    on:change=choose
                >
                    <option value="">{live(move || if assignees.get().is_empty() { "No one" } else { "Add a person" })}</option>
                    {live(options)}
                </select>
                </div>
            </dd>
        </div>
    }
}

#[component]
fn DueProperty(painted: Painted, may: Memo<bool>) -> impl IntoView {
    let (client, here) = (client(), here());
    let day = memo(move || painted.get().and_then(|t| t.due.as_ref().map(due_day)));
    let looking = here.clone();
    let tone = move || {
        let task = painted.get()?;
        due_tone(day.get()?, looking.today.get(), is_finished(&looking, &task))
    };
    let text = move || day.get().map(|d| d.to_string()).unwrap_or_default();
    let node = NodeRef::<html::Input>::new();
    let choose = move |event| {
        let Some(task) = painted.get_untracked() else { return };
        let typed = event_target_value(&event);
        let due = match typed.parse::<Day>() {
            Ok(day) => Some(Due::Day(day)),
            Err(_) if typed.is_empty() => None,
            Err(why) => return client.tell_refusal(&Refusal::invalid("due", why.to_string())),
        };
        let board = &here.board;
        if !client.dispatch_or_tell(board, Command::SetDue { project: board.project(), task: task.id, due })
            && let Some(input) = node.get_untracked()
        {
            input.set_value(&day.get_untracked().map(|d| d.to_string()).unwrap_or_default());
        }
    };
    part! {
        <div>
            <dt>
                <label for="p-due">"Due"</label>
            </dt>
            <dd
                class="prop-field"
                data-tone=tone
                data-empty=move || day.get().is_none().then_some("")
            >
                <Icon name="i-calendar"/>
                <input
                    class="prop-select"
                    id="p-due"
                    type="date"
                    node_ref=node
                    value=untrack(text)
                    prop:value=text
                    disabled=move || !may.get()
                    on:change=choose
                />
            </dd>
        </div>
    }
}
