//! When an entry is due: an expression in a time zone, from one moment to another.
//!
//! `croner` evaluates it over the zone database that the rest of Muster uses. What has a fixed time and falls into the hour that
//! summer time leaves out is due right after it; in the hour that comes twice it is due once. What has a wildcard in its hours or
//! minutes follows real time.
//!
//! Must not know: what was run already.

use std::{collections::VecDeque, str::FromStr, time::Duration};

use jiff::{Timestamp, tz::TimeZone};

use crate::Moment;

/// Why an entry cannot be in the crontab.
#[derive(Debug, thiserror::Error)]
pub enum CronError {
    /// The expression cannot be read.
    #[error("the cron expression {expression:?} of {name} cannot be read: {source}. An example is \"30 3 * * *\"")]
    Expression {
        /// Of which entry.
        name: &'static str,
        /// What it says.
        expression: String,
        /// What is wrong with it.
        source: croner::errors::CronError,
    },
    /// There is no such zone.
    #[error("there is no time zone {zone:?}, which {name} is in. An example is \"Europe/Berlin\"")]
    Zone {
        /// Of which entry.
        name: &'static str,
        /// What it says.
        zone: String,
    },
    /// Two entries have this name.
    #[error("two entries of the crontab are called {0}")]
    Twice(&'static str),
}

/// An expression in its zone.
#[derive(Clone, Debug)]
pub(super) struct Expression {
    cron: croner::Cron,
    zone: TimeZone,
}

/// How far back missed slots are looked for at first; then twice as far, and so on.
const FIRST_LOOK: Duration = Duration::from_hours(1);

impl Expression {
    pub(super) fn read(name: &'static str, expression: &str, zone: &str) -> Result<Self, CronError> {
        let cron = croner::Cron::from_str(expression).map_err(|source| CronError::Expression {
            name,
            expression: expression.to_owned(),
            source,
        })?;
        let zone = jiff::tz::db().get(zone).map_err(|_| CronError::Zone { name, zone: zone.to_owned() })?;
        Ok(Self { cron, zone })
    }

    /// The first slot after a moment; `None` when there is never one again.
    pub(super) fn after(&self, moment: Moment) -> Option<Moment> {
        let at = Timestamp::from_millisecond(moment.as_millis()).ok()?.to_zoned(self.zone.clone());
        let next = self.cron.find_next_occurrence(&at, false).ok()?;
        // What does not move on would be found for ever.
        Some(Moment::from_millis(next.timestamp().as_millisecond())).filter(|next| *next > moment)
    }

    /// The slots after one moment up to another, in order.
    pub(super) fn between(&self, after: Moment, until: Moment) -> impl Iterator<Item = Moment> {
        std::iter::successors(self.after(after), |slot| self.after(*slot)).take_while(move |slot| *slot <= until)
    }

    /// The newest `n` slots after one moment up to another, in order. What is long ago is not walked through for it.
    pub(super) fn newest(&self, after: Moment, until: Moment, n: usize) -> Vec<Moment> {
        let mut look = i64::try_from(FIRST_LOOK.as_millis()).unwrap_or(i64::MAX);
        loop {
            let from = after.max(Moment::from_millis(until.as_millis().saturating_sub(look)));
            let mut newest = VecDeque::with_capacity(n);
            for slot in self.between(from, until) {
                if newest.len() == n {
                    newest.pop_front();
                }
                newest.push_back(slot);
            }
            if newest.len() == n || from == after {
                return newest.into();
            }
            look = look.saturating_mul(2);
        }
    }
}
