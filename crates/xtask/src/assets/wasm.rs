//! Makes the wasm file small: without code that is never called, with wasm-opt if it is there, and without the names that only a
//! debugger reads.
//!
//! Must not know: what the file does. Its form: a header of 8 bytes and then sections, each one byte for the kind, the length of the
//! content in LEB128, and the content (WebAssembly core specification 2.0, section 5.5).

use std::{collections::HashSet, fs, path::Path};

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

/// The name of functions that nothing calls and the compiler cannot see that, because tables hold their addresses.
///
/// Leptos hydrates in two ways, and gives every erased view the code of both. The other way is for `hydrate_lazy`, which loads a page in
/// pieces and which we do not use: `hydrate_async` calls only itself. That was a quarter of the bundle.
const NEVER_CALLED: &str = "hydrate_async";

/// The kinds of sections that are looked into.
const CUSTOM: u8 = 0;
const IMPORTS: u8 = 2;
const CODE: u8 = 10;

/// Empties what is never called and runs wasm-opt over the file, in place. Without wasm-opt a sentence says what it costs.
///
/// # Errors
///
/// When it is not a wasm file, or wasm-opt fails.
pub(crate) fn optimise(file: &Path) -> Result<()> {
    fs::write(file, without_dead_code(&fs::read(file)?)?)?;
    let Some(wasm_opt) = tools::find_wasm_opt() else {
        say("there is no wasm-opt: the bundle works and is about a fifth bigger");
        return Ok(());
    };
    let mut command = shell::command(wasm_opt);
    shell::run(command.arg("-Oz").args(FEATURES).arg(file).arg("-o").arg(file))
}

/// The module with a trap in place of what is never called. Should it be called all the same, the page says `unreachable` and every
/// browser test fails.
///
/// # Errors
///
/// When it is not a wasm module.
fn without_dead_code(module: &[u8]) -> Result<Vec<u8>> {
    let sections = sections(module)?;
    let of_kind = |kind| sections.iter().find(|section| section.kind == kind).map(|section| section.content);
    let names = sections.iter().find(|section| section.name().is_some_and(|name| name == b"name"));
    let dead = match names {
        Some(names) => {
            functions_named(names.content, NEVER_CALLED).context("the names of the wasm file are cut off")?
        }
        None => HashSet::new(),
    };
    let n_imported = match of_kind(IMPORTS) {
        Some(imports) => n_imported_functions(imports).context("an import of the wasm file has an unknown form")?,
        None => 0,
    };
    let mut out = module[..HEADER].to_vec();
    for section in &sections {
        if section.kind == CODE {
            let code = emptied(section.content, n_imported, &dead).context("the code of the wasm file is cut off")?;
            out.push(CODE);
            push_sized(&mut out, &code);
        } else {
            out.extend_from_slice(section.whole);
        }
    }
    Ok(out)
}

/// The code section with the bodies of these functions replaced by one trap.
fn emptied(code: &[u8], n_imported: usize, dead: &HashSet<usize>) -> Option<Vec<u8>> {
    /// No locals, `unreachable`, `end`: valid for every type of function.
    const TRAP: [u8; 3] = [0x00, 0x00, 0x0b];
    let (n_bodies, mut rest) = number(code)?;
    let mut out = code[..code.len() - rest.len()].to_vec();
    for index in n_imported..n_imported + n_bodies {
        let (body, next) = sized(rest)?;
        push_sized(&mut out, if dead.contains(&index) { &TRAP } else { body });
        rest = next;
    }
    Some(out)
}

/// The numbers of the functions whose name contains `part`, from a `name` section (appendix 7.4.1: its part 1 names functions).
fn functions_named(names: &[u8], part: &str) -> Option<HashSet<usize>> {
    let (_, mut rest) = sized(names)?;
    while let [kind, after @ ..] = rest {
        let (content, next) = sized(after)?;
        if *kind == 1 {
            let (n, mut entries) = number(content)?;
            let mut found = HashSet::new();
            for _ in 0..n {
                let (index, after) = number(entries)?;
                let (name, after) = sized(after)?;
                if name.windows(part.len()).any(|window| window == part.as_bytes()) {
                    found.insert(index);
                }
                entries = after;
            }
            return Some(found);
        }
        rest = next;
    }
    Some(HashSet::new())
}

/// How many functions are imported: these have the first numbers. `None` for an import that is not as in section 5.5.5.
fn n_imported_functions(imports: &[u8]) -> Option<usize> {
    let (n, mut rest) = number(imports)?;
    let mut n_functions = 0;
    for _ in 0..n {
        let (_module, after) = sized(rest)?;
        let (_name, after) = sized(after)?;
        let (kind, after) = after.split_first()?;
        rest = match kind {
            0 => {
                n_functions += 1;
                number(after)?.1
            }
            1 => limits(after.get(1..)?)?, // a table: the type of its elements, limits
            2 => limits(after)?,           // a memory
            3 => after.get(2..)?,          // a global: its type, and whether it changes
            _ => return None,
        };
    }
    Some(n_functions)
}

/// What follows after limits: a byte that says whether there is a maximum, the minimum, the maximum.
fn limits(bytes: &[u8]) -> Option<&[u8]> {
    let (has_maximum, after) = bytes.split_first()?;
    let (_minimum, after) = number(after)?;
    if has_maximum & 1 == 1 { number(after).map(|(_, after)| after) } else { Some(after) }
}

/// The module without the custom sections that say how it was made and what its functions are called.
///
/// # Errors
///
/// When it is not a wasm module.
pub(crate) fn without_names(module: &[u8]) -> Result<Vec<u8>> {
    let kept = sections(module)?.into_iter().filter(|section| !section.name().is_some_and(is_for_debuggers));
    Ok(kept.fold(module[..HEADER].to_vec(), |mut out, section| {
        out.extend_from_slice(section.whole);
        out
    }))
}

/// The length of magic and version.
const HEADER: usize = 8;

struct Section<'a> {
    kind: u8,
    content: &'a [u8],
    /// With kind and length.
    whole: &'a [u8],
}

impl Section<'_> {
    /// A custom section begins with its name and may be left out.
    fn name(&self) -> Option<&[u8]> {
        if self.kind == CUSTOM { sized(self.content).map(|(name, _)| name) } else { None }
    }
}

fn sections(module: &[u8]) -> Result<Vec<Section<'_>>> {
    let (header, mut rest) = module.split_at_checked(HEADER).context("a wasm file has at least eight bytes")?;
    if !header.starts_with(b"\0asm") {
        bail!("this is not a wasm file");
    }
    let mut found = Vec::new();
    while let [kind, after @ ..] = rest {
        let (content, next) = sized(after).context("a section of the wasm file is cut off")?;
        found.push(Section { kind: *kind, content, whole: &rest[..rest.len() - next.len()] });
        rest = next;
    }
    Ok(found)
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
    let mut value = 0_usize;
    for (i, byte) in bytes.iter().take(5).enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[i + 1..]));
        }
    }
    None
}

/// Appends the number of the bytes and the bytes.
fn push_sized(out: &mut Vec<u8>, bytes: &[u8]) {
    let mut length = bytes.len();
    while length >= 0x80 {
        out.push(length.to_le_bytes()[0] | 0x80);
        length >>= 7;
    }
    out.push(length.to_le_bytes()[0]);
    out.extend_from_slice(bytes);
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

    /// As we write it: the length in as few bytes as possible.
    fn section_plain(kind: u8, content: &[u8]) -> Vec<u8> {
        let mut out = vec![kind];
        push_sized(&mut out, content);
        out
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
    fn what_is_never_called_becomes_a_trap_and_the_rest_stays() {
        // Two imports: a memory, which has no number, and a function, which is number 0. Then two functions of its own.
        let imports = section(2, b"\x02\x01a\x01m\x02\x00\x01\x01a\x01f\x00\x00");
        let names = section(0, b"\x04name\x00\x02\x01x\x01\x18\x02\x01\x03run\x02\x10hydrate_async::h");
        let code = |second: &[u8]| section_plain(10, &[b"\x02\x03\x00\x01\x0b", second].concat());
        let module = |second: &[u8]| [HEADER, &imports, &code(second), &names].concat();
        assert_eq!(without_dead_code(&module(b"\x05\x00\x01\x01\x01\x0b")).unwrap(), module(b"\x03\x00\x00\x0b"));
    }

    #[test]
    fn a_module_without_names_stays_as_it_is() {
        let module = [HEADER, &section_plain(10, b"\x01\x03\x00\x01\x0b")].concat();
        assert_eq!(without_dead_code(&module).unwrap(), module);
    }

    #[test]
    fn a_length_that_was_written_is_read_again() {
        for length in [0, 1, 127, 128, 300, 70_000] {
            let bytes = vec![7; length];
            let mut out = Vec::new();
            push_sized(&mut out, &bytes);
            assert_eq!(sized(&out), Some((&bytes[..], &[][..])));
        }
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
