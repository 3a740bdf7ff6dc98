//! Has anything changed since the last time? A stamp is the hash of all inputs of a step, kept in a file beside its result.
//!
//! Must not know: what the step does.

use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::assets::hex;

/// All files below `path` (or `path` itself if it is a file), in the order of their names. A path that does not exist has none.
/// Build folders and hidden files are left out.
pub(crate) fn files(path: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut waiting = vec![path.to_owned()];
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).with_context(|| format!("could not list {}", path.display()))?;
            for entry in entries {
                let entry = entry?;
                let name = entry.file_name();
                let hidden = name.as_encoded_bytes().first() == Some(&b'.');
                if !hidden && name != "target" && name != "node_modules" {
                    waiting.push(entry.path());
                }
            }
        } else if path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The hash of the names and contents of all files below `paths`, and of `extra`: what else the result depends on.
///
/// Contents and not times, because a fresh checkout or a switched branch touches every file and changes few.
pub(crate) fn of_contents(root: &Path, paths: &[&str], extra: &[&str]) -> Result<String> {
    let mut hasher = Sha256::new();
    for path in paths {
        for file in files(&root.join(path))? {
            let bytes = fs::read(&file).with_context(|| format!("could not read {}", file.display()))?;
            hasher.update(file.strip_prefix(root).unwrap_or(&file).as_os_str().as_encoded_bytes());
            // The length keeps the end of one file apart from the beginning of the next.
            hasher.update((bytes.len() as u64).to_le_bytes());
            hasher.update(&bytes);
        }
    }
    for text in extra {
        hasher.update((text.len() as u64).to_le_bytes());
        hasher.update(text);
    }
    Ok(hex(&hasher.finalize()))
}

/// What can be seen of all files below `paths` without reading them: name, time of change and length. Cheap enough to ask twice a second.
pub(crate) fn of_times(root: &Path, paths: &[&str]) -> Result<Vec<(PathBuf, SystemTime, u64)>> {
    let mut seen = Vec::new();
    for path in paths {
        for file in files(&root.join(path))? {
            // An editor that saves by renaming makes a file vanish for a moment; the next look finds it.
            if let Ok(meta) = file.metadata() {
                seen.push((file, meta.modified()?, meta.len()));
            }
        }
    }
    Ok(seen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_changes_with_a_byte_a_name_or_an_extra_and_with_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let stamp = || of_contents(dir.path(), &["src", "absent"], &["1.95"]).unwrap();
        fs::create_dir_all(dir.path().join("src/deep")).unwrap();
        fs::write(dir.path().join("src/deep/a.rs"), "one").unwrap();
        let first = stamp();

        fs::write(dir.path().join("src/deep/a.rs"), "one").unwrap();
        fs::create_dir_all(dir.path().join("src/target")).unwrap();
        fs::write(dir.path().join("src/target/built"), "x").unwrap();
        assert_eq!(stamp(), first);

        assert_ne!(of_contents(dir.path(), &["src", "absent"], &["1.96"]).unwrap(), first);
        fs::rename(dir.path().join("src/deep/a.rs"), dir.path().join("src/deep/b.rs")).unwrap();
        assert_ne!(stamp(), first);
        fs::rename(dir.path().join("src/deep/b.rs"), dir.path().join("src/deep/a.rs")).unwrap();
        assert_eq!(stamp(), first);
        fs::write(dir.path().join("src/deep/a.rs"), "two").unwrap();
        assert_ne!(stamp(), first);
    }
}
