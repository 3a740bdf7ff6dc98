//! Writing down tasks one after the other, in a column.

use leptos::{
    ev::{KeyboardEvent, SubmitEvent},
    html,
    prelude::*,
};
use model::{Command, StatusId, Title};

use crate::{
    components::icon::Icon,
    data::{client, drafts::Field},
    ids,
    live::{effect, live, part},
    pages::project::here,
};

/// A field that stays open after Enter, until Escape. What is typed is kept.
#[component]
pub(crate) fn QuickAdd(
    /// In which status tasks begin.
    status: StatusId,
    /// Closes it.
    done: Callback<()>,
) -> impl IntoView {
    let (client, board) = (client(), here().board);
    let draft = client.drafts.field(Field::Quick(status));
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
        let title = match Title::try_from(text.get_untracked()) {
            Ok(title) => title,
            Err(why) => return error.set(Some(why.to_string())),
        };
        let command = Command::CreateTask {
            project: board.project(),
            task: ids::task(),
            title: title.clone(),
            text: None,
            status,
            due: None,
            assignees: Vec::new(),
            priority: None,
            labels: Vec::new(),
            parent: None,
        };
        match client.dispatch(&board, command) {
            Ok(()) => {
                error.set(None);
                client.drafts.set(Field::Quick(status), String::new());
                client.say(format!("{title} added."));
            }
            Err(refusal) => error.set(Some(refusal.tell())),
        }
    };
    let id = format!("qa-{status}");
    let error_id = format!("{id}-error");
    let described = error_id.clone();
    part! {
        <form
            class="quick-add"
            aria-label="Quick add"
            novalidate
            on:submit=submit
            on:keydown=move |event: KeyboardEvent| {
                if event.key() == "Escape" && !event.is_composing() {
                    event.stop_propagation();
                    done.run(());
                }
            }
        >
            <label class="vh" for=id.clone()>
                "New task"
            </label>
            <input
                class="quick-input"
                id=id
                name="title"
                maxlength="200"
                autocomplete="off"
                placeholder="What has to be done?"
                node_ref=node
                prop:value=move || draft.get()
                on:input=move |event| drafts.set(Field::Quick(status), event_target_value(&event))
                aria-invalid=move || error.get().map(|_| "true")
                aria-describedby=move || error.get().map(|_| described.clone())
            />
            {live(move || {
                let id = error_id.clone();
                error
                    .get()
                    .map(|text| {
                        part! {
                            <p class="error" id=id>
                                <Icon name="i-circlealert" class="icon icon-sm"/>
                                {text}
                            </p>
                        }
                    })
            })}
            <p class="quick-foot">
                <span class="hint">"Esc closes"</span>
                <button class="btn btn-primary" type="submit">
                    "Add"
                </button>
            </p>
        </form>
    }
}
