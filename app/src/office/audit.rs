//! The audit log: who did what and when, one entry in full, and whether anybody changed what was written.

use leptos::prelude::*;
use model::{Day, Instant, PersonId, ProjectId, Today, initials};
use service::audit::{Called, Cursor, Desk, Line, Look, Names, Shown, Told};
use uuid::Uuid;

use super::parts::{OFFLINE, capital, head, table};
use crate::{
    components::icon::Icon,
    paths::{self, Room},
    query,
};

/// The page looks again after so many seconds.
const EVERY: &str = "3";

/// Reads the query of an address, such as `?who=Ana&action=task.move&entry=17`. What is not known there is not asked.
pub(super) fn read(query: &str) -> Look {
    let mut look = Look::default();
    for (name, value) in query::pairs(query) {
        let value = value.trim().to_owned();
        match name {
            "project" => look.project = value.parse().ok(),
            "person" => look.person = value.parse().ok(),
            "who" => look.who = value,
            "about" => look.about = value,
            "action" => look.action = Some(value).filter(|action| !action.is_empty()),
            "from" => look.from = read_day(&value),
            "until" => look.until = read_day(&value),
            "after" => look.after = read_cursor(&value),
            "entry" => look.entry = value.parse().ok(),
            _ => {}
        }
    }
    look
}

/// `2026-11-23`, as `<input type="date">` writes it.
fn read_day(text: &str) -> Option<Day> {
    let mut parts = text.splitn(3, '-').map(str::parse::<i32>);
    let (year, month, day) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    Day::from_ymd(year, u32::try_from(month).ok()?, u32::try_from(day).ok()?)
}

fn read_cursor(text: &str) -> Option<Cursor> {
    let (at_us, position) = text.split_once('.')?;
    Some(Cursor { at_us: at_us.parse().ok()?, position: position.parse().ok()? })
}

/// The address of what is looked for.
fn address(look: &Look) -> String {
    let mut address = Room::Audit.path().to_owned();
    let day = |day: Option<Day>| day.map(|day| day.to_string());
    query::put(&mut address, "project", look.project);
    query::put(&mut address, "person", look.person);
    query::put(&mut address, "who", Some(&look.who));
    query::put(&mut address, "about", Some(&look.about));
    query::put(&mut address, "action", look.action.as_ref());
    query::put(&mut address, "from", day(look.from));
    query::put(&mut address, "until", day(look.until));
    query::put(&mut address, "after", look.after.map(|after| format!("{}.{}", after.at_us, after.position)));
    query::put(&mut address, "entry", look.entry);
    address
}

pub(super) fn paint(desk: &Desk, today: &Today) -> AnyView {
    let rows: Vec<AnyView> = desk.lines.iter().map(|told| row(told, desk, today)).collect();
    let older = desk.next.map(|next| {
        let href = address(&Look { after: Some(next), entry: None, ..desk.look.clone() });
        view! { <p class="panel-body"><a href=href>"Older entries"</a></p> }
    });
    let empty = desk.lines.is_empty().then(|| {
        let words = desk.unknown.unwrap_or("There are no such entries.");
        view! { <p class="panel-body muted small" role="status">{words}</p> }
    });
    let offered: Vec<AnyView> = desk
        .people
        .iter()
        .map(|card| {
            let look = Look { person: Some(card.id), who: String::new(), after: None, ..desk.look.clone() };
            view! { <a class="btn" href=address(&look)>{card.name.to_string()}</a> }.into_any()
        })
        .collect();
    let offered = (!offered.is_empty()).then(|| view! { <p class="panel-body audit-offered">{offered}</p> });
    // An entry that is read, or a page of old ones, does not move away under the eyes.
    let is_live = (desk.look.entry.is_none() && desk.look.after.is_none()).then_some("");
    let entry = desk.chosen.as_ref().map(|line| full(line, desk, today));
    let heads = [head("Entry"), head("Time"), head("Person"), head("Action"), head("About")];
    view! {
        <div class="audit" data-entry=desk.chosen.is_some().then_some("")>
            <div class="audit-tools">
                {filters(desk)} <div class="audit-state" id="audit-state" data-live data-every=EVERY>
                    {how_it_is(desk, today)}
                </div>
            </div>
            <div class="audit-list" id="audit-list" data-live=is_live>
                {offered}
                {table("Entries, newest first", "table audit-table", heads, rows)}
                {empty}
                {older}
            </div>
            {entry}
        </div>
    }
    .into_any()
}

fn filters(desk: &Desk) -> AnyView {
    let look = &desk.look;
    let who = desk.person.as_ref().map_or_else(|| look.who.clone(), |card| card.name.to_string());
    let actions: Vec<AnyView> = desk
        .actions
        .iter()
        .map(|action| {
            let is_chosen = look.action.as_ref() == Some(action);
            view! { <option value=action.clone() selected=is_chosen>{action.clone()}</option> }.into_any()
        })
        .collect();
    let day = |day: Option<Day>| day.map(|day| day.to_string()).unwrap_or_default();
    let project = desk.look.project.map(|project| {
        let name = desk.project.as_ref().map_or_else(|| "This project".to_owned(), |called| called.name.clone());
        let all = desk.is_admin.then(|| {
            let href = address(&Look { project: None, after: None, entry: None, ..look.clone() });
            view! { <a class="icon-btn" href=href aria-label="Show all projects"><Icon name="i-x" class="icon icon-sm"/></a> }
        });
        view! {
            <span class="chip">
                {name} {all}
            </span>
            <input type="hidden" name="project" value=project.to_string()/>
        }
    });
    let is_filtered = *look != Look { project: look.project, entry: look.entry, ..Look::default() };
    let export = desk.look.project.map(|project| {
        view! {
            <a class="btn btn-quiet" href=paths::export_log_of(project)>
                <Icon name="i-download"/>
                "Export"
            </a>
        }
    });
    let clear = is_filtered.then(|| {
        let href = address(&Look { project: look.project, ..Look::default() });
        view! { <a class="btn btn-quiet" href=href>"Clear"</a> }
    });
    view! {
        <form class="audit-filters" role="search" aria-label="Filter the audit log" method="get" action=Room::Audit.path()>
            {project}
            <input class="input" type="search" name="who" aria-label="Person" placeholder="Anyone" value=who/>
            <input class="input" type="search" name="about" aria-label="Task" placeholder="MUS-42" value=look.about.clone()/>
            <select class="select" name="action" aria-label="Action">
                <option value="">"All actions"</option>
                {actions}
            </select>
            <input class="input" type="date" name="from" aria-label="From" value=day(look.from)/>
            <input class="input" type="date" name="until" aria-label="Until" value=day(look.until)/>
            <button class="btn" type="submit">
                "Filter"
            </button>
            {clear} {export}
        </form>
    }
    .into_any()
}

/// Whether the log is whole, as far as is known.
fn how_it_is(desk: &Desk, today: &Today) -> AnyView {
    let (state, checked) = (&desk.state, desk.checked.as_ref());
    let bad = state.finding.clone().or_else(|| checked.and_then(|checked| checked.finding.clone()));
    let (tone, icon, chip) = match (&bad, &state.trouble, checked) {
        (Some(_), ..) => ("bad", "i-circlealert", "Not whole".to_owned()),
        (_, Some(_), _) => ("warn", "i-alert", "Not kept as it should be".to_owned()),
        (.., Some(checked)) => {
            ("ok", "i-shield", format!("Whole up to #{}", today.reader.number(to_usize(checked.size))))
        }
        (.., None) => ("", "i-shield", "Not checked yet".to_owned()),
    };
    let mut facts = Vec::new();
    facts.extend(checked.map(|checked| format!("Checked {}", today.moment(checked.at))));
    facts.extend(
        state
            .signed
            .map(|(size, at)| format!("signed up to #{} {}", today.reader.number(to_usize(size)), today.moment(at))),
    );
    facts.extend(state.anchored.map(|size| format!("anchored up to #{}", today.reader.number(to_usize(size)))));
    facts.extend(desk.receipts.iter().filter(|receipt| !receipt.sink.starts_with("file ")).map(|receipt| {
        let (size, at) = (today.reader.number(to_usize(receipt.size)), Instant::from_ms(receipt.at_ms));
        format!("{} has up to #{size} {}", receipt.sink, today.moment(at))
    }));
    let told = bad.or_else(|| state.trouble.clone()).or_else(|| state.afar.clone()).map(|told| {
        view! {
            <div class="banner" data-tone="bad" role="alert">
                <Icon name="i-circlealert"/>
                <p>{told}</p>
            </div>
        }
    });
    let verify = desk.is_admin.then(|| {
        view! {
            <form method="post" data-post="/api/audit/check" data-offline=OFFLINE aria-label="Verify now">
                <button class="btn" type="submit">
                    <Icon name="i-retry"/>
                    "Verify now"
                </button>
            </form>
        }
    });
    view! {
        <span class="tag" data-tone=tone>
            <Icon name=icon/>
            {chip}
        </span>
        <span class="tiny muted">{facts.join(" · ")}</span>
        {verify}
        {told}
    }
    .into_any()
}

fn row(told: &Told, desk: &Desk, today: &Today) -> AnyView {
    let is_chosen = desk.look.entry == Some(told.position);
    let href = address(&Look { entry: Some(told.position), ..desk.look.clone() });
    let is_refused = told.outcome != "done";
    view! {
        <tr data-selected=is_chosen.then_some("true")>
            <td>
                <a href=href aria-current=is_chosen.then_some("true") id=format!("e{}", told.position)>
                    {format!("#{}", today.reader.number(to_usize(told.position)))}
                </a>
            </td>
            <td>
                <time datetime=told.at.rfc3339()>{today.moment(told.at)}</time>
            </td>
            <td>{person(told, desk)}</td>
            <td>
                <span class="mono tiny" data-tone=is_refused.then_some("bad")>
                    {told.action.clone()}
                </span>
                {is_refused.then(|| view! { <span class="tag" data-tone="bad">{word(&told.outcome)}</span> })}
            </td>
            <td>{about(told, &desk.names)}</td>
        </tr>
    }
    .into_any()
}

/// Who did it, as a link to all that they did.
fn person(told: &Told, desk: &Desk) -> AnyView {
    let Some(id) = told.actor else {
        let who = match told.actor_kind.as_str() {
            "visitor" => "A visitor",
            "operator" => "Operator",
            _ => "Muster",
        };
        return view! { <span class="muted">{who}</span> }.into_any();
    };
    let person = PersonId::from(id);
    let name = desk.names.get(id).map_or_else(|| "Somebody who left".to_owned(), |called| called.name.clone());
    let href =
        address(&Look { person: Some(person), who: String::new(), after: None, entry: None, ..desk.look.clone() });
    view! {
        <a class="person" href=href title="All that they did">
            <span class="avatar" data-hue=model::Hue::of(&person.bytes()).number().to_string() data-size="xs" aria-hidden="true">
                {initials(&name)}
            </span>
            {name}
        </a>
    }
    .into_any()
}

/// What it was about.
fn about(told: &Told, names: &Names) -> AnyView {
    match told.object.map(|id| (id, names.get(id))) {
        Some((_, Some(Called { name, path: Some(path) }))) => {
            view! { <a href=path.clone()>{name.clone()}</a> }.into_any()
        }
        Some((_, Some(Called { name, path: None }))) => view! { <span>{name.clone()}</span> }.into_any(),
        Some((id, None)) => {
            view! { <span class="muted">{format!("{} {}", told.object_kind, short(id))}</span> }.into_any()
        }
        None => view! { <span class="muted">{told.object_kind.clone()}</span> }.into_any(),
    }
}

/// An entry in full.
fn full(line: &Line, desk: &Desk, today: &Today) -> AnyView {
    let Line { told, has_proof } = line;
    let position = told.position;
    let close = address(&Look { entry: None, ..desk.look.clone() });
    let changes: Vec<AnyView> = told
        .changes
        .iter()
        .map(|(field, old, new)| {
            view! {
                <tr>
                    <th scope="row">{capital(field)}</th>
                    <td>{value(old, desk, today).map(|text| view! { <del>{text}</del> })}</td>
                    <td>{value(new, desk, today).map(|text| view! { <ins>{text}</ins> })}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    let changes = (!changes.is_empty()).then(|| {
        view! {
            <table class="diff">
                <caption class="vh">"Before and after"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Field"</th>
                        <th scope="col">"Before"</th>
                        <th scope="col">"After"</th>
                    </tr>
                </thead>
                <tbody>{changes}</tbody>
            </table>
        }
    });
    let project = told.project.map(ProjectId::uuid).and_then(|id| desk.names.get(id)).map(|called| called.name.clone());
    let facts = [
        ("Time", Some(format!("{} ({})", today.moment(told.at), told.at.rfc3339()))),
        ("Result", Some(word(&told.outcome).to_owned())),
        ("Project", project),
        ("Request", told.request.map(|id| id.to_string())),
        ("Hash", Some(told.hash.clone())),
    ];
    let facts: Vec<AnyView> = facts
        .into_iter()
        .filter_map(|(name, fact)| fact.map(|fact| (name, fact)))
        .map(|(name, fact)| {
            view! {
                <div>
                    <dt>{name}</dt>
                    <dd class=matches!(name, "Request" | "Hash").then_some("mono tiny")>{fact}</dd>
                </div>
            }
            .into_any()
        })
        .collect();
    let proof = if *has_proof {
        view! {
            <p class="small muted">
                "A signed checkpoint covers this entry. The proof shows that it is in the log and was not changed; anybody can check it with the public key."
            </p>
            <p class="audit-offered">
                <a class="btn" href=format!("/api/audit/entry/{position}/proof") download>
                    <Icon name="i-download"/>
                    "Download proof"
                </a>
                <a class="btn btn-quiet" href=format!("/api/audit/entry/{position}")>
                    <Icon name="i-json"/>
                    "View JSON"
                </a>
            </p>
        }
        .into_any()
    } else {
        view! { <p class="small muted">"This entry is signed within a minute. Then its proof can be downloaded here."</p> }
            .into_any()
    };
    view! {
        <aside class="audit-entry" aria-labelledby="entry-title">
            <div class="panel-head">
                <h2 id="entry-title">{format!("Entry #{}", today.reader.number(to_usize(position)))}</h2>
                <a class="icon-btn push" href=close aria-label="Close entry">
                    <Icon name="i-x"/>
                </a>
                <p>
                    {person(told, desk)} <span class="mono tiny">{told.action.clone()}</span> {about(told, &desk.names)}
                </p>
            </div>
            <div class="panel-body">{changes} <dl class="props">{facts}</dl> <h3>"Proof"</h3> {proof}</div>
        </aside>
    }
    .into_any()
}

/// A value as people read it; nothing for none.
fn value(shown: &Shown, desk: &Desk, today: &Today) -> Option<String> {
    match shown {
        Shown::Absent => None,
        Shown::Private => Some("Kept apart".to_owned()),
        Shown::Erased => Some("Erased".to_owned()),
        Shown::Value(text) => Some(readable(text, desk, today)),
    }
}

fn readable(text: &str, desk: &Desk, today: &Today) -> String {
    if let Ok(id) = text.parse::<Uuid>() {
        return desk.names.get(id).map_or_else(|| short(id), |called| called.name.clone());
    }
    if let Some(day) = read_day(text) {
        return today.reader.short(day, Day::default());
    }
    match text.split_once(' ').map(|(ms, zone)| (ms.parse::<i64>(), zone)) {
        Some((Ok(ms), zone)) => format!("{} {zone}", today.moment(Instant::from_ms(ms))),
        _ => text.to_owned(),
    }
}

/// The end of an id, enough to tell it from others.
fn short(id: Uuid) -> String {
    let text = id.simple().to_string();
    format!("…{}", &text[text.len() - 8..])
}

fn word(outcome: &str) -> &'static str {
    match outcome {
        "done" => "Done",
        "refused" => "Refused",
        _ => "Failed",
    }
}

fn to_usize(n: u64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_what_is_looked_for() {
        let text = "?who=Ana%20P&about=MUS-4&action=task.move&from=2026-11-01&until=2026-11-23&after=5.7&entry=9";
        let look = read(text);
        assert_eq!(address(&look), format!("/admin/audit{text}"));
        assert_eq!(look.entry, Some(9));
        assert_eq!(read("?from=yesterday&entry=x&more"), Look::default());
    }
}
