//! The loop of one process: look, keep leases, finish, claim, clean up, stop in good order.
//!
//! Must not know: how a job is run; the workers do.

use std::{collections::HashMap, time::Duration};

use sea_orm::DbErr;
use store::StoreError;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    Runner,
    glance::{Glance, Setting},
    workers::{Ended, Workers},
};
use crate::{
    Crontab, DEFAULT_LIMIT, Desk, Finished, Moment, Owner, PRUNE_LIMIT, Retention, STAGE_LIMIT, Serve, Turn,
    TurnAnswer, Want,
    cron::{self, Metronome, Ticker},
};

/// How often old jobs are deleted.
const PRUNE_EVERY: Duration = Duration::from_mins(1);

/// How many leases are taken away in one turn.
const RESCUE_LIMIT: usize = 100;

/// A queue, as this process serves it.
#[derive(Debug)]
struct Queue {
    name: &'static str,
    setting: Setting,
    /// There may be something to claim.
    may_have: bool,
}

pub(super) struct Node<C, D> {
    runner: Runner<C, D>,
    owner: Owner,
    queues: Vec<Queue>,
    names: Vec<&'static str>,
    workers: Workers,
    /// What has ended and is not written yet.
    finished: Vec<Finished>,
    /// Something waited for its time, which is over.
    is_due: bool,
    ticker: Ticker,
    is_announced: bool,
    renew_at: Moment,
    prune_at: Moment,
}

impl<C: Clone + Send + Sync + 'static, D: Desk> Node<C, D> {
    pub(super) fn new(mut runner: Runner<C, D>) -> Self {
        let now = runner.outside.now();
        let crontab: Crontab = std::mem::take(&mut runner.crontab);
        let queue = |name| Queue { name, setting: Setting::default(), may_have: false };
        Self {
            owner: Owner::from(runner.outside.id()),
            queues: runner.registry.queues().into_iter().map(queue).collect(),
            names: runner.registry.names(),
            workers: Workers::default(),
            finished: Vec::new(),
            is_due: false,
            ticker: Ticker::new(crontab),
            is_announced: false,
            renew_at: now.plus(runner.times.renew),
            prune_at: now,
            runner,
        }
    }

    pub(super) async fn run(mut self, stopping: CancellationToken) {
        let mut poll = tokio::time::interval(self.runner.times.poll);
        poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let metronome = Metronome::start().await;
        let bell = self.runner.bell.clone();
        loop {
            let (mut look, mut ended) = (false, None);
            tokio::select! {
                () = stopping.cancelled() => break,
                end = self.workers.ended() => ended = end,
                () = bell.heard() => look = true,
                () = metronome.beat() => {}
                _ = poll.tick() => look = true,
            }
            self.note(ended);
            if let Err(error) = self.turn(look).await {
                // The next turn tries again; what was claimed and not heard of is found when the leases are renewed.
                tracing::warn!(%error, "the queue could not be served for a moment");
                tokio::time::sleep(self.runner.times.poll).await;
            }
        }
        metronome.stop().await;
        self.stop().await;
    }

    fn note(&mut self, ended: impl IntoIterator<Item = Ended>) {
        for Ended { id, attempt, outcome } in ended {
            let chance = self.runner.outside.chance();
            self.finished.push(Finished { id, attempt, outcome, chance });
        }
    }

    async fn turn(&mut self, look: bool) -> Result<(), StoreError> {
        let now = self.runner.outside.now();
        let mut must_renew = now >= self.renew_at || self.workers.is_ending();
        if look {
            let glance = self.look(now).await?;
            must_renew |= glance.is_cancelled;
            // First one's own leases: they may be over only because this process was held up.
            if must_renew && !self.workers.is_empty() {
                self.renew(now).await?;
                must_renew = false;
            }
            if glance.is_expired {
                let chances = (0..RESCUE_LIMIT).map(|_| self.runner.outside.chance()).collect();
                self.write(Turn::Rescue { now, chances }).await?;
                self.is_due = true;
            }
        }
        if must_renew {
            self.renew(now).await?;
        }
        self.tick(now).await?;
        self.serve(now).await?;
        self.prune(now).await
    }

    async fn look(&mut self, now: Moment) -> Result<Glance, DbErr> {
        let queues: Vec<&'static str> = self.queues.iter().map(|queue| queue.name).collect();
        let glance = Glance::take(self.runner.store.reader(), (self.owner, now), &queues, &self.names).await?;
        for queue in &mut self.queues {
            queue.may_have |= glance.waiting.iter().any(|waiting| waiting == queue.name);
            queue.setting = glance.settings.get(queue.name).copied().unwrap_or_default();
        }
        self.is_due |= glance.is_due;
        Ok(glance)
    }

    /// Writes what has ended and takes what is next, as long as something comes of it.
    async fn serve(&mut self, now: Moment) -> Result<(), StoreError> {
        loop {
            let ended = self.workers.all_ended();
            self.note(ended);
            let wants = self.wants();
            if self.finished.is_empty() && wants.is_empty() && !self.is_due {
                return Ok(());
            }
            let serve = Serve {
                owner: self.owner,
                now,
                lease_until: now.plus(self.runner.times.lease),
                finished: self.finished.clone(),
                stage: self.is_due.then_some(now),
                names: self.names.clone(),
                wants: wants.clone(),
            };
            let TurnAnswer::Served(served) = self.write(Turn::Serve(serve)).await? else { return Ok(()) };
            let n_ignored = self.finished.len().saturating_sub(served.finished.len());
            if n_ignored > 0 {
                tracing::debug!(n_ignored, "some jobs had been finished before, or were somebody else's by then");
            }
            self.finished.clear();
            self.is_due = served.staged >= STAGE_LIMIT;
            let mut claimed: HashMap<&str, u64> = HashMap::new();
            for job in &served.claimed {
                *claimed.entry(job.queue).or_default() += 1;
            }
            for queue in &mut self.queues {
                if let Some(want) = wants.iter().find(|want| want.queue == queue.name) {
                    queue.may_have = claimed.get(queue.name).copied().unwrap_or(0) >= want.n;
                }
                queue.may_have |= served.staged > 0;
            }
            let outside = self.runner.outside.clone();
            for job in served.claimed {
                let program = (&self.runner.registry, &self.runner.context);
                self.workers.start(job, program, (self.owner, &outside));
            }
            if served.staged == 0 {
                return Ok(());
            }
        }
    }

    fn wants(&self) -> Vec<Want> {
        let open = self.queues.iter().filter(|queue| queue.may_have && !queue.setting.is_paused);
        let want = |queue: &Queue| {
            let default = self.runner.limits.get(queue.name).copied().unwrap_or(DEFAULT_LIMIT);
            let limit = usize::from(queue.setting.per_node.unwrap_or(default));
            let room = limit.saturating_sub(self.workers.n_of(queue.name));
            Want { queue: queue.name, n: u64::try_from(room).unwrap_or(u64::MAX) }
        };
        open.map(want).filter(|want| want.n > 0).collect()
    }

    async fn renew(&mut self, now: Moment) -> Result<(), StoreError> {
        self.renew_at = now.plus(self.runner.times.renew);
        if self.workers.is_empty() && self.finished.is_empty() {
            return Ok(());
        }
        let until = now.plus(self.runner.times.lease);
        let TurnAnswer::Renewed(held) = self.write(Turn::Renew { owner: self.owner, until }).await? else {
            return Ok(());
        };
        let ended: Vec<Uuid> = self.finished.iter().map(|finished| finished.id).collect();
        let mut idle = self.workers.compare(held);
        idle.retain(|id| !ended.contains(id));
        if !idle.is_empty() {
            self.write(Turn::Release { owner: self.owner, ids: Some(idle), now }).await?;
        }
        Ok(())
    }

    async fn tick(&mut self, now: Moment) -> Result<(), StoreError> {
        if !self.ticker.is_due(now) {
            return Ok(());
        }
        if !self.is_announced {
            self.write(Turn::Announce(self.ticker.crontab().announced(now))).await?;
            self.is_announced = true;
        }
        let states = cron::state(self.runner.store.reader()).await?;
        let (slots, are_all) = self.ticker.slots(&states, &*self.runner.outside, now);
        if !slots.is_empty() {
            let kept = i64::try_from(self.runner.times.keep_slots.as_millis()).unwrap_or(i64::MAX);
            let forget = Moment::from_millis(now.as_millis().saturating_sub(kept));
            self.write(Turn::Tick { slots, forget }).await?;
            self.look(now).await?;
        }
        if are_all {
            self.ticker.done(now);
        }
        Ok(())
    }

    async fn prune(&mut self, now: Moment) -> Result<(), StoreError> {
        if now < self.prune_at {
            return Ok(());
        }
        let before = |kept: Duration| {
            Moment::from_millis(now.as_millis().saturating_sub(i64::try_from(kept.as_millis()).unwrap_or(i64::MAX)))
        };
        let times = self.runner.times;
        let retention =
            Retention { completed_before: before(times.keep_completed), failed_before: before(times.keep_failed) };
        let is_any = retention.is_any(self.runner.store.reader()).await?;
        let mut is_more = false;
        if is_any && let TurnAnswer::Changed(n) = self.write(Turn::Prune(retention)).await? {
            is_more = n >= PRUNE_LIMIT;
        }
        // One batch per turn, so that people's work goes between them.
        self.prune_at = if is_more { now } else { now.plus(PRUNE_EVERY) };
        Ok(())
    }

    /// Waits for what runs, and gives back what does not end in time.
    async fn stop(mut self) {
        let until = Instant::now() + self.runner.times.stop;
        while !self.workers.is_empty() {
            tokio::select! {
                end = self.workers.ended() => self.note(end),
                () = tokio::time::sleep_until(until) => break,
                () = tokio::time::sleep(self.runner.times.poll) => {}
            }
            let now = self.runner.outside.now();
            if now >= self.renew_at
                && let Err(error) = self.renew(now).await
            {
                tracing::warn!(%error, "leases could not be renewed while stopping");
            }
        }
        let ended = self.workers.all_ended();
        self.note(ended);
        self.workers.abort().await;
        // Nothing is wanted any more: this writes what has ended.
        self.queues.clear();
        self.is_due = false;
        let now = self.runner.outside.now();
        if let Err(error) = self.serve(now).await {
            tracing::warn!(%error, "what had ended could not be written; it is run again");
        }
        if let Err(error) = self.write(Turn::Release { owner: self.owner, ids: None, now }).await {
            tracing::warn!(%error, "leases could not be given back; they end by themselves");
        }
    }

    async fn write(&self, turn: Turn) -> Result<TurnAnswer, StoreError> {
        self.runner.desk.write(turn).await
    }
}
