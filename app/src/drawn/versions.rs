//! What a comment said before, as a list.

use model::Today;
use service::query::Version;
use std::fmt::Write as _;

/// Each text with the moment since when it was so, newest first.
pub(super) fn draw(versions: &[Version], today: &Today) -> String {
    let mut out = String::new();
    for Version { at, html } in versions {
        // The HTML is what the server has made of a text, and safe.
        let _ = write!(
            out,
            "<li><time datetime=\"{}\">{}</time><div class=\"prose prose-sm\">{html}</div></li>",
            at.rfc3339(),
            super::escaped(&today.moment(*at)),
        );
    }
    out
}
