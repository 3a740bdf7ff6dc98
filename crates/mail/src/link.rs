//! Links: absolute addresses of pages, and nothing that could run.

use std::fmt;
use url::Url;

/// An `http` or `https` address, in its written form all ASCII and without spaces, quotes or angle brackets.
#[derive(Clone, PartialEq, Eq)]
pub struct Link(Url);

/// A text that is no address of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a link begins with http:// or https:// and names a host")]
pub struct BadLink;

impl Link {
    /// Reads an absolute address.
    ///
    /// # Errors
    ///
    /// If it is none, or of another scheme: `javascript:` and `data:` have no place in a mail.
    pub fn parse(text: &str) -> Result<Self, BadLink> {
        let url = Url::parse(text).map_err(|_| BadLink)?;
        let is_page = matches!(url.scheme(), "http" | "https") && url.has_host() && url.username().is_empty();
        if is_page { Ok(Self(url)) } else { Err(BadLink) }
    }

    /// Another page of the same host: `path` begins with `/` and may have a query and a fragment. What cannot stand in an
    /// address is percent-encoded, line ends are left out.
    #[must_use]
    pub fn join(&self, path: &str) -> Self {
        let (path, fragment) = split(path, '#');
        let (path, query) = split(path, '?');
        let mut url = self.0.clone();
        url.set_path(path);
        url.set_query(query);
        url.set_fragment(fragment);
        Self(url)
    }

    /// The link as it is written. A host alone has no `/` behind it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let text = self.0.as_str();
        let is_bare = self.0.path() == "/" && self.0.query().is_none() && self.0.fragment().is_none();
        if is_bare { text.trim_end_matches('/') } else { text }
    }

    /// The host, with its port if it is not the usual one.
    #[must_use]
    pub fn host(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        self.0.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }
}

fn split(text: &str, at: char) -> (&str, Option<&str>) {
    text.split_once(at).map_or((text, None), |(before, behind)| (before, Some(behind)))
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Only the host: the rest of a link may let somebody in.
impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Link({}/…)", self.host())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_to_a_page_and_nowhere_else() {
        for (text, is_good) in [
            ("https://tasks.example.org", true),
            ("http://localhost:4000/p/MUS/4?a=b#c", true),
            ("javascript:alert(1)", false),
            ("data:text/html,x", false),
            ("mailto:bo@example.org", false),
            ("//example.org", false),
            ("/p/MUS/4", false),
            ("https://bank.example@evil.example/", false),
            ("", false),
        ] {
            assert_eq!(Link::parse(text).is_ok(), is_good, "{text:?}");
        }
    }

    #[test]
    fn a_joined_link_stays_on_its_host_and_is_plain() {
        let home = Link::parse("https://tasks.example.org").unwrap();
        for (path, expected) in [
            ("/p/MUS/4", "https://tasks.example.org/p/MUS/4"),
            ("/p/MUS?q=a b", "https://tasks.example.org/p/MUS?q=a%20b"),
            ("/ü\r\nBcc: x", "https://tasks.example.org/%C3%BCBcc:%20x"),
            ("//evil.example/", "https://tasks.example.org//evil.example/"),
            ("/a\"><b>", "https://tasks.example.org/a%22%3E%3Cb%3E"),
            ("/inbox#n7", "https://tasks.example.org/inbox#n7"),
        ] {
            assert_eq!(home.join(path).as_str(), expected, "{path:?}");
        }
        assert_eq!(home.as_str(), "https://tasks.example.org");
    }
}
