//! Devices from which somebody has signed in before: a cookie that only this installation can make (HMAC-SHA256), and that names
//! nobody. It says that a browser is known to an account, and gets nobody in.

use hmac::{Hmac, KeyInit as _, Mac};
use model::PersonId;
use sha2::Sha256;

use super::encode;
use crate::Cx;

const PURPOSE: &str = "known device";
/// How many people may share a browser before the first is forgotten.
const MOST: usize = 8;
/// The bytes of a mark: a guess has one chance in 2^128.
const MARK: usize = 16;

/// The name of the device that a cookie carries, if it is known to this person.
pub(super) fn known(cx: &Cx, cookie: Option<&str>, person: PersonId) -> Option<String> {
    let (name, marks) = read(cookie?)?;
    let ours: Vec<String> =
        cx.vault.derive_all(PURPOSE).iter().map(|(_, key)| mark(key.expose(), name, person)).collect();
    marks.iter().any(|mark| ours.iter().any(|own| own == mark)).then(|| name.to_owned())
}

/// The cookie of a device that is known to this person, too, from now on.
pub(super) fn remember(cx: &Cx, cookie: Option<&str>, person: PersonId) -> String {
    let fresh = encode(&cx.random::<16>());
    let (name, mut marks) = cookie.and_then(read).unwrap_or((&fresh, Vec::new()));
    let own = mark(cx.vault.derive(PURPOSE).expose(), name, person);
    marks.retain(|mark| *mark != own);
    marks.insert(0, &own);
    marks.truncate(MOST);
    format!("{name}.{}", marks.join("."))
}

fn read(cookie: &str) -> Option<(&str, Vec<&str>)> {
    let mut parts = cookie.split('.');
    let name = parts.next().filter(|name| name.len() == 22)?;
    Some((name, parts.take(MOST).collect()))
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
fn mark(key: &[u8], name: &str, person: PersonId) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(key).expect("a key");
    let mac = mac.chain_update(name.as_bytes()).chain_update(person.bytes()).finalize().into_bytes();
    encode(&mac[..MARK])
}

/// `Firefox on Windows`, from what a browser says about itself. The more particular names come first: each browser also claims
/// to be those below it.
#[must_use]
pub fn device(agent: &str) -> String {
    const BROWSERS: [(&str, &str); 7] = [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("SamsungBrowser/", "Samsung Internet"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ];
    const SYSTEMS: [(&str, &str); 7] = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ];
    let find =
        |known: &[(&str, &'static str)]| known.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name);
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => "An unknown device".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_told_by_what_its_browser_says() {
        for (agent, name) in [
            ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:153.0) Gecko/20100101 Firefox/153.0", "Firefox on Windows"),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0 Safari/537.36",
                "Chrome on Linux",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/146.0 Safari/537.36 Edg/146.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605 Version/19.0 Safari/604.1",
                "Safari on iPhone",
            ),
            ("curl/8.5", "curl"),
            ("", "An unknown device"),
        ] {
            assert_eq!(device(agent), name, "{agent}");
        }
    }
}
