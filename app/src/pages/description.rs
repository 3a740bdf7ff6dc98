//! The description of a task: read, edited, and mended when two people edited it at once.

use leptos::{
    ev::{KeyboardEvent, SubmitEvent},
    prelude::*,
};
use model::{Body, Command, CommandKind, PersonId, Refusal, TaskId};

use crate::{
    components::icon::Icon,
    data::{
        client,
        drafts::{Edit, Field},
    },
    dom,
    live::{live, memo, part},
    pages::{
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
    let take = client_take(task, stands);
    let edit = move |_| take();
    let (ticking, board) = (client.clone(), here().board);
    let tick = Callback::new(move |text| {
        let base = stands.get_untracked().version;
        ticking.dispatch_or_tell(&board, Command::DescribeTask { project: board.project(), task, base, text });
    });
    let written = written(stands);
    let is_empty = memo(move || written.with(|written| written.text.trim().is_empty()));
    part! {
        <section aria-label="Description">
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
    let error = RwSignal::new(None::<String>);
    let edit = {
        let draft = draft.clone();
        memo(move || Edit::read(&draft.get()).unwrap_or(Edit { base: 0, text: String::new() }))
    };
    let drafts = client.drafts.clone();
    let leave = move || {
        drafts.set(Field::Description(task), String::new());
        dom::focus_soon("edit-text");
    };
    // Somebody was faster: the text that stands is not the one from which this edit started.
    let is_overtaken = memo(move || edit.get().base != stands.get().version);
    let save = {
        let (client, leave, board) = (client.clone(), leave.clone(), board.clone());
        move || {
            let Edit { base, text } = edit.get_untracked();
            let text = meant(text, &named(&client, &board));
            let result =
                Body::try_from(text).map_err(|why| Refusal::invalid("text", why.to_string())).and_then(|text| {
                    let command = Command::DescribeTask { project: board.project(), task, base, text };
                    client.dispatch(&board, command)
                });
            match result {
                Ok(()) => leave(),
                // Both texts are on the screen already.
                Err(Refusal::TextChanged { .. }) => {}
                Err(refusal) => error.set(Some(refusal.tell())),
            }
        }
    };
    let (submit, shortcut) = (save.clone(), save.clone());
    let (cancel, escape) = (leave.clone(), leave);
    let names = named(&client, &board);
    let (typing, resting) = (client.drafts.clone(), client.drafts);
    // One's own text over theirs: the edit starts from what stands now.
    let over = move || {
        let mine = edit.get_untracked();
        let base = stands.get_untracked().version;
        resting.set(Field::Description(task), Edit { base, text: mine.text }.write());
        save();
    };
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
            {live(move || is_overtaken.get().then(|| {
                let (over, take) = (over.clone(), client_take(task, stands));
                part! { <Overtaken stands over take/> }
            }))}
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
                    let base = edit.get_untracked().base;
                    typing.set(Field::Description(task), Edit { base, text }.write());
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
                <button class="btn btn-primary" type="submit" disabled=move || is_overtaken.get()>
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
        let Stands { text, version, .. } = stands.get_untracked();
        let text = typed(&text, &named(&client, &board));
        drafts.set(Field::Description(task), Edit { base: version, text }.write());
        dom::focus_soon("td");
    }
}

/// The text that somebody else saved meanwhile, and the choice between both.
#[component]
fn Overtaken(
    stands: Memo<Stands>,
    over: impl Fn() + Send + Sync + 'static,
    take: impl Fn() + Send + Sync + 'static,
) -> impl IntoView {
    let people = client().people;
    // What stands beside one's own is read, not changed.
    let (may, tick) = (memo(|| false), Callback::new(|_| {}));
    let who = move || stands.get().by.map_or_else(|| "Somebody".to_owned(), |by| people.name(by));
    part! {
        <div class="banner" data-tone="warn" role="alert">
            <Icon name="i-alert"/>
            <p>
                <strong>{live(move || format!("{} changed this description while you were writing. ", who()))}</strong>
                "Theirs is here, yours is below."
            </p>
        </div>
        <div aria-label="Their text" role="group">{prose("prose", "tt", written(stands), may, tick)}</div>
        <div class="form-foot">
            <button class="btn" type="button" on:click=move |_| take()>
                "Use theirs"
            </button>
            <button class="btn" type="button" on:click=move |_| over()>
                "Save mine over it"
            </button>
        </div>
    }
}
