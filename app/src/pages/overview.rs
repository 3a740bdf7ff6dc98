//! How the project goes on: what the server draws, asked for again when something has happened.
//!
//! Must not know: what is drawn.

use leptos::{prelude::*, task::spawn_local};
use model::{Question, Reply};
use std::sync::{Arc, Mutex};

use crate::{
    api,
    data::{boards::LiveBoard, client, hold},
    dom,
    live::{effect, part},
    pages::project::here,
};

/// How long is waited for more to happen before it is drawn again, in milliseconds.
const QUIET_MS: u64 = 1_000;

const LOADING: &str = "<div class=\"panel-body skeleton-lines\"><div class=\"skeleton\"></div><div class=\"skeleton\">\
                       </div><div class=\"skeleton\"></div></div><p class=\"vh\" role=\"status\">Loading the overview</p>";
const FAILED: &str = "<p class=\"panel-body muted\" role=\"status\">The overview could not be loaded. It comes when the \
                      connection is back.</p>";

/// The overview.
#[component]
pub(crate) fn OverviewView() -> impl IntoView {
    let board = here().board;
    let drawing =
        Drawing { board: board.clone(), drawn: RwSignal::new(None), asked: Arc::new(Mutex::new((None, false))) };
    #[cfg(feature = "ssr")]
    drawing.drawn.set(use_context::<crate::drawn::Drawing>().map(|drawing| drawing.0));
    let (drawn, link) = (drawing.drawn, client().link);
    effect(move || {
        board.track_all();
        link.track();
        drawing.follow();
    });
    part! { <div class="scroll" inner_html=move || drawn.get().unwrap_or_else(|| LOADING.to_owned())></div> }
}

#[derive(Clone)]
struct Drawing {
    board: LiveBoard,
    drawn: RwSignal<Option<String>>,
    /// The last event that is in what is shown, and whether another is on its way.
    asked: Arc<Mutex<(Option<i64>, bool)>>,
}

impl Drawing {
    /// Asks for it if anything has happened since, once, a little later.
    fn follow(&self) {
        let wait = {
            let mut asked = hold(&self.asked);
            if asked.1 || asked.0 == Some(self.board.seq()) {
                return;
            }
            asked.1 = true;
            if asked.0.is_some() { QUIET_MS } else { 0 }
        };
        let drawing = self.clone();
        dom::after(wait, move || spawn_local(drawing.ask()));
    }

    async fn ask(self) {
        let seq = self.board.seq();
        let question = Question::Overview { project: self.board.project() };
        let drawn = match api::told(question).await {
            Ok(Reply::Drawn(drawn)) => Some(drawn),
            _ => None,
        };
        *hold(&self.asked) = (drawn.is_some().then_some(seq), false);
        let is_news = drawn.is_some();
        if let Some(before) = self.drawn.try_get_untracked() {
            dom::keep_focus();
            self.drawn.set(drawn.or(before).or_else(|| Some(FAILED.to_owned())));
            // What has happened meanwhile.
            if is_news {
                self.follow();
            }
        }
    }
}
