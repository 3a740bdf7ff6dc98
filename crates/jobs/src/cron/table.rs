//! The entries of a program, and which of their slots are due.
//!
//! Must not know: how slots are stored.

use std::{collections::HashMap, sync::Arc, time::Duration};

use sea_orm::DbErr;
use uuid::Uuid;

use super::{
    expression::{CronError, Expression},
    write::{Announced, DueSlot, EntryState},
};
use crate::{Moment, NewJob, Outside};

/// A slot that is found so late is still on time, and not missed: the time of a restart.
pub const ON_TIME: Duration = Duration::from_mins(1);

/// What becomes of slots that were missed because no process was there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CatchUp {
    /// Nothing.
    Skip,
    /// The newest of them is run, unless a slot that is on time does as well.
    Last,
    /// All are run, in their order, but no more than so many of the newest.
    All(u16),
}

/// A slot whose job is to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// When it was due.
    pub at: Moment,
    /// What time it is; later than `at` if it is caught up.
    pub now: Moment,
    /// An id for the job.
    pub id: Uuid,
}

type Make = Arc<dyn Fn(Slot) -> Result<NewJob, DbErr> + Send + Sync>;

/// An entry of the crontab.
#[derive(Clone)]
pub struct Cron {
    /// What it is called, for ever: its slots are remembered by it.
    pub name: &'static str,
    /// Minute, hour, day of month, month, day of week; with a sixth field in front it begins with the second.
    pub expression: String,
    /// The zone in which this is meant, such as `Europe/Berlin`.
    pub zone: String,
    /// What becomes of missed slots.
    pub catch_up: CatchUp,
    /// Makes the job of a slot. If it fails, the slot is tried again in the next tick.
    pub job: Make,
}

impl std::fmt::Debug for Cron {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut entry = f.debug_struct("Cron");
        entry.field("name", &self.name).field("expression", &self.expression).field("zone", &self.zone);
        entry.field("catch_up", &self.catch_up).finish_non_exhaustive()
    }
}

impl Cron {
    /// An entry in UTC whose missed slots are caught up by one.
    pub fn new(
        name: &'static str,
        expression: &str,
        job: impl Fn(Slot) -> Result<NewJob, DbErr> + Send + Sync + 'static,
    ) -> Self {
        let (expression, zone) = (expression.to_owned(), "UTC".to_owned());
        Self { name, expression, zone, catch_up: CatchUp::Last, job: Arc::new(job) }
    }

    /// In this zone.
    #[must_use]
    pub fn zone(mut self, zone: &str) -> Self {
        zone.clone_into(&mut self.zone);
        self
    }

    /// With this policy for missed slots.
    #[must_use]
    pub const fn catch_up(mut self, catch_up: CatchUp) -> Self {
        self.catch_up = catch_up;
        self
    }
}

/// All entries of a program.
#[derive(Clone, Debug, Default)]
pub struct Crontab(Vec<(Cron, Expression)>);

impl Crontab {
    /// With these entries.
    ///
    /// # Errors
    ///
    /// [`CronError`] for the first that cannot be.
    pub fn new(entries: impl IntoIterator<Item = Cron>) -> Result<Self, CronError> {
        let mut read: Vec<(Cron, Expression)> = Vec::new();
        for entry in entries {
            if read.iter().any(|(other, _)| other.name == entry.name) {
                return Err(CronError::Twice(entry.name));
            }
            let expression = Expression::read(entry.name, &entry.expression, &entry.zone)?;
            read.push((entry, expression));
        }
        Ok(Self(read))
    }

    /// The entries, in the order in which they were given.
    pub fn entries(&self) -> impl Iterator<Item = &Cron> {
        self.0.iter().map(|(entry, _)| entry)
    }

    /// The first slot of an entry after a moment; `None` when there is never one again, or no such entry.
    #[must_use]
    pub fn next_slot(&self, name: &str, after: Moment) -> Option<Moment> {
        self.0.iter().find(|(entry, _)| entry.name == name)?.1.after(after)
    }

    pub(crate) fn announced(&self, now: Moment) -> Vec<Announced> {
        let mut entries: Vec<Announced> = self
            .entries()
            .map(|entry| Announced {
                name: entry.name,
                expression: entry.expression.clone(),
                zone: entry.zone.clone(),
                since: now,
            })
            .collect();
        // All processes lock them in the same order.
        entries.sort_unstable_by_key(|entry| entry.name);
        entries
    }
}

/// The slots of an entry that are due and were not run, in order.
fn due(catch_up: CatchUp, expression: &Expression, after: Moment, now: Moment) -> Vec<Moment> {
    let on_time = i64::try_from(ON_TIME.as_millis()).unwrap_or(i64::MAX);
    let missed_until = Moment::from_millis(now.as_millis().saturating_sub(on_time));
    let fresh: Vec<Moment> = expression.between(after.max(missed_until), now).collect();
    let n = match catch_up {
        CatchUp::Skip => 0,
        CatchUp::Last => usize::from(fresh.is_empty()),
        CatchUp::All(n) => usize::from(n),
    };
    let mut due = if n == 0 { Vec::new() } else { expression.newest(after, missed_until, n) };
    due.extend(fresh);
    due
}

/// Remembers when each entry is due next, so that most ticks ask the database nothing.
#[derive(Debug)]
pub(crate) struct Ticker {
    crontab: Crontab,
    /// Not before then is there anything to do.
    next: Option<Moment>,
}

impl Ticker {
    pub(crate) fn new(crontab: Crontab) -> Self {
        Self { crontab, next: None }
    }

    pub(crate) fn crontab(&self) -> &Crontab {
        &self.crontab
    }

    /// Whether it is worth while to look at the stored state.
    pub(crate) fn is_due(&self, now: Moment) -> bool {
        !self.crontab.0.is_empty() && self.next.is_none_or(|next| next <= now)
    }

    /// The slots that are due, with their jobs, and whether all of those could be made.
    pub(crate) fn slots(
        &self,
        states: &HashMap<String, EntryState>,
        outside: &dyn Outside,
        now: Moment,
    ) -> (Vec<DueSlot>, bool) {
        let (mut slots, mut are_all) = (Vec::new(), true);
        for (entry, expression) in &self.crontab.0 {
            // What is not announced yet has no beginning.
            let Some(state) = states.get(entry.name) else { continue };
            for at in due(entry.catch_up, expression, state.since.max(state.last.unwrap_or(state.since)), now) {
                match (entry.job)(Slot { at, now, id: outside.id() }) {
                    Ok(job) => slots.push(DueSlot { name: entry.name, at, job }),
                    Err(error) => {
                        are_all = false;
                        let name = entry.name;
                        tracing::error!(cron.name = name, %error, "the job of {name} could not be made; its slot is tried again");
                    }
                }
            }
        }
        (slots, are_all)
    }

    /// Everything up to now is done: nothing is due before the next slot of all.
    pub(crate) fn done(&mut self, now: Moment) {
        self.next = self.crontab.0.iter().filter_map(|(_, expression)| expression.after(now)).min();
        if self.next.is_none() {
            self.next = Some(Moment::from_millis(i64::MAX));
        }
    }
}
