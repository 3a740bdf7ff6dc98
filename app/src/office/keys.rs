//! The vault's keys: which there are and what each has sealed, how far a re-encryption is, and what can be done. What cannot be taken
//! back is confirmed with the password, on a page of its own address.

use leptos::prelude::*;
use model::Today;
use service::keys::{Asked, Desk, Doing, KeyCard, KeyId, KeyState, Pulse, QUEUE, Rotation};

use super::{
    keys_confirm::confirm,
    parts::{ACTIONS, OFFLINE, head, table},
};
use crate::{components::icon::Icon, query};

/// While something is going on, the page looks again after so many seconds.
const EVERY: &str = "2";
pub(super) const PATH: &str = "/admin/keys";

/// Reads the query of an address, such as `?do=retire&key=3`. What is not known there is not asked.
pub(super) fn read(query: &str) -> Asked {
    let key = query::value(query, "key").and_then(|key| key.parse().ok()).and_then(KeyId::new);
    let doing = query::value(query, "do").and_then(|word| Doing::read(&word, key));
    Asked { doing }
}

pub(super) fn paint(desk: &Desk, today: &Today) -> AnyView {
    let every = desk.is_rotating().then_some(EVERY);
    let confirm = desk.asked.doing.and_then(|doing| confirm(desk, doing, today));
    let rotation = desk.rotation.as_ref().map(|rotation| progress(desk, rotation, today));
    view! {
        <div class="admin keys-page">
            <p class="lead">
                "Names, addresses and mails are encrypted before they are written to the database. A rotation makes a new key, then \
                 re-encrypts old records while everyone keeps working."
            </p>
            {confirm}
            <div class="keys-live" id="keys" data-live data-every=every>
                {banners(desk, today)}
                {rotation}
                {versions(desk, today)}
                <div class="cols-2">
                    {holds(desk, today)}
                    {place(desk, today)}
                </div>
            </div>
        </div>
    }
    .into_any()
}

/// What an Admin has to know now.
fn banners(desk: &Desk, today: &Today) -> Vec<AnyView> {
    let mut all = Vec::new();
    let mut tell = |tone: &'static str, words: String| {
        all.push(
            view! {
                <div class="banner" data-tone=tone>
                    <Icon name="i-alert"/>
                    <p>{words}</p>
                </div>
            }
            .into_any(),
        );
    };
    if let Some(trouble) = &desk.trouble {
        tell("bad", format!("The key ring was changed and cannot be used, so the old one still is. {trouble}"));
    }
    if desk.n_unreadable() > 0 {
        let n = number(today, desk.n_unreadable());
        tell(
            "bad",
            format!(
                "{n} records cannot be read: their key is not in the ring of this server. Add it again from a backup."
            ),
        );
    }
    if let Some(days) = desk.old_days {
        let most = desk.place.old_after_days;
        tell(
            "warn",
            format!("The active key is {days} days old. It is time for another one: {most} days is what was set."),
        );
    }
    all
}

pub(super) fn number(today: &Today, n: u64) -> String {
    today.reader.number(usize::try_from(n).unwrap_or(usize::MAX))
}

/// The button of the page: a new key, where this server can make one, and otherwise the next step that it can do.
pub(super) fn actions(desk: &Desk) -> Option<AnyView> {
    let (doing, label) = if desk.is_rotating() {
        return None;
    } else if desk.changes_ring() {
        (Doing::Rotate, "Rotate key")
    } else if desk.n_elsewhere() > 0 {
        (Doing::Reencrypt, "Re-encrypt")
    } else {
        return None;
    };
    Some(
        view! {
            <a class="btn btn-primary" href=address(doing)>
                <Icon name="i-retry"/>
                {label}
            </a>
        }
        .into_any(),
    )
}

fn address(doing: Doing) -> String {
    let key = doing.key().map(|key| format!("&key={key}")).unwrap_or_default();
    format!("{PATH}?do={}{key}", doing.word())
}

/// How a re-encryption does.
fn progress(desk: &Desk, rotation: &Rotation, today: &Today) -> AnyView {
    let key = rotation.key;
    let percent = rotation.percent();
    let is_open = rotation.ended_at.is_none();
    let (tone, word, icon) = match (is_open, desk.pulse) {
        (false, _) if rotation.n_failed > 0 => ("bad", "Ended with errors", "i-alert"),
        (false, _) => ("ok", "Done", "i-check"),
        (true, Pulse::Goes) => ("info", "Running", "i-retry"),
        (true, Pulse::Paused) => ("warn", "Paused", "i-clock"),
        (true, Pulse::Stopped) => ("bad", "Stopped", "i-alert"),
    };
    let button = is_open.then(|| match desk.pulse {
        Pulse::Goes => queue_button("pause", "Pause"),
        Pulse::Paused => queue_button("resume", "Resume"),
        Pulse::Stopped => view! {
            <a class="btn" href=address(Doing::Reencrypt)>
                "Go on"
            </a>
        }
        .into_any(),
    });
    let when = rotation.ended_at.map_or_else(
        || format!("Began {}", today.moment(rotation.began_at)),
        |at| format!("Ended {}", today.moment(at)),
    );
    let (done, total, failed) = (
        number(today, rotation.n_done),
        number(today, rotation.n_total.max(rotation.n_done)),
        number(today, rotation.n_failed),
    );
    let pace = (is_open && desk.pulse == Pulse::Goes).then(|| pace(desk, rotation, today)).flatten();
    let errors = if rotation.n_failed == 1 { "error" } else { "errors" };
    let title = format!("Re-encryption to key {key}");
    view! {
        <section class="panel" aria-labelledby="rotation-title">
            <div class="panel-head">
                <h2 id="rotation-title">{title.clone()}</h2>
                <span class="tag" data-tone=tone>
                    <Icon name=icon/>
                    {word}
                </span>
                <span class="push">{button}</span>
            </div>
            <div class="panel-body big-progress">
                <progress class="progress" max="100" value=percent.to_string() aria-label=title>
                    {format!("{percent}%")}
                </progress>
                <div class="figs">
                    <span>
                        <strong>{format!("{percent}%")}</strong>
                        " done"
                    </span>
                    <span>
                        <strong>{done}</strong>
                        {format!(" of {total} records")}
                    </span>
                    {pace}
                    <span>{when}</span>
                    <span class="push">
                        <strong>{failed}</strong>
                        {format!(" {errors}")}
                    </span>
                </div>
            </div>
        </section>
    }
    .into_any()
}

/// How many a second, and for how long it will go on. Told when there is something to go by.
fn pace(desk: &Desk, rotation: &Rotation, today: &Today) -> Option<AnyView> {
    let ms = u64::try_from(desk.now.ms() - rotation.began_at.ms()).ok()?;
    let per_second = (rotation.n_done * 1000).checked_div(ms)?;
    let left = rotation.n_total.saturating_sub(rotation.n_done).checked_div(per_second)?;
    let left = match left {
        0..=90 => format!("About {left} seconds left"),
        91..=5_400 => format!("About {} minutes left", left / 60),
        _ => format!("About {} hours left", left / 3600),
    };
    Some(
        view! {
            <span>
                <strong>{number(today, per_second)}</strong>
                " records a second"
            </span>
            <span>{left}</span>
        }
        .into_any(),
    )
}

fn queue_button(order: &'static str, label: &'static str) -> AnyView {
    view! {
        <form method="post" data-post="/api/jobs" data-offline=OFFLINE aria-label=label>
            <input type="hidden" name="order" value=order/>
            <input type="hidden" name="queue" value=QUEUE/>
            <button class="btn btn-quiet" type="submit" id="pause">
                {label}
            </button>
        </form>
    }
    .into_any()
}

fn versions(desk: &Desk, today: &Today) -> AnyView {
    let rows: Vec<AnyView> = desk.keys.iter().map(|card| row(desk, card, today)).collect();
    let heads = [
        head("Key"),
        head("State"),
        head("Fingerprint"),
        head("Added"),
        head("Active since"),
        head("Records"),
        head("Share"),
        ACTIONS,
    ];
    view! {
        <section class="panel" aria-labelledby="versions-title">
            <div class="panel-head">
                <h2 id="versions-title">"Key versions"</h2>
            </div>
            {table("Key versions", "table table-tall", heads, rows)}
        </section>
    }
    .into_any()
}

fn row(desk: &Desk, card: &KeyCard, today: &Today) -> AnyView {
    let name = format!("Key {}", card.key);
    let (tone, word, icon) = state_tag(desk, card);
    let at = |at: Option<model::Instant>| at.map_or_else(|| "–".to_owned(), |at| today.moment(at));
    let share = (card.n * 100).checked_div(desk.n_values()).unwrap_or(0);
    let label = format!("{name}, share of records");
    let links: Vec<AnyView> = steps(desk, card)
        .into_iter()
        .map(|(doing, label)| {
            let told = format!("{label} key {}", card.key);
            view! {
                <a class="btn" href=address(doing) aria-label=told>
                    {label}
                </a>
            }
            .into_any()
        })
        .collect();
    view! {
        <tr>
            <td class="strong">{name}</td>
            <td>
                <span class="tag" data-tone=tone>
                    <Icon name=icon/>
                    {word}
                </span>
            </td>
            <td class="mono tiny">{grouped(&card.fingerprint)}</td>
            <td>{at(card.added_at)}</td>
            <td>{at(card.promoted_at)}</td>
            <td class="num">{number(today, card.n)}</td>
            <td class="share">
                <progress class="progress" max="100" value=share.to_string() aria-label=label>
                    {format!("{share}%")}
                </progress>
            </td>
            <td>
                <span class="push">{links}</span>
            </td>
        </tr>
    }
    .into_any()
}

/// `c71e 904b 112a 33f0`: people compare groups.
fn grouped(fingerprint: &str) -> String {
    let letters: Vec<char> = fingerprint.chars().collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

/// What is said of the state of a key.
fn state_tag(desk: &Desk, card: &KeyCard) -> (&'static str, String, &'static str) {
    match card.state {
        Some(KeyState::Active) => ("ok", "Active".into(), "i-check"),
        Some(KeyState::DecryptOnly) if card.promoted_at.is_none() => ("info", "Ready".into(), "i-clock"),
        Some(KeyState::DecryptOnly) if card.n == 0 => ("", "Not used any more".into(), "i-archive"),
        Some(KeyState::DecryptOnly) => {
            let active = desk.active().map_or_else(String::new, |active| format!(" key {active}"));
            ("warn", format!("Moving to{active}"), "i-clock")
        }
        Some(KeyState::Retired) => ("", "Retired".into(), "i-archive"),
        None => ("", "Not in the ring".into(), "i-trash"),
    }
}

/// What can be done with a key here.
pub(super) fn steps(desk: &Desk, card: &KeyCard) -> Vec<(Doing, &'static str)> {
    if card.state != Some(KeyState::DecryptOnly) || !desk.changes_ring() || desk.is_rotating() {
        return Vec::new();
    }
    match (card.promoted_at, card.n) {
        (None, _) => vec![(Doing::Promote(card.key), "Promote")],
        (Some(_), 0) => vec![(Doing::Retire(card.key), "Retire")],
        (Some(_), _) => vec![(Doing::Reencrypt, "Re-encrypt")],
    }
}

fn holds(desk: &Desk, today: &Today) -> AnyView {
    let rows: Vec<AnyView> = desk
        .holds
        .iter()
        .map(|holds| {
            view! {
                <li class="row-tight">
                    <Icon name="i-lock"/>
                    <span>{holds.words}</span>
                    <span class="num faint">{number(today, holds.n)}</span>
                </li>
            }
            .into_any()
        })
        .collect();
    view! {
        <section class="panel" aria-labelledby="holds-title">
            <div class="panel-head">
                <h2 id="holds-title">"What is encrypted"</h2>
            </div>
            <ul class="rows" role="list">
                {rows}
            </ul>
        </section>
    }
    .into_any()
}

/// Where the ring is, who has it, and what to do when it is known to others.
fn place(desk: &Desk, today: &Today) -> AnyView {
    let how = if desk.changes_ring() {
        "This server can change it. Keep a copy apart from the backups of the database: without it they cannot be read."
    } else if desk.place.is_writable {
        "Several servers share this database, so keys are changed on each of them: run muster keys there."
    } else {
        "This server can only read it. Keys are changed where it is kept: muster keys generate makes one."
    };
    let nodes: Vec<AnyView> = desk
        .nodes
        .iter()
        .map(|node| {
            let keys: Vec<String> =
                node.keys.iter().map(|has| format!("{} {}", has.key, has.state.replace('_', " "))).collect();
            view! {
                <li class="row-tight">
                    <Icon name="i-globe"/>
                    <div>
                        {node.name.clone()}
                        <div class="sub">{format!("Has key {}", keys.join(", key "))}</div>
                    </div>
                </li>
            }
            .into_any()
        })
        .collect();
    let due = desk.keys.iter().find(|card| desk.active() == Some(card.key)).and_then(|card| card.promoted_at);
    let (rotates, reminds) = (desk.place.rotates_after_days, desk.place.old_after_days);
    let (after, words) =
        if rotates > 0 && desk.changes_ring() { (rotates, "By itself on") } else { (reminds, "Reminder on") };
    let due = due.filter(|_| after > 0).map(|since| {
        let day = today.reader.zone.day(since.plus_ms(i64::from(after) * 24 * 3_600_000));
        view! {
            <li class="row-tight">
                <Icon name="i-calendar"/>
                <div>
                    "Next rotation"
                    <div class="sub">{format!("{words} {}", today.text(day))}</div>
                </div>
            </li>
        }
    });
    let emergency = desk.changes_ring() || desk.n_elsewhere() > 0;
    let emergency = (emergency && !desk.is_rotating()).then(|| {
        view! {
            <a class="btn btn-danger push" href=address(Doing::Emergency)>
                "Emergency rotation"
            </a>
        }
    });
    view! {
        <section class="panel" aria-labelledby="place-title">
            <div class="panel-head">
                <h2 id="place-title">"Key ring"</h2>
            </div>
            <ul class="rows" role="list">
                <li class="row-tight">
                    <Icon name="i-key"/>
                    <div>
                        {format!("Read from {}", desk.place.ring)}
                        <div class="sub">{how}</div>
                    </div>
                </li>
                {nodes}
                {due}
                <li class="row-tight">
                    <Icon name="i-alert"/>
                    <div>
                        "If somebody else may have a key"
                        <div class="sub">"Everything is re-encrypted at once, and everybody is signed out."</div>
                    </div>
                    {emergency}
                </li>
            </ul>
        </section>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_told_in_groups() {
        assert_eq!(grouped("c71e904b112a33f0"), "c71e 904b 112a 33f0");
    }

    #[test]
    fn a_query_asks_for_what_it_knows() {
        let key = KeyId::new(3);
        for (query, doing) in [
            ("?do=retire&key=3", key.map(Doing::Retire)),
            ("?key=3&do=promote", key.map(Doing::Promote)),
            ("?do=rotate", Some(Doing::Rotate)),
            ("?do=retire", None),
            ("?do=retire&key=0", None),
            ("?do=lose&key=3", None),
            ("", None),
        ] {
            assert_eq!(read(query).doing, doing, "{query}");
        }
    }
}
