//! The jobs of a test, done by hand, and the mails that they sent.

use jobs::kit::{Drain, Drained, drain};
use mail::Kept;
use std::sync::Arc;

use super::House;
use crate::queue;

impl House {
    /// Does all jobs that are due, and what they bring, until nothing is left.
    pub async fn work(&self) -> Drained {
        let mut sum = Drained::default();
        let (registry, outside) = (queue::registry(), Arc::new(self.outside.clone()));
        loop {
            let before = sum;
            for queue in ["notify", "mail"] {
                let some = drain(queue, Drain::default(), &**self, (&registry, &**self), outside.clone()).await;
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

    /// Does what the clock brings now, and all jobs that are due then.
    pub async fn strike(&self) -> Drained {
        queue::strike(self).await.unwrap();
        self.work().await
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
