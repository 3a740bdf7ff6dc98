//! Keeps the log in the background: seals within a second of news, signs each minute what has grown, and takes what is signed
//! to the anchors.
//!
//! Any node may do it, and several do no harm. Whatever goes wrong, changes go on being made and recorded; what is wrong is
//! told in the log, in the metrics and in [`state`].

use jobs::{Desk, NewJob, Turn};
use ledger::{Anchor, Checkpoint, Sealed, TreeHead};
use model::{Instant, Refusal};
use std::{
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};
use store::{Lane, Tasks, one};

use super::{
    CheckLog, Checked, Work, Worked,
    afar::{self, Afar},
    check,
    refused::Refusals,
    signer, work,
    work::AT_ONCE,
};
use crate::{
    Cx,
    context::{refuse, refuse_store},
    queue,
};

/// What happens together is sealed together.
const PAUSE: Duration = Duration::from_millis(200);
/// How long it waits for what another node has appended, of which nobody rings.
const IDLE: Duration = Duration::from_millis(700);
/// How often a log that grows is signed.
const SIGN_EVERY_MS: i64 = 60_000;
/// How often it is written down what was refused.
const TELL_EVERY_MS: i64 = 10_000;

/// How the log is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// How many entries were sealed when this node looked last.
    pub size: u64,
    /// Up to where it is signed, and when that was, as far as this node knows.
    pub signed: Option<(u64, Instant)>,
    /// Up to where it is anchored by this node.
    pub anchored: Option<u64>,
    /// What is wrong with keeping it: a sentence for the operator.
    pub trouble: Option<String>,
    /// What the newest check by this node found to be wrong with it: a sentence.
    pub finding: Option<String>,
    /// Why somebody afar has not got the newest checkpoint, if a try by this node failed: a sentence.
    pub afar: Option<String>,
    /// When this node looked last whether there is something to sign.
    looked_at: Option<Instant>,
    /// When it wrote down last what was refused.
    told_at: Option<Instant>,
}

/// How the log is, as this node has seen it last.
#[must_use]
pub fn state(cx: &Cx) -> State {
    locked(&cx.audit).clone()
}

/// What all clones of a context know of the log.
#[derive(Default)]
pub(crate) struct Shared {
    state: Mutex<State>,
    anchors: OnceLock<Arc<[Arc<dyn Anchor>]>>,
    pub(super) afar: OnceLock<Afar>,
    pub(crate) refusals: Refusals,
}

fn locked(shared: &Shared) -> std::sync::MutexGuard<'_, State> {
    shared.state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The notes that the anchors of this node remember.
pub(super) async fn remembered(cx: &Cx) -> Result<Vec<String>, Refusal> {
    let mut notes = Vec::new();
    let anchors: Vec<Arc<dyn Anchor>> = cx.audit.anchors.get().map(|all| all.to_vec()).unwrap_or_default();
    for anchor in anchors {
        let newest = blocking(move || anchor.newest_note()).await;
        notes.extend(newest.map_err(|error| crate::context::fault(&error))?);
    }
    Ok(notes)
}

/// Tells whether somebody afar has not got the newest checkpoint, and why.
pub(super) fn note_afar(cx: &Cx, why: Option<String>) {
    locked(&cx.audit).afar = why;
}

/// Tells how the log is since a check.
pub(super) fn note_checked(cx: &Cx, checked: &Checked) {
    locked(&cx.audit).finding.clone_from(&checked.finding);
}

/// What keeps the log.
#[derive(Clone)]
pub struct Keeper {
    cx: Cx,
    anchors: Arc<[Arc<dyn Anchor>]>,
}

impl std::fmt::Debug for Keeper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keeper").field("anchors", &self.anchors.len()).finish_non_exhaustive()
    }
}

impl Keeper {
    /// One that does nothing by itself yet.
    #[must_use]
    pub fn new(cx: &Cx, anchors: Vec<Arc<dyn Anchor>>) -> Self {
        let anchors = cx.audit.anchors.get_or_init(|| anchors.into()).clone();
        Self { cx: cx.clone(), anchors }
    }

    /// Keeps the log from now on, until `tasks` stop. Looks for the guards first.
    pub fn start(&self, tasks: &Tasks) {
        let (keeper, stopping) = (self.clone(), tasks.stopping());
        tasks.spawn("audit", async move {
            keeper.look_for_guards().await;
            loop {
                // Cut short only between rounds.
                keeper.round().await;
                let news = async {
                    let _ = tokio::time::timeout(IDLE, keeper.cx.bells.leaves.notified()).await;
                    tokio::time::sleep(PAUSE).await;
                };
                if stopping.run_until_cancelled(news).await.is_none() {
                    return;
                }
            }
        });
    }

    /// Seals and signs all there is, and takes it to the anchors: before a server stops, and when somebody asks.
    ///
    /// # Errors
    ///
    /// What is wrong, as [`State::trouble`] tells it.
    pub async fn settle(&self) -> Result<State, String> {
        self.tell_refusals().await?;
        let result = match self.seal().await {
            Ok(()) => self.sign().await,
            Err(trouble) => Err(trouble),
        };
        locked(&self.cx.audit).trouble = result.as_ref().err().cloned();
        result.map(|()| state(&self.cx))
    }

    async fn look_for_guards(&self) {
        match ledger::guards(self.cx.store.reader()).await {
            Ok(missing) if missing.is_empty() => {}
            Ok(missing) => tracing::warn!(
                missing = missing.join(", "),
                "the database does not refuse edits of the audit log; what was changed is still found by `muster audit verify`"
            ),
            Err(error) => tracing::warn!(%error, "the guards of the audit log could not be looked for"),
        }
    }

    /// Writes down what was refused.
    async fn tell_refusals(&self) -> Result<(), String> {
        let at = self.cx.now();
        locked(&self.cx.audit).told_at = Some(at);
        let Some(refused) = self.cx.audit.refusals.take() else { return Ok(()) };
        let written = work(&self.cx, Lane::Background, Work::Refused { refused: refused.clone(), at }).await;
        if written.is_err() {
            self.cx.audit.refusals.give_back(refused);
        }
        written.map(drop).map_err(|e| told(&e))
    }

    async fn round(&self) {
        let is_time = state(&self.cx).told_at.is_none_or(|at| self.cx.now().ms() - at.ms() >= TELL_EVERY_MS);
        let mut result = if is_time { self.tell_refusals().await } else { Ok(()) };
        if result.is_ok() {
            result = self.seal().await;
        }
        let is_due = state(&self.cx).looked_at.is_none_or(|at| self.cx.now().ms() - at.ms() >= SIGN_EVERY_MS);
        if result.is_ok() && is_due {
            result = self.sign().await;
        }
        let mut state = locked(&self.cx.audit);
        match (result, &state.trouble) {
            // Told once, not every second.
            (Err(trouble), before) if before.as_ref() != Some(&trouble) => {
                tracing::error!("the audit log: {trouble}");
                state.trouble = Some(trouble);
            }
            (Ok(()), Some(_)) if is_due => {
                tracing::info!("the audit log is kept again");
                state.trouble = None;
            }
            _ => {}
        }
    }

    async fn seal(&self) -> Result<(), String> {
        loop {
            let sql = "SELECT 1 FROM ledger_pending LIMIT 1";
            let waits = one(self.cx.store.reader(), sql, []).await.map_err(|e| told(&refuse(&e)))?;
            if waits.is_none() {
                return Ok(());
            }
            match work(&self.cx, Lane::Background, Work::Seal).await.map_err(|e| told(&e))? {
                Worked::Sealed(Sealed::Entries { n, size }) => {
                    locked(&self.cx.audit).size = size;
                    if n < u64::from(AT_ONCE) {
                        return Ok(());
                    }
                }
                _ => return Ok(()),
            }
        }
    }

    async fn sign(&self) -> Result<(), String> {
        self.hear_of_checks().await?;
        let (db, now) = (self.cx.store.reader(), self.cx.now());
        let newest = async || ledger::newest(db).await.map_err(|e| told(&refuse(&e)));
        let size = ledger::size(db).await.map_err(|e| told(&refuse(&e)))?;
        if size == 0 {
            return Ok(());
        }
        locked(&self.cx.audit).looked_at = Some(now);
        let anchored = self.anchored().await?;
        let covered = newest().await?.map_or(0, |checkpoint| checkpoint.size);
        // An anchor that knows more than there is finds an older copy of the database.
        if size > covered || anchored.iter().flatten().any(|head| head.size > covered) {
            let (signer, anchored) = (signer(&self.cx.vault), anchored.iter().flatten().cloned().collect());
            let sign = Work::Sign { signer, at: now, anchored };
            if let Worked::Signed(Err(error)) = work(&self.cx, Lane::Background, sign).await.map_err(|e| told(&e))? {
                self.raise_alarm().await?;
                return Err(error.to_string());
            }
        }
        let Some(newest) = newest().await? else { return Ok(()) };
        self.note_signed(size, &newest);
        for (anchor, has) in self.anchors.iter().zip(anchored) {
            if has.is_none_or(|head| head.size < newest.size) {
                self.anchor(anchor, &newest).await?;
            }
        }
        locked(&self.cx.audit).anchored = (!self.anchors.is_empty()).then_some(newest.size);
        afar::enqueue(&self.cx, &newest).await
    }

    /// A log that cannot be signed any more was edited or is an older copy: all of it is checked at once, which tells all Admins
    /// by mail what is wrong. A finding that is known already is not looked for again each minute.
    async fn raise_alarm(&self) -> Result<(), String> {
        if state(&self.cx).finding.is_some() {
            return Ok(());
        }
        let job = NewJob::of::<Cx, _>(&CheckLog {}, self.cx.new_id(), queue::moment(self.cx.now()));
        let job = job.map_err(|e| told(&refuse(&e)))?;
        Desk::write(&self.cx, Turn::Enqueue(vec![job])).await.map(drop).map_err(|e| told(&refuse_store(&e)))
    }

    /// What the newest check found, also one by another node, or before this one was started.
    async fn hear_of_checks(&self) -> Result<(), String> {
        let newest = check::newest(self.cx.store.reader()).await.map_err(|e| told(&refuse(&e)))?;
        locked(&self.cx.audit).finding = newest.and_then(|checked| checked.finding);
        Ok(())
    }

    fn note_signed(&self, size: u64, newest: &Checkpoint) {
        let mut state = locked(&self.cx.audit);
        (state.size, state.signed) = (size, Some((newest.size, Instant::from_ms(newest.at_ms))));
    }

    /// What each anchor remembers.
    async fn anchored(&self) -> Result<Vec<Option<TreeHead>>, String> {
        let mut anchored = Vec::new();
        for anchor in &*self.anchors {
            let (asked, name) = (anchor.clone(), anchor.name());
            let newest = blocking(move || asked.newest()).await;
            anchored.push(newest.map_err(|error| format!("the anchor {name} cannot be read: {error}"))?);
        }
        Ok(anchored)
    }

    async fn anchor(&self, anchor: &Arc<dyn Anchor>, newest: &Checkpoint) -> Result<(), String> {
        let (asked, name, note) = (anchor.clone(), anchor.name(), newest.note.clone());
        blocking(move || asked.remember(&note)).await.map_err(|error| {
            format!("the anchor {name} does not take the checkpoint of {} entries: {error}", newest.size)
        })?;
        let (signer, at) = (signer(&self.cx.vault), self.cx.now());
        let noted = Work::NoteAnchored { signer, sink: name, size: newest.size, at };
        work(&self.cx, Lane::Background, noted).await.map(drop).map_err(|e| told(&e))
    }
}

async fn blocking<T: Send + 'static>(ask: impl FnOnce() -> std::io::Result<T> + Send + 'static) -> std::io::Result<T> {
    tokio::task::spawn_blocking(ask).await.map_err(std::io::Error::other)?
}

fn told(refusal: &Refusal) -> String {
    format!("it could not be written or read: {}", refusal.tell())
}
