//! Mails kept in memory, the newest ones.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::kept_id;
use crate::{Mail, Receipt, SendError};

/// How many mails are kept; then the one that came first makes room.
const MOST: usize = 256;

/// Ids and mails as they were sent, in the order in which they came.
#[derive(Default)]
pub(crate) struct Memory(Mutex<VecDeque<(String, Vec<u8>)>>);

impl Memory {
    pub(super) fn keep(&self, mail: &Mail) -> Result<Receipt, SendError> {
        let (id, eml) = (kept_id(mail), mail.eml()?);
        let mut kept = self.kept();
        // Sent again, it is the same mail.
        kept.retain(|(other, _)| *other != id);
        if kept.len() == MOST {
            kept.pop_front();
        }
        kept.push_back((id.clone(), eml));
        Ok(Receipt { reference: id })
    }

    pub(crate) fn ids(&self) -> Vec<String> {
        self.kept().iter().map(|(id, _)| id.clone()).collect()
    }

    pub(crate) fn eml(&self, id: &str) -> Option<Vec<u8>> {
        self.kept().iter().find(|(other, _)| other == id).map(|(_, eml)| eml.clone())
    }

    fn kept(&self) -> MutexGuard<'_, VecDeque<(String, Vec<u8>)>> {
        // Every change under this lock is complete at each point where it could panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
