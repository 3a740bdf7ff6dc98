//! What this device keeps and its tabs share, as the page's program calls it; the work is done by `frontend/keep.js`.
//!
//! Must not know: what is kept. Runs in the browser only, from effects and event handlers.

use model::{OpId, PersonId, ProjectId};
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = muster)]
    fn open(person: &str, listener: &JsValue);
    #[wasm_bindgen(js_namespace = muster)]
    fn entry(op: &str, text: &str);
    #[wasm_bindgen(js_namespace = muster)]
    fn over(op: &str, result: &str);
    #[wasm_bindgen(js_namespace = muster)]
    fn say(what: &str, key: &str, text: &str);
    #[wasm_bindgen(js_namespace = muster, js_name = isSafe)]
    fn safe() -> bool;
    #[wasm_bindgen(js_namespace = muster)]
    pub(crate) fn draft(key: &str) -> String;
    #[wasm_bindgen(js_namespace = muster, js_name = setDraft)]
    pub(crate) fn set_draft(key: &str, text: &str);
    #[wasm_bindgen(js_namespace = muster)]
    pub(crate) fn remember(question: &str, text: &str);
    #[wasm_bindgen(js_namespace = muster)]
    pub(crate) fn first(question: &str);
    #[wasm_bindgen(js_namespace = muster, js_name = follow)]
    fn follow_frame(project: &str, last: f64, text: &str);
    #[wasm_bindgen(js_namespace = muster)]
    fn recall(question: &str) -> js_sys::Promise;
    #[wasm_bindgen(js_namespace = muster)]
    pub(crate) fn reader() -> String;
    #[wasm_bindgen(js_namespace = muster, js_name = forget)]
    fn forget_project(project: &str);
    #[wasm_bindgen(js_namespace = muster, js_name = wipe)]
    fn wipe_all() -> js_sys::Promise;
    #[wasm_bindgen(js_namespace = muster)]
    pub(crate) fn install();
}

/// What this device or another tab has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    /// A change that waits: from before, or made in another tab just now.
    Entry(String),
    /// A change was answered in the tab that sends. What came of it.
    Over(OpId, String),
    /// The drafts can be asked for.
    Drafts,
    /// This tab sends from now on.
    Lead,
    /// Somebody has signed in again, or asks for another try.
    Go,
    /// Storage does not work: what waits is in memory alone.
    Lost,
    /// It works again.
    Kept,
    /// The browser offers to install the page.
    Offer,
    /// Somebody signed out in another tab.
    Bye,
}

impl Word {
    fn read(what: &str, key: &str, text: String) -> Option<Self> {
        Some(match what {
            "entry" => Self::Entry(text),
            "over" => Self::Over(key.parse().ok()?, text),
            "drafts" => Self::Drafts,
            "lead" => Self::Lead,
            "go" => Self::Go,
            "lost" => Self::Lost,
            "kept" => Self::Kept,
            "offer" => Self::Offer,
            "bye" => Self::Bye,
            _ => return None,
        })
    }
}

/// Begins for a person, once per page. First come the drafts and the changes from before, then [`Word::Lead`] if no other tab
/// sends.
pub(crate) fn begin(person: PersonId, hear: impl Fn(Word) + 'static) {
    let listener = Closure::<dyn Fn(String, String, String)>::new(move |what: String, key: String, text| {
        if let Some(word) = Word::read(&what, &key, text) {
            hear(word);
        }
    });
    open(&person.to_string(), listener.as_ref());
    // It is heard for as long as the page lives.
    listener.forget();
}

/// Keeps a new change and tells it to the other tabs.
pub(crate) fn add(op: OpId, text: &str) {
    entry(&op.to_string(), text);
}

/// Keeps a change no more and tells the other tabs what came of it.
pub(crate) fn end(op: OpId, result: &str) {
    over(&op.to_string(), result);
}

/// Asks whichever tab sends to try now.
pub(crate) fn go() {
    say("go", "", "");
}

/// Whether all that was given to it is stored.
pub(crate) fn is_safe() -> bool {
    safe()
}

/// A frame of a project's feed, whose last event has this number.
#[expect(clippy::cast_precision_loss, reason = "a feed has fewer than 2^53 events")]
pub(crate) fn follow(project: ProjectId, last: i64, frame: &str) {
    follow_frame(&project.to_string(), last as f64, frame);
}

/// Everything of a project goes.
pub(crate) fn forget(project: ProjectId) {
    forget_project(&project.to_string());
}

/// An answer as it is kept.
pub(crate) struct Recalled {
    /// When it came, in milliseconds.
    pub(crate) at_ms: i64,
    /// The answer.
    pub(crate) text: String,
    /// The frames of the project's feed that came after it, in order.
    pub(crate) frames: Vec<String>,
}

/// The answer to a question, if it is kept.
pub(crate) async fn answer(question: &str) -> Option<Recalled> {
    let list: js_sys::Array = JsFuture::from(recall(question)).await.ok()?.dyn_into().ok()?;
    let mut texts = (0..list.length()).filter_map(|at| list.get(at).as_string());
    let at_ms = texts.next()?.parse().ok()?;
    Some(Recalled { at_ms, text: texts.next()?, frames: texts.collect() })
}

/// Everything of this person goes from this device.
pub(crate) async fn wipe() {
    // It cannot fail: what does not answer is left.
    let _ = JsFuture::from(wipe_all()).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Instant, new_id};

    #[test]
    fn what_another_tab_says_is_understood_and_what_is_unknown_is_not() {
        let op: OpId = new_id(Instant::from_ms(1), [7; 10]);
        let key = op.to_string();
        assert_eq!(Word::read("over", &key, "3".into()), Some(Word::Over(op, "3".into())));
        assert_eq!(Word::read("over", "no id", "3".into()), None);
        assert_eq!(Word::read("entry", &key, "{}".into()), Some(Word::Entry("{}".into())));
        assert_eq!(Word::read("hello", "", String::new()), None);
    }
}
