//! The directory: who has which name, in memory, because sealed names can neither be sorted nor searched in SQL.
//!
//! Each node keeps its own. It reads what is new when it is asked for somebody it does not know, and before a search.

use model::{Email, Instant, Name, PersonCard, PersonId, Refusal};
use sea_orm::{ConnectionTrait, DbErr, QueryResult};
use std::{collections::BTreeMap, sync::RwLock};
use store::Store;
use vault::{Column, Vault};

use crate::{
    Cx,
    context::refuse,
    sql::{all, get, id, instant},
};

pub(crate) const NAME: Column = Column::new("users.name");
pub(crate) const EMAIL: Column = Column::new("users.email");
/// Confirmed accounts are looked for again this far back, because nodes' clocks differ and commits are not in the order of times.
const OVERLAP_MS: i64 = 60_000;

#[derive(Clone, Debug)]
struct Known {
    name: Name,
    /// For search; lower case.
    email: String,
}

#[derive(Debug, Default)]
struct People {
    by_id: BTreeMap<PersonId, Known>,
    newest: Instant,
}

/// Who has which name.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    people: RwLock<People>,
}

impl Directory {
    pub(crate) async fn load(store: &Store, vault: &Vault) -> Result<Self, DbErr> {
        let directory = Self::default();
        directory.read_newer(store, vault).await?;
        Ok(directory)
    }

    async fn read_newer(&self, store: &Store, vault: &Vault) -> Result<(), DbErr> {
        let since = self.read().newest.plus_ms(-OVERLAP_MS).ms();
        let sql = "SELECT id, name, email, verified_at FROM users WHERE verified_at >= $1";
        let rows = all(store.reader(), sql, [since.into()]).await?;
        self.take(vault, &rows)
    }

    fn take(&self, vault: &Vault, rows: &[QueryResult]) -> Result<(), DbErr> {
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            let person: PersonId = id(row, 0)?;
            let name = open(vault, NAME, person, &get::<Vec<u8>>(row, 1)?);
            let email = open(vault, EMAIL, person, &get::<Vec<u8>>(row, 2)?).unwrap_or_default();
            found.push((person, shown(name), email.to_lowercase(), instant(row, 3)?));
        }
        let mut people = self.people.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        for (person, name, email, confirmed) in found {
            people.newest = people.newest.max(confirmed);
            people.by_id.insert(person, Known { name, email });
        }
        Ok(())
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, People> {
        self.people.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Remembers somebody who has just joined here.
    pub(crate) fn put(&self, person: PersonId, name: Name, email: &Email) {
        let mut people = self.people.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        people.by_id.insert(person, Known { name, email: email.canonical() });
    }

    fn card(&self, id: PersonId) -> Option<PersonCard> {
        self.read().by_id.get(&id).map(|k| PersonCard { id, name: k.name.clone() })
    }
}

/// The cards of these people, sorted by id; who does not exist is left out.
pub(crate) async fn cards(cx: &Cx, mut ids: Vec<PersonId>) -> Result<Vec<PersonCard>, Refusal> {
    ids.sort_unstable();
    ids.dedup();
    let unknown: Vec<PersonId> = ids.iter().copied().filter(|p| cx.directory.card(*p).is_none()).collect();
    for person in unknown {
        let sql = "SELECT id, name, email, verified_at FROM users WHERE id = $1 AND verified_at IS NOT NULL";
        let rows = all(cx.store.reader(), sql, [person.into()]).await.map_err(|e| refuse(&e))?;
        cx.directory.take(&cx.vault, &rows).map_err(|e| refuse(&e))?;
    }
    Ok(ids.into_iter().filter_map(|p| cx.directory.card(p)).collect())
}

/// Up to `limit` people whose name has a word that begins with the text, or whose address is exactly the text; by name.
pub(crate) async fn search(
    cx: &Cx,
    text: &str,
    limit: usize,
    skip: impl Fn(PersonId) -> bool,
) -> Result<Vec<PersonCard>, Refusal> {
    let text = text.trim().to_lowercase();
    if text.is_empty() {
        return Ok(Vec::new());
    }
    cx.directory.read_newer(&cx.store, &cx.vault).await.map_err(|e| refuse(&e))?;
    let mut found: Vec<PersonCard> = {
        let people = cx.directory.read();
        let fits = |known: &Known| {
            let name = known.name.as_str().to_lowercase();
            known.email == text || name.starts_with(&text) || name.split(' ').any(|word| word.starts_with(&text))
        };
        let fitting = people.by_id.iter().filter(|(id, known)| !skip(**id) && fits(known));
        fitting.map(|(id, known)| PersonCard { id: *id, name: known.name.clone() }).collect()
    };
    found.sort_by_cached_key(|card| (card.name.as_str().to_lowercase(), card.id));
    found.truncate(limit);
    Ok(found)
}

/// To whom a mail goes.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    pub(crate) name: Name,
    pub(crate) email: Email,
}

/// The address of a person, also of one who has not confirmed it.
pub(crate) async fn address(db: &impl ConnectionTrait, vault: &Vault, person: PersonId) -> Result<Address, Refusal> {
    let sql = "SELECT name, email FROM users WHERE id = $1";
    let row = crate::sql::one(db, sql, [person.into()]).await;
    let row = row.map_err(|e| refuse(&e))?.ok_or(Refusal::NotFound)?;
    let text = |column, place| {
        let sealed: Vec<u8> = get(&row, place).map_err(|e| refuse(&e))?;
        Ok::<_, Refusal>(open(vault, column, person, &sealed))
    };
    let (name, email) = (text(NAME, 0)?, text(EMAIL, 1)?);
    let email = email.and_then(|e| Email::try_from(e).ok());
    let email = email.ok_or_else(|| crate::context::fault(&crate::sql::damaged("an address")))?;
    Ok(Address { name: shown(name), email })
}

/// Opens a sealed text. What cannot be opened is told in the log and is nothing here: the page still renders.
fn open(vault: &Vault, column: Column, person: PersonId, sealed: &[u8]) -> Option<String> {
    match vault.open(column, person.bytes(), sealed) {
        Ok(plain) => String::from_utf8(plain.expose().clone()).ok(),
        Err(error) => {
            tracing::error!(person.id = %person, %error, "a field of person {person} cannot be read");
            None
        }
    }
}

#[expect(clippy::expect_used, reason = "a constant that is a name")]
fn shown(name: Option<String>) -> Name {
    name.and_then(|n| Name::try_from(n).ok()).unwrap_or_else(|| Name::try_from("Unreadable name").expect("a name"))
}
