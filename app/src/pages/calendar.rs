//! A project as a calendar: its tasks on the days of a month on which they are due, and beside it those without a date.

use leptos::prelude::*;
use model::{Category, Day, Task, TaskId};
use std::sync::Arc;

use crate::{
    components::{
        icon::{Icon, StatusIcon, shape},
        presence::viewers,
        when::due_tone,
    },
    data::{client, view::Month},
    dom::{self, Ears},
    live::{Row, effect, live, memo, part, rows},
    pages::{
        agenda::Agenda,
        card::is_finished,
        day_hand::{CALENDAR_ID, DayHand, MONTH_ID},
        days::{Shown, day_id, month},
        drag,
        my_tasks::{month_name, weekday_name},
        project::{Here, card_link_id, follow_changes, here},
    },
    paths,
};

/// How many tasks of a day are shown; of more, one less with how many there are.
const FIT: usize = 3;
/// How many tasks without a date are shown at a time.
pub(crate) const STEP: usize = 50;

/// The days of the tasks that are shown, in the order of the board; none for those that are open and have no date.
pub(crate) type Days = Memo<Vec<(Option<Day>, TaskId)>>;

/// Which month is shown, and the ways to others.
#[component]
pub(crate) fn MonthBar() -> impl IntoView {
    let here = here();
    let (view, today) = (here.view, here.today);
    let shown = move || month(view.with(|view| view.month), today.with(|today| today.day));
    let go = move |by: Option<isize>| {
        let mut view = view.get_untracked();
        view.month = by.map(|by| untrack(shown).plus(by));
        here.look(&view);
    };
    let [today, before, after] = [None, Some(-1), Some(1)].map(|by| {
        let go = go.clone();
        move |_| go(by)
    });
    part! {
        <div class="month-bar">
            <span class="sep" aria-hidden="true"></span>
            <button class="btn" type="button" on:click=today>
                "Today"
            </button>
            <button class="icon-btn" type="button" id="cal-before" aria-label="Previous month" on:click=before>
                <Icon name="i-left"/>
            </button>
            <button class="icon-btn" type="button" id="cal-after" aria-label="Next month" on:click=after>
                <Icon name="i-chev"/>
            </button>
            <h2 class="strong" id="cal-h" aria-live="polite">
                {live(move || month_text(shown()))}
            </h2>
        </div>
    }
}

fn month_text(month: Month) -> String {
    let (year, month) = month.parts();
    [month_name(month), " ", &year.to_string()].concat()
}

/// The calendar of the project.
#[component]
pub(crate) fn CalendarView() -> impl IntoView {
    let here = here();
    let hand = DayHand::new();
    drag::listen(Arc::new(hand.clone()));
    hand.register();
    follow_changes();
    let clicks = hand.clone();
    effect(move || {
        let clicks = clicks.clone();
        Ears::keep(Some(CALENDAR_ID), &["click"], move |event| clicks.clicked(&event));
    });
    let (board, standing) = (here.board, hand.clone());
    let days: Days = memo(move || {
        board.track_all();
        keep_focus(&standing);
        let today = here.today.get();
        board.sifted(|b, lets| {
            // What is finished needs no date any more.
            let is_over = |t: &Task| {
                b.status(t.status).is_some_and(|s| matches!(s.category, Category::Done | Category::Cancelled))
            };
            let day = |t: &Arc<Task>| (t.due.as_ref().map(|due| today.due_day(due)), t.id);
            b.tasks().filter(|t| lets(t) && (t.due.is_some() || !is_over(t))).map(day).collect()
        })
    });
    let (table, dragging, may_move) = (hand.clone(), hand.clone(), hand.may_move);
    part! {
        <div
            class="cal-layout"
            id=CALENDAR_ID
            data-carrying=move || dragging.is_dragging().then_some("true")
        >
            <section class="cal" id=MONTH_ID aria-labelledby="cal-h">
                <p class="vh" id="cal-help">
                    "Arrow keys go from day to day, Page up and Page down by a month. Enter adds a task to the day, Tab goes to its tasks."
                    {live(move || may_move.get().then_some(" Space lifts a task, arrow keys carry it."))}
                </p>
                {live(move || month_table(&table, days))}
            </section>
            <Agenda hand=hand.clone() days/>
            <Tray hand days/>
        </div>
    }
}

/// A task that goes to another day takes the focus along; one that goes away leaves it on its day.
fn keep_focus(hand: &DayHand) {
    if cfg!(feature = "ssr") {
        return;
    }
    if let Some(id) = dom::focused().filter(|id| id.starts_with("open-")) {
        let day = untrack(|| hand.stop_day());
        dom::next_frame(move || {
            dom::focus_if_lost(&id);
            if let Some(day) = day {
                dom::focus_if_lost(&day_id(day));
            }
        });
    }
}

fn month_table(hand: &DayHand, days: Days) -> AnyView {
    let shown = hand.shown();
    let on = |number: i32| Day::from_number(number);
    let heads: Vec<AnyView> = (shown.start..shown.start + 7)
        .filter_map(on)
        .map(|day| {
            let (name, is_weekend) = (weekday_name(day), day.weekday() > 4);
            part! {
                <th scope="col" abbr=name data-weekend=is_weekend>
                    {&name[..3]}
                </th>
            }
        })
        .collect();
    let mut weeks = Vec::new();
    for week in 0..shown.n_weeks {
        let start = shown.start + week * 7;
        let all: Vec<Day> = (start..start + 7).filter_map(on).collect();
        let number = all.iter().find(|day| day.weekday() == 3).map(|day| week_number(*day));
        let cells: Vec<AnyView> = all.into_iter().map(|day| cell(hand, day, shown, days)).collect();
        weeks.push(part! {
            <tr>
                <th class="wk" scope="row">
                    <span class="vh">"Week "</span>
                    {number}
                </th>
                {cells}
            </tr>
        });
    }
    part! {
        <table role="grid" aria-labelledby="cal-h" aria-describedby="cal-help" data-weeks=shown.n_weeks.to_string()>
            <thead>
                <tr>
                    <th class="wk" scope="col">
                        <span class="vh">"Week"</span>
                    </th>
                    {heads}
                </tr>
            </thead>
            <tbody>{weeks}</tbody>
        </table>
    }
}

/// The number of the week with this Thursday in it (ISO 8601).
fn week_number(thursday: Day) -> String {
    let new_year = Day::from_ymd(thursday.ymd().0, 1, 1).map_or(0, Day::number);
    ((thursday.number() - new_year) / 7 + 1).to_string()
}

fn cell(hand: &DayHand, day: Day, shown: Shown, days: Days) -> AnyView {
    let of_day = memo(move || {
        let of_day = |all: &Vec<(Option<Day>, TaskId)>| {
            all.iter().filter(|(d, _)| *d == Some(day)).map(|(_, task)| *task).collect::<Vec<_>>()
        };
        days.with(of_day)
    });
    let n = memo(move || of_day.with(Vec::len));
    let is_unfolded = RwSignal::new(false);
    let place = shown.place(day).unwrap_or(0);
    let (today, stop, aim) = (hand.here.today, hand.stop, hand.clone());
    let (said, listing, full) = (hand.clone(), hand.clone(), hand.clone());
    let (date, is_weekend, is_out) = (day.ymd().2, day.weekday() > 4, Month::of(day) != shown.month);
    let text = if date == 1 { today.with_untracked(|today| today.reader.short(day, day)) } else { date.to_string() };
    let name = move || {
        let n = n.get();
        let tasks = if n == 1 { " task" } else { " tasks" };
        let called = said.called(Some(day));
        if n == 0 { called } else { [&called, ", ", &n.to_string(), tasks].concat() }
    };
    part! {
        <td
            id=day_id(day)
            data-day=day.to_string()
            data-weekend=is_weekend
            data-out=is_out
            data-some=move || (n.get() > 0).then_some("true")
            data-drop=move || aim.is_aim(Some(day)).then_some("true")
            data-stop=move || (stop.get() == place).then_some("true")
            tabindex=move || if stop.get() == place { "0" } else { "-1" }
            aria-current=move || today.with(|today| today.day == day).then_some("date")
        >
            // The whole name of the day, and then its tasks.
            <span class="vh">{live(name)}</span>
            <span class="day-n" aria-hidden="true">
                <time datetime=day.to_string()>{text}</time>
            </span>
            {live(move || {
                let n = n.get();
                (n > 0)
                    .then(|| {
                        let hand = listing.clone();
                        let list = rows(move || {
                            let n = if is_unfolded.get() { n } else { fitting(n) };
                            of_day.with(|all| all.iter().take(n).map(|task| task_row(&hand, *task, Some((day, place)))).collect())
                        });
                        part! {
                            <ul class="cal-tasks" role="list">
                                {list}
                            </ul>
                        }
                    })
            })}
            {live(move || {
                let n = n.get();
                (n > FIT)
                    .then(|| {
                        let text = move || {
                            if is_unfolded.get() {
                                "Show less".to_owned()
                            } else {
                                (n - fitting(n)).to_string() + " more"
                            }
                        };
                        let on = [" on ", &full.called(Some(day))].concat();
                        part! {
                            <button
                                class="cal-more"
                                type="button"
                                id="more-".to_owned() + &day.to_string()
                                aria-expanded=move || is_unfolded.get().to_string()
                                on:click=move |_| is_unfolded.update(|u| *u = !*u)
                            >
                                {live(text)}
                                <span class="vh">{on}</span>
                            </button>
                        }
                    })
            })}
        </td>
    }
}

/// How many of a day's tasks are shown.
const fn fitting(n: usize) -> usize {
    if n > FIT { FIT - 1 } else { n }
}

/// A task with its day and the place of that, if it has one.
fn task_row(hand: &DayHand, task: TaskId, day: Option<(Day, usize)>) -> Row {
    let hand = hand.clone();
    Row::new((task.uuid().as_u128(), 0), move |_| part! { <CalendarTask task day hand/> })
}

/// A task on its day.
#[component]
fn CalendarTask(task: TaskId, day: Option<(Day, usize)>, hand: DayHand) -> impl IntoView {
    let here = hand.here.clone();
    let painted = here.board.task(task);
    let others = client().others_at(here.board.project(), task);
    live(move || {
        let task = painted.get()?;
        let (lifted, stop, today, id) = (hand.clone(), hand.stop, here.today, task.id);
        let over = is_finished(&here, &task);
        let is_late = move || day.is_some_and(|(day, _)| today.with(|today| due_tone(day, today, over)) == Some("bad"));
        let look = look(&here, &task);
        let status = status_name(&here, &task);
        Some(part! {
            <li data-task=id.to_string()>
                <a
                    class="cal-task"
                    id=card_link_id(id)
                    href=paths::task(&here.board.key(), &task)
                    data-done=over.then_some("true")
                    data-tone=move || is_late().then_some("bad")
                    data-state=move || lifted.is_carried(id).then_some("ghost")
                    tabindex=move || if day.is_none_or(|(_, place)| stop.get() == place) { "0" } else { "-1" }
                >
                    <StatusIcon shape=look/>
                    <span>{task.title.to_string()}</span>
                    {viewers(others)}
                </a>
                <span class="vh">
                    {status}
                    {live(move || is_late().then_some(", overdue"))}
                </span>
            </li>
        })
    })
}

/// The shape of a task's status, while it is painted.
pub(crate) fn look(here: &Here, task: &Task) -> Signal<&'static str> {
    let (board, status) = (here.board.clone(), task.status);
    Signal::derive(move || shape(&board.statuses(), status))
}

/// What a task's status is called.
pub(crate) fn status_name(here: &Here, task: &Task) -> String {
    here.board.read(|b| b.status(task.status).map(|s| s.name.to_string())).unwrap_or_default()
}

/// The tasks without a date.
#[component]
fn Tray(hand: DayHand, days: Days) -> impl IntoView {
    let undated = memo(move || {
        days.with(|all| all.iter().filter(|(day, _)| day.is_none()).map(|(_, task)| *task).collect::<Vec<_>>())
    });
    let (n_shown, set_shown) = signal(STEP);
    let n = memo(move || undated.with(Vec::len));
    let is_empty = memo(move || n.get() == 0);
    let (aim, may_move) = (hand.clone(), hand.may_move);
    part! {
        <aside
            class="tray"
            aria-labelledby="tray-h"
            data-day=""
            data-drop=move || aim.is_aim(None).then_some("true")
        >
            <h2 id="tray-h">
                "No date "
                <span class="count">
                    {live(move || n.get().to_string())}
                    <span class="vh">{live(move || if n.get() == 1 { " task" } else { " tasks" })}</span>
                </span>
            </h2>
            {live(move || may_move.get().then(|| part! { <p class="faint">"Drag a task to a day, or press Space on it."</p> }))}
            {live(move || {
                let hand = hand.clone();
                (!is_empty.get())
                    .then(|| {
                        let list = rows(move || {
                            let n = n_shown.get();
                            undated.with(|all| all.iter().take(n).map(|task| task_row(&hand, *task, None)).collect())
                        });
                        part! {
                            <ul class="cal-tasks" role="list" aria-labelledby="tray-h">
                                {list}
                            </ul>
                        }
                    })
            })}
            {live(move || {
                let more = n.get().saturating_sub(n_shown.get());
                (more > 0)
                    .then(|| {
                        part! {
                            <button class="cal-more" type="button" on:click=move |_| set_shown.update(|n| *n += STEP)>
                                {more.to_string() + " more"}
                                <span class="vh">" without a date"</span>
                            </button>
                        }
                    })
            })}
        </aside>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_are_numbered_by_their_thursdays() {
        for (thursday, number) in [("2026-03-05", "10"), ("2026-01-01", "1"), ("2026-12-31", "53"), ("2025-01-02", "1")]
        {
            assert_eq!(week_number(thursday.parse().unwrap()), number, "{thursday}");
        }
    }

    #[test]
    fn a_day_shows_all_its_tasks_or_how_many_more_there_are() {
        assert_eq!([0, 1, 3, 4, 9].map(fitting), [0, 1, 3, 2, 2]);
    }
}
