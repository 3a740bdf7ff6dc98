//! The calendar on a phone: below the month, day by day what is due, from the chosen day on.

use leptos::prelude::*;
use model::{Day, TaskId};

use crate::{
    components::{
        icon::{Icon, StatusIcon},
        when::due_tone,
    },
    live::{effect, live, part},
    measure,
    pages::{
        calendar::{Days, STEP, look, status_name},
        card::is_finished,
        day_hand::{AGENDA_ID, DayHand, has_agenda},
        days::full,
        project::agenda_link_id,
    },
    paths,
};

/// What is due from the chosen day on, as far as the month shows it.
#[component]
pub(crate) fn Agenda(hand: DayHand, days: Days) -> impl IntoView {
    // The server paints the month, which is on wide pages all there is; the days follow where they are seen.
    let (is_here, set_here) = signal(false);
    effect(move || measure::on_resize(AGENDA_ID, move || set_here.set(has_agenda())));
    let body = move || {
        let mut sections = Vec::new();
        let Some(stop) = hand.stop_day().filter(|_| is_here.get()) else { return sections };
        let (here, shown, today) = (&hand.here, hand.shown(), hand.here.today.get());
        // All that is told of a task may change.
        here.board.track_all();
        let mut put = |day: Option<Day>, is_late: bool, tasks: Vec<TaskId>| {
            if !tasks.is_empty() || (day == Some(stop) && !is_late) {
                sections.push(section(&hand, sections.len(), day, is_late, &tasks));
            }
        };
        days.with(|all| {
            let of = |fits: &dyn Fn(Option<Day>, TaskId) -> bool| {
                all.iter().filter(|(day, task)| fits(*day, *task)).map(|(_, task)| *task).collect::<Vec<_>>()
            };
            if stop == today.day {
                let is_open = |task| here.board.read(|b| b.task(task).cloned()).is_some_and(|t| !is_finished(here, &t));
                put(stop.into(), true, of(&|day, task| day.is_some_and(|day| day < today.day) && is_open(task)));
            }
            for day in (stop.number()..shown.start + 7 * shown.n_weeks).map(Day::from_number).chain([None]) {
                put(day, false, of(&|d, _| d == day));
            }
        });
        sections
    };
    part! {
        <div class="agenda" id=AGENDA_ID>
            {live(body)}
        </div>
    }
}

/// The tasks of one day, or of none; or what should have been done before today.
fn section(hand: &DayHand, place: usize, day: Option<Day>, is_late: bool, tasks: &[TaskId]) -> AnyView {
    let (today, id) = (hand.here.today.get(), "ag".to_owned() + &place.to_string());
    let name = match day {
        _ if is_late => "Overdue".to_owned(),
        Some(day) if (-1..2).contains(&today.until(day)) => today.text(day),
        Some(day) => full(day, &today),
        None => "No date".to_owned(),
    };
    let add = day.filter(|_| !is_late && hand.may_add.get()).map(|day| {
        let (here, name) = (hand.here.clone(), "New task on ".to_owned() + &full(day, &today));
        part! {
            <button class="icon-btn push" type="button" aria-label=name on:click=move |_| here.plan(Some(day))>
                <Icon name="i-plus"/>
            </button>
        }
    });
    let more = tasks.len().saturating_sub(STEP);
    let list: Vec<AnyView> = tasks.iter().take(STEP).filter_map(|task| entry(hand, *task, day, is_late)).collect();
    let list = if list.is_empty() {
        part! { <p class="faint">"Nothing is due."</p> }
    } else {
        part! {
            <ul class="todo-list" role="list" aria-labelledby=id.clone()>
                {list}
            </ul>
        }
    };
    let aim = hand.clone();
    part! {
        <section
            class="day-group"
            aria-labelledby=id.clone()
            data-day=(!is_late).then(|| day.map(|day| day.to_string()).unwrap_or_default())
            data-drop=move || (!is_late && aim.is_aim(day)).then_some("true")
        >
            <div class="day-head" data-tone=is_late.then_some("bad")>
                <h2 id=id.clone()>{name}</h2>
                {add}
            </div>
            {list}
            {(more > 0).then(|| part! { <p class="tiny faint">{more.to_string() + " more are in the list."}</p> })}
        </section>
    }
}

fn entry(hand: &DayHand, task: TaskId, day: Option<Day>, is_late: bool) -> Option<AnyView> {
    let here = &hand.here;
    let painted = here.board.read(|b| b.task(task).cloned())?;
    let today = here.today.get();
    let due = painted.due.as_ref().map(|due| today.due_day(due));
    let over = is_finished(here, &painted);
    let bad = day.is_some() && due.is_some_and(|due| due_tone(due, &today, over) == Some("bad"));
    let late = due.filter(|_| is_late).map(|due| {
        part! { <time class="danger-text" datetime=due.to_string()>{today.short(due)}</time> }
    });
    let lifted = hand.clone();
    Some(part! {
        <li
            class="todo"
            data-task=task.to_string()
            data-done=over.then_some("true")
            data-state=move || lifted.is_carried(task).then_some("ghost")
        >
            <StatusIcon shape=look(here, &painted)/>
            <a class="todo-title" id=agenda_link_id(task) href=paths::task(&here.board.key(), &painted)>
                {painted.title.to_string()}
            </a>
            <span class="todo-end">
                {late}
                <span class="vh">{status_name(here, &painted) + if bad { ", overdue" } else { "" }}</span>
            </span>
        </li>
    })
}
