//! How the page stands to the server, in a word; and what waits for it.

use leptos::prelude::*;

use crate::{
    components::{
        popover::{Opener, popover},
        waiting::counted,
    },
    data::{Link, client},
    live::{live, memo, part},
    pages::apart::{HAND, coming},
};

/// Live, Reconnecting, or Offline with the number of changes that wait. If something waits it opens the list.
#[component]
pub(crate) fn LiveBadge() -> impl IntoView {
    let client = client();
    let (link, n_waiting, is_kept) = (client.link.clone(), client.n_waiting.clone(), client.is_kept.clone());
    let unreadable = client.unreadable.clone();
    let badge = memo(move || {
        let n = n_waiting.get();
        let is_kept = is_kept.get() || n == 0;
        (link.get(), n, is_kept, unreadable.with(Vec::len))
    });
    let opens = memo(move || {
        let (link, n, is_kept, n_unreadable) = badge.get();
        n_unreadable > 0 || (n > 0 && (link != Link::Live || !is_kept))
    });
    let shown = move || {
        part! {
            <span class="live" data-state=move || state(badge.get().0)>
                {live(move || words(badge.get()))}
            </span>
        }
    };
    part! {
        {live(move || {
            if opens.get() {
                let opener = Opener {
                    id: "waiting".to_owned(),
                    name: "What waits".to_owned(),
                    class: "live-btn",
                    opens: "dialog",
                    disabled: Signal::stored(false),
                };
                popover(opener, shown().into_any(), Box::new(|_| {}), Box::new(|| HAND.get().map_or_else(coming, |hand| (hand.waiting)())))
            } else {
                part! { <span aria-hidden="true">{shown()}</span> }
            }
        })}
        // Heard wherever it is: the words of a button are not a status.
        <span class="vh" role="status">
            {live(move || words(badge.get()))}
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

fn words((link, n_waiting, is_kept, n_unreadable): (Link, usize, bool, usize)) -> String {
    let word = match link {
        Link::Live => "Live",
        Link::Connecting => "Connecting",
        Link::Reconnecting => "Reconnecting",
        Link::Offline => "Offline",
    };
    let n = n_waiting + n_unreadable;
    match (n, is_kept) {
        (1.., false) => format!("{word}, {} not kept", counted(n)),
        (1.., true) if link != Link::Live || n_unreadable > 0 => format!("{word}, {} waiting", counted(n)),
        _ => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_badge_says_how_much_waits_and_whether_it_is_kept() {
        for (state, said) in [
            ((Link::Offline, 0, true, 0), "Offline"),
            ((Link::Offline, 1, true, 0), "Offline, 1 change waiting"),
            ((Link::Reconnecting, 3, true, 0), "Reconnecting, 3 changes waiting"),
            ((Link::Live, 3, true, 0), "Live"),
            ((Link::Live, 0, true, 1), "Live, 1 change waiting"),
            ((Link::Live, 2, false, 0), "Live, 2 changes not kept"),
        ] {
            assert_eq!(words(state), said);
        }
    }
}
