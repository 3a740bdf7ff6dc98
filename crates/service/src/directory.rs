//! The directory: who has which name, in memory, because sealed names can neither be sorted nor searched in SQL.
//!
//! Each node keeps its own. It reads what is new when it is asked for somebody it does not know, and before a search.

use model::{Email, Instant, Name, PersonCard, PersonId, Refusal, Stream};
use sea_orm::{ConnectionTrait, DbErr, QueryResult};
use std::{collections::BTreeMap, sync::RwLock};
use store::Store;
use vault::{Column, Vault};

pub(crate) use crate::keys::{EMAIL, NAME};
use crate::{
    Cx,
    context::refuse,
    sql::{all, get, id, instant, padded},
};

const KNOWN: &str = "SELECT id, name, email, verified_at, changed_at, closed_at FROM users";
/// Confirmed accounts are looked for again this far back, because nodes' clocks differ and commits are not in the order of times.
const OVERLAP_MS: i64 = 60_000;

#[derive(Clone, Debug)]
struct Known {
    name: Name,
    /// For search; lower case.
    email: String,
    /// They gave up their account; nobody finds them.
    is_former: bool,
}

#[derive(Debug, Default)]
struct People {
    by_id: BTreeMap<PersonId, Known>,
    newest: Instant,
    /// How far the stream of the instance was when it was last looked at.
    seq: i64,
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

    /// Reads everybody again, when keys are there that were not.
    pub(crate) async fn read_again(&self, store: &Store, vault: &Vault) -> Result<(), DbErr> {
        let rows = all(store.reader(), &format!("{KNOWN} WHERE verified_at IS NOT NULL"), []).await?;
        self.take(vault, &rows)
    }

    async fn read_newer(&self, store: &Store, vault: &Vault) -> Result<(), DbErr> {
        let since = self.read().newest.plus_ms(-OVERLAP_MS).ms();
        let sql =
            format!("{KNOWN} WHERE verified_at >= $1 UNION {KNOWN} WHERE changed_at >= $1 AND verified_at IS NOT NULL");
        let sql = sql.as_str();
        let rows = all(store.reader(), sql, [since.into()]).await?;
        self.take(vault, &rows)
    }

    fn take(&self, vault: &Vault, rows: &[QueryResult]) -> Result<(), DbErr> {
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            let person: PersonId = id(row, 0)?;
            let name = open(vault, NAME, person, &get::<Vec<u8>>(row, 1)?);
            let email = open(vault, EMAIL, person, &get::<Vec<u8>>(row, 2)?).unwrap_or_default();
            let last = instant(row, 3)?.max(get::<Option<i64>>(row, 4)?.map_or(Instant::default(), Instant::from_ms));
            let known = Known {
                name: shown(name),
                email: email.to_lowercase(),
                is_former: get::<Option<i64>>(row, 5)?.is_some(),
            };
            found.push((person, known, last));
        }
        let mut people = self.people.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        for (person, known, last) in found {
            people.newest = people.newest.max(last);
            people.by_id.insert(person, known);
        }
        Ok(())
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, People> {
        self.people.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Remembers somebody who has just joined here.
    pub(crate) fn put(&self, person: PersonId, name: Name, email: &Email) {
        let mut people = self.people.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        people.by_id.insert(person, Known { name, email: email.canonical(), is_former: false });
    }

    /// Forgets somebody who has given up their account; whoever asks for them reads anew what there is.
    pub(crate) fn forget(&self, person: PersonId) {
        self.people.write().unwrap_or_else(std::sync::PoisonError::into_inner).by_id.remove(&person);
    }

    /// Reads what is new, if the instance's stream has moved: somebody came, or left on another node.
    async fn catch_up(&self, store: &Store, vault: &Vault) -> Result<(), DbErr> {
        let sql = "SELECT seq FROM streams WHERE id = $1";
        let row = crate::sql::one(store.reader(), sql, [Stream::Instance.uuid().into()]).await?;
        let seq: i64 = row.map_or(Ok(0), |row| get(&row, 0))?;
        if seq == self.read().seq {
            return Ok(());
        }
        self.read_newer(store, vault).await?;
        self.people.write().unwrap_or_else(std::sync::PoisonError::into_inner).seq = seq;
        Ok(())
    }

    fn card(&self, id: PersonId) -> Option<PersonCard> {
        self.read().by_id.get(&id).map(|k| PersonCard { id, name: k.name.clone() })
    }
}

/// The cards of these people, sorted by id; who does not exist is left out.
pub(crate) async fn cards(cx: &Cx, mut ids: Vec<PersonId>) -> Result<Vec<PersonCard>, Refusal> {
    ids.sort_unstable();
    ids.dedup();
    cx.directory.catch_up(&cx.store, &cx.vault).await.map_err(|e| refuse(&e))?;
    let unknown: Vec<PersonId> = ids.iter().copied().filter(|p| cx.directory.card(*p).is_none()).collect();
    if !unknown.is_empty() {
        let (list, values) = padded(&unknown, 1);
        let sql = format!("{KNOWN} WHERE id IN {list} AND verified_at IS NOT NULL");
        let rows = all(cx.store.reader(), &sql, values).await.map_err(|e| refuse(&e))?;
        cx.directory.take(&cx.vault, &rows).map_err(|e| refuse(&e))?;
    }
    Ok(ids.into_iter().filter_map(|p| cx.directory.card(p)).collect())
}

/// Whether a word of the name begins with the text, both in lower case.
fn has_word(name: &str, text: &str) -> bool {
    name.starts_with(text) || name.split(' ').any(|word| word.starts_with(text))
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
        let fits = |known: &Known| known.email == text || has_word(&known.name.as_str().to_lowercase(), &text);
        let fitting = people.by_id.iter().filter(|(id, known)| !known.is_former && !skip(**id) && fits(known));
        fitting.map(|(id, known)| PersonCard { id: *id, name: known.name.clone() }).collect()
    };
    found.sort_by_cached_key(|card| (card.name.as_str().to_lowercase(), card.id));
    found.truncate(limit);
    Ok(found)
}

/// What is shown in the place of an address that cannot be read (RFC 2606: nobody has it).
const UNREADABLE: &str = "unreadable@address.invalid";

/// The address of a person, to be shown. One that cannot be read is shown as such.
pub(crate) async fn shown_email(db: &impl ConnectionTrait, vault: &Vault, person: PersonId) -> Result<Email, Refusal> {
    let row = crate::sql::one(db, "SELECT email FROM users WHERE id = $1", [person.into()]).await;
    let row = row.map_err(|e| refuse(&e))?.ok_or(Refusal::NotFound)?;
    let sealed: Vec<u8> = get(&row, 0).map_err(|e| refuse(&e))?;
    let email = open(vault, EMAIL, person, &sealed).and_then(|email| Email::try_from(email).ok());
    email.map_or_else(|| Email::try_from(UNREADABLE.to_owned()).map_err(|_| Refusal::NotFound), Ok)
}

/// Those of the people whose name has a word that begins with the text, or whose address begins with it, by name; all of
/// them for no text.
pub(crate) async fn matching(cx: &Cx, text: &str, keep: impl Fn(PersonId) -> bool) -> Result<Vec<PersonId>, Refusal> {
    let text = text.trim().to_lowercase();
    cx.directory.read_newer(&cx.store, &cx.vault).await.map_err(|e| refuse(&e))?;
    let mut found: Vec<(String, PersonId)> = {
        let people = cx.directory.read();
        let kept = people.by_id.iter().filter(|(id, _)| keep(**id));
        let named = kept.map(|(id, known)| (known.name.as_str().to_lowercase(), *id, known));
        named
            .filter(|(name, _, known)| has_word(name, &text) || known.email.starts_with(&text))
            .map(|(n, id, _)| (n, id))
            .collect()
    };
    found.sort_unstable();
    Ok(found.into_iter().map(|(_, id)| id).collect())
}

/// To whom a mail goes.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    pub(crate) name: Name,
    pub(crate) email: Email,
}

/// The address of a person, also of one who has not confirmed it.
pub(crate) async fn address(db: &impl ConnectionTrait, vault: &Vault, person: PersonId) -> Result<Address, Refusal> {
    let sql = "SELECT name, email FROM users WHERE id = $1 AND closed_at IS NULL";
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
pub(crate) fn open(vault: &Vault, column: Column, person: PersonId, sealed: &[u8]) -> Option<String> {
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
