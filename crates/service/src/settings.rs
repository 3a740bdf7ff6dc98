//! What is set for the whole installation: values by name, as JSON.
//!
//! Must not know: what they mean, who may set them.

use model::{Instant, PersonId};
use sea_orm::{ConnectionTrait, DbErr};
use serde::{Serialize, de::DeserializeOwned};

use crate::sql::{damaged, get, one, run};

/// A value; what it is by itself if nobody has set it.
pub(crate) async fn read<T: DeserializeOwned + Default>(db: &impl ConnectionTrait, name: &str) -> Result<T, DbErr> {
    let row = one(db, "SELECT value FROM instance_settings WHERE name = $1", [name.into()]).await?;
    let Some(row) = row else { return Ok(T::default()) };
    serde_json::from_str(&get::<String>(&row, 0)?).map_err(|_| damaged("a setting"))
}

/// Sets a value, and notes by whom and when.
pub(crate) async fn write(
    db: &impl ConnectionTrait,
    name: &str,
    value: &impl Serialize,
    (by, at): (PersonId, Instant),
) -> Result<(), DbErr> {
    // Our own types cannot fail to be written as JSON.
    let value = serde_json::to_string(value).unwrap_or_default();
    let sql = "INSERT INTO instance_settings (name, value, changed_at, changed_by) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (name) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at, \
               changed_by = excluded.changed_by";
    run(db, sql, [name.into(), value.into(), at.into(), by.into()]).await.map(|_| ())
}
