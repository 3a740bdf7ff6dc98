//! The one server function, `POST /api/ask`, and what the page reads out of its answers.
//!
//! Must not know: rows. Changes do not come this way; they go through the outbox to `POST /api/execute`.

use crate::data::keep::Recalled;
use model::{
    BoardPage, Found, HomePage, Inbox, Key, MyTasks, PersonCard, ProjectId, Question, Refusal, Reply, TaskAnswer,
    TaskId, Zone, ZoneName,
};

/// The board of a project with the names of everybody on it. Nothing when it is not there, or not for the reader to see.
pub(crate) async fn board(key: Key) -> Result<Option<BoardPage>, Refusal> {
    match told(Question::Board { key }).await? {
        Reply::Board { page, .. } => Ok(Some(*page)),
        Reply::Nothing(_) => Ok(None),
        _ => Err(Refusal::Outdated),
    }
}

/// The projects of the reader.
pub(crate) async fn home() -> Result<HomePage, Refusal> {
    match told(Question::Home).await? {
        Reply::Home(home) => Ok(home),
        _ => Err(Refusal::Outdated),
    }
}

/// The tasks of the reader.
pub(crate) async fn my_tasks() -> Result<MyTasks, Refusal> {
    match told(Question::MyTasks).await? {
        Reply::MyTasks(mine) => Ok(mine),
        _ => Err(Refusal::Outdated),
    }
}

/// What the reader is told.
pub(crate) async fn inbox() -> Result<Inbox, Refusal> {
    match told(Question::Inbox).await? {
        Reply::Inbox(inbox) => Ok(inbox),
        _ => Err(Refusal::Outdated),
    }
}

/// The tasks that have these words.
pub(crate) async fn search(text: String) -> Result<Found, Refusal> {
    match told(Question::Search { text }).await? {
        Reply::Found(found) => Ok(found),
        _ => Err(Refusal::Outdated),
    }
}

/// A task with its description and history.
pub(crate) async fn task(project: ProjectId, task: TaskId) -> Result<TaskAnswer, Refusal> {
    match told(Question::Task { project, task }).await? {
        Reply::Task(answer) => Ok(answer),
        _ => Err(Refusal::Outdated),
    }
}

/// The people that a question names.
pub(crate) async fn people(question: Question) -> Result<Vec<PersonCard>, Refusal> {
    match told(question).await? {
        Reply::People(cards) => Ok(cards),
        _ => Err(Refusal::Outdated),
    }
}

/// A time zone.
pub(crate) async fn zone(name: ZoneName) -> Result<Zone, Refusal> {
    match told(Question::Zone { name }).await? {
        Reply::Zone(zone) => Ok(zone),
        _ => Err(Refusal::Outdated),
    }
}

/// Asks the server, in the name of whoever is signed in.
///
/// The page sends its questions the way it sends everything, since a question of the framework waits for ever.
pub(crate) async fn told(question: Question) -> Result<Reply, Refusal> {
    crate::net::ask(question).await
}

/// The answer that this device keeps from before, with what the feed has told since.
pub(crate) async fn kept(question: Question) -> Option<(Reply, Recalled)> {
    crate::net::kept(question).await
}

/// The server's side.
#[cfg(feature = "ssr")]
pub(crate) mod served {
    use leptos::{
        prelude::*,
        server_fn::{
            Bytes, ContentType, Decodes, Encodes, Format, FormatType,
            codec::Post,
            error::{FromServerFnError, ServerFnErrorErr},
        },
    };
    use model::{Question, Refusal, Reply};
    use wire::{FromWire, ToWire, Wire};

    /// JSON as everything on the wire is written.
    pub(crate) struct JsonText;

    type Json = Post<JsonText>;

    /// What the browser of whoever asks has told of its reader, provided as context for each question.
    #[derive(Clone, Debug, Default)]
    pub struct ReaderCookie(pub Option<String>);

    impl ContentType for JsonText {
        const CONTENT_TYPE: &'static str = "application/json";
    }

    impl FormatType for JsonText {
        const FORMAT_TYPE: Format = Format::Text;
    }

    impl<T: ToWire> Encodes<T> for JsonText {
        type Error = wire::Fault;

        fn encode(value: &T) -> Result<Bytes, Self::Error> {
            Ok(Bytes::from(wire::to_string(value)))
        }
    }

    impl<T: FromWire> Decodes<T> for JsonText {
        type Error = wire::Fault;

        fn decode(bytes: Bytes) -> Result<T, Self::Error> {
            let text = std::str::from_utf8(&bytes).map_err(|_| wire::Fault::new("This is not a text in UTF-8."))?;
            wire::from_str(text)
        }
    }

    /// Why a question has no answer: a [`Refusal`], in the form that server functions want.
    #[derive(Clone, Debug, PartialEq, Eq, Wire)]
    pub(crate) struct ApiError(Refusal);

    impl FromServerFnError for ApiError {
        type Encoder = JsonText;

        fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
            Self(match error {
                ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) | ServerFnErrorErr::Deserialization(_) => {
                    Refusal::invalid("question", "This is not a question that the server knows.")
                }
                _ => Refusal::Fault { reference: "page".to_owned() },
            })
        }

        fn status_code(&self) -> http::StatusCode {
            http::StatusCode::from_u16(self.0.status()).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR)
        }
    }

    /// Answers a question, for whoever is signed in.
    #[server(name = Ask, prefix = "/api", endpoint = "ask", input = Json, output = Json, input_derive = (Clone, Wire))]
    pub(crate) async fn ask(
        /// What is asked.
        question: Question,
    ) -> Result<Reply, ApiError> {
        let cx = use_context::<service::Cx>().zip(use_context::<Option<service::Actor>>().flatten());
        let (cx, actor) = cx.ok_or(ApiError(Refusal::SignIn))?;
        let assets = use_context::<crate::Assets>().unwrap_or_default();
        let told = use_context::<ReaderCookie>().unwrap_or_default();
        let reader = move || service::zones::reader(told.0.as_deref());
        crate::drawn::answer(&cx, &actor, reader, question, &assets).await.map_err(ApiError)
    }
}
