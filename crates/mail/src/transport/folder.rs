//! Mails kept as files, for whoever develops or looks after a small installation.
//!
//! Invariant: a file that ends with `.eml` is a whole mail. It is written under another name and then renamed.

use std::{
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};
use tokio::{
    fs::{DirBuilder, OpenOptions, read, read_dir, rename},
    io::AsyncWriteExt,
};

use super::kept_id;
use crate::{Mail, Receipt, SendError};

/// A folder with one file a mail. Only the owner of the process may read it: mails hold links that let people in.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    pub(super) async fn keep(&self, mail: &Mail) -> Result<Receipt, SendError> {
        let (id, eml) = (kept_id(mail), mail.eml()?);
        // A full or read-only disk may be better tomorrow. What the system says names no file.
        let put = self.put(&id, &eml).await;
        put.map_err(|error| SendError::Temporary(format!("the folder for mails cannot be written to: {error}")))?;
        Ok(Receipt { reference: id })
    }

    async fn put(&self, id: &str, eml: &[u8]) -> io::Result<()> {
        let mut folder = DirBuilder::new();
        #[cfg(unix)]
        folder.mode(0o700);
        folder.recursive(true).create(&self.0).await?;
        let mut options = OpenOptions::new();
        #[cfg(unix)]
        options.mode(0o600);
        let part = self.0.join(format!("{id}.part"));
        let mut file = options.write(true).create(true).truncate(true).open(&part).await?;
        file.write_all(eml).await?;
        file.sync_all().await?;
        drop(file);
        rename(&part, self.path(id)).await
    }

    /// The ids of all mails; none if the folder was never written to.
    pub(crate) async fn ids(&self) -> io::Result<Vec<String>> {
        let mut found = match read_dir(&self.0).await {
            Ok(found) => found,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut ids = Vec::new();
        while let Some(entry) = found.next_entry().await? {
            let name = entry.file_name();
            ids.extend(name.to_str().and_then(|name| name.strip_suffix(".eml")).map(str::to_owned));
        }
        Ok(ids)
    }

    pub(crate) async fn eml(&self, id: &str) -> io::Result<Option<Vec<u8>>> {
        // An id is the name of a file in this folder and of nothing else.
        let path = self.path(id);
        if id.starts_with('.')
            || path.parent() != Some(self.0.as_path())
            || Path::new(id).file_name() != Some(id.as_ref())
        {
            return Ok(None);
        }
        match read(path).await {
            Ok(eml) => Ok(Some(eml)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn path(&self, id: &str) -> PathBuf {
        self.0.join(format!("{id}.eml"))
    }
}
