//! Requests of the page: questions and changes. JSON over `fetch`.
//!
//! Must not know: what is done with the answer. Runs in the browser only.

use js_sys::{Promise, Reflect};
use model::{Answer, Envelope, Key, Mark, PersonId, Question, Refusal, Reply};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, Headers, RequestCredentials, RequestInit, Response};
use wire::ToWire;

use crate::data::keep::{self, Recalled};

/// How long an answer may take before the server counts as unreachable. A batch of fifty changes takes well below a
/// second; a stalled connection would otherwise hold the outbox for minutes.
const PATIENCE_MS: i32 = 12_000;

/// A browser refuses to carry on with a request of more bytes than this after its page is gone (Fetch, "keepalive": 64 kiB).
const CARRIED: usize = 60_000;

/// Sends changes in order, in the name of `person`; one answer for each.
pub(crate) async fn execute(person: PersonId, batch: &[Envelope]) -> Result<Vec<Answer>, Refusal> {
    let text = exchange("/api/execute", &wire::to_string(batch), Some(person)).await?;
    let answers: Vec<Answer> = wire::from_str(&text).map_err(|_| Refusal::Outdated)?;
    // Fewer answers than questions would let a change wait for ever.
    if answers.len() == batch.len() { Ok(answers) } else { Err(Refusal::Fault { reference: "answers".to_owned() }) }
}

/// Asks a question, in the name of whoever is signed in.
pub(crate) async fn ask(question: Question) -> Result<Reply, Refusal> {
    let body = wire::to_string(&Ask { question });
    let text = exchange("/api/ask", &body, None).await?;
    let reply = wire::from_str(&text).map_err(|_| Refusal::Outdated)?;
    keep::remember(&body, &text);
    Ok(reply)
}

/// The argument of the server function. Its text is also the name under which the device keeps the answer.
#[derive(ToWire)]
struct Ask {
    question: Question,
}

/// The answer that this device keeps from before.
pub(crate) async fn kept(question: Question) -> Option<(Reply, Recalled)> {
    let recalled = keep::answer(&wire::to_string(&Ask { question })).await?;
    // One that cannot be read is of another version, and as good as none.
    let reply = wire::from_str(&recalled.text).ok()?;
    Some((reply, recalled))
}

/// The document told the answer to this question: the device keeps it.
pub(crate) fn keep_first(question: Question) {
    keep::first(&wire::to_string(&Ask { question }));
}

/// Marks notices of `person`.
pub(crate) async fn mark(person: PersonId, mark: Mark) -> Result<(), Refusal> {
    exchange("/api/inbox", &wire::to_string(&mark), Some(person)).await.map(|_| ())
}

/// Begins a sample project; its key.
pub(crate) async fn begin_sample() -> Result<Key, Refusal> {
    let text = exchange("/api/sample", "{}", None).await?;
    wire::from_str(&text).map_err(|_| Refusal::Outdated)
}

/// Ends the session.
pub(crate) async fn sign_out() -> Result<(), Refusal> {
    exchange("/api/account/sign-out", "{}", None).await.map(|_| ())
}

/// What a status means when a proxy answered instead of the server.
fn from_status(status: u16) -> Refusal {
    match status {
        401 => Refusal::SignIn,
        403 => Refusal::MayNot,
        404 => Refusal::NotFound,
        413 => Refusal::TooLarge,
        426 => Refusal::Outdated,
        429 => Refusal::TooMany { after_s: 5 },
        502..=504 => Refusal::Busy { after_s: 2 },
        _ => Refusal::Fault { reference: status.to_string() },
    }
}

/// Sends and receives; the text of a good answer.
async fn exchange(path: &str, body: &str, person: Option<PersonId>) -> Result<String, Refusal> {
    // Whatever goes wrong on the way there and back means that nobody knows whether it was done.
    let (status, text) = send(path, body, person).await.map_err(|_| Refusal::Offline)?;
    if (200..300).contains(&status) {
        Ok(text)
    } else {
        Err(wire::from_str(&text).unwrap_or_else(|_| from_status(status)))
    }
}

async fn send(path: &str, body: &str, person: Option<PersonId>) -> Result<(u16, String), JsValue> {
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    let headers = Headers::new()?;
    headers.set("content-type", "application/json")?;
    headers.set("accept", "application/json")?;
    if let Some(person) = person {
        headers.set("x-muster-person", &person.to_string())?;
    }
    let abort = AbortController::new()?;
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_headers(&headers);
    init.set_body(&JsValue::from_str(body));
    init.set_credentials(RequestCredentials::SameOrigin);
    init.set_signal(Some(&abort.signal()));
    if person.is_some() && body.len() < CARRIED {
        // What somebody did arrives, also when they leave for a page that does not send what waits.
        Reflect::set(&init, &"keepalive".into(), &true.into())?;
    }
    // Read as a property, since the abort below may come while the body is still on its way.
    let give_up = Closure::once_into_js(move || abort.abort());
    let timer = window.set_timeout_with_callback_and_timeout_and_arguments_0(give_up.unchecked_ref(), PATIENCE_MS)?;
    let answered = receive(window.fetch_with_str_and_init(path, &init)).await;
    window.clear_timeout_with_handle(timer);
    answered
}

async fn receive(fetch: Promise) -> Result<(u16, String), JsValue> {
    let response: Response = JsFuture::from(fetch).await?.unchecked_into();
    let text = JsFuture::from(response.text()?).await?;
    Ok((response.status(), text.as_string().unwrap_or_default()))
}

/// Whether the browser believes to have a network. A hint: the socket decides.
pub(crate) fn browser_says_online() -> bool {
    web_sys::window()
        .and_then(|w| Reflect::get(&w.navigator(), &JsValue::from_str("onLine")).ok())
        .and_then(|v| v.as_bool())
        .unwrap_or(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_proxy_answers_is_understood_and_can_be_tried_again() {
        for (status, passing) in [(401, true), (413, false), (429, true), (502, true), (503, true), (504, true)] {
            assert_eq!(from_status(status).is_passing(), passing, "{status}");
        }
    }
}
