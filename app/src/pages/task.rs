//! A task opened beside the board: what it is called, how it stands, what was written and said.

use leptos::{
    ev::{KeyboardEvent, SubmitEvent},
    prelude::*,
};
use model::{Command, CommandKind, Key, Refusal, Task, TaskId, Title, live::Field as Written};
use std::sync::Arc;

use crate::{
    components::{
        icon::Icon,
        presence::{first_hue, flag},
    },
    data::{Link, client, drafts::Field},
    dom,
    live::{effect, live, memo, part},
    pages::{
        activity::Activity,
        comments::Composer,
        description::Description,
        parts::Parts,
        project::here,
        properties::Rail,
        task_head::{Shelved, TaskHead},
        task_keys,
    },
};

/// The task as the board knows it, for as long as the panel is open.
pub(crate) type Painted = Memo<Option<Arc<Task>>>;

/// What a task is called for short, such as `MUS-42`.
pub(crate) fn called(key: &Key, task: &Task) -> String {
    if task.number > 0 { key.to_string() + "-" + &task.number.to_string() } else { "New".to_owned() }
}

/// Whether the reader may do this with the task now: what is archived or in the trash stays as it is.
pub(crate) fn may_change(kind: CommandKind, painted: Painted) -> Memo<bool> {
    let here = here();
    memo(move || here.may(kind) && painted.get().is_some_and(|t| t.is_live()))
}

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
    task_keys::of_opened(task);
    client.presence.stay_at(task);
    let seeing = client.clone();
    effect(move || seeing.seen(task));
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
            <TaskHead task painted close/>
            <Shelved painted/>
            <div class="task-body">
                <TaskTitle task painted/>
                <Rail task painted/>
                <div class="task-main">
                    <Details task painted/>
                    <Composer task painted/>
                </div>
            </div>
        </section>
    }
}

#[component]
fn TaskTitle(task: TaskId, painted: Painted) -> impl IntoView {
    let client = client();
    let may = may_change(CommandKind::RenameTask, painted);
    let title = memo(move || painted.get().map(|t| t.title.to_string()).unwrap_or_default());
    let draft = client.drafts.field(Field::Title(task));
    // A draft that is there, from before a reload or back from a refusal, is an edit that goes on.
    let editing = draft.clone();
    let is_editing = memo(move || !editing.get().is_empty());
    let writers = client.writers(here().board.project(), task, Written::Title);
    let drafts = client.drafts.clone();
    let edit = move |_| {
        drafts.set(Field::Title(task), title.get_untracked());
        dom::focus_soon("tt");
    };
    let is_edited = move || writers.with(|writers| (!writers.is_empty()).then_some("true"));
    let hue = move || writers.with(|writers| first_hue(writers));
    live(move || {
        if is_editing.get() {
            part! {
                <div class="task-top" data-editing=is_edited data-hue=hue>
                    {flag(writers, "editing the title")}
                    <h2 class="vh" id="task-title" tabindex="-1">
                        {live(move || title.get())}
                    </h2>
                    <TitleForm task draft=draft.clone()/>
                </div>
            }
        } else {
            let edit = edit.clone();
            part! {
                <div class="task-top" data-editing=is_edited data-hue=hue>
                    {flag(writers, "editing the title")}
                    <h2 class="task-title" id="task-title" tabindex="-1">
                        {live(move || title.get())}
                    </h2>
                    {may
                        .get()
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
    client.presence.write_in(Written::Title);
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

/// Description and history: what the board does not hold, and has to be asked for.
#[component]
fn Details(task: TaskId, painted: Painted) -> impl IntoView {
    let (client, board) = (client(), here().board);
    let (page, link) = (board.page(task), client.link.clone());
    let is_live = memo(move || link.get() == Link::Live);
    let is_here = memo(move || page.with(Option::is_some));
    let refused = RwSignal::new(None::<Refusal>);
    let ask = Callback::new({
        let board = board.clone();
        move |()| client.read_task(&board, task, refused)
    });
    // A newer snapshot may know more than what was told before, and a server that is back more than this device keeps.
    effect(move || {
        board.epoch();
        is_live.track();
        ask.run(());
    });
    part! {
        {live(move || refused.get().map(|refusal| part! { <NotTold refusal ask/> }))}
        {live(move || {
            if is_here.get() {
                part! {
                    <Description task painted/>
                    <Parts task painted/>
                    <Activity task painted/>
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
