//! The jobs of the installation: how each queue does, which jobs there are and what went wrong, and what comes by the clock.

use leptos::prelude::*;
use model::{Instant, Today};
use service::queue::{Asked, Desk, Listed, Moment, QueueCounts, StateName};

use super::parts::{ACTIONS, Tab, act, capital, head, table, tabs};
use crate::query;

/// The page looks again after so many seconds.
const EVERY: &str = "3";
const POST: &str = "/api/jobs";

/// Reads the query of an address, such as `?state=retryable&queue=mail`. What is not known there is not asked.
pub(super) fn read(query: &str) -> Asked {
    let mut asked = Asked::default();
    for (name, value) in query::pairs(query) {
        match name {
            "state" => asked.state = service::queue::state(&value),
            "queue" => asked.queue = Some(value),
            "after" => asked.after = value.parse().ok(),
            _ => {}
        }
    }
    asked
}

pub(super) fn paint(desk: &Desk, today: &Today) -> AnyView {
    let ended: u64 = desk.minutes.iter().map(|minute| minute.completed + minute.discarded + minute.cancelled).sum();
    let queues: Vec<AnyView> = desk.queues.iter().map(queue).collect();
    let rows: Vec<AnyView> = desk.jobs.iter().flat_map(|job| row(job, desk, today)).collect();
    let is_empty = rows.is_empty();
    let (tabs, bulk) = (by_state(desk), bulk(&desk.asked).filter(|_| !is_empty));
    let more = desk.next.map(|next| {
        let href = address(&desk.asked, desk.asked.state, Some(next.to_string()));
        view! { <p class="panel-body"><a href=href>"Older jobs"</a></p> }
    });
    let planned: Vec<AnyView> = desk
        .crontab
        .iter()
        .map(|line| {
            let moment = |at: Option<Moment>| at.map_or_else(|| "–".to_owned(), |at| told(today, at));
            view! {
                <tr>
                    <td>{words(line.name)}</td>
                    <td class="mono">{line.expression.clone()}</td>
                    <td>{moment(line.next)}</td>
                    <td>{moment(line.last)}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    let heads = [head("State"), head("Job"), head("Queue"), head("Tries"), head("When"), ACTIONS];
    view! {
        <div class="admin" id="jobs" data-live data-every=EVERY>
            <section class="panel" aria-labelledby="queues-title">
                <div class="panel-head">
                    <h2 id="queues-title">"Queues"</h2>
                    <p>{format!("Ended within the last hour: {ended}")}</p>
                </div>
                <ul class="queues" role="list">
                    {queues}
                </ul>
            </section>
            <section class="panel" aria-labelledby="recent-title">
                <div class="panel-head">
                    <h2 id="recent-title">"Jobs"</h2>
                    <span class="push">{tabs}</span>
                </div>
                {bulk}
                {table("Jobs, newest first", "table", heads, rows)}
                {is_empty.then(|| view! { <p class="panel-body muted small">"There are no such jobs."</p> })}
                {more}
            </section>
            <section class="panel" aria-labelledby="planned-title">
                <div class="panel-head">
                    <h2 id="planned-title">"Planned"</h2>
                </div>
                {table("Planned jobs", "table", [head("Job"), head("Runs"), head("Next"), head("Last")], planned)}
            </section>
        </div>
    }
    .into_any()
}

fn queue(queue: &QueueCounts) -> AnyView {
    let n = |state| StateName::ALL.iter().zip(queue.counts).filter(|(s, _)| **s == state).map(|(_, n)| n).sum::<u64>();
    let (waiting, running) = (n(StateName::Available) + n(StateName::Scheduled), n(StateName::Executing));
    let (retrying, failed) = (n(StateName::Retryable), n(StateName::Discarded));
    let is_paused = queue.paused_at.is_some();
    let (tone, word) = match (is_paused, failed, retrying) {
        (true, ..) => ("warn", "Paused"),
        (_, 1.., _) => ("bad", "Failed"),
        (_, _, 1..) => ("warn", "Retrying"),
        _ => ("ok", "Healthy"),
    };
    let (order, label) = if is_paused { ("resume", "Resume") } else { ("pause", "Pause") };
    let name = queue.queue.clone();
    let button = act(POST, Some(order), label, &format!("{label} {name}"), &[("queue", name.clone())]);
    let numbers = [("Waiting", waiting), ("Running", running), ("Retrying", retrying), ("Failed", failed)];
    let numbers = numbers.map(|(name, n)| {
        view! {
            <div>
                <dt>{name}</dt>
                <dd>{n}</dd>
            </div>
        }
    });
    view! {
        <li>
            <h3>
                {name} <span class="tag push" data-tone=tone>
                    {word}
                </span>
            </h3>
            <dl>{numbers.into_iter().collect_view()}</dl>
            {button}
        </li>
    }
    .into_any()
}

/// A job, and below it what went wrong last.
fn row(job: &Listed, desk: &Desk, today: &Today) -> Vec<AnyView> {
    let (tone, word) = match job.state {
        StateName::Scheduled => ("", "Scheduled"),
        StateName::Available => ("", "Waiting"),
        StateName::Executing => ("info", "Running"),
        StateName::Retryable => ("warn", "Retrying"),
        StateName::Completed => ("ok", "Done"),
        StateName::Discarded => ("bad", "Failed"),
        StateName::Cancelled => ("", "Cancelled"),
    };
    let when = match (job.state, job.finished_at) {
        (_, Some(at)) => told(today, at),
        (StateName::Executing, _) => {
            job.attempted_at.map_or_else(String::new, |at| format!("Since {}", told(today, at)))
        }
        _ => format!("Due {}", told(today, job.scheduled_at)),
    };
    let id = job.id.to_string();
    let name = words(&job.name);
    let with =
        |order, label: &'static str| act(POST, Some(order), label, &format!("{label} {name}"), &[("job", id.clone())]);
    let actions: Vec<AnyView> = match job.state {
        StateName::Completed => vec![with("delete", "Delete")],
        StateName::Discarded | StateName::Cancelled => vec![with("retry", "Retry"), with("delete", "Delete")],
        StateName::Scheduled | StateName::Available | StateName::Executing => vec![with("cancel", "Cancel")],
        StateName::Retryable => vec![with("retry", "Retry"), with("cancel", "Cancel")],
    };
    let line = view! {
        <tr>
            <td>
                <span class="tag" data-tone=tone>
                    {word}
                </span>
            </td>
            <td>{name.clone()}</td>
            <td>{job.queue.clone()}</td>
            <td>{format!("{} of {}", job.attempt, job.max_attempts)}</td>
            <td>{when}</td>
            <td>
                <span class="push">{actions}</span>
            </td>
        </tr>
    };
    let errors = desk.errors.iter().find(|(of, _)| *of == job.id).map(|(_, errors)| {
        let lines: Vec<AnyView> = errors
            .iter()
            .map(|error| {
                let at = told(today, Moment::from_millis(error.at));
                view! { <li>{format!("{at}, attempt {}: {}", error.attempt, error.message)}</li> }.into_any()
            })
            .collect();
        view! {
            <tr>
                <td class="job-error" colspan="6">
                    <ul role="list">{lines}</ul>
                </td>
            </tr>
        }
        .into_any()
    });
    std::iter::once(line.into_any()).chain(errors).collect()
}

/// Links to the jobs in each state, with how many there are.
fn by_state(desk: &Desk) -> AnyView {
    let tab = |state: Option<StateName>| Tab {
        words: capital(state.map_or("all", StateName::word)),
        n: state.map(|state| {
            let place = StateName::ALL.iter().position(|other| *other == state).unwrap_or_default();
            desk.queues.iter().map(|queue| queue.counts[place]).sum()
        }),
        href: address(&desk.asked, state, None),
        is_current: state == desk.asked.state,
    };
    tabs("Jobs by state", [None].into_iter().chain(StateName::ALL.map(Some)).map(tab))
}

/// What can be done with all jobs of the state that is shown.
fn bulk(asked: &Asked) -> Option<AnyView> {
    let state = asked.state?;
    let orders: &[(&'static str, &'static str)] = match state {
        StateName::Retryable => &[("retry", "Retry all"), ("cancel", "Cancel all")],
        StateName::Discarded | StateName::Cancelled => &[("retry", "Retry all"), ("delete", "Delete all")],
        StateName::Scheduled | StateName::Available | StateName::Executing => &[("cancel", "Cancel all")],
        StateName::Completed => &[("delete", "Delete all")],
    };
    let mut fields = vec![("state", state.word().to_owned())];
    fields.extend(asked.queue.clone().map(|queue| ("queue", queue)));
    let buttons: Vec<AnyView> =
        orders.iter().map(|(order, label)| act(POST, Some(order), label, label, &fields)).collect();
    Some(view! { <div class="panel-body job-bulk">{buttons}</div> }.into_any())
}

fn address(asked: &Asked, state: Option<StateName>, after: Option<String>) -> String {
    let mut address = "/admin/jobs".to_owned();
    query::put(&mut address, "state", state.map(StateName::word));
    query::put(&mut address, "queue", asked.queue.as_ref());
    query::put(&mut address, "after", after);
    address
}

fn told(today: &Today, at: Moment) -> String {
    today.moment(Instant::from_ms(at.as_millis()))
}

/// `send_mail` as `Send mail`.
fn words(name: &str) -> String {
    capital(&name.replace('_', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_asks_for_what_it_knows() {
        let asked = read("?state=retryable&queue=mail&after=x&more=1");
        assert_eq!(asked, Asked { state: Some(StateName::Retryable), queue: Some("mail".into()), after: None });
        assert_eq!(read("?state=lost"), Asked::default());
    }
}
