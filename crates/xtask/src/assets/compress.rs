//! Compression ahead of time: a file that is served a million times is worth a few seconds of the best compressor once.
//!
//! Must not know: what the files are for.

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use anyhow::{Context, Result};
use flate2::{Compression, write::GzEncoder};

use super::manifest::File;
use crate::stamp;

/// The best brotli has.
const BROTLI_QUALITY: u32 = 11;
/// A window of 4 MiB (2^22): the whole wasm file fits in, and every browser must accept it (RFC 7932, section 9.1 allows up to 24).
const BROTLI_WINDOW: u32 = 22;

/// Writes a `.br` and a `.gz` beside every file of `folder` that gets smaller by it. Returns the sizes of all files by name.
///
/// # Errors
///
/// When a file cannot be read or written.
pub(crate) fn all_in(folder: &Path) -> Result<BTreeMap<String, File>> {
    let mut files = stamp::files(folder)?;
    // The biggest first, so that the cores end together.
    files.sort_by_key(|file| std::cmp::Reverse(file.metadata().map_or(0, |meta| meta.len())));
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let sizes = compress(file).with_context(|| format!("could not compress {}", file.display()));
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((file, sizes));
                }
            });
        }
    });
    let done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.into_iter().map(|(file, sizes)| Ok((name_in(folder, file), sizes?))).collect()
}

/// The sizes of all files of `folder` by name, nothing compressed.
///
/// # Errors
///
/// When a file cannot be looked at.
pub(crate) fn sizes_in(folder: &Path) -> Result<BTreeMap<String, File>> {
    let size = |file: &PathBuf| Ok((name_in(folder, file), File { bytes: file.metadata()?.len(), br: None, gz: None }));
    stamp::files(folder)?.iter().map(size).collect()
}

fn name_in(folder: &Path, file: &Path) -> String {
    file.strip_prefix(folder).unwrap_or(file).to_string_lossy().into_owned()
}

fn compress(file: &Path) -> Result<File> {
    let bytes = fs::read(file)?;
    let size = bytes.len() as u64;
    if !is_compressible(file) {
        return Ok(File { bytes: size, br: None, gz: None });
    }
    Ok(File { bytes: size, br: keep(file, "br", size, &brotli(&bytes)?)?, gz: keep(file, "gz", size, &gzip(&bytes)?)? })
}

/// Writes the copy if it is smaller, and says how big it is.
fn keep(file: &Path, ending: &str, size: u64, copy: &[u8]) -> Result<Option<u64>> {
    if copy.len() as u64 >= size {
        return Ok(None);
    }
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    fs::write(name, copy)?;
    Ok(Some(copy.len() as u64))
}

/// Fonts and pictures other than SVG are compressed already.
fn is_compressible(file: &Path) -> bool {
    let ending = file.extension().unwrap_or_default();
    ["js", "mjs", "wasm", "css", "svg", "json", "webmanifest", "html", "xml"].iter().any(|known| ending == *known)
}

fn brotli(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut writer = brotli::CompressorWriter::new(Vec::new(), 0, BROTLI_QUALITY, BROTLI_WINDOW);
    writer.write_all(bytes)?;
    Ok(writer.into_inner())
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut writer = GzEncoder::new(Vec::new(), Compression::best());
    writer.write_all(bytes)?;
    Ok(writer.finish()?)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn what_was_compressed_comes_back_and_what_would_grow_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let text = "muster ".repeat(1000);
        fs::write(dir.path().join("long.js"), &text).unwrap();
        fs::write(dir.path().join("short.js"), "1").unwrap();
        fs::write(dir.path().join("font.woff2"), &text).unwrap();

        let sizes = all_in(dir.path()).unwrap();

        let mut from_brotli = String::new();
        let br = fs::File::open(dir.path().join("long.js.br")).unwrap();
        brotli::Decompressor::new(br, 4096).read_to_string(&mut from_brotli).unwrap();
        let mut from_gzip = String::new();
        let gz = fs::File::open(dir.path().join("long.js.gz")).unwrap();
        flate2::read::GzDecoder::new(gz).read_to_string(&mut from_gzip).unwrap();
        assert_eq!((from_brotli.as_str(), from_gzip.as_str()), (text.as_str(), text.as_str()));

        assert_eq!(sizes.len(), 3);
        assert!(sizes["long.js"].br.unwrap() < sizes["long.js"].gz.unwrap());
        assert_eq!(sizes["short.js"], File { bytes: 1, br: None, gz: None });
        assert_eq!(sizes["font.woff2"], File { bytes: 7000, br: None, gz: None });
        assert!(!dir.path().join("short.js.br").exists());
    }
}
