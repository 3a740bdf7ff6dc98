//! The second lock: whatever the writer has written, only what is listed here comes out.
//!
//! Must not know: Markdown. The list is what `write` makes, and nothing more.

use ammonia::{Builder, UrlRelative};
use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

/// What a link to elsewhere says of itself.
pub(super) const REL: &str = "noopener nofollow ugc";

const TAGS: [&str; 25] = [
    "a",
    "blockquote",
    "br",
    "code",
    "del",
    "div",
    "em",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "input",
    "li",
    "ol",
    "p",
    "pre",
    "span",
    "strong",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
];

/// Whether an address is one of our own pages. The browser drops line breaks and tabs, and takes `\` for `/`: none of them
/// may stand in it.
pub(super) fn is_own(address: &str) -> bool {
    let mut bytes = address.bytes();
    bytes.next() == Some(b'/') && !matches!(bytes.next(), Some(b'/' | b'\\')) && !address.contains(char::is_control)
}

/// Lets through what is on the list.
pub(super) fn cleaned(html: &str) -> String {
    static LIST: LazyLock<Builder<'static>> = LazyLock::new(|| {
        let mut list = Builder::empty();
        list.tags(TAGS.into_iter().chain(["ul"]).collect())
            .tag_attributes(attributes([
                ("a", &["href"]),
                ("input", &["disabled", "checked", "data-at", "aria-label"]),
                ("ol", &["start"]),
                ("span", &["data-person"]),
            ]))
            .tag_attribute_values(HashMap::from([
                ("a", values([("rel", &[REL])])),
                ("input", values([("type", &["checkbox"])])),
                ("div", values([("role", &["group"]), ("aria-label", &["Table"]), ("tabindex", &["0"])])),
                ("th", values([("data-align", &["center", "right"])])),
                ("td", values([("data-align", &["center", "right"])])),
            ]))
            .allowed_classes(attributes([("div", &["table-wrap"]), ("span", &["mention"])]))
            .url_schemes(HashSet::from(["http", "https", "mailto"]))
            .url_relative(UrlRelative::Custom(Box::new(own)))
            .link_rel(None);
        list
    });
    LIST.clean(html).to_string()
}

fn own(address: &str) -> Option<Cow<'_, str>> {
    is_own(address).then_some(Cow::Borrowed(address))
}

fn attributes<const N: usize>(
    of: [(&'static str, &[&'static str]); N],
) -> HashMap<&'static str, HashSet<&'static str>> {
    of.into_iter().map(|(tag, names)| (tag, names.iter().copied().collect())).collect()
}

fn values<const N: usize>(of: [(&'static str, &[&'static str]); N]) -> HashMap<&'static str, HashSet<&'static str>> {
    attributes(of)
}
