//! Answers in JSON, and the one place where a refusal becomes an HTTP answer.

use axum::{
    body::Bytes,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, Request, StatusCode, header};
use model::Refusal;
use serde::{Serialize, de::DeserializeOwned};

use crate::edge::percent;

/// A refusal on its way to a client.
#[derive(Debug)]
pub(crate) struct Refused(pub(crate) Refusal);

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self(refusal)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = json(status, &self.0);
        // For whoever shows the sentence without knowing our types, such as the script of the pages for visitors.
        let mut tell = |name: &'static str, text: &str| {
            if let Ok(value) = HeaderValue::try_from(percent(text)) {
                response.headers_mut().insert(name, value);
            }
        };
        tell("x-muster-why", &self.0.tell());
        if let Some(field) = self.0.field() {
            tell("x-muster-field", field);
        }
        if self.0 == Refusal::Confirm {
            lead(&mut response, app::CONFIRM_PAGE);
        }
        if let Refusal::Busy { after_s } | Refusal::TooMany { after_s } = self.0 {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(after_s));
        }
        response
    }
}

/// Tells the script of a form where to go on, before it goes to where the form leads.
pub(crate) fn lead(response: &mut Response, to: &'static str) {
    response.headers_mut().insert("x-muster-go", HeaderValue::from_static(to));
}

/// A JSON answer.
pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Response {
    // Our own types cannot fail to be written as JSON.
    let text = serde_json::to_vec(value).unwrap_or_default();
    (status, [(header::CONTENT_TYPE, "application/json")], text).into_response()
}

/// The body of a JSON request, up to `most` bytes.
pub(crate) async fn body(request: Request<axum::body::Body>, most: usize) -> Result<Bytes, Refused> {
    // A form of another site can send text/plain without being asked; JSON it cannot.
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("application/json") {
        return Err(Refusal::invalid("content-type", "Send JSON, with Content-Type: application/json.").into());
    }
    axum::body::to_bytes(request.into_body(), most).await.map_err(|_| Refusal::TooLarge.into())
}

/// Reads JSON; what is wrong is told with the field it is in.
pub(crate) fn parse<T: DeserializeOwned>(text: &[u8]) -> Result<T, Refusal> {
    let mut reader = serde_json::Deserializer::from_slice(text);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| invalid(&error))?;
    reader.end().map_err(|_| Refusal::invalid("body", "There is something behind the end of the JSON."))?;
    Ok(value)
}

fn invalid(error: &serde_path_to_error::Error<serde_json::Error>) -> Refusal {
    let path = error.path().to_string();
    let field = path.rsplit('.').next().unwrap_or_default();
    let told = error.inner().to_string();
    // serde_json adds where in the text it was; the field says that better.
    let sentence = told.split(" at line ").next().unwrap_or_default();
    // Our own types speak in sentences. What serde says by itself begins in lower case.
    let is_ours = sentence.starts_with(char::is_uppercase);
    let why = if is_ours { sentence.to_owned() } else { format!("This cannot be read: {sentence}.") };
    Refusal::invalid(if field.is_empty() { "body" } else { field }, why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{SignIn, Title};
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    struct Form {
        #[expect(dead_code, reason = "only its reading is tested")]
        title: Title,
    }

    #[test]
    fn what_is_wrong_is_told_with_its_field_and_a_sentence() {
        let refusal = parse::<Form>(br#"{"title":"  "}"#).unwrap_err();
        assert_eq!(refusal, Refusal::invalid("title", "Write a title."));
        let refusal = parse::<SignIn>(br#"{"email":"ana","password":"x"}"#).unwrap_err();
        assert_eq!(refusal.field(), Some("email"));
    }

    #[test]
    fn what_is_no_json_is_a_422_and_no_panic() {
        for text in ["", "{", "[]", "{\"title\":3}", "{\"title\":\"a\"} x", "\u{0}"] {
            assert_eq!(parse::<Form>(text.as_bytes()).unwrap_err().status(), 422, "{text:?}");
        }
    }

    #[test]
    fn deep_nesting_is_refused() {
        let text = "[".repeat(100_000);
        assert_eq!(parse::<serde_json::Value>(text.as_bytes()).unwrap_err().status(), 422);
    }
}
