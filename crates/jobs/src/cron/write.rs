//! The crontab in the database: since when an entry is as it is, and which of its slots were run.
//!
//! Must not know: expressions.

use std::collections::HashMap;

use sea_orm::{ConnectionTrait, DbErr, Value};

use crate::{
    Enqueued, Moment, NewJob, enqueue,
    row::{all, get, run},
};

/// An entry, as a process has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announced {
    pub(super) name: &'static str,
    pub(super) expression: String,
    pub(super) zone: String,
    pub(super) since: Moment,
}

/// A slot that is due, with its job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueSlot {
    pub(super) name: &'static str,
    pub(super) at: Moment,
    pub(super) job: NewJob,
}

/// What is stored of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EntryState {
    /// Nothing up to then is caught up.
    pub(crate) since: Moment,
    /// The newest slot that was run.
    pub(crate) last: Option<Moment>,
}

/// Notes what the entries are. One that is new, or says another time than before, begins now: nothing before that was missed.
/// This is done once per start and not per tick, or two versions side by side would begin it anew by turns.
pub(crate) async fn announce(tx: &impl ConnectionTrait, entries: &[Announced]) -> Result<u64, DbErr> {
    let sql = "INSERT INTO cron_entries (name, expression, zone, since) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (name) DO UPDATE SET expression = excluded.expression, zone = excluded.zone, \
               since = excluded.since \
               WHERE cron_entries.expression <> excluded.expression OR cron_entries.zone <> excluded.zone";
    let mut n = 0;
    for entry in entries {
        let Announced { name, expression, zone, since } = entry.clone();
        let values: [Value; 4] = [name.into(), expression.into(), zone.into(), since.as_millis().into()];
        n += run(tx, sql, values).await?;
    }
    Ok(n)
}

/// What is stored of all entries, by their names.
pub(crate) async fn state(db: &impl ConnectionTrait) -> Result<HashMap<String, EntryState>, DbErr> {
    let sql = "SELECT name, since, (SELECT max(slot_at) FROM cron_slots s WHERE s.name = e.name) FROM cron_entries e";
    let mut states = HashMap::new();
    for row in all(db, sql, []).await? {
        let last: Option<i64> = get(&row, 2)?;
        let state = EntryState { since: Moment::from_millis(get(&row, 1)?), last: last.map(Moment::from_millis) };
        states.insert(get(&row, 0)?, state);
    }
    Ok(states)
}

/// Enqueues the jobs of those slots that nobody has run, and forgets old ones.
///
/// The newest slot of each entry is kept however old it is: what comes after it is what can be missed.
pub(crate) async fn tick(tx: &impl ConnectionTrait, slots: &[DueSlot], forget: Moment) -> Result<Vec<Enqueued>, DbErr> {
    let mut ordered: Vec<&DueSlot> = slots.iter().collect();
    ordered.sort_unstable_by_key(|slot| (slot.name, slot.at));
    let mut jobs = Vec::new();
    for slot in ordered {
        let sql = "INSERT INTO cron_slots (name, slot_at, job) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        let values: [Value; 3] = [slot.name.into(), slot.at.as_millis().into(), slot.job.id().into()];
        if run(tx, sql, values).await? > 0 {
            jobs.push(slot.job.clone());
        }
    }
    if !jobs.is_empty() {
        let sql = "DELETE FROM cron_slots WHERE slot_at < $1 \
                   AND slot_at < (SELECT max(s.slot_at) FROM cron_slots s WHERE s.name = cron_slots.name)";
        run(tx, sql, [forget.as_millis().into()]).await?;
    }
    enqueue(tx, jobs).await
}
