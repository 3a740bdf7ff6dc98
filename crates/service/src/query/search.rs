//! Tasks by the words in their titles, descriptions and comments.

use model::{Category, Found, Hit, Place, Refusal, TaskId};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult};
use std::collections::HashSet;

use super::{home::looking, my_tasks::membership};
use crate::{
    Actor, Cx,
    context::refuse,
    search::{around, terms},
    sql::{all, damaged, get, id, text},
};

/// The most tasks of one answer.
const MOST: usize = 50;
/// The most texts that are looked at; a task may have many that fit.
const TEXTS: usize = 400;
/// The longest text that is searched for, in characters: nobody types more.
const LONGEST: usize = 200;

/// The tasks that the reader may see in which each of the words stands, or one that begins so, in one text: those with it in
/// the title first, then in the description, then in a comment; newer ones first. Those in the trash are not found.
///
/// # Errors
///
/// A fault of the database.
pub async fn search(cx: &Cx, actor: &Actor, text: &str) -> Result<Found, Refusal> {
    let terms = terms(&text.chars().take(LONGEST).collect::<String>());
    let (me, tx) = looking(cx, actor).await?;
    let mut hits =
        if terms.is_empty() { Vec::new() } else { find(&*tx, actor, &terms).await.map_err(|e| refuse(&e))? };
    let is_cut = hits.len() > MOST;
    hits.truncate(MOST);
    Ok(Found { me, hits, is_cut })
}

async fn find(db: &impl ConnectionTrait, actor: &Actor, terms: &str) -> Result<Vec<Hit>, DbErr> {
    let (from, fits, words) = if db.get_database_backend() == DbBackend::Postgres {
        let words: Vec<String> = terms.split(' ').map(|word| format!("'{word}':*")).collect();
        ("search_texts s", "s.lexemes @@ CAST($2 AS tsquery)", words.join(" & "))
    } else {
        let words: Vec<String> = terms.split(' ').map(|word| format!("\"{word}\"*")).collect();
        ("search_index i JOIN search_texts s ON s.n = i.rowid", "search_index MATCH $2", words.join(" "))
    };
    let join = membership(actor);
    // The text itself comes from its newest version; a title has none.
    let sql = format!(
        "SELECT t.id, p.key, p.name, p.hue, t.number, t.title, d.category, t.archived, s.kind, \
         (SELECT v.body FROM text_versions v WHERE v.object = s.object AND v.field = s.kind - 1 \
            ORDER BY v.version DESC LIMIT 1) \
         FROM {from} JOIN tasks t ON t.id = s.task JOIN statuses d ON d.id = t.status \
         JOIN projects p ON p.id = s.project {join} \
         WHERE {fits} AND t.trashed_at IS NULL ORDER BY s.kind, s.at DESC, s.object LIMIT {TEXTS}"
    );
    let rows = all(db, &sql, [actor.person.into(), words.into()]).await?;
    let mut seen = HashSet::new();
    let mut hits = Vec::new();
    for row in &rows {
        if seen.insert(id::<TaskId>(row, 0)?) {
            hits.push(hit(row, terms)?);
        }
    }
    Ok(hits)
}

fn hit(row: &QueryResult, terms: &str) -> Result<Hit, DbErr> {
    let hue = u8::try_from(get::<i16>(row, 3)?).ok().and_then(|n| model::Hue::try_from(n).ok());
    let place = match get::<i16>(row, 8)? {
        1 => Place::Title,
        2 => Place::Description,
        _ => Place::Comment,
    };
    let body: Option<String> = get(row, 9)?;
    Ok(Hit {
        task: id(row, 0)?,
        key: text(row, 1)?,
        project: text(row, 2)?,
        hue: hue.ok_or_else(|| damaged("a colour"))?,
        number: u32::try_from(get::<i64>(row, 4)?).unwrap_or(u32::MAX),
        title: text(row, 5)?,
        category: Category::from_code(get(row, 6)?).ok_or_else(|| damaged("a category"))?,
        is_archived: get::<i16>(row, 7)? == 1,
        place,
        excerpt: body.filter(|_| place != Place::Title).map(|body| around(&body, terms)).unwrap_or_default(),
    })
}
