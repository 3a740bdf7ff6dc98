//! What became of mails: to whom each goes, whether it left, and why not.
//!
//! Must not know: what a mail says.

use leptos::prelude::*;
use model::Today;
use service::mails::{Asked, Desk, Filter, Listed, Stage};

use super::parts::{ACTIONS, OFFLINE, Tab, act, capital, head, table, tabs};
use crate::{components::icon::Icon, paths::Room, query};

/// The page looks again after so many seconds.
const EVERY: &str = "3";
/// Where orders about jobs go.
const POST: &str = "/api/jobs";

/// Reads the query of the address. What is not known there is not asked.
pub(super) fn read(query: &str) -> Asked {
    let mut asked = Asked::default();
    for (name, value) in query::pairs(query) {
        match name {
            "show" => asked.filter = Filter::ALL.into_iter().find(|filter| filter.word() == value).unwrap_or_default(),
            "after" => asked.after = value.parse().ok(),
            _ => {}
        }
    }
    asked
}

fn address(asked: Asked) -> String {
    let mut address = Room::Mails.path().to_owned();
    query::put(&mut address, "show", (asked.filter != Filter::All).then(|| asked.filter.word()));
    query::put(&mut address, "after", asked.after);
    address
}

pub(super) fn paint(desk: &Desk, leaves: bool, today: &Today) -> AnyView {
    let rows: Vec<AnyView> = desk.mails.iter().flat_map(|mail| row(mail, today)).collect();
    let is_empty = rows.is_empty();
    let older = desk.next.map(|next| {
        let href = address(Asked { after: Some(next), ..desk.asked });
        view! { <p class="panel-body"><a href=href>"Older mails"</a></p> }
    });
    let many = (desk.asked.filter == Filter::Failed && desk.n_failed > 1).then(|| {
        view! {
            <p class="panel-body small muted">
                "To try all of them again, open the jobs that were "
                <a href="/admin/jobs?state=cancelled&queue=mail">"refused for good"</a> " or "
                <a href="/admin/jobs?state=discarded&queue=mail">"tried too often"</a> "."
            </p>
        }
    });
    let heads = [head("State"), head("To"), head("About"), head("Tries"), head("Written"), head("Now"), ACTIONS];
    view! {
        <div class="admin">
            <div class="panel">{test(leaves, "panel-body row-flex-wrap test-mail")}</div>
            <div class="stack" id="mails" data-live data-every=EVERY>
            <section class="panel" aria-labelledby="mails-title">
                <div class="panel-head">
                    <h2 id="mails-title">"Outgoing mails"</h2>
                    <p>"What a mail says is shown to nobody. This list is kept for 90 days."</p>
                    <span class="push">{by_state(desk)}</span>
                </div>
                {many}
                {table("Mails, newest first", "table", heads, rows)}
                {is_empty.then(|| view! { <p class="panel-body muted small">"There are no such mails."</p> })}
                {older}
            </section>
            </div>
        </div>
    }
    .into_any()
}

/// Sends a mail to the reader, and says where it goes.
pub(super) fn test(leaves: bool, class: &'static str) -> AnyView {
    let words = if leaves {
        "It goes to your own address, the way all mails go."
    } else {
        "No mail server is set, so mails are kept in a folder of this server (MUSTER_MAIL says where they go)."
    };
    view! {
        <form
            class=class
            aria-label="Send a test mail"
            method="post"
            novalidate
            data-post="/api/mails/test"
            data-offline=OFFLINE
        >
            <p class="small muted grow">{words}</p>
            <p class="small muted" role="status" data-saved="On its way."></p>
            <button class="btn" type="submit">
                <span class="spinner" aria-hidden="true"></span>
                <Icon name="i-mail"/>
                "Send a test mail"
            </button>
        </form>
    }
    .into_any()
}

/// Links to the mails in each state.
fn by_state(desk: &Desk) -> AnyView {
    let tab = |filter: Filter| Tab {
        words: capital(filter.word()),
        n: match filter {
            Filter::Waiting => Some(desk.n_waiting),
            Filter::Failed => Some(desk.n_failed),
            Filter::All | Filter::Sent => None,
        },
        href: address(Asked { filter, after: None }),
        is_current: filter == desk.asked.filter,
    };
    tabs("Mails by state", Filter::ALL.map(tab))
}

/// A mail, and below it why it did not leave.
fn row(mail: &Listed, today: &Today) -> Vec<AnyView> {
    let (tone, word, now, why) = match &mail.stage {
        Stage::Waiting => ("", "Waiting", "Waits for its turn".to_owned(), None),
        Stage::Leaving => ("info", "Leaving", "Is being handed over".to_owned(), None),
        Stage::Retrying(why, at) => ("warn", "Retrying", format!("Again {}", today.moment(*at)), Some(why)),
        Stage::Sent(at) => ("ok", "Sent", format!("Sent {}", today.moment(*at)), None),
        Stage::Failed(why, at) => ("bad", "Failed", format!("Failed {}", today.moment(*at)), Some(why)),
    };
    let to = match &mail.to {
        Some((name, email)) => view! {
            <span>
                {name.clone()} " " <span class="tiny muted">{email.clone()}</span>
            </span>
        }
        .into_any(),
        None => view! { <span class="muted">"Somebody without an account"</span> }.into_any(),
    };
    let retry = mail.job.map(|job| {
        let name = mail.to.as_ref().map_or_else(|| "the mail".to_owned(), |(name, _)| format!("the mail to {name}"));
        act(POST, Some("retry"), "Try again", &format!("Try {name} again"), &[("job", job.to_string())])
    });
    let line = view! {
        <tr>
            <td>
                <span class="tag" data-tone=tone>
                    {word}
                </span>
            </td>
            <td>{to}</td>
            <td>{mail.kind.words()}</td>
            <td>{mail.tries.map_or_else(|| "–".to_owned(), |tries| tries.to_string())}</td>
            <td>{today.moment(mail.at)}</td>
            <td>{now}</td>
            <td>
                <span class="push">{retry}</span>
            </td>
        </tr>
    };
    let why = why.filter(|why| !why.is_empty()).map(|why| {
        view! {
            <tr>
                <td class="job-error" colspan="7">
                    {why.clone()}
                </td>
            </tr>
        }
        .into_any()
    });
    std::iter::once(line.into_any()).chain(why).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_it_is_written() {
        let after = Some(uuid::Uuid::from_u128(7));
        for asked in [Asked::default(), Asked { filter: Filter::Failed, after }] {
            assert_eq!(read(address(asked).split_once('?').map_or("", |(_, query)| query)), asked);
        }
        assert_eq!(read("show=lost"), Asked::default());
    }
}
