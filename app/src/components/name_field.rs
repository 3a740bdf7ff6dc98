//! A name that is changed where it stands: kept when one leaves the field, put back by Escape.

use leptos::{ev::KeyboardEvent, html, prelude::*};
use model::{Invalid, Name, Refusal};

use crate::{
    components::icon::Icon,
    live::{live, part},
};

/// Keeps a new name.
pub(crate) type Keep = Box<dyn Fn(Name) -> Result<(), Refusal> + Send + Sync>;

/// A name in a field of its own.
#[component]
pub(crate) fn NameField(
    /// What the field is called.
    label: String,
    /// Its id, unique in the document.
    id: String,
    /// The name as it is.
    #[prop(into)]
    name: Signal<String>,
    /// Keeps another one.
    keep: Keep,
) -> impl IntoView {
    let node = NodeRef::<html::Input>::new();
    let fault = RwSignal::new(None::<String>);
    let restore = move || {
        fault.set(None);
        if let Some(input) = node.get_untracked() {
            input.set_value(&name.get_untracked());
        }
    };
    let change = move |_| {
        let Some(input) = node.get_untracked() else { return };
        let typed = input.value();
        if typed == name.get_untracked() {
            return fault.set(None);
        }
        let kept =
            Name::try_from(typed).map_err(|why: Invalid| Refusal::invalid("name", why.to_string())).and_then(&keep);
        // What was typed stays in the field beside the reason.
        fault.set(kept.err().map(|refusal| refusal.tell()));
    };
    let error_id = format!("{id}-error");
    let described = error_id.clone();
    part! {
        <div class="name-field">
            <input
                class="input"
                id=id
                type="text"
                autocomplete="off"
                maxlength="80"
                aria-label=label
                node_ref=node
                value=name.get_untracked()
                prop:value=name
                aria-invalid=move || fault.get().map(|_| "true")
                aria-describedby=move || fault.get().map(|_| described.clone())
                on:change=change
                on:keydown=move |event: KeyboardEvent| {
                    if event.key() == "Escape" && !event.is_composing() {
                        restore();
                    }
                }
            />
            {live(move || {
                let id = error_id.clone();
                fault
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
        </div>
    }
}
