//! The job that makes an export: into a file on this machine's disk first, from there to the storage.

use jobs::{Job, Outcome, Run};
use model::{PersonId, ProjectId, Refusal, Role};
use object_store::{ObjectStoreExt as _, WriteMultipart};
use serde::{Deserialize, Serialize};
use std::{
    fs::File,
    io::{Read as _, Seek as _, SeekFrom},
    time::Duration,
};
use store::Lane;
use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::{Format, What, Work, log, place, put, rows, sheet::Sheet, work};
use crate::{
    Cx, audit,
    context::{fault, refuse},
    sql::{get, id, one},
};

const TIMEOUT: Duration = Duration::from_mins(30);
/// How many bytes go to the storage at once. Parts of a file in S3 have at least 5 MiB.
const PART: usize = 8 << 20;

/// Makes an export.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct MakeExport {
    pub(crate) export: Uuid,
}

impl Job<Cx> for MakeExport {
    const NAME: &'static str = "make_export";
    const QUEUE: &'static str = "export";
    const MAX_ATTEMPTS: u16 = 5;

    fn timeout(&self) -> Option<Duration> {
        Some(TIMEOUT)
    }

    async fn run(self, cx: &Cx, run: &Run) -> Outcome {
        let outcome = match self.make(cx, run).await {
            Ok(outcome) => outcome,
            Err(refusal) => Outcome::retry(refusal),
        };
        let reason = match &outcome {
            Outcome::Retry(_) if run.is_last_attempt() => {
                "It did not work, several times. Ask an admin to look at the jobs.".to_owned()
            }
            Outcome::Cancel(reason) => reason.clone(),
            _ => return outcome,
        };
        let failed = Work::Failed { export: self.export, reason, at: cx.now() };
        match put(cx, Lane::Background, failed).await {
            Ok(()) => outcome,
            Err(refusal) => Outcome::retry(refusal),
        }
    }
}

impl MakeExport {
    async fn make(&self, cx: &Cx, run: &Run) -> Result<Outcome, Refusal> {
        let Some((person, what, format)) = self.load(cx).await? else {
            return Ok(Outcome::Done);
        };
        let made = match what {
            What::AuditLog => whole_log(cx, person).await?,
            What::ProjectLog(project) => self.entries(cx, run, person, project, format).await?,
            What::Project(_) | What::Everything => self.tasks(cx, run, person, what, format).await?,
        };
        let Some((n_done, file)) = made else {
            return Ok(Outcome::Cancel(
                "There is nothing that you may see. Ask somebody to add you to the project.".into(),
            ));
        };
        let bytes = self.keep(cx, file).await?;
        let ready = Work::Ready { ticket: run.ticket(), export: self.export, n_done, bytes, at: cx.now() };
        put(cx, Lane::Background, ready).await?;
        Ok(Outcome::Done)
    }

    /// Whose it is, and of what; nothing when it is wanted no more.
    async fn load(&self, cx: &Cx) -> Result<Option<(PersonId, What, Format)>, Refusal> {
        let sql = "SELECT person, what, project, format FROM exports WHERE id = $1 AND state IN ($2, $3)";
        let values = [self.export.into(), work::WAITING.into(), work::RUNNING.into()];
        let Some(row) = one(cx.store.reader(), sql, values).await.map_err(|e| refuse(&e))? else { return Ok(None) };
        let read = || Ok((id(&row, 0)?, What::read(get(&row, 1)?, get(&row, 2)?)?, Format::read(get(&row, 3)?)?));
        read().map(Some).map_err(|e: sea_orm::DbErr| refuse(&e))
    }

    async fn tasks(
        &self,
        cx: &Cx,
        run: &Run,
        person: PersonId,
        what: What,
        format: Format,
    ) -> Result<Option<(u64, File)>, Refusal> {
        let snapshot = cx.store.snapshot().await.map_err(|e| refuse(&e))?;
        let sources = rows::sources(&*snapshot, person, what.project()).await.map_err(|e| refuse(&e))?;
        if sources.is_empty() {
            return Ok(None);
        }
        let mut n_all = 0;
        for source in &sources {
            n_all += rows::count(&*snapshot, source.id).await.map_err(|e| refuse(&e))?;
        }
        let file = tempfile::tempfile().map_err(|e| fault(&e))?;
        let mut sheet = Sheet::begin::<rows::Told>(format, file, cx.now()).map_err(|e| fault(&e))?;
        let mut n_done = 0;
        for source in &sources {
            let mut after = 0;
            while let Some((last, tasks)) = rows::page(cx, &*snapshot, source, after, format == Format::Json).await? {
                if run.cancelled().is_cancelled() {
                    return Err(Refusal::Busy { after_s: 1 });
                }
                n_done += tasks.len() as u64;
                after = last;
                sheet = blocking(move || sheet.write(&tasks).map(|()| sheet)).await?;
                put(cx, Lane::Background, Work::Progress { export: self.export, n_done, n_all }).await?;
            }
        }
        let file = blocking(move || sheet.end()).await?;
        Ok(Some((n_done, file)))
    }

    /// The entries of the audit log about a project, for who may read them still.
    async fn entries(
        &self,
        cx: &Cx,
        run: &Run,
        person: PersonId,
        project: ProjectId,
        format: Format,
    ) -> Result<Option<(u64, File)>, Refusal> {
        let snapshot = cx.store.snapshot().await.map_err(|e| refuse(&e))?;
        if !log::may_read(&*snapshot, person, project).await.map_err(|e| refuse(&e))? {
            return Ok(None);
        }
        let n_all = log::count(&*snapshot, project).await.map_err(|e| refuse(&e))?;
        let file = tempfile::tempfile().map_err(|e| fault(&e))?;
        let mut sheet = Sheet::begin::<log::Named>(format, file, cx.now()).map_err(|e| fault(&e))?;
        let (mut n_done, mut after) = (0, None);
        loop {
            if run.cancelled().is_cancelled() {
                return Err(Refusal::Busy { after_s: 1 });
            }
            let (entries, next) = log::page(cx, &*snapshot, project, after).await?;
            n_done += entries.len() as u64;
            sheet = blocking(move || sheet.write(&entries).map(|()| sheet)).await?;
            put(cx, Lane::Background, Work::Progress { export: self.export, n_done, n_all }).await?;
            after = next;
            if after.is_none() {
                break;
            }
        }
        let file = blocking(move || sheet.end()).await?;
        Ok(Some((n_done, file)))
    }

    /// Takes the file to the storage; answers how many bytes it has.
    async fn keep(&self, cx: &Cx, mut file: File) -> Result<u64, Refusal> {
        file.seek(SeekFrom::Start(0)).map_err(|e| fault(&e))?;
        let upload = cx.outside.files.put_multipart(&place(self.export)).await.map_err(|e| fault(&e))?;
        let mut upload = WriteMultipart::new_with_chunk_size(upload, PART);
        let mut bytes = 0;
        loop {
            let (part, back) = blocking(move || {
                let mut part = Vec::new();
                file.by_ref().take(PART as u64).read_to_end(&mut part)?;
                Ok((part, file))
            })
            .await?;
            file = back;
            if part.is_empty() {
                break;
            }
            bytes += part.len() as u64;
            upload.wait_for_capacity(2).await.map_err(|e| fault(&e))?;
            upload.put(part.into());
        }
        upload.finish().await.map_err(|e| fault(&e))?;
        Ok(bytes)
    }
}

/// The audit log with its proofs, for who is an Admin still.
async fn whole_log(cx: &Cx, person: PersonId) -> Result<Option<(u64, File)>, Refusal> {
    let sql = "SELECT 1 FROM users WHERE id = $1 AND role = $2 AND disabled_at IS NULL";
    let values = [person.into(), Role::Admin.code().into()];
    if one(cx.store.reader(), sql, values).await.map_err(|e| refuse(&e))?.is_none() {
        return Ok(None);
    }
    let mut file = tempfile::tempfile().map_err(|e| fault(&e))?;
    let mut out = std::io::BufWriter::new(&mut file);
    let n = audit::export(&cx.store, &cx.vault, &mut out, cx.now(), false).await.map_err(|e| fault(&e))?;
    std::io::Write::flush(&mut out).map_err(|e| fault(&e))?;
    drop(out);
    Ok(Some((n, file)))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> std::io::Result<T> + Send + 'static) -> Result<T, Refusal> {
    spawn_blocking(work).await.map_err(|e| fault(&e))?.map_err(|e| fault(&e))
}
