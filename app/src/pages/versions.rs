//! What a comment said before it was edited: the word that tells so and opens it, and the list, which the server draws.
//!
//! Must not know: what is drawn.

use leptos::{prelude::*, task::spawn_local};
use model::{Comment, CommentId, Question, Reply};

use crate::{
    api,
    data::client,
    live::{effect, live, memo, part},
    pages::{project::here, prose::with_names},
};

const FAILED: &str = "<li>This could not be loaded. Try again when the connection is back.</li>";

/// The word for the head of a comment, and the list for below its text. Both are nothing until it is edited.
pub(crate) fn versions(id: CommentId, now: Memo<Option<Comment>>) -> (AnyView, AnyView) {
    let (people, board) = (client().people, here().board);
    let version = memo(move || now.with(|c| c.as_ref().filter(|c| !c.is_removed).map_or(0, |c| c.version)));
    // What is drawn, while it is open; empty until it has come.
    let drawn = RwSignal::new(None::<String>);
    effect(move || {
        version.track();
        drawn.set(None);
    });
    let turn = Callback::new(move |()| {
        if drawn.get_untracked().is_some() {
            return drawn.set(None);
        }
        drawn.set(Some(String::new()));
        let question = Question::Versions { project: board.project(), comment: id };
        spawn_local(async move {
            let answer = match api::told(question).await {
                Ok(Reply::Drawn(answer)) => answer,
                _ => FAILED.to_owned(),
            };
            // It may have been closed, or have gone, meanwhile.
            if drawn.try_get_untracked().flatten().is_some() {
                drawn.set(Some(answer));
            }
        });
    });
    let list_id = "cv-".to_owned() + &id.to_string();
    let controls = list_id.clone();
    let word = live(move || {
        (version.get() > 1).then(|| {
            part! {
                <button
                    class="btn-link tiny"
                    type="button"
                    aria-label="edited: what it said before"
                    aria-expanded=move || drawn.with(Option::is_some).to_string()
                    aria-controls=controls.clone()
                    on:click=move |_| turn.run(())
                >
                    "edited"
                </button>
            }
        })
    });
    let list = live(move || {
        drawn.get().map(|html| {
            let people = people.clone();
            part! {
                <ol class="versions" id=list_id.clone() aria-label="Before" inner_html=move || with_names(&html, &people)></ol>
            }
        })
    });
    (word, list)
}
