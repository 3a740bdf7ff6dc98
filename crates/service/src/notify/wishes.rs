//! What people wish to be told: stored as they said it, read with their zone.
//!
//! Must not know: what becomes of a wish, which is `model::channels`'s.

use model::{Instant, PersonId, Preferences, Refusal, Zone, ZoneName};
use sea_orm::{ConnectionTrait, DbErr};
use std::{collections::HashMap, time::Duration};
use store::Lane;

use crate::{
    Actor, Cx,
    batch::{Book, Item},
    context::refuse,
    sql::{all, get, id, padded, run},
    zones,
};

/// What somebody wishes, and where they are.
#[derive(Clone, Debug)]
pub(crate) struct Wishes {
    pub(crate) preferences: Preferences,
    pub(crate) zone: Zone,
}

impl Wishes {
    /// How long a mail has to wait for the end of their quiet hours; nothing if it need not.
    pub(crate) fn pause(&self, now: Instant) -> Option<Duration> {
        let until = self.preferences.quiet_until(&self.zone, now)?;
        u64::try_from(until.ms() - now.ms()).ok().map(Duration::from_millis)
    }
}

/// The wishes of these people; of those who have said nothing, the usual ones.
pub(crate) async fn of(db: &impl ConnectionTrait, people: &[PersonId]) -> Result<HashMap<PersonId, Wishes>, DbErr> {
    if people.is_empty() {
        return Ok(HashMap::new());
    }
    let (list, values) = padded(people, 1);
    let sql = format!("SELECT person, zone, wishes FROM preferences WHERE person IN {list}");
    let mut found = HashMap::with_capacity(people.len());
    for row in all(db, &sql, values).await? {
        let (seen, said): (Option<String>, Option<String>) = (get(&row, 1)?, get(&row, 2)?);
        found.insert(id(&row, 0)?, wishes(seen, said));
    }
    for person in people {
        found.entry(*person).or_insert_with(|| wishes(None, None));
    }
    Ok(found)
}

/// The wishes of one person.
pub(crate) async fn of_one(db: &impl ConnectionTrait, person: PersonId) -> Result<Wishes, DbErr> {
    Ok(of(db, &[person]).await?.remove(&person).unwrap_or_else(|| wishes(None, None)))
}

/// `seen` is the zone of their browser when they last signed in. A zone that the database of zones lost is none.
fn wishes(seen: Option<String>, said: Option<String>) -> Wishes {
    let preferences: Preferences = said.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    let seen = seen.and_then(|name| ZoneName::try_from(name).ok());
    let zone = preferences.zone.clone().or(seen).and_then(|name| zones::zone(&name).ok());
    Wishes { preferences, zone: zone.unwrap_or_else(Zone::utc) }
}

/// What the reader has said.
///
/// # Errors
///
/// A fault of the database.
pub async fn preferences(cx: &Cx, actor: &Actor) -> Result<Preferences, Refusal> {
    let wishes = of_one(cx.store.reader(), actor.person).await.map_err(|e| refuse(&e))?;
    Ok(wishes.preferences)
}

/// Keeps what the reader says.
///
/// # Errors
///
/// What cannot be kept, with its field.
pub async fn prefer(cx: &Cx, actor: &Actor, preferences: Preferences) -> Result<(), Refusal> {
    preferences.check().map_err(|why| Refusal::invalid("hour", why.0))?;
    if let Some(zone) = &preferences.zone {
        zones::zone(zone)?;
    }
    let wish = Wish::Said { person: actor.person, preferences: Box::new(preferences) };
    cx.write(Lane::People, Item::Wish(wish)).await.map(|_| ())
}

/// Something to be kept of what somebody wishes.
#[derive(Debug)]
pub(crate) enum Wish {
    /// All that they said.
    Said { person: PersonId, preferences: Box<Preferences> },
    /// They do not want to get this by mail any more.
    Stop { person: PersonId, wish: model::Wish },
    /// They want to be seen by nobody, or by others again.
    Appear { person: PersonId, offline: bool },
}

impl Wish {
    pub(crate) async fn run(&self, book: &Book<'_>) -> Result<(), DbErr> {
        let tx = book.tx()?;
        match self {
            Self::Said { person, preferences } => keep(tx, *person, preferences).await,
            Self::Stop { person, wish } => {
                let mut preferences = of_one(tx, *person).await?.preferences;
                preferences.mail.retain(|wanted| wanted != wish);
                keep(tx, *person, &preferences).await
            }
            Self::Appear { person, offline } => appear(tx, *person, *offline).await,
        }
    }
}

async fn keep(db: &impl ConnectionTrait, person: PersonId, preferences: &Preferences) -> Result<(), DbErr> {
    let text = serde_json::to_string(preferences).map_err(|e| DbErr::Json(e.to_string()))?;
    let sql = "INSERT INTO preferences (person, wishes) VALUES ($1, $2) \
               ON CONFLICT (person) DO UPDATE SET wishes = excluded.wishes";
    run(db, sql, [person.into(), text.into()]).await.map(|_| ())
}

async fn appear(db: &impl ConnectionTrait, person: PersonId, offline: bool) -> Result<(), DbErr> {
    let sql = "INSERT INTO preferences (person, appears_offline) VALUES ($1, $2) \
               ON CONFLICT (person) DO UPDATE SET appears_offline = excluded.appears_offline";
    run(db, sql, [person.into(), i16::from(offline).into()]).await.map(|_| ())
}

/// Notes where somebody's browser is.
pub(crate) async fn seen_in(db: &impl ConnectionTrait, person: PersonId, zone: &ZoneName) -> Result<(), DbErr> {
    let sql = "INSERT INTO preferences (person, zone) VALUES ($1, $2) \
               ON CONFLICT (person) DO UPDATE SET zone = excluded.zone";
    run(db, sql, [person.into(), zone.as_str().into()]).await.map(|_| ())
}
