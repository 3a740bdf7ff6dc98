//! Says whether this is a page that is going to be split (`src/later.rs`): the released one is, what one looks for mistakes in
//! is not.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(split)");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|found| found == value);
    if is("CARGO_CFG_TARGET_FAMILY", "wasm") && is("DEBUG", "false") {
        println!("cargo::rustc-cfg=split");
    }
}
