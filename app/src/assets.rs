//! The files that a page loads, by their addresses: the server names them in full, views ask for them here.
//!
//! Must not know: where the files lie on disk.

use leptos::prelude::*;
use std::collections::BTreeMap;

/// The addresses of what a page loads, all of them complete, such as `/pkg/app-0f3a.js`.
///
/// The server provides it as context for each request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assets {
    /// The glue that loads the wasm.
    pub js: String,
    /// The pages as wasm.
    pub wasm: String,
    /// The files of the parts of the program that come later, by what it calls these.
    pub parts: BTreeMap<String, Vec<String>>,
    /// The style sheet.
    pub css: String,
    /// The icons, one symbol each.
    pub icons: String,
    /// The icon of the product, SVG.
    pub icon: String,
    /// The picture beside the forms of accounts, SVG.
    pub art: String,
    /// The script of the pages that need no wasm.
    pub forms: String,
    /// The script that tells the server who reads.
    pub reader: String,
    /// The script that keeps things on the device.
    pub keep: String,
    /// The script that loads the program.
    pub boot: String,
    /// The script that spoils the network, where developers may: it comes before all others.
    pub network: Option<String>,
    /// The build, as the live channel names it in `welcome`; empty to compare nothing.
    pub build: String,
}

/// The address of an asset that views name: from the server's context there, from the head of the document here.
fn named(of: fn(&Assets) -> &str, meta: &str) -> String {
    if cfg!(feature = "ssr") {
        use_context::<Assets>().map(|assets| of(&assets).to_owned()).unwrap_or_default()
    } else {
        crate::dom::meta(meta).unwrap_or_default()
    }
}

/// The address of an icon, such as `i-plus`.
pub(crate) fn icon_href(name: &str) -> String {
    use std::sync::OnceLock;
    static ICONS: OnceLock<String> = OnceLock::new();
    // The document does not change its head; the server asks its context each time.
    if cfg!(feature = "ssr") {
        format!("{}#{name}", named(|a| &a.icons, "muster-icons"))
    } else {
        format!("{}#{name}", ICONS.get_or_init(|| named(|a| &a.icons, "muster-icons")))
    }
}

/// The address of the picture beside the forms of accounts.
pub(crate) fn art_href() -> String {
    named(|a| &a.art, "muster-art")
}
