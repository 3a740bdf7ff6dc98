//! Who is where: between the frames of pages and the hub, between the nodes, and whether somebody wants to be seen.
//!
//! Nodes tell each other by `NOTIFY`: changes at once, everything every four seconds, so that a lost word is mended and
//! a dead node is noticed. No table: a row for each glance at a task would be the most frequent write of all, and worth nothing a
//! moment later.
//!
//! Must not know: how presence is merged or how long it lasts, which is `live`'s.

use live::{Doing, Doings, NodeKey, People, PersonKey, Seen};
use model::{
    PersonId, ProjectId, Refusal, Stream, TaskId,
    live::{At, Field, Mode, Present, ServerFrame},
};
use sea_orm::{ConnectionTrait, DbErr};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use store::{LONGEST_WORD, Lane, Tasks};
use tokio::{
    sync::Notify,
    time::{Instant, sleep, sleep_until},
};
use uuid::Uuid;

use crate::{
    Cx,
    batch::Item,
    context::refuse,
    feed::{person_key, stream_key, stream_of_key},
    notify::Wish,
    sql::{get, one},
};

const CHANNEL: &str = "muster_presence";
/// How often a node tells everything.
const ROUND: Duration = Duration::from_secs(4);
/// A node says something at most this often.
const PACE: Duration = Duration::from_millis(100);
/// After the database was gone, before it is asked again.
const RETRY: Duration = Duration::from_secs(1);
/// What a word needs besides who was seen, in bytes.
const AROUND: usize = 128;

// between frames and the hub

/// The hub's name of what a page is doing.
#[must_use]
pub fn doing(at: At) -> Doing {
    let mode = match at.mode {
        Mode::Idle => live::Mode::Idle,
        Mode::Viewing => live::Mode::Viewing,
        Mode::Editing => live::Mode::Editing,
        Mode::Typing => live::Mode::Typing,
    };
    Doing { object: at.task.map(TaskId::bytes), part: at.field.map_or(0, field_code), mode }
}

const fn field_code(field: Field) -> u8 {
    match field {
        Field::Title => 1,
        Field::Description => 2,
        Field::Comment => 3,
    }
}

fn at(doing: &Doing) -> At {
    let field = match doing.part {
        1 => Some(Field::Title),
        2 => Some(Field::Description),
        3 => Some(Field::Comment),
        _ => None,
    };
    let mode = match doing.mode {
        live::Mode::Idle => Mode::Idle,
        live::Mode::Viewing => Mode::Viewing,
        live::Mode::Editing => Mode::Editing,
        live::Mode::Typing => Mode::Typing,
    };
    At { task: doing.object.map(|id| Uuid::from_bytes(id).into()), field, mode }
}

/// What pages are told of those who are there.
#[must_use]
pub fn present(here: &[(PersonKey, Doings)]) -> Vec<Present> {
    here.iter().map(|(key, doing)| Present { person: person(*key), at: doing.iter().map(at).collect() }).collect()
}

/// What pages are told of a change; nothing for a stream that is none of ours.
#[must_use]
pub fn frame(people: &People) -> Option<ServerFrame> {
    let left = people.left.iter().map(|key| person(*key)).collect();
    let (stream, here) = (stream_of_key(people.stream)?, present(&people.here));
    Some(ServerFrame::People { stream, all: people.all, here, left })
}

fn person(key: PersonKey) -> PersonId {
    Uuid::from_bytes(key.0).into()
}

/// Whether a task is in a project, so that somebody who sees the project may be shown to look at it.
///
/// # Errors
///
/// A fault of the database.
pub async fn has_task(cx: &Cx, project: ProjectId, task: TaskId) -> Result<bool, Refusal> {
    let sql = "SELECT 1 FROM tasks WHERE id = $1 AND project = $2";
    let row = one(cx.store.reader(), sql, [task.into(), project.into()]).await;
    row.map(|row| row.is_some()).map_err(|e| refuse(&e))
}

// being seen

/// Whether somebody wants to be seen by nobody.
///
/// # Errors
///
/// A fault of the database.
pub async fn appears_offline(cx: &Cx, person: PersonId) -> Result<bool, Refusal> {
    asked(cx.store.reader(), person).await.map_err(|e| refuse(&e))
}

async fn asked(db: &impl ConnectionTrait, person: PersonId) -> Result<bool, DbErr> {
    let row = one(db, "SELECT appears_offline FROM preferences WHERE person = $1", [person.into()]).await?;
    row.map_or(Ok(false), |row| get::<i16>(&row, 0).map(|is_on| is_on != 0))
}

/// Shows somebody to nobody from now on, or to others again: on all nodes, at once.
///
/// # Errors
///
/// A fault of the database.
pub async fn appear(cx: &Cx, person: PersonId, offline: bool) -> Result<(), Refusal> {
    cx.write(Lane::People, Item::Wish(Wish::Appear { person, offline })).await?;
    cx.hub.appear_offline(person_key(person), offline);
    // A node that does not hear it asks the database when one of their pages says hello, and once a minute.
    if let Err(error) = cx.say(Word::Appear { person, offline }).await {
        tracing::warn!(%error, "other nodes could not be told that somebody appears offline, or does not any more");
    }
    Ok(())
}

// between nodes

/// What a node says. The first of each is the node's own number.
#[derive(Debug, Serialize, Deserialize)]
struct Letter {
    node: u64,
    word: Word,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    /// Tell me everything.
    Ask,
    /// A part of what is known here.
    Seen { round: u64, is_last: bool, seen: Vec<(Stream, PersonId, Vec<At>)> },
    /// Somebody wants to be seen or not.
    Appear { person: PersonId, offline: bool },
    /// This node stops; its people come back elsewhere.
    Bye,
}

/// Exchanges with the other nodes who is where, until `tasks` stop. Does nothing on SQLite, which has one node.
pub fn share(cx: &Cx, tasks: &Tasks) {
    if cx.store.engine() == store::Engine::Sqlite {
        return;
    }
    let (cx, stopping) = (cx.clone(), tasks.stopping());
    tasks.spawn("presence", async move {
        let asked = Notify::new();
        let exchange = async { tokio::join!(listen(&cx, &asked), tell(&cx, &asked)) };
        stopping.run_until_cancelled(exchange).await;
        if let Err(error) = cx.say(Word::Bye).await {
            tracing::debug!(%error, "the other nodes could not be told that this one stops");
        }
    });
}

/// Hears what other nodes say.
async fn listen(cx: &Cx, asked: &Notify) {
    let mut is_well = true;
    loop {
        let outcome = hear_all(cx, asked, &mut is_well).await;
        if let Err(error) = outcome
            && std::mem::take(&mut is_well)
        {
            tracing::warn!(%error, "other nodes cannot be heard; people on them are not shown until they are");
        }
        sleep(RETRY).await;
    }
}

async fn hear_all(cx: &Cx, asked: &Notify, is_well: &mut bool) -> Result<(), DbErr> {
    let Some(mut listener) = cx.store.listen(CHANNEL).await? else { return Ok(()) };
    loop {
        // What was said before one listened is not heard.
        cx.say(Word::Ask).await?;
        asked.notify_one();
        *is_well = true;
        while let Some(text) = listener.next().await? {
            hear(cx, asked, &text);
        }
    }
}

fn hear(cx: &Cx, asked: &Notify, text: &str) {
    // A node of another version may say what this one does not know.
    let Ok(Letter { node, word }) = serde_json::from_str(text) else { return };
    if node == cx.node {
        return;
    }
    let node = NodeKey(node.to_be_bytes());
    match word {
        Word::Ask => asked.notify_one(),
        Word::Bye => cx.hub.node_left(node),
        Word::Appear { person, offline } => cx.hub.appear_offline(person_key(person), offline),
        Word::Seen { round, is_last, seen } => {
            let seen = seen.into_iter().map(|(stream, person, all)| Seen {
                stream: stream_key(stream),
                person: person_key(person),
                doing: all.into_iter().map(doing).collect(),
            });
            cx.hub.hear(node, round, seen.collect(), is_last);
        }
    }
}

/// Tells other nodes: one word after the other, since a later one corrects an earlier one.
async fn tell(cx: &Cx, asked: &Notify) {
    let (mut round, mut is_well) = (0, true);
    let mut next_round = Instant::now();
    loop {
        let (seen, is_full) = tokio::select! {
            biased;
            () = asked.notified() => (cx.hub.report_all(), true),
            () = sleep_until(next_round) => (cx.hub.report_all(), true),
            seen = cx.hub.report() => (seen, false),
        };
        if is_full {
            round += 1;
            next_round = Instant::now() + ROUND;
        }
        let outcome = tell_seen(cx, round, is_full, seen).await;
        if let Err(error) = &outcome
            && is_well
        {
            tracing::warn!(%error, "other nodes cannot be told who is here; they are told again in four seconds");
        }
        is_well = outcome.is_ok();
        sleep(PACE).await;
    }
}

async fn tell_seen(cx: &Cx, round: u64, is_full: bool, seen: Vec<Seen>) -> Result<(), DbErr> {
    let mut parts = parts(seen);
    let last = parts.pop().unwrap_or_default();
    for seen in parts {
        cx.say(Word::Seen { round, is_last: false, seen }).await?;
    }
    cx.say(Word::Seen { round, is_last: is_full, seen: last }).await
}

/// What was seen, in parts that can be said.
fn parts(seen: Vec<Seen>) -> Vec<Vec<(Stream, PersonId, Vec<At>)>> {
    let mut parts = vec![Vec::new()];
    let mut bytes = AROUND;
    for Seen { stream, person, doing } in seen {
        let Some(stream) = stream_of_key(stream) else { continue };
        let told = (stream, self::person(person), doing.iter().map(at).collect());
        let size = serde_json::to_string(&told).map_or(0, |text| text.len() + 1);
        if bytes + size > LONGEST_WORD {
            parts.push(Vec::new());
            bytes = AROUND;
        }
        bytes += size;
        if let Some(part) = parts.last_mut() {
            part.push(told);
        }
    }
    parts
}

impl Cx {
    async fn say(&self, word: Word) -> Result<(), DbErr> {
        let letter = serde_json::to_string(&Letter { node: self.node, word });
        self.store.say(CHANNEL, letter.map_err(|e| DbErr::Json(e.to_string()))?).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Instant, new_id};

    #[test]
    fn what_a_page_does_comes_back_as_it_was() {
        let task = Some(new_id(Instant::from_ms(1), [1; 10]));
        for mode in [Mode::Idle, Mode::Viewing, Mode::Editing, Mode::Typing] {
            for field in [None, Some(Field::Title), Some(Field::Description), Some(Field::Comment)] {
                let said = At { task, field, mode };
                assert_eq!(at(&doing(said)), said);
            }
        }
        assert_eq!(at(&doing(At::default())), At::default());
    }

    #[test]
    fn a_full_house_is_told_in_words_that_can_be_said() {
        let project = stream_key(Stream::Project(new_id(Instant::from_ms(1), [1; 10])));
        let seen: Vec<Seen> = (0..1_000_u32)
            .map(|n| {
                let [a, b, c, d] = n.to_be_bytes();
                let busy = (1..=8).map(|part| Doing { object: Some([part; 16]), part: 2, mode: live::Mode::Editing });
                let person = PersonKey([a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
                Seen { stream: project, person, doing: busy.collect() }
            })
            .collect();
        let parts = parts(seen);
        assert_eq!(parts.iter().map(Vec::len).sum::<usize>(), 1_000);
        for seen in parts {
            let word = Word::Seen { round: u64::MAX, is_last: false, seen };
            let text = serde_json::to_string(&Letter { node: u64::MAX, word }).unwrap();
            assert!(text.len() <= LONGEST_WORD, "{} bytes", text.len());
        }
        assert_eq!(super::parts(Vec::new()), [Vec::new()]);
    }
}
