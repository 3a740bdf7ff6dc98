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

/// Small, and again after the control flow was taken apart and put together anew: that saves one part in a hundred.
const PASSES: [&str; 5] = ["-Oz", "--flatten", "--rereloop", "-Oz", "--converge"];

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
    shell::run(command.args(PASSES).args(FEATURES).arg(file).arg("-o").arg(file))
}

/// What the framework exports for bodies that are streamed through server functions. Our page has none: it sends and
/// receives texts. As long as they are exported nothing can tell that they are dead.
const NEVER_CALLED: [&str; 2] = ["intounderlying", "__wbg_intounderlying"];

/// The module without the exports that nothing calls, so that what they lead to can be left out by [`optimise`].
///
/// # Errors
///
/// When it is not a wasm module.
pub(crate) fn without_dead_exports(module: &[u8]) -> Result<Vec<u8>> {
    rewritten(module, |kind, content| match kind {
        EXPORTS => {
            let kept = live_exports(content).context("an export of the wasm file is cut off")?;
            Ok(Some(section(EXPORTS, &kept)))
        }
        _ => Ok(None),
    })
}

/// The content of an export section: the number of entries, each a name, a kind and an index.
fn live_exports(content: &[u8]) -> Option<Vec<u8>> {
    let (count, mut rest) = number(content)?;
    let (mut n, mut kept) = (0, Vec::new());
    for _ in 0..count {
        let entry = rest;
        let (name, after) = sized(rest)?;
        let (_, after) = number(after.get(1..)?)?;
        rest = after;
        if !NEVER_CALLED.iter().any(|dead| name.starts_with(dead.as_bytes())) {
            n += 1;
            kept.extend_from_slice(&entry[..entry.len() - rest.len()]);
        }
    }
    Some([leb(n), kept].concat())
}

/// The module without the custom sections that say how it was made and what its functions are called.
///
/// # Errors
///
/// When it is not a wasm module.
pub(crate) fn without_names(module: &[u8]) -> Result<Vec<u8>> {
    rewritten(module, |kind, content| {
        let name = if kind == CUSTOM { sized(content).map(|(name, _)| name) } else { None };
        Ok(name.is_some_and(is_for_debuggers).then(Vec::new))
    })
}

const CUSTOM: u8 = 0;
const EXPORTS: u8 = 7;

/// Goes over the sections of a module; `change` gives the bytes that take a section's place, or nothing to leave it.
///
/// A wasm file is a header of 8 bytes and then sections: one byte for the kind, the length of the content in LEB128, the content
/// (WebAssembly core specification 2.0, section 5.5). Kind 0 is custom: it begins with a name and may be left out.
fn rewritten(module: &[u8], change: impl Fn(u8, &[u8]) -> Result<Option<Vec<u8>>>) -> Result<Vec<u8>> {
    let (header, mut rest) = module.split_at_checked(8).context("a wasm file has at least eight bytes")?;
    if !header.starts_with(b"\0asm") {
        bail!("this is not a wasm file");
    }
    let mut out = header.to_vec();
    while let [kind, after @ ..] = rest {
        let (content, next) = sized(after).context("a section of the wasm file is cut off")?;
        match change(*kind, content)? {
            Some(bytes) => out.extend_from_slice(&bytes),
            None => out.extend_from_slice(&rest[..rest.len() - next.len()]),
        }
        rest = next;
    }
    Ok(out)
}

fn section(kind: u8, content: &[u8]) -> Vec<u8> {
    [&[kind], leb(content.len()).as_slice(), content].concat()
}

/// A number as unsigned LEB128.
fn leb(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(number & 0x7f).unwrap_or_default();
        number >>= 7;
        bytes.push(if number == 0 { low } else { low | 0x80 });
        if number == 0 {
            return bytes;
        }
    }
}

fn is_for_debuggers(section: &[u8]) -> bool {
    [&b"name"[..], b"producers", b"target_features"].contains(&section) || section.starts_with(b".debug")
}

/// Splits off bytes that are preceded by their number.
fn sized(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = number(bytes)?;
    rest.split_at_checked(length)
}

/// Splits off an unsigned LEB128 of 32 bits.
fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut number = 0_usize;
    for (i, byte) in bytes.iter().take(5).enumerate() {
        number |= usize::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            return Some((number, &bytes[i + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &[u8] = b"\0asm\x01\0\0\0";

    fn padded(kind: u8, content: &[u8]) -> Vec<u8> {
        // Padded to two bytes on purpose: compilers do that too.
        let length = u8::try_from(content.len()).unwrap();
        [&[kind, length | 0x80, 0][..], content].concat()
    }

    #[test]
    fn names_and_makers_are_left_out_and_code_and_other_sections_stay() {
        let code = padded(10, &[1; 100]);
        let other = padded(0, b"\x05otherxyz");
        let module = [
            HEADER,
            &padded(0, b"\x04nameabc"),
            &code,
            &padded(0, b"\x09producers1"),
            &other,
            &padded(0, b"\x0b.debug_info"),
        ];
        assert_eq!(without_names(&module.concat()).unwrap(), [HEADER, &code, &other].concat());
    }

    #[test]
    fn dead_exports_are_left_out_and_the_others_stay() {
        let entry = |name: &[u8], index: u8| [&[u8::try_from(name.len()).unwrap()], name, &[0, index]].concat();
        let (memory, dead, start) = (entry(b"memory", 0), entry(b"intounderlyingsink_write", 200), entry(b"start", 7));
        // An index of two bytes, as LEB128.
        let dead = [&dead[..], &[1]].concat();
        let code = padded(10, &[1; 100]);
        let module = [HEADER, &padded(7, &[&[3], &memory[..], &dead, &start].concat()), &code].concat();
        let kept = [HEADER, &section(7, &[&[2], &memory[..], &start].concat()), &code].concat();
        assert_eq!(without_dead_exports(&module).unwrap(), kept);
    }

    #[test]
    fn what_is_cut_off_or_not_wasm_is_refused() {
        let module = [HEADER, &padded(10, &[1; 100])].concat();
        for (bytes, what) in [(&module[..50], "cut off"), (&module[..4], "too short"), (b"<!doctype html>", "not wasm")]
        {
            assert!(without_names(bytes).is_err(), "{what}");
        }
    }
}
