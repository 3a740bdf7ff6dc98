//! A task opened beside the board: what it is called, how it stands, what was written and said.

use leptos::{
    ev::{KeyboardEvent, SubmitEvent},
    html,
    prelude::*,
};
use model::{Command, CommandKind, Day, Due, PersonId, Refusal, Spot, StatusId, Task, TaskId, Title};
use std::sync::Arc;

use crate::{
    components::{
        avatar::{Avatar, ProjectTile},
        icon::{Icon, StatusIcon, shape},
        when::{When, due_day, due_tone},
    },
    data::{client, drafts::Field},
    dom,
    live::{effect, live, memo, part},
    pages::{
        activity::{Activity, Composer},
        card::is_finished,
        description::Description,
        project::{Here, here},
    },
    paths,
};

/// The task as the board knows it, for as long as the panel is open.
pub(crate) type Painted = Memo<Option<Arc<Task>>>;

/// The panel of a task. It is not modal: the board stays usable.
#[component]
pub(crate) fn TaskPanel(
    /// Which.
    task: TaskId,
    /// Closes it.
    close: Callback<()>,
) -> impl IntoView {
    let (client, here) = (client(), here());
    let painted = here.board.task(task);
    let came_later = client.has_arrived();
    effect(move || {
        // What the server painted is there already; the focus is the reader's.
        if came_later {
            dom::focus("task-title");
        }
    });
    part! {
        <section
            class="task-panel"
            aria-labelledby="task-title"
            on:keydown=move |event: KeyboardEvent| {
                if event.key() == "Escape" && !event.is_composing() {
                    close.run(());
                }
            }
        >
            <PanelHead painted close/>
            <div class="task-body">
                <TaskTitle task painted/>
                <Rail painted/>
                <div class="task-main">
                    <Details task/>
                    <Composer task/>
                </div>
            </div>
        </section>
    }
}

#[component]
fn PanelHead(painted: Painted, close: Callback<()>) -> impl IntoView {
    let (key, name, hue) = here().board.read(|b| (b.key.clone(), b.name.to_string(), b.hue.number()));
    let prefix = key.clone();
    let number = move || match painted.get().map(|t| t.number) {
        Some(number) if number > 0 => format!("{prefix}-{number}"),
        _ => "New".to_owned(),
    };
    part! {
        <header class="task-head">
            <div class="crumbs">
                <ProjectTile name=name.clone() hue/>
                <a href=paths::board(&key)>{name}</a>
                <Icon name="i-chev" class="icon icon-sm"/>
                <span class="num">{live(number)}</span>
            </div>
            <button
                class="icon-btn task-close push"
                type="button"
                aria-label="Close task"
                on:click=move |_| close.run(())
            >
                <Icon name="i-x" class="icon hide-phone"/>
                <Icon name="i-back" class="icon only-phone"/>
            </button>
        </header>
    }
}

#[component]
fn TaskTitle(task: TaskId, painted: Painted) -> impl IntoView {
    let (client, here) = (client(), here());
    let title = memo(move || painted.get().map(|t| t.title.to_string()).unwrap_or_default());
    let draft = client.drafts.field(Field::Title(task));
    // A draft that is there, from before a reload or back from a refusal, is an edit that goes on.
    let editing = draft.clone();
    let is_editing = memo(move || !editing.get().is_empty());
    let drafts = client.drafts.clone();
    let edit = move |_| {
        drafts.set(Field::Title(task), title.get_untracked());
        dom::focus_soon("tt");
    };
    live(move || {
        if is_editing.get() {
            part! {
                <div class="task-top">
                    <h2 class="vh" id="task-title" tabindex="-1">
                        {live(move || title.get())}
                    </h2>
                    <TitleForm task draft=draft.clone()/>
                </div>
            }
        } else {
            let edit = edit.clone();
            part! {
                <div class="task-top">
                    <h2 class="task-title" id="task-title" tabindex="-1">
                        {live(move || title.get())}
                    </h2>
                    {here
                        .may(CommandKind::RenameTask)
                        .then(|| {
                            part! {
                                <button
                                    class="icon-btn"
                                    type="button"
                                    id="edit-title"
                                    aria-label="Edit title"
                                    on:click=edit
                                >
                                    <Icon name="i-edit"/>
                                </button>
                            }
                        })}
                </div>
            }
        }
    })
}

#[component]
fn TitleForm(task: TaskId, draft: ArcRwSignal<String>) -> impl IntoView {
    let (client, board) = (client(), here().board);
    let error = RwSignal::new(None::<String>);
    let (text, drafts, typing) = (draft.clone(), client.drafts.clone(), client.drafts.clone());
    let leave = move || {
        drafts.set(Field::Title(task), String::new());
        dom::focus_soon("edit-title");
    };
    let cancel = leave.clone();
    let escape = leave.clone();
    let save = move || {
        let result = Title::try_from(text.get_untracked())
            .map_err(|why| Refusal::invalid("title", why.to_string()))
            .and_then(|title| client.dispatch(&board, Command::RenameTask { project: board.project(), task, title }));
        match result {
            Ok(()) => leave(),
            Err(refusal) => error.set(Some(refusal.tell())),
        }
    };
    let submit = save.clone();
    part! {
        <form
            class="title-form"
            aria-label="Edit title"
            novalidate
            on:submit=move |event: SubmitEvent| {
                event.prevent_default();
                submit();
            }
            on:keydown=move |event: KeyboardEvent| {
                if event.is_composing() {
                    return;
                }
                match event.key().as_str() {
                    "Escape" => {
                        event.stop_propagation();
                        escape();
                    }
                    // A title is one line.
                    "Enter" if event_target_is_text(&event) => {
                        event.prevent_default();
                        save();
                    }
                    _ => {}
                }
            }
        >
            <label class="vh" for="tt">
                "Title"
            </label>
            <textarea
                class="task-title title-input"
                id="tt"
                rows="1"
                maxlength="200"
                prop:value=move || draft.get()
                on:input=move |event| {
                    // Emptying the field must not end the edit: a space is a draft, and no title.
                    let text = event_target_value(&event);
                    typing.set(Field::Title(task), if text.is_empty() { " ".to_owned() } else { text });
                }
                aria-invalid=move || error.get().map(|_| "true")
                aria-describedby=move || error.get().map(|_| "tt-error")
            ></textarea>
            {live(move || {
                error
                    .get()
                    .map(|text| {
                        part! {
                            <p class="error" id="tt-error">
                                <Icon name="i-circlealert" class="icon icon-sm"/>
                                {text}
                            </p>
                        }
                    })
            })}
            <div class="form-foot">
                <button class="btn btn-primary" type="submit">
                    "Save"
                </button>
                <button class="btn btn-quiet" type="button" on:click=move |_| cancel()>
                    "Cancel"
                </button>
            </div>
        </form>
    }
}

/// Whether a key was pressed in a field of text, and not on a button beside it.
fn event_target_is_text(event: &KeyboardEvent) -> bool {
    use wasm_bindgen::JsCast;
    event.target().is_some_and(|t| t.dyn_ref::<web_sys::HtmlTextAreaElement>().is_some())
}

#[component]
fn Rail(painted: Painted) -> impl IntoView {
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

/// Description and history: what the board does not hold, and has to be asked for.
#[component]
fn Details(task: TaskId) -> impl IntoView {
    let (client, board) = (client(), here().board);
    let page = board.page(task);
    let is_here = memo(move || page.with(Option::is_some));
    let refused = RwSignal::new(None::<Refusal>);
    let ask = Callback::new({
        let board = board.clone();
        move |()| client.read_task(&board, task, refused)
    });
    // A newer snapshot may know more than what was told before.
    effect(move || {
        board.epoch();
        ask.run(());
    });
    part! {
        {move || {
            refused.get().map(|refusal| part! { <NotTold refusal ask/> })
        }}
        {live(move || {
            if is_here.get() {
                part! {
                    <Description task/>
                    <Activity task/>
                }
            } else if refused.with(Option::is_none) {
                part! { <Waiting/> }
            } else {
                ().into_any()
            }
        })}
    }
}

#[component]
fn Waiting() -> impl IntoView {
    part! {
        <div class="skeleton-lines" aria-hidden="true">
            <div class="skeleton"></div>
            <div class="skeleton"></div>
            <div class="skeleton"></div>
        </div>
        <p class="vh" role="status">
            "Loading the task"
        </p>
    }
}

#[component]
fn NotTold(refusal: Refusal, ask: Callback<()>) -> impl IntoView {
    part! {
        <div class="banner" data-tone="bad" role="alert">
            <Icon name="i-circlealert"/>
            <p>
                <strong>"Description and comments are not here. "</strong>
                {refusal.tell()}
            </p>
            <button class="btn" type="button" on:click=move |_| ask.run(())>
                "Try again"
            </button>
        </div>
    }
}
