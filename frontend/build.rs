//! Tells the linker to leave in the released page what splitting it needs.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // Debug builds are not split.
    if std::env::var("DEBUG").is_ok_and(|debug| debug == "false") {
        println!("cargo::rustc-link-arg-cdylib=--emit-relocs");
    }
}
