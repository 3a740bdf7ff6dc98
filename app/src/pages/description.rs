//! The description of a task: read, edited, and mended when two people edited it at once.

use leptos::{
    ev::{KeyboardEvent, SubmitEvent},
    prelude::*,
};
use model::{Body, Command, CommandKind, PersonId, Refusal, TaskId, merge, merged};

use crate::{
    components::{
        icon::Icon,
        presence::{first_hue, flag},
    },
    data::{
        client,
        drafts::{Drafts, Edit, Field},
    },
    dom,
    live::{live, memo, part},
    pages::{
        conflict::Conflict,
        mentioned::{meant, named, typed},
        project::here,
        prose::{Written, prose},
        task::{Painted, may_change},
    },
};

/// What stands there now: the text, its version, and who wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stands {
    text: String,
    html: Option<String>,
    version: u32,
    by: Option<PersonId>,
}

/// The description alone, as it is read.
fn written(stands: Memo<Stands>) -> Memo<Written> {
    memo(move || stands.with(|now| Written { text: now.text.clone(), html: now.html.clone() }))
}

/// The description.
#[component]
pub(crate) fn Description(
    /// Of which task.
    task: TaskId,
    /// As it is painted.
    painted: Painted,
) -> impl IntoView {
    let client = client();
    let page = here().board.page(task);
    let may = may_change(CommandKind::DescribeTask, painted);
    let stands = memo(move || {
        let (painted, opened) = (painted.get(), page.get());
        let (text, html) = opened.map_or((None, None), |opened| (opened.text, opened.html));
        Stands {
            text: text.unwrap_or_default(),
            html,
            version: painted.as_ref().map_or(0, |t| t.text_version),
            by: painted.map(|t| t.text_by),
        }
    });
    let draft = client.drafts.field(Field::Description(task));
    let kept = draft.clone();
    let is_editing = memo(move || Edit::read(&kept.get()).is_some());
    let writers = client.writers(here().board.project(), task, model::live::Field::Description);
    let take = client_take(task, stands);
    let edit = move |_| take();
    let (ticking, board) = (client.clone(), here().board);
    let tick = Callback::new(move |text| {
        let Stands { version: base, text: from, .. } = stands.get_untracked();
        Drafts::saved_over(task, &from);
        ticking.dispatch_or_tell(&board, Command::DescribeTask { project: board.project(), task, base, text });
    });
    let written = written(stands);
    let is_empty = memo(move || written.with(|written| written.text.trim().is_empty()));
    part! {
        <section
            class="written"
            aria-label="Description"
            data-editing=move || writers.with(|writers| (!writers.is_empty()).then_some("true"))
            data-hue=move || writers.with(|writers| first_hue(writers))
        >
            {flag(writers, "editing the description")}
            {live(move || {
                if is_editing.get() {
                    part! { <Editor task stands draft=draft.clone()/> }
                } else {
                    let edit = edit.clone();
                    part! {
                        <div class="edit-field">
                            {live(move || {
                                if is_empty.get() {
                                    part! { <p class="faint">"No description yet."</p> }
                                } else {
                                    prose("prose", "td", written, may, tick)
                                }
                            })}
                            {may
                                .get()
                                .then(|| {
                                    part! {
                                        <button
                                            class="icon-btn edit-btn"
                                            type="button"
                                            id="edit-text"
                                            aria-label="Edit description"
                                            on:click=edit
                                        >
                                            <Icon name="i-edit"/>
                                        </button>
                                    }
                                })}
                        </div>
                    }
                }
            })}
        </section>
    }
}

#[component]
fn Editor(task: TaskId, stands: Memo<Stands>, draft: ArcRwSignal<String>) -> impl IntoView {
    let (client, board) = (client(), here().board);
    client.presence.write_in(model::live::Field::Description);
    let error = RwSignal::new(None::<String>);
    let edit = {
        let draft = draft.clone();
        memo(move || Edit::read(&draft.get()).unwrap_or_default())
    };
    let drafts = client.drafts.clone();
    let leave = move || {
        drafts.set(Field::Description(task), String::new());
        dom::focus_soon("edit-text");
    };
    // Somebody was faster: the text that stands is not the one from which this edit started.
    let both = {
        let names = named(&client, &board);
        memo(move || {
            let (edit, now) = (edit.get(), stands.get());
            (edit.base != now.version).then(|| merge(&edit.from, &now.text, &meant(edit.text, &names)))
        })
    };
    // Where they changed other lines nothing has to be chosen.
    let is_torn = memo(move || both.with(|both| both.as_ref().is_some_and(|both| merged(both).is_none())));
    let store = {
        let (client, leave, board) = (client.clone(), leave.clone(), board.clone());
        Callback::new(move |text: String| {
            let Stands { version: base, text: from, .. } = stands.get_untracked();
            let result =
                Body::try_from(text).map_err(|why| Refusal::invalid("text", why.to_string())).and_then(|text| {
                    Drafts::saved_over(task, &from);
                    let command = Command::DescribeTask { project: board.project(), task, base, text };
                    client.dispatch(&board, command)
                });
            match result {
                Ok(()) => leave(),
                Err(refusal) => error.set(Some(refusal.tell())),
            }
        })
    };
    let save = {
        let names = named(&client, &board);
        move || match both.get_untracked() {
            None => store.run(meant(edit.get_untracked().text, &names)),
            Some(both) => {
                // What differs is chosen first; both texts are on the screen.
                if let Some(text) = merged(&both) {
                    store.run(text);
                }
            }
        }
    };
    let (submit, shortcut) = (save.clone(), save.clone());
    let (cancel, escape) = (leave.clone(), leave);
    let names = named(&client, &board);
    let typing = client.drafts.clone();
    let mine = named(&client, &board);
    part! {
        <form
            class="edit-form"
            aria-label="Edit description"
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
                    // The text is kept by closing the panel; throwing it away is the button's.
                    "Escape" if edit.get_untracked().text == typed(&stands.get_untracked().text, &names) => {
                        event.stop_propagation();
                        escape();
                    }
                    "Escape" => event.stop_propagation(),
                    "Enter" if event.ctrl_key() || event.meta_key() => {
                        event.prevent_default();
                        shortcut();
                    }
                    _ => {}
                }
            }
        >
            {live(move || {
                let (take, mine) = (client_take(task, stands), mine.clone());
                let over = move || store.run(meant(edit.get_untracked().text, &mine));
                match both.get() {
                    None => ().into_any(),
                    Some(both) if merged(&both).is_some() => part! { <Beside stands/> },
                    Some(both) => {
                        let (over, take) = (Callback::new(move |()| over()), Callback::new(move |()| take()));
                        part! { <Conflict by=who(stands) both store over take/> }
                    }
                }
            })}
            <label class="vh" for="td">
                "Description"
            </label>
            <textarea
                class="textarea"
                id="td"
                rows="8"
                prop:value=move || edit.get().text
                on:input=move |event| {
                    let text = event_target_value(&event);
                    typing.set(Field::Description(task), Edit { text, ..edit.get_untracked() }.write());
                }
                aria-invalid=move || error.get().map(|_| "true")
                aria-describedby=move || error.get().map(|_| "td-error")
            ></textarea>
            {live(move || {
                error
                    .get()
                    .map(|text| {
                        part! {
                            <p class="error" id="td-error">
                                <Icon name="i-circlealert" class="icon icon-sm"/>
                                {text}
                            </p>
                        }
                    })
            })}
            <div class="form-foot">
                <button class="btn btn-primary" type="submit" disabled=move || is_torn.get()>
                    "Save"
                </button>
                <button class="btn btn-quiet" type="button" on:click=move |_| cancel()>
                    "Cancel"
                </button>
            </div>
        </form>
    }
}

/// Takes what stands into the editor, instead of one's own text.
fn client_take(task: TaskId, stands: Memo<Stands>) -> impl Fn() + Clone + Send + Sync + 'static {
    let (client, board) = (client(), here().board);
    let drafts = client.drafts.clone();
    move || {
        let Stands { text: from, version: base, .. } = stands.get_untracked();
        let text = typed(&from, &named(&client, &board));
        drafts.set(Field::Description(task), Edit { base, from, text }.write());
        dom::focus_soon("td");
    }
}

/// Who saved the text that stands.
fn who(stands: Memo<Stands>) -> Signal<String> {
    let people = client().people;
    Signal::derive(move || stands.get().by.map_or_else(|| "Somebody".to_owned(), |by| people.name(by)))
}

/// Somebody changed other lines meanwhile.
#[component]
fn Beside(stands: Memo<Stands>) -> impl IntoView {
    let by = who(stands);
    part! {
        <div class="banner" data-tone="info" role="status">
            <Icon name="i-info"/>
            <p>
                <strong>{live(move || format!("{} changed another part of this description. ", by.get()))}</strong>
                "Saving keeps both."
            </p>
        </div>
    }
}
