//! A ring in a file: read whole, replaced whole.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    time::SystemTime,
};

use zeroize::Zeroizing;

use super::{LONGEST, SourceError};
use crate::KeyRing;

/// By what a file is known to have changed: its length and when it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
}

pub(super) fn stamp(path: &Path) -> Option<Stamp> {
    let about = fs::metadata(path).ok()?;
    Some(Stamp { length: about.len(), modified: about.modified().ok() })
}

fn fault(place: &str) -> impl Fn(io::Error) -> SourceError + '_ {
    |error| SourceError::File { place: place.to_owned(), error }
}

pub(super) fn read(path: &Path, place: &str) -> Result<Zeroizing<String>, SourceError> {
    // Room for all of it at once: a string that grows leaves unwiped copies behind.
    let mut text = Zeroizing::new(String::with_capacity(LONGEST + 1));
    let file = File::open(path).map_err(fault(place))?;
    file.take(LONGEST as u64 + 1).read_to_string(&mut text).map_err(fault(place))?;
    if text.len() > LONGEST {
        return Err(fault(place)(io::Error::other("it is too long for a key ring")));
    }
    Ok(text)
}

/// Refuses a file that others on the machine can read, or that its group can change.
#[cfg(unix)]
pub(super) fn refuse_open(path: &Path, place: &str) -> Result<(), SourceError> {
    use std::os::unix::fs::PermissionsExt as _;
    const OTHERS: u32 = 0o007;
    const GROUP_WRITES: u32 = 0o020;
    let mode = fs::metadata(path).map_err(fault(place))?.permissions().mode() & 0o777;
    if mode & (OTHERS | GROUP_WRITES) == 0 {
        return Ok(());
    }
    Err(SourceError::Open { place: place.to_owned(), path: path.to_owned(), mode })
}

#[cfg(not(unix))]
pub(super) fn refuse_open(_: &Path, _: &str) -> Result<(), SourceError> {
    Ok(())
}

/// Whether the file can be replaced: the folder takes a new one.
pub(super) fn is_writable(path: &Path) -> bool {
    let is_ours = OpenOptions::new().append(true).open(path).is_ok();
    is_ours && open_lock(path).is_ok()
}

pub(super) fn make(path: &Path, ring: &KeyRing, place: &str) -> Result<bool, SourceError> {
    if path.exists() {
        return Ok(false);
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(fault(place))?;
    }
    match write(path, ring) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        written => written.map(|()| true).map_err(fault(place)),
    }
}

/// Held as long as the ring is being changed.
pub(super) fn lock(path: &Path, place: &str) -> Result<File, SourceError> {
    let file = open_lock(path).map_err(fault(place))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(SourceError::Busy(place.to_owned())),
        Err(TryLockError::Error(error)) => Err(fault(place)(error)),
    }
}

fn open_lock(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(beside(path, ".lock"))
}

pub(super) fn replace(path: &Path, ring: &KeyRing, place: &str) -> Result<(), SourceError> {
    let new = beside(path, ".new");
    let replaced = || {
        // What a process left that was killed here; the lock says that nobody else writes it.
        match fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        write(&new, ring)?;
        fs::set_permissions(&new, fs::metadata(path)?.permissions())?;
        fs::rename(&new, path)?;
        // The new name is safe from a power cut only with its folder.
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
    };
    replaced().map_err(fault(place))
}

/// Writes a file that is not there yet, for its owner alone.
fn write(path: &Path, ring: &KeyRing) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(ring.to_text().expose().as_bytes())?;
    file.sync_all()
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(end);
    name.into()
}
