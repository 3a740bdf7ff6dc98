//! A labelled control with its hint and its error, tied together for those who hear the page.

use leptos::{html, prelude::*};
use model::Refusal;

use crate::{
    components::icon::Icon,
    live::{live, part},
};

/// What is wrong with a form: at most one thing at a time, at its field or above all of them.
#[derive(Clone, Copy)]
pub(crate) struct Faults(RwSignal<Option<Refusal>>);

impl Faults {
    /// Nothing is wrong.
    pub(crate) fn none() -> Self {
        Self(RwSignal::new(None))
    }

    /// This is wrong.
    pub(crate) fn set(self, refusal: Refusal) {
        // The page may have been left while the answer was on its way.
        let _ = self.0.try_set(Some(refusal));
    }

    /// Nothing is wrong any more.
    pub(crate) fn clear(self) {
        let _ = self.0.try_set(None);
    }

    /// What is wrong with this field. Tracked.
    fn of(self, field: &str) -> Option<String> {
        self.0.with(|r| r.as_ref().filter(|r| r.field() == Some(field)).map(Refusal::tell))
    }

    /// Whether something is wrong with this field. Tracked.
    pub(crate) fn has(self, field: &str) -> bool {
        self.0.with(|r| r.as_ref().is_some_and(|r| r.field() == Some(field)))
    }

    /// What is wrong and belongs to none of these fields. Tracked.
    fn beside(self, fields: &[&str]) -> Option<String> {
        self.0.with(|r| r.as_ref().filter(|r| r.field().is_none_or(|f| !fields.contains(&f))).map(Refusal::tell))
    }
}

/// What is wrong with the form as a whole.
#[component]
pub(crate) fn FormFault(
    /// Of which form.
    faults: Faults,
    /// The fields that show their own.
    fields: &'static [&'static str],
) -> impl IntoView {
    live(move || {
        faults.beside(fields).map(|text| {
            part! {
                <div class="banner" data-tone="bad" role="alert">
                    <Icon name="i-circlealert"/>
                    <p>{text}</p>
                </div>
            }
        })
    })
}

/// The error of a field; the control refers to it by the id `{id}-error`.
#[component]
pub(crate) fn FieldFault(
    /// Of which form.
    faults: Faults,
    /// Of which field.
    name: &'static str,
    /// The id of the control.
    id: &'static str,
) -> impl IntoView {
    live(move || {
        faults.of(name).map(|text| {
            part! {
                <p class="error" id=format!("{id}-error")>
                    <Icon name="i-circlealert" class="icon icon-sm"/>
                    {text}
                </p>
            }
        })
    })
}

/// A line of text. What is typed stays in the control, so that nothing typed before the page lived is lost.
#[component]
pub(crate) fn TextField(
    /// What it is called.
    label: &'static str,
    /// Its name in the form and in refusals.
    name: &'static str,
    /// Its id, unique in the document.
    id: &'static str,
    /// The control.
    node: NodeRef<html::Input>,
    /// What is wrong with the form.
    faults: Faults,
    /// A hint below it.
    #[prop(default = "")]
    hint: &'static str,
    /// Its classes.
    #[prop(default = "input")]
    class: &'static str,
    /// Whether a dialog gives it the focus.
    #[prop(default = false)]
    autofocus: bool,
) -> impl IntoView {
    let is_invalid = move || faults.has(name);
    let described = move || described_by(id, is_invalid(), !hint.is_empty());
    part! {
        <div class="field">
            <label class="label" for=id>
                {label}
            </label>
            <input
                class=class
                id=id
                name=name
                type="text"
                autocomplete="off"
                autofocus=autofocus
                required
                node_ref=node
                aria-invalid=move || is_invalid().then_some("true")
                aria-describedby=described
            />
            {(!hint.is_empty())
                .then(|| {
                    part! {
                        <p class="hint" id=format!("{id}-hint")>
                            {hint}
                        </p>
                    }
                })}
            <FieldFault faults name id/>
        </div>
    }
}

/// The ids of what describes a control: its error first, since that is what one has to hear.
pub(crate) fn described_by(id: &str, has_error: bool, has_hint: bool) -> Option<String> {
    match (has_error, has_hint) {
        (true, true) => Some(format!("{id}-error {id}-hint")),
        (true, false) => Some(format!("{id}-error")),
        (false, true) => Some(format!("{id}-hint")),
        (false, false) => None,
    }
}

/// The text in a control now; empty before it is mounted.
pub(crate) fn typed(node: NodeRef<html::Input>) -> String {
    node.get_untracked().map(|input| input.value()).unwrap_or_default()
}
