//! What the reader has to do, in all projects: by when it is due.

use leptos::prelude::*;
use model::{Day, Due, Me, MyProject, MyTask, Today};

use crate::{
    components::{
        icon::{Icon, StatusIcon, shape},
        live_badge::LiveBadge,
        prio::PriorityIcon,
        sidebar::AppShell,
        when::due_tone,
    },
    data::{Client, Heard, client},
    dom,
    live::{live, memo, part},
    pages::missing::EmptyArt,
    paths,
};

/// When something is due, as seen from today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Group {
    Overdue,
    Today,
    ThisWeek,
    Later,
    NoDate,
}

impl Group {
    const ALL: [Self; 5] = [Self::Overdue, Self::Today, Self::ThisWeek, Self::Later, Self::NoDate];

    const fn name(self) -> &'static str {
        match self {
            Self::Overdue => "Overdue",
            Self::Today => "Today",
            Self::ThisWeek => "This week",
            Self::Later => "Later",
            Self::NoDate => "No date",
        }
    }

    fn of(task: &MyTask, today: &Today) -> Self {
        let Some(day) = task.due.as_ref().map(|due| today.due_day(due)) else { return Self::NoDate };
        let left = 6 - days_into_week(today.day, today.reader.habits.week_start);
        match today.until(day) {
            ..0 => Self::Overdue,
            0 => Self::Today,
            days if days <= left => Self::ThisWeek,
            _ => Self::Later,
        }
    }
}

/// How many days of its week come before a day, for a week that starts on this weekday (0 for Monday).
pub(crate) fn days_into_week(day: Day, week_start: u32) -> i32 {
    i32::try_from((day.weekday() + 7 - week_start) % 7).unwrap_or(0)
}

/// `Thursday`.
pub(crate) fn weekday_name(day: Day) -> &'static str {
    const NAMES: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    NAMES[day.weekday() as usize]
}

/// How many of these tasks are due by today, and how many were before.
pub(crate) fn for_today(tasks: &[MyTask], today: &Today) -> (usize, usize) {
    let by = |days: i32| {
        tasks.iter().filter(|t| t.due.as_ref().is_some_and(|d| today.until(today.due_day(d)) <= days)).count()
    };
    (by(0), by(-1))
}

/// The page.
#[component]
pub(crate) fn MyTasksPage(
    /// Who is looking.
    me: Me,
) -> impl IntoView {
    let client = client();
    client.meet(&me);
    let today = client.today;
    client.watch_mine();
    let mine = client.mine.clone();
    let tasks = memo(move || mine.tasks());
    let sub = move || match tasks.with(|tasks| today.with(|today| for_today(tasks, today))) {
        (0, _) => "Nothing for today".to_owned(),
        (n, 0) => n.to_string() + " for today",
        (n, late) => n.to_string() + " for today, " + &late.to_string() + " of them overdue",
    };
    let is_empty = memo(move || tasks.with(Vec::is_empty));
    let content = move || {
        if is_empty.get() {
            return part! {
                <div class="scroll empty-wrap">
                    <div class="empty">
                        <EmptyArt/>
                        <h2>"Nothing to do"</h2>
                        <p>"Tasks of all your projects appear here when they are assigned to you."</p>
                        <a class="btn btn-primary btn-lg" href="/">
                            "Go to your projects"
                        </a>
                    </div>
                </div>
            };
        }
        part! {
            <div class="scroll">
                <div class="two-col">
                    <div>{Group::ALL.map(|group| section(group, tasks, today)).into_iter().collect_view()} <Cut/></div>
                    <aside aria-label="Calendar">{live(move || month(tasks, &today.get()))}</aside>
                </div>
            </div>
        }
    };
    part! {
        <AppShell me current=None projects=client.follow_projects(Heard::Never) add=None>
            <header class="page-head">
                <div class="title">
                    <h1 id="page-title">"My tasks"</h1>
                    <span class="page-sub">{live(sub)}</span>
                </div>
                <div class="page-actions">
                    <LiveBadge/>
                </div>
            </header>
            {live(content)}
        </AppShell>
    }
}

/// Says that there are more tasks than are shown.
#[component]
fn Cut() -> impl IntoView {
    let mine = client().mine;
    live(move || {
        mine.is_cut().then(|| part! { <p class="tiny faint">"Only the 500 tasks that are due first are shown."</p> })
    })
}

fn section(group: Group, tasks: Memo<Vec<MyTask>>, today: RwSignal<Today>) -> AnyView {
    let of_group = memo(move || {
        let today = today.get();
        tasks.with(|tasks| tasks.iter().filter(|t| Group::of(t, &today) == group).cloned().collect::<Vec<_>>())
    });
    let id = format!("g{}", group as u8);
    live(move || {
        let (tasks, today) = (of_group.get(), today.get());
        if tasks.is_empty() {
            return ().into_any();
        }
        let beside = if group == Group::Today {
            weekday_name(today.day).to_owned() + " " + &today.short(today.day)
        } else {
            tasks.len().to_string()
        };
        let list = tasks.into_iter().map(|task| todo(group, task, &today)).collect_view();
        part! {
            <section class="day-group" aria-labelledby=id.clone()>
                <div class="day-head" data-tone=(group == Group::Overdue).then_some("bad")>
                    <h2 id=id.clone()>{group.name()}</h2>
                    <span class="faint">{beside}</span>
                </div>
                <ul class="todo-list" role="list" aria-labelledby=id.clone()>
                    {list}
                </ul>
            </section>
        }
    })
}

/// The id of the button that completes a task.
fn button_id(task: &MyTask) -> String {
    format!("done-{}", task.id)
}

/// One task. A list is painted anew as a whole, which keeps the focus by ids.
fn todo(group: Group, task: MyTask, today: &Today) -> AnyView {
    let client = client();
    let Some(project) = client.mine.project_of(&task) else { return ().into_any() };
    let MyProject { key, name, hue, .. } = &project;
    let number = format!("{key}-{}", task.number);
    let look = shape(&project.statuses(), task.status);
    let end = part! {
        <span class="todo-end">
            {(task.n_comments > 0)
                .then(|| {
                    part! {
                        <span class="meta">
                            <Icon name="i-comment"/>
                            {task.n_comments.to_string()}
                            <span class="vh">{if task.n_comments == 1 { " comment" } else { " comments" }}</span>
                        </span>
                    }
                })}
            {(task.n_parts > 0)
                .then(|| {
                    part! {
                        <span class="meta">
                            <Icon name="i-subtasks"/>
                            {task.n_done.to_string() + "/" + &task.n_parts.to_string()}
                            <span class="vh">" sub-tasks done"</span>
                        </span>
                    }
                })}
            {due(group, &task, today)}
            <PriorityIcon priority=task.priority alone=true/>
        </span>
    };
    let sub = name.to_string() + " · " + &number;
    let (link, hue) = (paths::numbered(key, task.number), hue.number());
    let title = task.title.to_string();
    let complete = if client.done_status(&project).is_some() {
        part! {
            <button
                class="icon-btn"
                type="button"
                id=button_id(&task)
                aria-label="Complete ".to_owned() + &number
                on:click=move |_| complete(&client, &task)
            >
                <StatusIcon shape=look/>
            </button>
        }
    } else {
        part! { <StatusIcon shape=look/> }
    };
    part! {
        <li class="todo">
            {complete}
            <div class="grow">
                <a class="todo-title" href=link>
                    {title}
                </a>
                <span class="todo-sub">
                    <span class="proj" data-hue=hue.to_string() data-size="dot" aria-hidden="true"></span>
                    {sub}
                </span>
            </div>
            {end}
        </li>
    }
}

/// When it is due, as far as the name of its group does not say it.
fn due(group: Group, task: &MyTask, today: &Today) -> Option<AnyView> {
    let due = task.due.as_ref()?;
    let day = today.due_day(due);
    let mut text = match group {
        Group::Today | Group::NoDate => String::new(),
        Group::ThisWeek => weekday_name(day)[..3].to_owned(),
        Group::Overdue | Group::Later => today.short(day),
    };
    if let Due::At { instant, .. } = due {
        if !text.is_empty() {
            text.push(' ');
        }
        text += &today.reader.time(today.reader.zone.civil(*instant).1);
    }
    if text.is_empty() {
        return None;
    }
    let is_late = due_tone(day, today, false) == Some("bad");
    Some(part! {
        <time class=is_late.then_some("danger-text strong") datetime=day.to_string()>
            {text}
        </time>
        {is_late.then(|| part! { <span class="vh">", overdue"</span> })}
    })
}

/// Completes a task and moves the focus to the next one.
fn complete(client: &Client, task: &MyTask) {
    let tasks = client.mine.tasks();
    let next =
        tasks.iter().skip_while(|t| t.id != task.id).nth(1).or_else(|| tasks.iter().rev().find(|t| t.id != task.id));
    dom::focus_soon(next.map_or_else(|| "main".to_owned(), button_id));
    client.complete(task);
}

/// `November`, for 11.
pub(crate) fn month_name(month: u32) -> &'static str {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    MONTHS[month as usize - 1]
}

/// The month with a mark on each day on which something is due.
fn month(tasks: Memo<Vec<MyTask>>, today: &Today) -> AnyView {
    let (now, week_start) = (today.day, today.reader.habits.week_start);
    let (year, month, date) = now.ymd();
    let name = format!("{} {year}", month_name(month));
    let days: Vec<Day> =
        tasks.with(|tasks| tasks.iter().filter_map(|t| t.due.as_ref().map(|due| today.due_day(due))).collect());
    let first = now.number() + 1 - i32::try_from(date).unwrap_or(1);
    let begin = Day::from_number(first).map_or(first, |day| first - days_into_week(day, week_start));
    let cell = |number: i32| {
        let Some(day) = Day::from_number(number) else { return ().into_any() };
        let (_, of_month, date) = day.ymd();
        let is_due = days.contains(&day);
        let class = match (of_month == month, is_due, day < now) {
            (false, ..) => "off",
            (_, true, true) => "load load-bad",
            (_, true, false) => "load",
            _ => "",
        };
        part! {
            <td>
                <span class=class aria-current=(day == now).then_some("date")>
                    {date.to_string()}
                    {(is_due && of_month == month).then(|| part! { <span class="vh">", has tasks"</span> })}
                </span>
            </td>
        }
    };
    let weeks = (0..6).map(|week| begin + week * 7).filter(|start| {
        // The last weeks of the table may be of the next month alone.
        Day::from_number(*start).is_some_and(|day| *start <= first || day.ymd().1 == month)
    });
    let weeks = weeks.map(|start| part! { <tr>{(start..start + 7).map(cell).collect_view()}</tr> }).collect_view();
    let heads = (0..7).map(|n| {
        let name = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"][(week_start as usize + n) % 7];
        part! { <th scope="col">{name}</th> }
    });
    part! {
        <section class="aside-block" aria-labelledby="mini-h">
            <h2 id="mini-h">{name}</h2>
            <table class="mini-cal" aria-labelledby="mini-h">
                <thead>
                    <tr>{heads.collect_view()}</tr>
                </thead>
                <tbody>{weeks}</tbody>
            </table>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Instant, Reader, TaskId, Title};

    fn task(due: Option<&str>) -> MyTask {
        let id: TaskId = model::new_id(Instant::from_ms(1), [1; 10]);
        MyTask {
            id,
            project: model::new_id(Instant::from_ms(1), [2; 10]),
            number: 1,
            title: Title::try_from("Paint".to_owned()).unwrap(),
            status: model::new_id(Instant::from_ms(1), [3; 10]),
            due: due.map(|day| Due::Day(day.parse().unwrap())),
            priority: None,
            n_comments: 0,
            n_parts: 0,
            n_done: 0,
        }
    }

    fn today(day: &str, habits: &str) -> Today {
        let reader = Reader { habits: habits.parse().unwrap(), ..Reader::default() };
        Today { day: day.parse().unwrap(), reader: reader.into() }
    }

    #[test]
    fn a_week_ends_where_the_reader_ends_it() {
        let wednesday = today("2026-03-11", "dmy-24-1-44");
        for (due, group) in [
            (Some("2026-03-10"), Group::Overdue),
            (Some("2026-03-11"), Group::Today),
            (Some("2026-03-12"), Group::ThisWeek),
            (Some("2026-03-15"), Group::ThisWeek),
            (Some("2026-03-16"), Group::Later),
            (None, Group::NoDate),
        ] {
            assert_eq!(Group::of(&task(due), &wednesday), group, "{due:?}");
        }
        let monday = task(Some("2026-03-16"));
        let (sunday, of_america) = (today("2026-03-15", "dmy-24-1-44"), today("2026-03-15", "mdy-12-7-44"));
        assert_eq!((Group::of(&monday, &sunday), Group::of(&monday, &of_america)), (Group::Later, Group::ThisWeek));
        assert_eq!((weekday_name(wednesday.day), weekday_name(sunday.day)), ("Wednesday", "Sunday"));
    }

    #[test]
    fn what_is_overdue_is_also_for_today() {
        let today = today("2026-03-11", "dmy-24-1-44");
        let tasks = [Some("2026-03-10"), Some("2026-03-11"), Some("2026-03-12"), None].map(task);
        assert_eq!(for_today(&tasks, &today), (2, 1));
        assert_eq!(for_today(&[], &today), (0, 0));
    }
}
