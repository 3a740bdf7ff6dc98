//! The bundle's budget: what a browser downloads before the page runs must stay small, whoever adds what to it.
//!
//! Must not know: what is in the bundle.

use anyhow::{Context, Result, bail};

use crate::{assets::Manifest, workspace::root};

/// Wasm and scripts together, compressed with brotli, in bytes. Working offline, merging of texts and presence brought 28,000 of them; the
/// aim is 290,000, and until then what they weigh may not grow.
const LIMIT: u64 = 411_500;

/// Prints the size of the released bundle and compares it with the limit.
///
/// # Errors
///
/// When the bundle is too big or has not been built.
pub(crate) fn check() -> Result<()> {
    let folder = root().join("target/site/pkg");
    let manifest = Manifest::read(&folder)?.context("the page has not been built")?;
    let size = manifest.bundle_bytes();
    println!("{}", verdict(size)?);
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
