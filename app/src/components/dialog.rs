//! A native dialog: the browser keeps the focus inside, closes it on Escape and gives the focus back.

use leptos::{html, prelude::*};

use crate::{components::icon::Icon, live::part, pages::apart::HAND};

/// Opens and closes a dialog. Copy it into whatever opens it.
#[derive(Clone, Copy)]
pub(crate) struct DialogRef(NodeRef<html::Dialog>);

impl DialogRef {
    pub(crate) fn new() -> Self {
        Self(NodeRef::new())
    }

    /// Opens it, once what is inside is here.
    pub(crate) fn open(self) {
        HAND.then(move || self.show());
    }

    fn show(self) {
        if let Some(dialog) = self.0.try_get_untracked().flatten()
            && !dialog.open()
        {
            let _ = dialog.show_modal();
        }
    }

    pub(crate) fn close(self) {
        if let Some(dialog) = self.0.try_get_untracked().flatten() {
            dialog.close();
        }
    }
}

/// The frame of a dialog; what is inside brings its own form with body and foot.
#[component]
pub(crate) fn Dialog(
    /// Opens and closes it.
    dialog: DialogRef,
    /// The id of its heading, unique in the document.
    id: &'static str,
    /// Its heading.
    title: &'static str,
    /// A sentence below the heading.
    #[prop(into)]
    lead: String,
    /// The form.
    children: Children,
) -> impl IntoView {
    part! {
        <dialog class="dialog" aria-labelledby=id node_ref=dialog.0>
            <div class="dialog-head">
                <div>
                    <h2 id=id>{title}</h2>
                    <p>{lead}</p>
                </div>
                <button class="icon-btn" type="button" aria-label="Close" on:click=move |_| dialog.close()>
                    <Icon name="i-x"/>
                </button>
            </div>
            {children()}
        </dialog>
    }
}

/// The end of a form in a dialog: the way out, and what is done.
#[component]
pub(crate) fn DialogFoot(
    /// The dialog, which Cancel closes.
    dialog: DialogRef,
    /// What is done, such as "Create task".
    done: &'static str,
    /// The classes of the button that does it.
    #[prop(default = "btn btn-primary")]
    class: &'static str,
    /// Whether it is being done.
    #[prop(into, default = Signal::stored(false))]
    busy: Signal<bool>,
) -> impl IntoView {
    part! {
        <div class="dialog-foot">
            <button class="btn push" type="button" on:click=move |_| dialog.close()>
                "Cancel"
            </button>
            <button class=class type="submit" aria-busy=move || busy.get().then_some("true")>
                {done}
            </button>
        </div>
    }
}
