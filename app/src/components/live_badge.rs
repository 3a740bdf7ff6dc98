//! How the page stands to the server, in a word.

use leptos::prelude::*;

use crate::{
    data::{Link, client},
    live::{live, part},
};

/// Live, Reconnecting, or Offline with the number of changes that wait.
#[component]
pub(crate) fn LiveBadge() -> impl IntoView {
    let client = client();
    let (link, shown, n_waiting) = (client.link.clone(), client.link, client.n_waiting);
    part! {
        <span class="live" role="status" data-state=move || state(link.get())>
            {live(move || words(shown.get(), n_waiting.get()))}
        </span>
    }
}

const fn state(link: Link) -> &'static str {
    match link {
        Link::Live => "live",
        Link::Connecting | Link::Reconnecting => "reconnecting",
        Link::Offline => "offline",
    }
}

fn words(link: Link, n_waiting: usize) -> String {
    match (link, n_waiting) {
        (Link::Live, _) => "Live".to_owned(),
        (Link::Connecting, _) => "Connecting".to_owned(),
        (Link::Reconnecting, _) => "Reconnecting".to_owned(),
        (Link::Offline, 0) => "Offline".to_owned(),
        (Link::Offline, 1) => "Offline, 1 change waiting".to_owned(),
        (Link::Offline, n) => format!("Offline, {n} changes waiting"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offline_says_how_much_waits() {
        assert_eq!(words(Link::Offline, 0), "Offline");
        assert_eq!(words(Link::Offline, 1), "Offline, 1 change waiting");
        assert_eq!(words(Link::Offline, 3), "Offline, 3 changes waiting");
        assert_eq!(words(Link::Live, 3), "Live");
    }
}
