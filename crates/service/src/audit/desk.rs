//! The audit log as people see it: entries with the names of today, one of them in full, and how the log itself is.

use ledger::{Cursor, Receipt, Side};
use model::{Day, Key, PersonCard, PersonId, ProjectId, Refusal, Role, Zone};
use sea_orm::DbErr;
use uuid::Uuid;

use super::{
    Asked, Checked, State, check,
    names::{Called, Names},
    read::{self, Shown, Told},
    state,
};
use crate::{
    Actor, Cx,
    context::refuse,
    directory,
    keys::PRIVATE,
    sql::{id, one},
};

/// How many entries a page has.
const LISTED: u16 = 50;
/// How many people are offered for a name that fits several.
const OFFERED: usize = 8;

/// What somebody looks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// In this project.
    pub project: Option<ProjectId>,
    /// By this person.
    pub person: Option<PersonId>,
    /// By whoever is called this.
    pub who: String,
    /// About the task that is referred to like this, as in `MUS-42`.
    pub about: String,
    /// Of this action.
    pub action: Option<String>,
    /// From this day on.
    pub from: Option<Day>,
    /// Up to this day.
    pub until: Option<Day>,
    /// Those before.
    pub after: Option<Cursor>,
    /// This one in full.
    pub entry: Option<u64>,
}

/// An entry in full.
#[derive(Clone, Debug)]
pub struct Line {
    /// The entry. Private values that are still there are opened.
    pub told: Told,
    /// The proof that it is in the log can be had: a checkpoint covers it.
    pub has_proof: bool,
}

/// The page.
#[derive(Clone, Debug)]
pub struct Desk {
    /// What was looked for.
    pub look: Look,
    /// The project that it is limited to.
    pub project: Option<Called>,
    /// The person.
    pub person: Option<PersonCard>,
    /// Those whom the name fits, when it fits several.
    pub people: Vec<PersonCard>,
    /// What was typed fits nothing: a sentence.
    pub unknown: Option<&'static str>,
    /// The entries, the newest first.
    pub lines: Vec<Told>,
    /// Where older ones begin.
    pub next: Option<Cursor>,
    /// The one that is looked at.
    pub chosen: Option<Line>,
    /// What things are called.
    pub names: Names,
    /// All actions that there are entries of.
    pub actions: Vec<String>,
    /// How the log is kept.
    pub state: State,
    /// The newest check of the whole log.
    pub checked: Option<Checked>,
    /// What the places have that checkpoints go to, for Admins.
    pub receipts: Vec<Receipt>,
    /// Whether the reader may order a check.
    pub is_admin: bool,
}

/// The audit log, for Admins all of it, for a Lead that of their project.
///
/// # Errors
///
/// [`Refusal::NotFound`] for who may not read it; a fault of the database.
pub async fn desk(cx: &Cx, actor: &Actor, look: Look, zone: &Zone) -> Result<Desk, Refusal> {
    read::check(cx, actor, look.project).await?;
    let (person, people) = whose(cx, &look).await?;
    let about = about(cx, &look).await.map_err(|e| refuse(&e))?;
    let unknown = match (person.as_ref(), about) {
        (None, _) if !look.who.is_empty() && people.is_empty() => Some("Nobody here is called that."),
        (None, _) if !people.is_empty() => Some("Several people are called that. Choose one of them."),
        (_, None) if !look.about.is_empty() => Some("There is no such task. Write it as in MUS-42."),
        _ => None,
    };
    let asked = Asked {
        project: look.project,
        person: person.as_ref().map(|card| card.id),
        object: about,
        action: look.action.clone(),
        from: look.from.map(|day| zone.instant(day, 0)),
        until: look.until.and_then(|day| Day::from_number(day.number() + 1)).map(|day| zone.instant(day, 0)),
    };
    let page = match unknown {
        None => read::entries(cx, actor, asked, look.after, LISTED).await?,
        Some(_) => read::Entries::default(),
    };
    let chosen = match look.entry {
        Some(position) => Some(full(cx, read::entry(cx, actor, position).await?).await?),
        None => None,
    };
    let ids = page
        .entries
        .iter()
        .chain(chosen.as_ref().map(|line| &line.told))
        .flat_map(named)
        .chain(look.project.map(ProjectId::uuid));
    let names = Names::read(cx, ids.collect()).await?;
    let is_admin = actor.role == Role::Admin;
    let db = cx.store.reader();
    Ok(Desk {
        project: look.project.and_then(|project| names.get(project.uuid()).cloned()),
        look,
        person,
        people,
        unknown,
        lines: page.entries,
        next: page.next,
        chosen,
        names,
        actions: ledger::actions(db).await.map_err(|e| refuse(&e))?,
        state: state(cx),
        checked: check::newest(db).await.map_err(|e| refuse(&e))?,
        receipts: if is_admin { ledger::receipts(db).await.map_err(|e| refuse(&e))? } else { Vec::new() },
        is_admin,
    })
}

/// Whose entries are looked for, or who it may be.
async fn whose(cx: &Cx, look: &Look) -> Result<(Option<PersonCard>, Vec<PersonCard>), Refusal> {
    if let Some(person) = look.person {
        return Ok((directory::cards(cx, vec![person]).await?.pop(), Vec::new()));
    }
    let mut found = directory::search(cx, &look.who, OFFERED, |_| false).await?;
    Ok(if found.len() == 1 { (found.pop(), found) } else { (None, found) })
}

/// The task that is referred to.
async fn about(cx: &Cx, look: &Look) -> Result<Option<Uuid>, DbErr> {
    let Some((key, number)) = look.about.trim().rsplit_once('-') else { return Ok(None) };
    let (Ok(key), Ok(number)) = (Key::try_from(key.to_uppercase()), number.parse::<u32>()) else { return Ok(None) };
    let sql = "SELECT t.id FROM tasks t JOIN projects p ON p.id = t.project WHERE p.key = $1 AND t.number = $2";
    let row = one(cx.store.reader(), sql, [key.as_str().into(), i64::from(number).into()]).await?;
    row.map(|row| id(&row, 0)).transpose()
}

/// An entry with what is kept apart from it.
async fn full(cx: &Cx, mut told: Told) -> Result<Line, Refusal> {
    let db = cx.store.reader();
    let kept = ledger::kept(db, told.entry.into_bytes()).await.map_err(|e| refuse(&e))?;
    for (field, old, new) in &mut told.changes {
        for (side, shown) in [(Side::Old, old), (Side::New, new)] {
            if *shown == Shown::Private {
                let value =
                    kept.iter().find(|kept| kept.field == *field && (kept.side == side || kept.side == Side::Beside));
                let opened = value.and_then(|kept| cx.vault.open(PRIVATE, kept.entry, &kept.value).ok());
                *shown = match opened.and_then(|value| String::from_utf8(value.expose().clone()).ok()) {
                    Some(text) => Shown::Value(text),
                    None => Shown::Erased,
                };
            }
        }
    }
    let covering = ledger::covering(db, told.position).await.map_err(|e| refuse(&e))?;
    Ok(Line { told, has_proof: covering.is_some() })
}

/// All that an entry names.
fn named(told: &Told) -> Vec<Uuid> {
    let values = told.changes.iter().flat_map(|(_, old, new)| [old, new]);
    let in_values = values.filter_map(|shown| match shown {
        Shown::Value(text) if text.len() == 36 => text.parse().ok(),
        _ => None,
    });
    let project = told.project.map(ProjectId::uuid);
    told.actor.into_iter().chain(told.object).chain(project).chain(in_values).collect()
}
