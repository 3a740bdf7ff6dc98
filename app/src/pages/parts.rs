//! The parts of a task: how far they are, each of them, and one more.

use leptos::{
    ev::{KeyboardEvent, SubmitEvent},
    html,
    prelude::*,
};
use model::{Category, Command, CommandKind, Refusal, Spot, StatusId, Task, TaskId, Title};

use crate::{
    components::{
        avatar::Avatar,
        icon::{Icon, shape},
        picker::Look,
        when::due_tone,
    },
    data::{boards::LiveBoard, client, drafts::Field},
    dom, ids,
    live::{Row, effect, live, memo, part, rows},
    pages::{
        card::is_finished,
        project::{Here, here},
        task::{Painted, called, may_change},
    },
    paths,
};

/// The section of the parts. Without parts it is only where one is added.
#[component]
pub(crate) fn Parts(
    /// Of which task.
    task: TaskId,
    /// As it is painted.
    painted: Painted,
) -> impl IntoView {
    let Here { board, .. } = here();
    let may = may_change(CommandKind::CreateTask, painted);
    let parts = board.parts(task);
    let adding = RwSignal::new(false);
    let n_done = memo(move || {
        let statuses = board.statuses();
        let is_over = |id| statuses.iter().any(|s| s.id == id && s.category >= Category::Done);
        parts.with(|parts| parts.iter().filter(|(_, status)| is_over(*status)).count())
    });
    let n = memo(move || parts.with(Vec::len));
    let is_shown = memo(move || n.get() > 0 || may.get());
    let progress = move || {
        let (n, n_done) = (n.get(), n_done.get());
        (n > 0).then(|| {
            let text = n_done.to_string() + " of " + &n.to_string();
            part! {
                <span class="tiny faint num">{text.clone() + " done"}</span>
                <progress
                    class="progress"
                    data-size="sm"
                    max=n.to_string()
                    value=n_done.to_string()
                    aria-label="Sub-tasks done"
                >
                    {text}
                </progress>
            }
        })
    };
    live(move || {
        is_shown.get().then(|| {
            part! {
                <section aria-labelledby="st-h">
                    <div class="section-head">
                        <h3 id="st-h">"Sub-tasks"</h3>
                        {live(progress)}
                        {live(move || {
                            may.get()
                                .then(|| {
                                    part! {
                                        <button
                                            class="icon-btn push"
                                            type="button"
                                            id="add-part"
                                            aria-label="Add sub-task"
                                            aria-expanded=move || adding.get().to_string()
                                            on:click=move |_| adding.set(true)
                                        >
                                            <Icon name="i-plus"/>
                                        </button>
                                    }
                                })
                        })}
                    </div>
                    <ul class="subtasks" role="list" aria-label="Sub-tasks">
                        {rows(move || parts.get().into_iter().map(|(part, _)| row(part, may)).collect())}
                    </ul>
                    {live(move || (adding.get() && may.get()).then(|| part! { <AddPart of=task adding/> }))}
                </section>
            }
        })
    })
}

fn row(id: TaskId, may: Memo<bool>) -> Row {
    Row::new((id.uuid().as_u128(), 0), move |_| {
        let here = here();
        let part = here.board.task(id);
        let is_over_now = {
            let here = here.clone();
            memo(move || {
                here.board.statuses();
                part.get().is_some_and(|t| is_finished(&here, &t))
            })
        };
        part! {
            <li data-done=move || is_over_now.get().then_some("true")>
                {live(move || part.get().map(|task| line(&here, &task, may)))}
            </li>
        }
    })
}

fn line(here: &Here, task: &Task, may: Memo<bool>) -> AnyView {
    let (board, key) = (here.board.clone(), here.board.key());
    let (id, is_over) = (task.id, is_finished(here, task));
    let statuses = board.statuses();
    let name = if is_over { "Reopen " } else { "Complete " }.to_owned() + &called(&key, task);
    let client = client();
    let title = task.title.to_string();
    let said = title.clone();
    let turn = move |_| {
        let Some((to, word)) = turned(&board, is_over) else { return };
        let command = Command::MoveTask { project: board.project(), task: id, to, spot: Spot::Last };
        if client.dispatch_or_tell(&board, command) {
            client.say(said.clone() + " moved to " + &word + ".");
        }
    };
    let today = here.today;
    let due = task.due.as_ref().map(|due| {
        let due = due.clone();
        let day = memo(move || today.with(|today| today.due_day(&due)));
        part! {
            <time
                datetime=move || day.get().to_string()
                data-tone=move || today.with(|today| due_tone(day.get(), today, is_over))
            >
                {live(move || today.with(|today| today.text(day.get())))}
            </time>
        }
    });
    let people = client_people(&task.assignees);
    part! {
        <button
            class="icon-btn"
            type="button"
            id="turn-".to_owned() + &id.to_string()
            aria-label=name
            disabled=move || !may.get()
            on:click=turn
        >
            {Look::Status(shape(&statuses, task.status)).paint()}
        </button>
        <a href=paths::task(&key, task)>{title}</a>
        <span class="end-meta">{due} {people}</span>
    }
}

fn client_people(people: &[model::PersonId]) -> AnyView {
    let known = client().people;
    let avatars = people.iter().take(3).map(|person| {
        let (person, known) = (*person, known.clone());
        part! {
            <Avatar person size="xs"/>
            <span class="vh">{live(move || known.name(person))}</span>
        }
    });
    part! { <span class="avatars">{avatars.collect_view()}</span> }
}

/// Where a part goes when its box is pressed: to the first status that means done, or back to the first that means planned.
fn turned(board: &LiveBoard, is_over: bool) -> Option<(StatusId, String)> {
    let wanted = if is_over { Category::Todo } else { Category::Done };
    board.read(|b| {
        let found = b.statuses.iter().find(|s| s.category == wanted);
        let found = found.or_else(|| if is_over { b.statuses.first() } else { None });
        found.map(|s| (s.id, s.name.to_string()))
    })
}

#[component]
fn AddPart(of: TaskId, adding: RwSignal<bool>) -> impl IntoView {
    let (client, here) = (client(), here());
    let draft = client.drafts.field(Field::Part(of));
    let error = RwSignal::new(None::<String>);
    let node = NodeRef::<html::Input>::new();
    effect(move || {
        if let Some(input) = node.get() {
            let _ = input.focus();
        }
    });
    let (text, drafts) = (draft.clone(), client.drafts.clone());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let added = Title::try_from(text.get_untracked())
            .map_err(|why| Refusal::invalid("title", why.to_string()))
            .and_then(|title| {
                let command = Command::CreateTask {
                    project: here.board.project(),
                    task: ids::task(),
                    title: title.clone(),
                    text: None,
                    status: here.first_status().ok_or(Refusal::NotFound)?,
                    due: None,
                    assignees: Vec::new(),
                    priority: None,
                    labels: Vec::new(),
                    parent: Some(of),
                };
                client.dispatch(&here.board, command)?;
                Ok(title)
            });
        match added {
            Ok(title) => {
                error.set(None);
                client.drafts.set(Field::Part(of), String::new());
                client.say(title.to_string() + " added.");
            }
            Err(refusal) => error.set(Some(refusal.tell())),
        }
    };
    let done = move || {
        adding.set(false);
        dom::focus_soon("add-part");
    };
    part! {
        <form
            class="add-part"
            aria-label="Add sub-task"
            novalidate
            on:submit=submit
            on:keydown=move |event: KeyboardEvent| {
                if event.key() == "Escape" && !event.is_composing() {
                    event.stop_propagation();
                    done();
                }
            }
        >
            <label class="vh" for="np">
                "New sub-task"
            </label>
            <input
                class="input"
                id="np"
                name="title"
                maxlength="200"
                autocomplete="off"
                placeholder="What has to be done?"
                node_ref=node
                prop:value=move || draft.get()
                on:input=move |event| drafts.set(Field::Part(of), event_target_value(&event))
                aria-invalid=move || error.get().map(|_| "true")
                aria-describedby=move || error.get().map(|_| "np-error")
            />
            <button class="btn btn-primary" type="submit">
                "Add"
            </button>
            <button class="btn btn-quiet" type="button" on:click=move |_| done()>
                "Close"
            </button>
            {live(move || {
                error
                    .get()
                    .map(|text| {
                        part! {
                            <p class="error" id="np-error">
                                <Icon name="i-circlealert" class="icon icon-sm"/>
                                {text}
                            </p>
                        }
                    })
            })}
        </form>
    }
}
