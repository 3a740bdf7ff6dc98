//! How a project is set up: its name and colour, its statuses and labels, what is archived or in the trash.

use leptos::{ev::SubmitEvent, html, prelude::*};
use model::{
    Category, Command, CommandKind, Hue, Invalid, Label, LabelId, Name, NewStatus, Refusal, Status, StatusId, Task,
};
use std::sync::Arc;

use crate::{
    components::{
        field::{Faults, FormFault, TextField, typed},
        hue_picker::HuePicker,
        icon::{Icon, StatusIcon, shape},
        name_field::NameField,
    },
    data::client,
    dom, ids,
    live::{Row, live, memo, part, rows},
    pages::{
        home::counted,
        project::{Here, here},
    },
    paths,
};

/// The settings of the project. Who may change only its labels sees only those.
#[component]
pub(crate) fn SettingsView() -> impl IntoView {
    let here = here();
    let asking = here.clone();
    let leads = memo(move || asking.may(CommandKind::RenameProject));
    part! {
        <div class="scroll">
            <div class="settings">
                {live(move || leads.get().then(|| part! {
                    <About/>
                    <Statuses/>
                }))}
                <Labels/>
                <Shelf/>
                <Records leads/>
                {live(move || leads.get().then(|| part! { <Archiving/> }))}
            </div>
        </div>
    }
}

fn invalid(why: &Invalid) -> Refusal {
    Refusal::invalid("name", why.to_string())
}

/// What the project is called and looks like.
#[component]
fn About() -> impl IntoView {
    let (client, Here { board, .. }) = (client(), here());
    let project = board.project();
    let at = board.clone();
    let name = Signal::derive(move || at.about().name.to_string());
    let at = board.clone();
    let hue = Signal::derive(move || at.about().hue.number());
    let (renaming, at) = (client.clone(), board.clone());
    let keep = Box::new(move |name: Name| renaming.dispatch(&at, Command::RenameProject { project, name }));
    let choose = Callback::new(move |hue: Hue| {
        client.dispatch_or_tell(&board, Command::ColourProject { project, hue });
    });
    part! {
        <section class="panel" aria-labelledby="set-about">
            <div class="panel-head">
                <h2 id="set-about">"Project"</h2>
            </div>
            <dl class="panel-body set-about">
                <dt>"Name"</dt>
                <dd>
                    <NameField label="Name of the project".to_owned() id="set-name".to_owned() name keep/>
                </dd>
                <dt>"Colour"</dt>
                <dd>
                    <HuePicker legend="Colour of the project".to_owned() name="set-hue".to_owned() hue choose/>
                </dd>
            </dl>
        </section>
    }
}

// statuses

#[component]
fn Statuses() -> impl IntoView {
    let board = here().board;
    let n = board.clone();
    let n_statuses = memo(move || n.statuses().len());
    let list = move || {
        let statuses = board.statuses();
        statuses.iter().map(|s| status_row(s.id, n_statuses)).collect()
    };
    part! {
        <section class="panel" aria-labelledby="set-statuses">
            <div class="panel-head">
                <h2 id="set-statuses">"Statuses"</h2>
                <p>"The columns of the board, in order. What a status means decides what counts as open and as done."</p>
            </div>
            <ul class="rows" role="list" aria-label="Statuses">
                {rows(list)}
            </ul>
            <AddStatus/>
        </section>
    }
}

fn status_row(id: StatusId, n_statuses: Memo<usize>) -> Row {
    Row::new((id.uuid().as_u128(), 0), move |place| part! { <StatusRow id place n_statuses/> })
}

#[component]
fn StatusRow(id: StatusId, place: ReadSignal<usize>, n_statuses: Memo<usize>) -> impl IntoView {
    let (client, Here { board, .. }) = (client(), here());
    let project = board.project();
    let status = board.status(id);
    let name = Signal::derive(move || status.get().map(|s| s.name.to_string()).unwrap_or_default());
    let at = board.clone();
    let look = Signal::derive(move || shape(&at.statuses(), id));
    let change = {
        let (client, board) = (client.clone(), board.clone());
        move |to: NewStatus| client.dispatch(&board, Command::ChangeStatus { project, status: to })
    };
    let rename = change.clone();
    let keep = Box::new(move |name: Name| {
        let Some(now) = status.get_untracked() else { return Err(Refusal::NotFound) };
        rename(NewStatus { id, name, category: now.category })
    });
    let (told, mean) = (client.clone(), change);
    let choose = move |event| {
        let word = event_target_value(&event);
        let category = Category::ALL.iter().find(|c| c.word() == word).copied();
        let Some((category, now)) = category.zip(status.get_untracked()) else { return };
        if let Err(refusal) = mean(NewStatus { id, name: now.name, category }) {
            told.tell_refusal(&refusal);
        }
    };
    let shift = {
        let (client, board) = (client.clone(), board.clone());
        Callback::new(move |to: usize| {
            let to = u32::try_from(to).unwrap_or(u32::MAX);
            client.dispatch_or_tell(&board, Command::MoveStatus { project, status: id, place: to });
        })
    };
    let is_last = move || place.get() + 1 >= n_statuses.get();
    let is_only = move || n_statuses.get() < 2;
    let is_leaving = RwSignal::new(false);
    let remove = move |_| {
        let at = board.clone();
        if board.read(|b| b.n_places(id)) > 0 {
            return is_leaving.set(true);
        }
        // An empty one leaves nothing behind; where its tasks would go does not matter.
        if let Some(to) = other(&at.statuses(), id) {
            client.dispatch_or_tell(&at, Command::RemoveStatus { project, status: id, to });
        }
    };
    let meanings = Category::ALL
        .iter()
        .map(|c| {
            let is_chosen = move || status.get().is_some_and(|s| s.category == *c);
            part! {
                <option value=c.word() selected=is_chosen prop:selected=is_chosen>
                    {c.word()}
                </option>
            }
        })
        .collect_view();
    part! {
        <li>
            <StatusIcon shape=look/>
            <div class="set-row">
                <NameField label="Name of the status".to_owned() id=format!("st-{id}") name keep/>
                <select class="select" aria-label=move || format!("What {} means", name.get()) on:change=choose>
                    {meanings}
                </select>
            </div>
            <div class="row-flex">
                <button
                    class="icon-btn"
                    type="button"
                    aria-label=move || format!("Move {} up", name.get())
                    disabled=move || place.get() == 0
                    on:click=move |_| shift.run(place.get_untracked().saturating_sub(1))
                >
                    <Icon name="i-chev" class="icon turn-up"/>
                </button>
                <button
                    class="icon-btn"
                    type="button"
                    aria-label=move || format!("Move {} down", name.get())
                    disabled=is_last
                    on:click=move |_| shift.run(place.get_untracked() + 1)
                >
                    <Icon name="i-down"/>
                </button>
                <button
                    class="icon-btn"
                    type="button"
                    aria-label=move || format!("Remove {}", name.get())
                    disabled=is_only
                    on:click=remove
                >
                    <Icon name="i-trash"/>
                </button>
            </div>
            {live(move || is_leaving.get().then(|| part! { <Leaving id is_leaving/> }))}
        </li>
    }
}

fn other(statuses: &[Status], than: StatusId) -> Option<StatusId> {
    statuses.iter().map(|s| s.id).find(|s| *s != than)
}

/// Asks where the tasks of a status go that is removed.
#[component]
fn Leaving(id: StatusId, is_leaving: RwSignal<bool>) -> impl IntoView {
    let (client, Here { board, .. }) = (client(), here());
    let n = board.read(|b| b.n_places(id));
    let node = NodeRef::<html::Select>::new();
    let at = board.clone();
    let options = move || {
        let others = at.statuses().into_iter().filter(|s| s.id != id);
        others.map(|s| part! { <option value=s.id.to_string()>{s.name.to_string()}</option> }).collect_view()
    };
    let remove = move |_| {
        let to = node.get_untracked().and_then(|select| select.value().parse().ok());
        let Some(to) = to else { return };
        client.dispatch_or_tell(&board, Command::RemoveStatus { project: board.project(), status: id, to });
    };
    part! {
        <div class="set-leaving" role="group" aria-label="Where its tasks go">
            <label for=format!("to-{id}")>{format!("Its {} go to", counted(n, "task"))}</label>
            <select class="select" id=format!("to-{id}") node_ref=node>
                {live(options)}
            </select>
            <button class="btn btn-danger" type="button" on:click=remove>
                "Remove status"
            </button>
            <button class="btn btn-quiet" type="button" on:click=move |_| is_leaving.set(false)>
                "Cancel"
            </button>
        </div>
    }
}

#[component]
fn AddStatus() -> impl IntoView {
    let (client, Here { board, .. }) = (client(), here());
    let (name, means) = (NodeRef::<html::Input>::new(), NodeRef::<html::Select>::new());
    let faults = Faults::none();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        faults.clear();
        let word = means.get_untracked().map(|s| s.value()).unwrap_or_default();
        let category = Category::ALL.iter().find(|c| c.word() == word).copied().unwrap_or(Category::Todo);
        let added = Name::try_from(typed(name)).map_err(|why| invalid(&why)).and_then(|name| {
            let status = NewStatus { id: ids::status(), name, category };
            client.dispatch(&board, Command::AddStatus { project: board.project(), status, place: u32::MAX })
        });
        done(added, faults, name, "set-new-status");
    };
    let meanings = Category::ALL.iter().map(|c| part! { <option value=c.word()>{c.word()}</option> }).collect_view();
    part! {
        <form class="panel-body form-row" aria-label="Add a status" novalidate on:submit=submit>
            <FormFault faults fields=&["name"]/>
            <TextField label="New status" name="name" id="set-new-status" node=name faults/>
            <div class="field">
                <label class="label" for="set-means">
                    "What it means"
                </label>
                <select class="select" id="set-means" node_ref=means>
                    {meanings}
                </select>
            </div>
            <button class="btn" type="submit">
                "Add status"
            </button>
        </form>
    }
}

/// Empties the field of what was added, or says why it was not.
fn done(added: Result<(), Refusal>, faults: Faults, node: NodeRef<html::Input>, id: &'static str) {
    match added {
        Ok(()) => {
            if let Some(input) = node.get_untracked() {
                input.set_value("");
            }
        }
        Err(refusal) => faults.set(refusal),
    }
    dom::focus_soon(id);
}

// labels

#[component]
fn Labels() -> impl IntoView {
    let board = here().board;
    let at = board.clone();
    let none = memo(move || at.labels().is_empty());
    let list = move || board.labels().iter().map(|l| label_row(l.id)).collect();
    part! {
        <section class="panel" aria-labelledby="set-labels">
            <div class="panel-head">
                <h2 id="set-labels">"Labels"</h2>
                {live(move || none.get().then(|| part! { <p>"Labels say what tasks are about, whatever their status."</p> }))}
            </div>
            <ul class="rows" role="list" aria-label="Labels">
                {rows(list)}
            </ul>
            <AddLabel/>
        </section>
    }
}

fn label_row(id: LabelId) -> Row {
    Row::new((id.uuid().as_u128(), 0), move |_| part! { <LabelRow id/> })
}

#[component]
fn LabelRow(id: LabelId) -> impl IntoView {
    let (client, Here { board, .. }) = (client(), here());
    let project = board.project();
    let at = board.clone();
    let label = memo(move || at.labels().into_iter().find(|l| l.id == id));
    let name = Signal::derive(move || label.get().map(|l| l.name.to_string()).unwrap_or_default());
    let hue = Signal::derive(move || label.get().map_or(1, |l| l.hue.number()));
    let put = {
        let (client, board) = (client.clone(), board.clone());
        move |change: &dyn Fn(Label) -> Label| {
            let Some(now) = label.get_untracked() else { return Err(Refusal::NotFound) };
            client.dispatch(&board, Command::PutLabel { project, label: change(now) })
        }
    };
    let rename = put.clone();
    let keep = Box::new(move |name: Name| rename(&|now| Label { name: name.clone(), ..now }));
    let told = client.clone();
    let choose = Callback::new(move |hue: Hue| {
        if let Err(refusal) = put(&|now| Label { hue, ..now }) {
            told.tell_refusal(&refusal);
        }
    });
    let remove = move |_| {
        client.dispatch_or_tell(&board, Command::RemoveLabel { project, label: id });
    };
    part! {
        <li>
            <span class="chip-dot" data-hue=move || hue.get().to_string() aria-hidden="true"></span>
            <div class="set-row">
                <NameField label="Name of the label".to_owned() id=format!("lb-{id}") name keep/>
                <HuePicker legend="Colour of the label".to_owned() name=format!("lh-{id}") hue choose/>
            </div>
            <button
                class="icon-btn"
                type="button"
                aria-label=move || format!("Remove {}", name.get())
                on:click=remove
            >
                <Icon name="i-trash"/>
            </button>
        </li>
    }
}

#[component]
fn AddLabel() -> impl IntoView {
    let (client, Here { board, .. }) = (client(), here());
    let name = NodeRef::<html::Input>::new();
    let faults = Faults::none();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        faults.clear();
        let added = Name::try_from(typed(name)).map_err(|why| invalid(&why)).and_then(|name| {
            let id = ids::label();
            let label = Label { id, name, hue: Hue::of(&id.bytes()) };
            client.dispatch(&board, Command::PutLabel { project: board.project(), label })
        });
        done(added, faults, name, "set-new-label");
    };
    part! {
        <form class="panel-body form-row" aria-label="Add a label" novalidate on:submit=submit>
            <FormFault faults fields=&["name"]/>
            <TextField label="New label" name="name" id="set-new-label" node=name faults/>
            <button class="btn" type="submit">
                "Add label"
            </button>
        </form>
    }
}

// archive and trash

/// The tasks that are not on the board any more, and the way back.
#[component]
fn Shelf() -> impl IntoView {
    let board = here().board;
    let tasks = memo(move || board.shelved());
    let none = memo(move || tasks.with(Vec::is_empty));
    part! {
        <section class="panel" aria-labelledby="set-shelf">
            <div class="panel-head">
                <h2 id="set-shelf" tabindex="-1">"Archive and trash"</h2>
                <p>
                    {live(move || if none.get() {
                        "Tasks that are archived or in the trash are listed here. The trash is kept for 30 days."
                    } else {
                        "The trash is kept for 30 days, the archive for ever."
                    })}
                </p>
            </div>
            <ul class="rows" role="list" aria-label="Archived and trashed tasks">
                {rows(move || tasks.get().into_iter().map(shelved_row).collect())}
            </ul>
        </section>
    }
}

fn shelved_row(task: Arc<Task>) -> Row {
    let kind = u8::from(task.trashed_at.is_some());
    Row::new((task.id.uuid().as_u128(), kind), move |_| shelved(&task))
}

fn shelved(task: &Task) -> AnyView {
    let (client, here) = (client(), here());
    let board = here.board.clone();
    let (project, id, in_trash) = (board.project(), task.id, task.trashed_at.is_some());
    let title = task.title.to_string();
    let label = format!("{} {title}", if in_trash { "Restore" } else { "Bring back" });
    let may = here.may(CommandKind::TrashTask);
    let back = move |_| {
        let command = if in_trash {
            Command::TrashTask { project, task: id, on: false }
        } else {
            Command::ArchiveTask { project, task: id, on: false }
        };
        client.dispatch_or_tell(&board, command);
        dom::focus_soon("set-shelf");
    };
    part! {
        <li>
            <Icon name=if in_trash { "i-trash" } else { "i-archive" }/>
            <div>
                <a href=paths::task(&here.board.key(), task)>{title}</a>
                <div class="sub">{if in_trash { "In the trash" } else { "Archived" }}</div>
            </div>
            {may.then(|| part! {
                <button class="btn" type="button" aria-label=label on:click=back>
                    {if in_trash { "Restore" } else { "Bring back" }}
                </button>
            })}
        </li>
    }
}

/// What can be taken away from a project, and what is recorded of it.
#[component]
fn Records(leads: Memo<bool>) -> impl IntoView {
    let project = here().board.project();
    part! {
        <section class="panel" aria-labelledby="set-records">
            <div class="panel-head">
                <h2 id="set-records">"Export and records"</h2>
                <div class="push">
                    <a class="btn" href=paths::export_of(project)>
                        "Export tasks"
                    </a>
                    {live(move || leads.get().then(|| part! {
                        <a class="btn" href=paths::audit_of(project)>
                            "Audit log"
                        </a>
                    }))}
                </div>
                <p>"Take the tasks with you as CSV, Excel workbook or JSON."</p>
            </div>
        </section>
    }
}

/// The end of a project, which is not the end of what was done in it.
#[component]
fn Archiving() -> impl IntoView {
    let (client, Here { board, .. }) = (client(), here());
    let at = board.clone();
    let is_archived = memo(move || at.about().is_archived);
    let archive = move |_| {
        let on = !is_archived.get_untracked();
        client.dispatch_or_tell(&board, Command::ArchiveProject { project: board.project(), on });
    };
    part! {
        <section class="panel" aria-labelledby="set-archive">
            <div class="panel-head">
                <h2 id="set-archive">"Archive this project"</h2>
                <div class="push">
                    <button class="btn" type="button" on:click=archive>
                        <Icon name="i-archive"/>
                        {live(move || if is_archived.get() { "Bring it back" } else { "Archive project" })}
                    </button>
                </div>
                <p>"An archived project can be read and searched. Nothing in it changes until it is brought back."</p>
            </div>
        </section>
    }
}
