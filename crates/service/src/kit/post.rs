//! The jobs of a test, done by hand, and the mails that they sent.

use futures::TryStreamExt as _;
use jobs::kit::{Drain, Drained, drain};
use mail::Kept;
use std::sync::Arc;

use super::House;
use crate::queue;

/// The queue of what the night brings.
const UPKEEP: &str = "upkeep";

impl House {
    /// Does all jobs that are due, and what they bring, until nothing is left.
    pub async fn work(&self) -> Drained {
        let mut sum = Drained::default();
        loop {
            let before = sum;
            for queue in ["notify", UPKEEP, "export", "mail", crate::keys::QUEUE] {
                let some = self.work_on(queue).await;
                sum.done += some.done;
                sum.retried += some.retried;
                sum.cancelled += some.cancelled;
                sum.snoozed += some.snoozed;
            }
            if sum == before {
                return sum;
            }
        }
    }

    /// Does the jobs of one queue that are due. Where others bring new ones all the time, [`House::work`] would not end.
    pub async fn work_on(&self, queue: &'static str) -> Drained {
        let (registry, outside) = (queue::registry(), Arc::new(self.outside.clone()));
        drain(queue, Drain::default(), &**self, (&registry, &**self), outside).await
    }

    /// Does what the clock brings now, and all jobs that are due then.
    pub async fn strike(&self) -> Drained {
        queue::strike(self).await.unwrap();
        self.work().await
    }

    /// Forgets what is old, as the night does, and does no other jobs.
    pub async fn forget(&self) {
        queue::forget(self).await.unwrap();
        assert_eq!(self.work_on(UPKEEP).await, Drained { done: 1, ..Drained::default() });
    }

    /// The questions by which the night finds what is old, each with its table.
    pub fn forgetting(&self) -> Vec<(&'static str, String)> {
        crate::prune::questions()
    }

    /// The questions of the page of mails.
    pub fn mail_questions(&self) -> Vec<String> {
        crate::mails::questions().collect()
    }

    /// How many files are kept for people to fetch.
    pub async fn files(&self) -> usize {
        self.outside.files.list(None).try_collect::<Vec<_>>().await.unwrap().len()
    }

    /// The letters to an address, newest first.
    pub async fn letters(&self, to: &str) -> Vec<Kept> {
        let mailbox = self.outside.post.transport.mailbox().unwrap();
        let all = mailbox.list(1000).await.unwrap();
        all.into_iter().filter(|kept| kept.to.eq_ignore_ascii_case(to)).collect()
    }

    /// The secret behind a path in the newest letter to an address that has such a link.
    pub async fn secret(&self, to: &str, path: &str) -> Option<String> {
        let start = format!("https://tasks.norrvik.example{path}");
        let letters = self.letters(to).await;
        letters.iter().flat_map(Kept::links).find_map(|link| link.strip_prefix(&start).map(str::to_owned))
    }
}
