//! What the page shows: from the answer that came inside the document first, from answers to its own questions later.
//!
//! Must not know: how anything is painted.

use leptos::{prelude::*, task::spawn_local};
use model::{
    Found, HomePage, Inbox, Instant, Me, MyTasks, Question, Reader, Refusal, Reply, TaskAnswer, live::ServerFrame,
};
use std::sync::Arc;
use wire::Wire;

use crate::{
    Place, Tail, api,
    data::{Client, Link, boards::LiveBoard, keep},
    dom, ids,
    pages::apart::Needs,
};

/// The id of the element of the document in which the first answer lies.
pub(crate) const FIRST_ID: &str = "told";

/// What the document brings with it, so that the page is there without asking.
///
/// The server provides it as context for each request, shared, since a board may be large; the document carries it to the
/// browser.
#[derive(Clone, Debug, Default, PartialEq, Wire)]
pub struct First {
    /// Who reads, as far as their browser has told.
    pub reader: Reader,
    /// When it was painted: nothing asks a clock while it paints.
    pub now: Instant,
    /// The answer to the page's question.
    pub answer: FirstAnswer,
}

/// The answer to the question of an address.
#[derive(Clone, Debug, Default, PartialEq, Wire)]
#[cfg_attr(not(target_family = "wasm"), expect(clippy::large_enum_variant, reason = "there is one per page"))]
pub enum FirstAnswer {
    /// Nobody has asked: the page has to.
    #[default]
    Unasked,
    /// What the server told.
    Told {
        /// About the page.
        page: Reply,
        /// About the task that the address opens.
        task: Option<TaskAnswer>,
    },
    /// Why it told nothing.
    Refused(Refusal),
}

impl FirstAnswer {
    /// The answer to the question of a place.
    pub fn of(answer: Result<Reply, Refusal>, task: Option<TaskAnswer>) -> Self {
        answer.map_or_else(Self::Refused, |page| Self::Told { page, task })
    }
}

impl First {
    /// From the server's context there, from the document here.
    pub(crate) fn read() -> Self {
        let found = if cfg!(feature = "ssr") {
            use_context::<Arc<Self>>().map(Arc::unwrap_or_clone)
        } else {
            dom::text_of(FIRST_ID).and_then(|text| wire::from_str(&text).ok()).or_else(|| Some(Self::from_device()))
        };
        found.unwrap_or_default()
    }

    /// The document is the shell that the device keeps: nothing was painted, so that the clock may be asked.
    fn from_device() -> Self {
        let reader = wire::from_str(&keep::reader()).unwrap_or_default();
        Self { reader, now: ids::now(), answer: FirstAnswer::Unasked }
    }
}

/// What is shown. Cheap to clone.
#[derive(Clone)]
pub(crate) enum Shown {
    /// The answer is on its way.
    Nothing,
    /// The projects of the reader.
    Home(Me),
    /// The tasks of the reader.
    MyTasks(Me),
    /// What the reader is told.
    Inbox(Me),
    /// What was found.
    Search(Found),
    /// A project.
    Project(Me, LiveBoard),
    /// An address that leads nowhere.
    Missing(Me),
    /// A page that this device does not keep, while the server cannot be reached.
    Apart(Me),
    /// A page that could not be read.
    Broken(Refusal),
}

impl Shown {
    /// Takes an answer in: what it tells is kept by the client from here on.
    pub(crate) fn take_in(client: &Client, told: FirstAnswer) -> Self {
        match told {
            FirstAnswer::Unasked => Self::Nothing,
            FirstAnswer::Told { page, task } => Self::told(client, page, task),
            FirstAnswer::Refused(refusal) => Self::Broken(refusal),
        }
    }

    fn told(client: &Client, page: Reply, task: Option<TaskAnswer>) -> Self {
        let me = match &page {
            Reply::Home(HomePage { me, .. })
            | Reply::MyTasks(MyTasks { me, .. })
            | Reply::Found(Found { me, .. })
            | Reply::Inbox(Inbox { me, .. })
            | Reply::Board { me, .. }
            | Reply::Nothing(me) => Some(me),
            Reply::Drawn(_) | Reply::Task(_) | Reply::People(_) | Reply::Zone(_) => None,
        };
        if let Some(me) = me {
            // What waits for a board is painted as it is opened, in their name.
            client.meet(me);
            client.inbox.unread.set(me.unread);
        }
        match page {
            Reply::Home(home) => {
                client.projects.set(home.projects);
                Self::Home(home.me)
            }
            Reply::MyTasks(mine) => {
                let me = mine.me.clone();
                client.mine.take_in(mine);
                Self::MyTasks(me)
            }
            Reply::Inbox(inbox) => {
                let me = inbox.me.clone();
                client.take_inbox(inbox);
                Self::Inbox(me)
            }
            Reply::Found(found) => Self::Search(found),
            Reply::Board { me, page } => match client.open(*page) {
                Ok(board) => {
                    if let Some(answer) = task {
                        client.take_task(&board, board.seq(), answer);
                    }
                    Self::Project(me, board)
                }
                Err(refusal) => Self::Broken(refusal),
            },
            Reply::Nothing(me) => Self::Missing(me),
            Reply::Drawn(_) | Reply::Task(_) | Reply::People(_) | Reply::Zone(_) => Self::Broken(Refusal::Outdated),
        }
    }
}

/// What the window is called, the same on both sides.
pub(crate) fn title(shown: &Shown, tail: Tail) -> String {
    let page = match shown {
        Shown::Nothing => return "Muster".to_owned(),
        Shown::Home(_) => "Projects".to_owned(),
        Shown::MyTasks(_) => "My tasks".to_owned(),
        Shown::Inbox(_) => "Inbox".to_owned(),
        Shown::Search(_) => "Search".to_owned(),
        Shown::Project(_, board) => {
            let name = board.read(|b| b.name.to_string());
            match tail {
                Tail::Members => format!("Members of {name}"),
                Tail::Settings => format!("Settings of {name}"),
                Tail::Overview => format!("Overview of {name}"),
                _ => name,
            }
        }
        Shown::Missing(_) => "Not found".to_owned(),
        Shown::Apart(_) | Shown::Broken(_) => "Not loaded".to_owned(),
    };
    page + " · Muster"
}

/// Shows another place: at once if all about it is here, otherwise when the server has told it, unless the reader has gone
/// on meanwhile. Until then the page stays as it is.
pub(crate) fn show(client: &Client, place: Place, page: Memo<Place>, shown: RwSignal<Shown>) {
    // What is in memory is newer than what the server could tell.
    if let Place::Project(key, _) = &place
        && let Some((me, board)) = client.me().zip(client.boards.by_key(key))
    {
        return put(shown, Shown::Project(me, board));
    }
    let query = dom::address().map(|address| address.query).unwrap_or_default();
    let question = place.question(&query);
    // Pages that this program does not paint are loaded by the browser; the shell has come for want of them.
    if question.is_none() && !(dom::is_shell() && client.link.get_untracked() != Link::Live) {
        return dom::reload();
    }
    let needs = Needs::now();
    let client = client.clone();
    spawn_local(async move {
        let next = read(&client, question).await;
        // Without it the page says that it is coming.
        needs.ready().await;
        if page.get_untracked() == place {
            put(shown, next);
        }
    });
}

/// What is shown to a question: what this device keeps while nothing arrives, and what the server tells otherwise.
async fn read(client: &Client, question: Option<Question>) -> Shown {
    let Some(question) = question else { return apart(client).await };
    if client.link.get_untracked() != Link::Live
        && let Some(shown) = recalled(client, question.clone()).await
    {
        return shown;
    }
    match api::told(question.clone()).await {
        Err(Refusal::Offline) => match recalled(client, question).await {
            Some(shown) => shown,
            None => apart(client).await,
        },
        told => Shown::take_in(client, FirstAnswer::of(told, None)),
    }
}

/// What was shown before, with what the feed has told since.
async fn recalled(client: &Client, question: Question) -> Option<Shown> {
    let (reply, kept) = api::kept(question).await?;
    let shown = Shown::told(client, reply, None);
    if let Shown::Project(_, board) = &shown {
        for frame in &kept.frames {
            // What does not fit, the feed tells again when it is there.
            let Ok(ServerFrame::Events { events, .. }) = wire::from_str(frame) else { break };
            if board.take_in(&events).is_err() {
                break;
            }
        }
    }
    client.heard.set(Some(Instant::from_ms(kept.at_ms)));
    Some(shown)
}

async fn apart(client: &Client) -> Shown {
    if client.me().is_none()
        && let Some((Reply::Home(home), _)) = api::kept(Question::Home).await
    {
        return Shown::Apart(home.me);
    }
    client.me().map_or(Shown::Broken(Refusal::Offline), Shown::Apart)
}

/// Shows what could not be read before, now that the server is there.
pub(crate) fn retry(client: &Client, place: Place, page: Memo<Place>, shown: RwSignal<Shown>) {
    if shown.with_untracked(|shown| matches!(shown, Shown::Apart(_) | Shown::Broken(Refusal::Offline))) {
        show(client, place, page, shown);
    }
}

fn put(shown: RwSignal<Shown>, next: Shown) {
    shown.set(next);
    // Whoever does not see the page change hears it.
    dom::focus_soon("main");
}
