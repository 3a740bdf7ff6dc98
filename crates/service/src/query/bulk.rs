//! Many rows as one: for questions whose answer has thousands of rows.
//!
//! sqlx hands row after row through a channel, and on SQLite copies each value of each row on the way: 4 µs per task, more
//! than half of the time that a board takes. So the engine is asked to put the rows together by itself, and one row comes.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Value};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::sql::{damaged, get, one};

/// All rows of `from` (a table with its conditions): the ids of each, and what its other columns hold, in an order of the
/// engine's liking. `T` is a tuple (or array) of as many members as there are `values`. Ids cannot be absent, values can.
pub(super) async fn all_at_once<const N: usize, T: DeserializeOwned>(
    db: &impl ConnectionTrait,
    ids: [&str; N],
    values: &[&str],
    from: &str,
    parameters: impl IntoIterator<Item = Value>,
) -> Result<Vec<([Uuid; N], T)>, DbErr> {
    let sql = question(db.get_database_backend(), &ids, values, from);
    let Some(row) = one(db, &sql, parameters).await? else { return Ok(Vec::new()) };
    // No rows make no value on some engines, and an empty one on others.
    let (bytes, texts): (Option<Vec<u8>>, Option<String>) = (get(&row, 0)?, get(&row, 1)?);
    let bytes = bytes.unwrap_or_default();
    let values: Vec<T> = match texts {
        Some(texts) => serde_json::from_str(&texts).map_err(|e| DbErr::Custom(e.to_string()))?,
        None => Vec::new(),
    };
    if bytes.len() != values.len() * N * 16 {
        return Err(damaged("a list of ids"));
    }
    let mut each = bytes.chunks_exact(16).filter_map(|id| Uuid::from_slice(id).ok());
    let ids = std::iter::from_fn(|| {
        let mut of_row = [Uuid::nil(); N];
        of_row.iter_mut().try_for_each(|id| each.next().map(|next| *id = next)).map(|()| of_row)
    });
    Ok(ids.zip(values).collect())
}

/// Both aggregates go over the same rows in the same pass, so that their orders agree.
fn question(engine: DbBackend, ids: &[&str], values: &[&str], from: &str) -> String {
    let list = values.join(", ");
    if engine == DbBackend::Sqlite {
        // In a database of UTF-8, as ours are, the bytes of a blob pass through `||` and `group_concat` as they are. What
        // else came out would not have the right length.
        let ids = ids.join(" || ");
        format!("SELECT CAST(group_concat({ids}, '') AS BLOB), json_group_array(json_array({list})) FROM {from}")
    } else {
        let ids: Vec<String> = ids.iter().map(|id| format!("uuid_send({id})")).collect();
        let ids = ids.join(" || ");
        format!("SELECT string_agg({ids}, ''), CAST(json_agg(json_build_array({list})) AS text) FROM {from}")
    }
}
