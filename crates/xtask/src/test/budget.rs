//! The bundle's budget: what a browser downloads before the page runs must stay small, whoever adds what to it.
//!
//! Must not know: what is in the bundle.

use anyhow::{Context, Result, bail};

use crate::{assets::Manifest, workspace::root};

/// Wasm and scripts before the page runs, compressed with brotli, in bytes. The parts that come later are not counted here.
const LIMIT: u64 = 276_000;

/// Prints the size of the released bundle and compares it with the limit.
///
/// # Errors
///
/// When the bundle is too big or has not been built.
pub(crate) fn check() -> Result<()> {
    let folder = root().join("target/site/pkg");
    let manifest = Manifest::read(&folder)?.context("the page has not been built")?;
    println!("{}", verdict(manifest.bundle_bytes())?);
    let (later, n) = (manifest.later_bytes(), manifest.later().len());
    println!("with what comes later: {} bytes, of these {later} in {n} files", manifest.bundle_bytes() + later);
    Ok(())
}

fn verdict(size: u64) -> Result<String> {
    let text = format!("bundle: {size} of {LIMIT} bytes (wasm and js, brotli), {} %", size * 100 / LIMIT);
    if size > LIMIT {
        bail!("{text}: too big");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_itself_is_allowed_and_one_byte_more_is_not() {
        assert!(verdict(LIMIT).unwrap().starts_with(&format!("bundle: {LIMIT} of {LIMIT} bytes")));
        assert!(verdict(LIMIT + 1).is_err());
    }
}
