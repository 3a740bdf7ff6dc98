//! Which servers run, and which keys each of them has.
//!
//! Each server says so every few seconds. One that has been silent for a while counts as gone; it says what it has before it
//! serves anybody, so nobody can seal with a key that it lacks without its having been asked.

use model::Instant;
use sea_orm::{ConnectionTrait, DbErr};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use vault::{KeyId, KeyRing, KeyState};

use super::work::{Known, told};
use crate::sql::{all, damaged, get, id, instant, run};

/// How long a server that says nothing counts as running, in milliseconds.
pub(super) const LIVE_MS: i64 = 30_000;
/// How long its row is kept.
const KEPT_MS: i64 = 24 * 3_600_000;

/// A key that a server has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Has {
    /// Its number.
    pub key: u32,
    /// Its fingerprint.
    pub fingerprint: String,
    /// What it may do there, as in the ring.
    pub state: String,
}

/// A server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its id, another one at each start.
    pub id: Uuid,
    /// What people call it.
    pub name: String,
    /// Its keys.
    pub keys: Vec<Has>,
}

impl Node {
    pub(super) fn of(id: Uuid, name: &str, ring: &KeyRing) -> Self {
        let keys = ring.keys().zip(ring.fingerprints()).map(|((key, state), (_, fingerprint))| Has {
            key: key.get(),
            fingerprint: told(fingerprint),
            state: state.name().to_owned(),
        });
        Self { id, name: name.to_owned(), keys: keys.collect() }
    }

    /// What it may do with a key.
    #[must_use]
    pub fn state(&self, key: KeyId) -> Option<KeyState> {
        self.has(key).and_then(|has| KeyState::parse(&has.state))
    }

    pub(super) fn has(&self, key: KeyId) -> Option<&Has> {
        self.keys.iter().find(|has| has.key == key.get())
    }

    /// Whether it can read what the key sealed.
    pub(super) fn opens(&self, key: KeyId) -> bool {
        matches!(self.state(key), Some(KeyState::Active | KeyState::DecryptOnly))
    }
}

/// The servers that run, by name.
pub(super) async fn live(db: &impl ConnectionTrait, now: Instant) -> Result<Vec<Node>, DbErr> {
    let sql = "SELECT id, name, keys FROM vault_nodes WHERE seen_at > $1 ORDER BY name, id";
    let read = |row| -> Result<Node, DbErr> {
        let keys = serde_json::from_str(&get::<String>(row, 2)?).map_err(|_| damaged("a server's keys"))?;
        Ok(Node { id: id(row, 0)?, name: get(row, 1)?, keys })
    };
    all(db, sql, [now.plus_ms(-LIVE_MS).into()]).await?.iter().map(read).collect()
}

/// The keys that the database has known.
pub(super) async fn known(db: &impl ConnectionTrait) -> Result<Vec<Known>, DbErr> {
    let sql = "SELECT id, fingerprint, added_at, promoted_at, retired_at FROM vault_keys ORDER BY id DESC";
    let read = |row| -> Result<Known, DbErr> {
        let key =
            u32::try_from(get::<i64>(row, 0)?).ok().and_then(KeyId::new).ok_or_else(|| damaged("a key's number"))?;
        let at = |place| get::<Option<i64>>(row, place).map(|at| at.map(Instant::from_ms));
        Ok(Known {
            key,
            fingerprint: get(row, 1)?,
            added_at: instant(row, 2)?,
            promoted_at: at(3)?,
            retired_at: at(4)?,
        })
    };
    all(db, sql, []).await?.iter().map(read).collect()
}

/// Writes down that a server runs, and what was not known of its keys.
pub(super) async fn announce(tx: &impl ConnectionTrait, node: &Node, at: Instant) -> Result<(), DbErr> {
    let keys = serde_json::to_string(&node.keys).map_err(|e| DbErr::Json(e.to_string()))?;
    let sql = "INSERT INTO vault_nodes (id, name, seen_at, keys) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, keys = excluded.keys";
    run(tx, sql, [node.id.into(), node.name.clone().into(), at.into(), keys.into()]).await?;
    run(tx, "DELETE FROM vault_nodes WHERE seen_at < $1", [at.plus_ms(-KEPT_MS).into()]).await?;
    for has in &node.keys {
        let (key, at) = (i64::from(has.key), at.ms());
        let state = KeyState::parse(&has.state);
        let sql = "INSERT INTO vault_keys (id, fingerprint, added_at) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING";
        run(tx, sql, [key.into(), has.fingerprint.clone().into(), at.into()]).await?;
        let column = match state {
            Some(KeyState::Active) => "promoted_at",
            Some(KeyState::Retired) => "retired_at",
            Some(KeyState::DecryptOnly) | None => continue,
        };
        let sql = format!("UPDATE vault_keys SET {column} = $2 WHERE id = $1 AND {column} IS NULL");
        run(tx, &sql, [key.into(), at.into()]).await?;
    }
    Ok(())
}
