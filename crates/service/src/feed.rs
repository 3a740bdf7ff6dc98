//! The feed as the pumps read it: stored events are relayed as bytes, with their text filled in, without being parsed.

use live::{Entry, FeedError, PersonKey, Reason, SessionKey, Signal, StreamKey};
use model::{Event, PersonId, SessionId, Stream};
use sea_orm::{DbErr, QueryResult};
use std::{fmt::Write as _, sync::Arc};
use store::Store;
use uuid::Uuid;

use crate::{
    markdown::Markdown,
    sql::{all, get, id, kind_code, padded, stream_of},
};

/// Reads the feed for the hub.
#[derive(Clone, Debug)]
pub struct Feed {
    store: Store,
    markdown: Arc<Markdown>,
}

/// The hub's name of a stream.
#[must_use]
pub fn stream_key(stream: Stream) -> StreamKey {
    StreamKey { kind: u8::try_from(kind_code(stream)).unwrap_or(0), id: stream.uuid().into_bytes() }
}

/// The stream of a hub's name.
#[must_use]
pub fn stream_of_key(key: StreamKey) -> Option<Stream> {
    stream_of(i16::from(key.kind), Uuid::from_bytes(key.id))
}

/// The hub's name of a person.
#[must_use]
pub const fn person_key(person: PersonId) -> PersonKey {
    PersonKey(person.bytes())
}

/// The hub's name of a session.
#[must_use]
pub const fn session_key(session: SessionId) -> SessionKey {
    SessionKey(session.bytes())
}

const READ: &str = "SELECT e.seq, e.op, e.actor, e.at, e.payload, v.body FROM events e \
     LEFT JOIN text_versions v ON v.id = e.text_id \
     WHERE e.stream = $1 AND e.seq > $2 ORDER BY e.seq LIMIT $3";

impl Feed {
    pub(crate) const fn new(store: Store, markdown: Arc<Markdown>) -> Self {
        Self { store, markdown }
    }

    async fn entries(&self, stream: StreamKey, after: i64, limit: usize) -> Result<Vec<Entry>, DbErr> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let values = [Uuid::from_bytes(stream.id).into(), after.into(), limit.into()];
        let mut entries = Vec::new();
        for row in all(self.store.reader(), READ, values).await? {
            let text: Option<String> = get(&row, 5)?;
            let html = match &text {
                Some(text) => Some(self.markdown.html(Uuid::from_bytes(stream.id).into(), text).await?),
                None => None,
            };
            entries.push(entry(&row, text.zip(html))?);
        }
        Ok(entries)
    }

    async fn all_heads(&self, streams: &[StreamKey]) -> Result<Vec<(StreamKey, i64)>, DbErr> {
        if streams.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<Uuid> = streams.iter().map(|s| Uuid::from_bytes(s.id)).collect();
        let (list, values) = padded(&ids, 1);
        let sql = format!("SELECT id, kind, seq FROM streams WHERE id IN {list}");
        let rows = all(self.store.reader(), &sql, values).await?;
        rows.iter()
            .map(|row| {
                let stream = stream_of(get(row, 1)?, id(row, 0)?).ok_or_else(|| crate::sql::damaged("a stream"))?;
                Ok((stream_key(stream), get(row, 2)?))
            })
            .collect()
    }
}

impl live::Feed for Feed {
    async fn read(&self, stream: StreamKey, after: i64, limit: usize) -> Result<Vec<Entry>, FeedError> {
        self.entries(stream, after, limit).await.map_err(|e| FeedError::Unavailable(Box::new(e)))
    }

    async fn heads(&self, streams: &[StreamKey]) -> Result<Vec<(StreamKey, i64)>, FeedError> {
        self.all_heads(streams).await.map_err(|e| FeedError::Unavailable(Box::new(e)))
    }
}

/// `model::Recorded` as JSON, put together from its parts: those of the row, and its text with the HTML of it.
fn entry(row: &QueryResult, text: Option<(String, Arc<str>)>) -> Result<Entry, DbErr> {
    let (seq, payload): (i64, String) = (get(row, 0)?, get(row, 4)?);
    let op: Option<Uuid> = get(row, 1)?;
    let actor: PersonId = id(row, 2)?;
    let at: i64 = get(row, 3)?;
    let n_text = text.as_ref().map_or(0, |(text, html)| text.len() + html.len() + 64);
    let mut json = String::with_capacity(payload.len() + n_text + 112);
    // Writing to a String cannot fail.
    let _ = write!(json, "{{\"s\":{seq}");
    if let Some(op) = op {
        let _ = write!(json, ",\"o\":\"{}\"", model::OpId::from(op));
    }
    let _ = write!(json, ",\"a\":\"{actor}\",\"t\":{at},\"e\":{payload}");
    if let Some((text, html)) = text {
        for (name, text) in [("x", text.as_str()), ("h", &html)] {
            let quoted = serde_json::to_string(text).map_err(|e| DbErr::Custom(e.to_string()))?;
            let _ = write!(json, ",\"{name}\":{quoted}");
        }
    }
    json.push('}');
    Ok(Entry { seq, json: json.into(), signal: signal(&payload)? })
}

/// How the payloads begin of the few events for which a pump must stop and look. All others are not parsed.
const LOOKED_AT: [&str; 4] = ["{\"member_removed\"", "{\"session_ended\"", "{\"role_changed\"", "{\"person_disabled\""];

fn signal(payload: &str) -> Result<Option<Signal>, DbErr> {
    if !LOOKED_AT.iter().any(|beginning| payload.starts_with(beginning)) {
        return Ok(None);
    }
    let event: Event = serde_json::from_str(payload).map_err(|e| DbErr::Custom(e.to_string()))?;
    Ok(signal_of(&event))
}

/// What an event does to sockets.
fn signal_of(event: &Event) -> Option<Signal> {
    match event {
        Event::SessionEnded { session } => Some(Signal::SessionEnded { session: session_key(*session) }),
        Event::RoleChanged { person, .. } => Some(Signal::PersonChanged { person: person_key(*person) }),
        Event::PersonDisabled { person } => Some(Signal::PersonEnded { person: person_key(*person) }),
        other => other.ends_access_of().map(|p| Signal::AccessEnded { person: person_key(p), reason: Reason(1) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{ProjectRole, Role, new_id};

    #[test]
    fn an_event_that_ends_access_is_seen_without_parsing_the_others() {
        let person: PersonId = new_id(model::Instant::from_ms(1), [1; 10]);
        let removed = Event::MemberRemoved { person, role: ProjectRole::Member };
        let payload = serde_json::to_string(&removed).unwrap();
        let expected = Signal::AccessEnded { person: person_key(person), reason: Reason(1) };
        assert_eq!(signal(&payload).unwrap(), Some(expected));
        assert_eq!(signal("{\"task_moved\": nobody reads this").unwrap(), None);
    }

    #[test]
    fn every_event_that_concerns_sockets_is_one_that_is_looked_at() {
        // `signal` goes by the beginning of the payload; this holds it to what the model says.
        let person: PersonId = new_id(model::Instant::from_ms(1), [1; 10]);
        let project = new_id(model::Instant::from_ms(1), [2; 10]);
        let events = [
            Event::MemberAdded { person, role: ProjectRole::Member },
            Event::MemberChanged { person, from: ProjectRole::Lead, to: ProjectRole::Viewer },
            Event::MemberRemoved { person, role: ProjectRole::Member },
            Event::ProjectLost { project },
            Event::SessionEnded { session: new_id(model::Instant::from_ms(1), [3; 10]) },
            Event::RoleChanged { person, from: Role::User, to: Role::Admin },
            Event::PersonDisabled { person },
            Event::PersonEnabled { person },
            Event::PersonJoined { person, role: Role::User },
        ];
        for event in events {
            let payload = serde_json::to_string(&event).unwrap();
            assert_eq!(signal(&payload).unwrap(), signal_of(&event), "{payload}");
        }
    }
}
