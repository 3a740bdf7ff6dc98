//! How many values each key has sealed, counted by the database.

use sea_orm::{ConnectionTrait, DbErr};
use vault::KeyId;

use super::register::{EMAIL_INDEX, EMAIL_INDEX_WORDS, REGISTER};
use crate::sql::{all, get};

/// So many values of a column are sealed under a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// The logical name of the column.
    pub column: &'static str,
    /// What it holds, for people.
    pub words: &'static str,
    /// The key; nothing for what is no sealed value.
    pub key: Option<KeyId>,
    /// How many.
    pub n: u64,
}

/// Counts all columns, and the index of addresses.
///
/// # Errors
///
/// The database's.
pub(crate) async fn count(db: &impl ConnectionTrait) -> Result<Vec<Count>, DbErr> {
    let mut counts = Vec::new();
    for sealed in REGISTER {
        let (table, name) = (sealed.table, sealed.name);
        let sql = format!(
            "SELECT substr({name}, 1, 5), count(*) FROM {table} WHERE {name} IS NOT NULL GROUP BY 1 ORDER BY 1"
        );
        for row in all(db, &sql, []).await? {
            let key = key_of(&get::<Vec<u8>>(&row, 0)?);
            let (column, words) = (sealed.column.name(), sealed.words);
            counts.push(Count { column, words, key, n: n(get(&row, 1)?) });
        }
    }
    let sql = "SELECT key_id, count(*) FROM user_email_index GROUP BY key_id ORDER BY key_id";
    for row in all(db, sql, []).await? {
        let key = u32::try_from(get::<i64>(&row, 0)?).ok().and_then(KeyId::new);
        counts.push(Count { column: EMAIL_INDEX, words: EMAIL_INDEX_WORDS, key, n: n(get(&row, 1)?) });
    }
    Ok(counts)
}

/// How many of them are not under this key.
pub(super) fn elsewhere(counts: &[Count], key: KeyId) -> u64 {
    counts.iter().filter(|count| count.key != Some(key)).map(|count| count.n).sum()
}

/// How many of them are under this key.
pub(super) fn under(counts: &[Count], key: KeyId) -> u64 {
    counts.iter().filter(|count| count.key == Some(key)).map(|count| count.n).sum()
}

fn n(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

/// The key that the first five bytes of a value name.
fn key_of(prefix: &[u8]) -> Option<KeyId> {
    let [_, number @ ..] = <[u8; 5]>::try_from(prefix).ok()?;
    let key = KeyId::new(u32::from_be_bytes(number))?;
    (vault::prefix_of(key) == prefix).then_some(key)
}
