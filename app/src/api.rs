//! The questions that a page asks the server, as server functions under `/api/v1`. Thin: who asks, and the call.
//!
//! Must not know: rows. Changes do not come this way; they go through the outbox to `POST /api/execute`.

use leptos::{
    prelude::*,
    server_fn::{
        Bytes, ContentType, Decodes, Encodes, Format, FormatType,
        codec::Post,
        error::{FromServerFnError, ServerFnErrorErr},
    },
};
use model::{BoardPage, HomePage, Me, PersonCard, PersonId, ProjectId, Refusal, TaskAnswer, TaskId};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

#[cfg(feature = "ssr")]
use service::query;

/// JSON, read from text like everything else that the page reads. The framework's own reads bytes, and so every type would
/// be in the page's program twice.
pub struct JsonText;

/// Questions and answers in the body of a `POST`.
type Json = Post<JsonText>;

impl ContentType for JsonText {
    const CONTENT_TYPE: &'static str = "application/json";
}

impl FormatType for JsonText {
    const FORMAT_TYPE: Format = Format::Text;
}

impl<T: Serialize> Encodes<T> for JsonText {
    type Error = serde_json::Error;

    fn encode(value: &T) -> Result<Bytes, Self::Error> {
        serde_json::to_string(value).map(Bytes::from)
    }
}

impl<T: DeserializeOwned> Decodes<T> for JsonText {
    type Error = serde_json::Error;

    fn decode(bytes: Bytes) -> Result<T, Self::Error> {
        let text = std::str::from_utf8(&bytes).map_err(serde::de::Error::custom)?;
        serde_json::from_str(text)
    }
}

/// Why a question has no answer: a [`Refusal`], in the form that server functions want.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ApiError(pub Refusal);

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        Self(refusal)
    }
}

impl FromServerFnError for ApiError {
    type Encoder = JsonText;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        Self(match error {
            ServerFnErrorErr::Request(_) => Refusal::Offline,
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => Refusal::Outdated,
            _ => Refusal::Fault { reference: "page".to_owned() },
        })
    }
}

/// Who asks, with the handle to everything.
#[cfg(feature = "ssr")]
fn here() -> Result<(service::Cx, service::Actor), ApiError> {
    let cx = use_context::<service::Cx>().zip(use_context::<Option<service::Actor>>().flatten());
    cx.ok_or_else(|| told(Refusal::SignIn))
}

/// The refusal as an error. Leptos answers 500 to every error unless told otherwise; while a page is painted the same
/// options are the page's own, and then its status is not touched.
#[cfg(feature = "ssr")]
fn told(refusal: Refusal) -> ApiError {
    let asked = use_context::<http::request::Parts>().is_some_and(|p| p.uri.path().starts_with("/api"));
    if asked
        && let Some(options) = use_context::<leptos_axum::ResponseOptions>()
        && let Ok(status) = http::StatusCode::from_u16(refusal.status())
    {
        options.set_status(status);
    }
    ApiError(refusal)
}

/// Who is looking.
#[server(name = AskMe, prefix = "/api", endpoint = "v1/me", input = Json, output = Json)]
pub async fn me() -> Result<Me, ApiError> {
    let (cx, actor) = here()?;
    query::me(&cx, &actor).await.map_err(told)
}

/// The projects that the reader may see.
#[server(name = AskHome, prefix = "/api", endpoint = "v1/home", input = Json, output = Json)]
pub async fn home() -> Result<HomePage, ApiError> {
    let (cx, actor) = here()?;
    query::home(&cx, &actor).await.map_err(told)
}

/// The board of a project, by its key in any letter case.
#[server(name = AskBoard, prefix = "/api", endpoint = "v1/board", input = Json, output = Json)]
pub async fn board(
    /// The key of the project.
    key: String,
) -> Result<BoardPage, ApiError> {
    let (cx, actor) = here()?;
    // A key that cannot be one is a project that is not there.
    let key = model::Key::try_from(key).map_err(|_| told(Refusal::NotFound))?;
    query::board(&cx, &actor, &key).await.map_err(told)
}

/// One task with its description and history.
#[server(name = AskTask, prefix = "/api", endpoint = "v1/task", input = Json, output = Json)]
pub async fn task(
    /// The project.
    project: ProjectId,
    /// The task.
    task: TaskId,
) -> Result<TaskAnswer, ApiError> {
    let (cx, actor) = here()?;
    query::task(&cx, &actor, project, task).await.map_err(told)
}

/// The names of people; those whom the reader may not see are missing in the answer.
#[server(name = AskPeople, prefix = "/api", endpoint = "v1/people", input = Json, output = Json)]
pub async fn people(
    /// Whom; at most 100.
    ids: Vec<PersonId>,
) -> Result<Vec<PersonCard>, ApiError> {
    let (cx, actor) = here()?;
    if ids.len() > 100 {
        return Err(told(Refusal::TooLarge));
    }
    query::people(&cx, &actor, ids).await.map_err(told)
}

/// People whose name or exact address matches, up to 10, for those who lead the project.
#[server(name = FindPeople, prefix = "/api", endpoint = "v1/find-people", input = Json, output = Json)]
pub async fn find_people(
    /// The project to which somebody is to be added.
    project: ProjectId,
    /// A name or an address.
    text: String,
) -> Result<Vec<PersonCard>, ApiError> {
    let (cx, actor) = here()?;
    query::find_people(&cx, &actor, project, &text).await.map_err(told)
}
