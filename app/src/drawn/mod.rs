//! What the server draws for a page that shows it as it is, as markup: the overview of a project, what a comment said before. In the browser's program
//! there is nothing of it but the place where it goes.
//!
//! Whatever people have typed is escaped here. Must not know: rows, requests, signals.

mod chart;
mod versions;

use model::{Day, Hue, PersonCard, Question, Reader, Refusal, Reply, Today, initials};
use service::{
    Actor, Cx,
    query::{self, Late, Overview},
};
use std::fmt::Write as _;

use crate::{assets::Assets, components::icon::shape};

/// How many people are shown with what they have to do.
const MOST_PEOPLE: usize = 10;

/// The overview as the server has drawn it, for the page that comes with it.
#[derive(Clone, Debug)]
pub struct Drawing(pub String);

/// Answers a question. What is asked to be drawn is drawn here, for the reader and with these assets;
/// who reads is worked out for that alone.
///
/// # Errors
///
/// As [`query::answer`] has them.
pub async fn answer(
    cx: &Cx,
    actor: &Actor,
    reader: impl FnOnce() -> Reader,
    question: Question,
    assets: &Assets,
) -> Result<Reply, Refusal> {
    match question {
        Question::Overview { project } => {
            let reader = reader();
            let overview = query::overview(cx, actor, project, reader.zone.ahead(cx.now())).await?;
            Ok(Reply::Drawn(draw(Told { overview: &overview, reader: &reader }, &assets.icons)))
        }
        Question::Versions { project, comment } => {
            let versions = query::versions(cx, actor, project, comment).await?;
            Ok(Reply::Drawn(versions::draw(&versions, &Today::of(reader().into(), cx.now()))))
        }
        question => query::answer(cx, actor, question).await,
    }
}

/// A text as it stands in markup.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// What is told, and to whom.
#[derive(Clone, Copy)]
pub(crate) struct Told<'a> {
    overview: &'a Overview,
    reader: &'a Reader,
}

impl std::ops::Deref for Told<'_> {
    type Target = Overview;

    fn deref(&self) -> &Overview {
        self.overview
    }
}

impl Told<'_> {
    fn number(&self, n: u32) -> String {
        self.reader.number(n as usize)
    }

    /// Tenths as people write them: `10.8`, `11`.
    fn tenths(&self, n: u32) -> String {
        if n.is_multiple_of(10) { self.number(n / 10) } else { format!("{}.{}", self.number(n / 10), n % 10) }
    }

    fn day(&self, day: Day) -> String {
        self.reader.short(day, self.today)
    }

    /// `1 task`, `2 tasks`.
    fn tasks(&self, n: u32) -> String {
        self.number(n) + if n == 1 { " task" } else { " tasks" }
    }
}

/// What was done in each week, from the first one to this, of which the last is not over.
fn per_week(told: Told<'_>) -> Vec<(Day, u32, u32)> {
    let weeks = told.days.chunks(7).enumerate();
    weeks
        .filter_map(|(week, days)| {
            let monday = Day::from_number(told.first.number() + i32::try_from(week).ok()? * 7)?;
            let sum = |of: fn(&(u32, u32)) -> u32| days.iter().map(of).sum();
            Some((monday, sum(|day| day.0), sum(|day| day.1)))
        })
        .collect()
}

/// How many were done per week in the four weeks before this, in tenths.
fn pace(weeks: &[(Day, u32, u32)]) -> u32 {
    let done: u32 = weeks.iter().rev().skip(1).take(4).map(|week| week.2).sum();
    (done * 10 + 2) / 4
}

/// The overview of a project.
fn draw(told: Told<'_>, icons: &str) -> String {
    let mut out = String::from("<div class=\"dash\">");
    let weeks = per_week(told);
    figures(&mut out, told, &weeks);
    let panel = |out: &mut String, class: &str, id: &str, head: &str, body: String| {
        let _ = write!(
            out,
            "<section class=\"panel {class}\" aria-labelledby=\"{id}\"><div class=\"panel-head\">{head}</div>{body}</section>"
        );
    };
    let head = "<h2 id=\"d1\">Burn-up</h2><ul class=\"legend push\" role=\"list\">\
                <li><i data-k=\"scope\"></i>Created</li><li><i></i>Done</li></ul>";
    panel(&mut out, "w-8", "d1", head, chart::burn_up(told, &weeks));
    let head =
        "<h2 id=\"d2\">Throughput</h2><ul class=\"legend push\" role=\"list\"><li><i></i>Done per week</li></ul>";
    panel(&mut out, "", "d2", head, chart::throughput(told, &weeks));
    let head = "<h2 id=\"d3\">Open tasks per person</h2><ul class=\"legend push\" role=\"list\">\
                <li><i data-k=\"open\"></i>Open</li><li><i data-k=\"bad\"></i>Overdue</li></ul>";
    panel(&mut out, "w-5", "d3", head, workload(told, icons));
    let count = if told.n_late > 0 {
        format!(
            " <span class=\"count\" data-tone=\"bad\">{}<span class=\"vh\"> tasks</span></span>",
            told.number(told.n_late)
        )
    } else {
        String::new()
    };
    let link = if told.n_late > 0 {
        format!("<a class=\"btn-link push\" id=\"od-list\" href=\"/p/{}/list?due=overdue\">Open as list</a>", told.key)
    } else {
        String::new()
    };
    panel(&mut out, "w-7", "d4", &format!("<h2 id=\"d4\">Overdue{count}</h2>{link}"), overdue(told, icons));
    let _ = write!(out, "<p class=\"tiny faint w-12\">{}</p></div>", zone(told.ahead));
    out
}

/// By whose clock days are counted.
fn zone(ahead: i64) -> String {
    if ahead == 0 {
        return "Days are counted in UTC.".to_owned();
    }
    let (sign, minutes) = (if ahead < 0 { '\u{2212}' } else { '+' }, ahead.unsigned_abs());
    format!("Days are counted in your time, UTC{sign}{:02}:{:02}.", minutes / 60, minutes % 60)
}

fn figures(out: &mut String, told: Told<'_>, weeks: &[(Day, u32, u32)]) {
    let (created, done) = (
        told.before.0 + weeks.iter().map(|week| week.1).sum::<u32>(),
        told.before.1 + weeks.iter().map(|week| week.2).sum::<u32>(),
    );
    let pace = pace(weeks);
    let (strong, rest) = match (told.n_open, pace) {
        (_, 0) => ("No task done in four weeks".to_owned(), "A pace shows once tasks are finished.".to_owned()),
        (0, _) => ("Nothing is open".to_owned(), format!("{} done per week on average.", told.tenths(pace))),
        (open, _) => {
            let weeks = (open * 10).div_ceil(pace);
            let weeks = if weeks == 1 { "a week".to_owned() } else { format!("{} weeks", told.number(weeks)) };
            (format!("{} done per week", told.tenths(pace)), format!("What is open now is about {weeks} of work."))
        }
    };
    let (this_created, this_done) = weeks.last().map_or((0, 0), |week| (week.1, week.2));
    let late = if told.n_late > 0 { " class=\"danger-text\"" } else { "" };
    let _ = write!(
        out,
        "<section class=\"panel w-12\" aria-label=\"Summary\"><dl class=\"figures\">\
         <div><dt>Pace</dt><dd class=\"sentence\"><strong>{strong}</strong>{rest}</dd></div>\
         <div><dt>Done</dt><dd>{} <small>of {}</small></dd></div>\
         <div><dt>Overdue</dt><dd{late}>{} <small>of {} open</small></dd></div>\
         <div><dt>Added this week</dt><dd>{} <small>{}</small></dd></div>\
         <div><dt>Done this week</dt><dd>{} <small>{}</small></dd></div></dl></section>",
        told.number(done),
        told.number(created),
        told.number(told.n_late),
        told.number(told.n_open),
        told.number(this_created),
        if this_created == 1 { "task" } else { "tasks" },
        told.number(this_done),
        if this_done == 1 { "task" } else { "tasks" },
    );
}

fn avatar(person: &PersonCard, attributes: &str) -> String {
    let letters = escaped(&initials(person.name.as_str()));
    let hue = Hue::of(&person.id.bytes()).number();
    format!("<span class=\"avatar\" data-hue=\"{hue}\" data-size=\"xs\" {attributes}>{letters}</span>")
}

fn nobody(icons: &str, attributes: &str) -> String {
    format!(
        "<span class=\"avatar\" data-kind=\"none\" data-size=\"xs\" {attributes}><svg class=\"icon icon-sm\" \
         aria-hidden=\"true\"><use href=\"{icons}#i-user\"></use></svg></span>"
    )
}

fn workload(told: Told<'_>, icons: &str) -> String {
    let loads = &told.loads;
    if loads.is_empty() {
        return "<div class=\"panel-body\"><p class=\"muted small\">Nothing is open.</p></div>".to_owned();
    }
    let most = loads.iter().map(|load| load.n_open).max().unwrap_or(1);
    let mut out =
        String::from("<div class=\"panel-body\"><ul class=\"workload\" role=\"list\" aria-labelledby=\"d3\">");
    for load in loads.iter().take(MOST_PEOPLE) {
        let person = match &load.person {
            Some(person) => {
                let avatar = avatar(person, "aria-hidden=\"true\"");
                format!("{avatar}<span class=\"truncate\">{}</span>", escaped(person.name.as_str()))
            }
            None => nobody(icons, "aria-hidden=\"true\"") + "<span class=\"truncate\">No one</span>",
        };
        let late = if load.n_late > 0 { format!(", {} overdue", told.number(load.n_late)) } else { String::new() };
        let _ = write!(
            out,
            "<li><span class=\"person\">{person}</span>{}<span class=\"num\">{}<span class=\"vh\"> open{late}</span></span></li>",
            chart::load(load.n_open, load.n_late, most),
            told.number(load.n_open)
        );
    }
    out.push_str("</ul>");
    let rest = loads.get(MOST_PEOPLE..).unwrap_or_default();
    if !rest.is_empty() {
        let n = rest.iter().map(|load| load.n_open).sum();
        let people = if rest.len() == 1 { "One more has" } else { "The others have" };
        let _ = write!(out, "<p class=\"tiny faint\">{people} {}.</p>", told.tasks(n));
    }
    out.push_str("</div>");
    out
}

fn overdue(told: Told<'_>, icons: &str) -> String {
    if told.late.is_empty() {
        return "<div class=\"panel-body\"><p class=\"muted small\">Nothing is overdue.</p></div>".to_owned();
    }
    let mut out =
        String::from("<div class=\"panel-body\"><ul class=\"plain-list\" role=\"list\" aria-labelledby=\"d4\">");
    for late in &told.late {
        out.push_str(&late_row(told, late, icons));
    }
    out.push_str("</ul>");
    let more = told.n_late.saturating_sub(u32::try_from(told.late.len()).unwrap_or(u32::MAX));
    if more > 0 {
        let _ = write!(
            out,
            "<p class=\"tiny faint dash-note\">{} more {} overdue.</p>",
            told.number(more),
            if more == 1 { "is" } else { "are" }
        );
    }
    out.push_str("</div>");
    out
}

fn late_row(told: Told<'_>, late: &Late, icons: &str) -> String {
    let look = shape(&told.statuses, late.status);
    let status = told.statuses.iter().find(|s| s.id == late.status);
    let days = told.today.number() - late.due.number();
    let people: String = late
        .people
        .iter()
        .take(2)
        .map(|person| avatar(person, &format!("role=\"img\" aria-label=\"{}\"", escaped(person.name.as_str()))))
        .collect();
    let people = if people.is_empty() { nobody(icons, "role=\"img\" aria-label=\"No assignee\"") } else { people };
    format!(
        "<li><svg class=\"icon status\" data-status=\"{look}\" role=\"img\" aria-label=\"{}\"><use href=\"{icons}#i-st-{look}\">\
         </use></svg><span class=\"faint num tiny hide-phone\">{key}-{n}</span>\
         <a id=\"od-{n}\" href=\"/p/{key}/{n}\">{}</a><span class=\"push\"><span class=\"danger-text tiny num\">{days} {} late</span>\
         <time class=\"hide-phone faint tiny num od-date\" datetime=\"{}\">{}</time>\
         <span class=\"od-who\"><span class=\"avatars\">{people}</span></span></span></li>",
        escaped(status.map_or("", |s| s.name.as_str())),
        escaped(late.title.as_str()),
        if days == 1 { "day" } else { "days" },
        late.due,
        told.day(late.due),
        key = told.key,
        n = late.number,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Category, Instant, Key, Name, Status, Title, new_id};
    use service::query::Load;

    fn person(n: u8, name: &str) -> PersonCard {
        PersonCard { id: new_id(Instant::from_ms(1), [n; 10]), name: Name::try_from(name.to_owned()).unwrap() }
    }

    /// A Wednesday, with a task a day since the first Monday and one done on each Friday.
    pub(super) fn told() -> Overview {
        let (first, today): (Day, Day) = ("2026-10-05".parse().unwrap(), "2026-11-25".parse().unwrap());
        let days = (0..=today.number() - first.number()).map(|day| (1, u32::from(day % 7 == 4)));
        let status = new_id(Instant::from_ms(1), [1; 10]);
        let name = "To <do>".to_owned().try_into().unwrap();
        Overview {
            key: Key::try_from("MUS".to_owned()).unwrap(),
            statuses: vec![Status { id: status, name, category: Category::Todo }],
            ahead: 0,
            today,
            first,
            before: (1_200, 40),
            days: days.collect(),
            n_open: 30,
            n_late: 2,
            loads: vec![
                Load { person: Some(person(1, "Ana <b> Petrović")), n_open: 3, n_late: 1 },
                Load { person: None, n_open: 1, n_late: 0 },
            ],
            late: vec![Late {
                task: new_id(Instant::from_ms(1), [2; 10]),
                number: 7,
                title: Title::try_from("\"RoHS\" & <script>".to_owned()).unwrap(),
                status,
                due: "2026-11-24".parse().unwrap(),
                people: vec![person(1, "Ana \"<b>\" Petrović")],
            }],
        }
    }

    fn painted(overview: &Overview, icons: &str) -> String {
        draw(Told { overview, reader: &Reader::default() }, icons)
    }

    #[test]
    fn what_people_typed_is_text_and_nothing_has_a_style_of_its_own() {
        let drawn = painted(&told(), "/icons.svg");
        for text in ["Ana &lt;b&gt; Petrović", "&quot;RoHS&quot; &amp; &lt;script&gt;", "aria-label=\"To &lt;do&gt;\""]
        {
            assert!(drawn.contains(text), "{text}\n{drawn}");
        }
        for markup in ["<script", "<b>", "style=", " on"] {
            let found = drawn
                .match_indices(markup)
                .map(|(at, _)| &drawn[at..at + 20])
                .find(|m| m.contains('=') || *markup != *" on");
            assert!(found.is_none(), "{markup}: {found:?}");
        }
    }

    #[test]
    fn elements_are_closed_in_their_order() {
        let drawn = painted(&told(), "/icons.svg");
        let mut open = Vec::new();
        for tag in drawn.split('<').skip(1).map(|tag| tag.split('>').next().unwrap()) {
            if let Some(name) = tag.strip_prefix('/') {
                assert_eq!(open.pop(), Some(name), "{drawn}");
            } else if !tag.ends_with('/') {
                open.push(tag.split_whitespace().next().unwrap());
            }
        }
        assert!(open.is_empty(), "{open:?}");
    }

    #[test]
    fn the_figures_say_what_was_counted() {
        let drawn = painted(&told(), "");
        for text in [
            "<dd>47 <small>of 1,252</small>",
            "<dd class=\"danger-text\">2 <small>of 30 open</small>",
            "<dt>Added this week</dt><dd>3 <small>tasks</small>",
            "<dt>Done this week</dt><dd>0 <small>tasks</small>",
            "<strong>1 done per week</strong>What is open now is about 30 weeks of work.",
            "1 more is overdue.",
            "1 day late",
            "Days are counted in UTC.",
        ] {
            assert!(drawn.contains(text), "{text}\n{drawn}");
        }
        let nothing = Overview { days: vec![(0, 0); 52], loads: vec![], late: vec![], n_late: 0, n_open: 0, ..told() };
        let drawn = painted(&nothing, "");
        for text in ["No task done in four weeks", "Nothing is overdue.", "Nothing is open."] {
            assert!(drawn.contains(text), "{text}\n{drawn}");
        }
    }

    #[test]
    fn numbers_and_clocks_are_written_for_people() {
        let (overview, reader) = (told(), Reader::default());
        let with = Told { overview: &overview, reader: &reader };
        assert_eq!([7, 999, 1_000, 1_234_567].map(|n| with.number(n)), ["7", "999", "1,000", "1,234,567"]);
        assert_eq!([0, 10, 108, 12_340].map(|n| with.tenths(n)), ["0", "1", "10.8", "1,234"]);
        assert_eq!(zone(330), "Days are counted in your time, UTC+05:30.");
        assert_eq!(zone(-60), "Days are counted in your time, UTC\u{2212}01:00.");
    }
}
