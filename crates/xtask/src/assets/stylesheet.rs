//! The style sheets become one: imports inlined, white space gone, files referred to by their hashed names.
//!
//! Must not know: what is styled. Nothing is translated for old browsers: layers, nesting and `light-dark()` stay as they are written.

use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use lightningcss::{
    bundler::{Bundler, FileProvider},
    dependencies::{Dependency, DependencyOptions, UrlDependency},
    printer::PrinterOptions,
    stylesheet::{MinifyOptions, ParserOptions},
};

/// Bundles `entry`. `name_of` says what a file (absolute path, or as absolute as `entry` is) is called beside the style sheet.
///
/// # Errors
///
/// When a sheet cannot be read or parsed, or refers to a file that has no name.
pub(crate) fn bundle(entry: &Path, name_of: impl Fn(&Path) -> Option<String>) -> Result<String> {
    let files = FileProvider::new();
    // The errors borrow from the bundler, so that they become text here.
    let mut sheet = Bundler::new(&files, None, ParserOptions::default())
        .bundle(entry)
        .map_err(|error| anyhow!("{error}"))
        .with_context(|| format!("could not bundle {}", entry.display()))?;
    sheet.minify(MinifyOptions::default()).map_err(|error| anyhow!("{error}"))?;
    let analyze_dependencies = Some(DependencyOptions { remove_imports: false });
    let printed = sheet
        .to_css(PrinterOptions { minify: true, analyze_dependencies, ..PrinterOptions::default() })
        .map_err(|error| anyhow!("{error}"))?;

    let mut css = printed.code;
    for dependency in printed.dependencies.unwrap_or_default() {
        match dependency {
            Dependency::Url(url) => css = css.replace(&url.placeholder, &target_of(&url, &name_of)?),
            // The policy of the pages allows nothing from other places.
            Dependency::Import(import) => bail!("{} imports {}", import.loc.file_path, import.url),
        }
    }
    Ok(css)
}

/// What a `url()` has to say in the bundle.
fn target_of(url: &UrlDependency, name_of: impl Fn(&Path) -> Option<String>) -> Result<String> {
    // `data:` and references into the page itself need no file.
    if url.url.starts_with("data:") || url.url.starts_with('#') {
        return Ok(url.url.clone());
    }
    let sheet = Path::new(&url.loc.file_path);
    let (file, fragment) =
        url.url.split_once('#').map_or((url.url.as_str(), String::new()), |(f, id)| (f, format!("#{id}")));
    let file = normal(&sheet.parent().unwrap_or(sheet).join(file));
    let name =
        name_of(&file).with_context(|| format!("{} refers to {}, which is not there", sheet.display(), url.url))?;
    Ok(name + &fragment)
}

/// The path without `.` and `..`.
fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => (),
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn bundled(sheets: &[(&str, &str)]) -> Result<String> {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in sheets {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        bundle(&dir.path().join("main.css"), |file| {
            (file == dir.path().join("fonts/g.woff2")).then(|| "g-1234.woff2".to_owned())
        })
    }

    #[test]
    fn imports_are_inlined_and_the_order_of_the_layers_is_kept() {
        let css = bundled(&[
            ("main.css", "@layer parts, base; @import 'base.css' layer(base); @import 'parts/button.css';"),
            ("base.css", "a { color: red }"),
            ("parts/button.css", "@layer parts { .btn { color: blue } }"),
        ]);
        assert_eq!(css.unwrap(), "@layer parts{.btn{color:#00f}}@layer base{a{color:red}}");
    }

    #[test]
    fn what_browsers_know_is_not_translated() {
        let css =
            bundled(&[("main.css", "a { color: light-dark(#111, oklch(0.9 0.01 80)); &:hover { inset-inline: 0 } }")]);
        assert_eq!(css.unwrap(), "a{color:light-dark(#111,oklch(90% .01 80));&:hover{inset-inline:0}}");
    }

    #[test]
    fn a_file_is_found_from_the_sheet_that_names_it_and_gets_its_hashed_name() {
        for url in ["fonts/g.woff2", "./fonts/g.woff2"] {
            let css = bundled(&[("main.css", &format!("a {{ background: url('{url}#x') }}"))]);
            assert_eq!(css.unwrap(), r#"a{background:url("g-1234.woff2#x")}"#);
        }
        let css = bundled(&[
            ("main.css", "@import 'parts/a.css';"),
            ("parts/a.css", "a { background: url(../fonts/g.woff2) }"),
        ]);
        assert_eq!(css.unwrap(), r#"a{background:url("g-1234.woff2")}"#);
    }

    #[test]
    fn data_inside_the_sheet_stays_there() {
        let css = bundled(&[("main.css", "a { background: url('data:image/png;base64,AAAA') }")]);
        assert!(css.unwrap().contains("data:image/png;base64,AAAA"));
    }

    #[test]
    fn a_reference_to_nothing_or_to_another_place_is_refused() {
        for sheet in [
            "a { background: url(missing.svg) }",
            "a { background: url(https://example.org/a.svg) }",
            "@import 'missing.css';",
            "@import url(https://example.org/a.css);",
        ] {
            assert!(bundled(&[("main.css", sheet)]).is_err(), "{sheet}");
        }
    }
}
