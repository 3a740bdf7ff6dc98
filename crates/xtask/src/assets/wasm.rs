//! Makes the wasm file small: wasm-opt, if it is there, and without the names that only a debugger reads.
//!
//! Must not know: what the file does.

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::{
    shell::{self, say},
    tools,
};

/// What today's Rust emits for this target; wasm-opt does not take it for granted.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// Runs wasm-opt over the file, in place. Without wasm-opt the file stays as it is, and a sentence says so.
///
/// # Errors
///
/// When wasm-opt fails.
pub(crate) fn optimise(file: &Path) -> Result<()> {
    let Some(wasm_opt) = tools::find_wasm_opt() else {
        say("there is no wasm-opt: the bundle works and is about a fifth bigger");
        return Ok(());
    };
    let mut command = shell::command(wasm_opt);
    shell::run(command.arg("-Oz").args(FEATURES).arg(file).arg("-o").arg(file))
}

/// The module without the custom sections that say how it was made and what its functions are called.
///
/// A wasm file is a header of 8 bytes and then sections: one byte for the kind, the length of the content in LEB128, the content
/// (WebAssembly core specification 2.0, section 5.5). Kind 0 is custom: it begins with a name and may be left out.
///
/// # Errors
///
/// When it is not a wasm module.
pub(crate) fn without_names(module: &[u8]) -> Result<Vec<u8>> {
    let (header, mut rest) = module.split_at_checked(8).context("a wasm file has at least eight bytes")?;
    if !header.starts_with(b"\0asm") {
        bail!("this is not a wasm file");
    }
    let mut out = header.to_vec();
    while let [kind, after @ ..] = rest {
        let (content, next) = sized(after).context("a section of the wasm file is cut off")?;
        let length = rest.len() - next.len();
        let name = if *kind == 0 { sized(content).map(|(name, _)| name) } else { None };
        if !name.is_some_and(is_for_debuggers) {
            out.extend_from_slice(&rest[..length]);
        }
        rest = next;
    }
    Ok(out)
}

fn is_for_debuggers(section: &[u8]) -> bool {
    [&b"name"[..], b"producers", b"target_features"].contains(&section) || section.starts_with(b".debug")
}

/// Splits off bytes that are preceded by their number, an unsigned LEB128 of 32 bits.
fn sized(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut length = 0_usize;
    for (i, byte) in bytes.iter().take(5).enumerate() {
        length |= usize::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            return bytes[i + 1..].split_at_checked(length);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &[u8] = b"\0asm\x01\0\0\0";

    fn section(kind: u8, content: &[u8]) -> Vec<u8> {
        // Padded to two bytes on purpose: compilers do that too.
        let length = u8::try_from(content.len()).unwrap();
        [&[kind, length | 0x80, 0][..], content].concat()
    }

    #[test]
    fn names_and_makers_are_left_out_and_code_and_other_sections_stay() {
        let code = section(10, &[1; 100]);
        let other = section(0, b"\x05otherxyz");
        let module = [
            HEADER,
            &section(0, b"\x04nameabc"),
            &code,
            &section(0, b"\x09producers1"),
            &other,
            &section(0, b"\x0b.debug_info"),
        ];
        assert_eq!(without_names(&module.concat()).unwrap(), [HEADER, &code, &other].concat());
    }

    #[test]
    fn what_is_cut_off_or_not_wasm_is_refused() {
        let module = [HEADER, &section(10, &[1; 100])].concat();
        for (bytes, what) in [(&module[..50], "cut off"), (&module[..4], "too short"), (b"<!doctype html>", "not wasm")]
        {
            assert!(without_names(bytes).is_err(), "{what}");
        }
    }
}
