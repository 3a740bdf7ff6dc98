//! How a task stands: its status, how urgent it is, who does it and until when, its labels, what it is a part of, and who
//! follows it; each changed where it is read.

use leptos::{html, prelude::*};
use model::{
    Command, CommandKind, Day, Due, Hue, Label, LabelId, Name, PersonId, Priority, Refusal, Spot, StatusId, TaskId,
};
use uuid::Uuid;

use crate::{
    components::{
        avatar::{Avatar, Avatars},
        icon::{Icon, shape},
        picker::{Choice, Look, Picker, Picks},
        prio::word,
        when::{When, due_tone},
    },
    data::{Client, boards::LiveBoard, client, time::learn_zone},
    ids,
    live::{effect, live, memo, part},
    pages::{
        card::is_finished,
        project::{Here, here},
        task::{Painted, called, may_change},
    },
};

/// What each property is given: the task as it is painted, and how to change it.
#[derive(Clone)]
struct Of {
    client: Client,
    board: LiveBoard,
    task: TaskId,
    painted: Painted,
    is_fixed: Signal<bool>,
}

impl Of {
    fn give(&self, command: Command) -> bool {
        self.client.dispatch_or_tell(&self.board, command)
    }
}

/// The button of the property "Part of"; the menu of the task opens it too.
pub(crate) const PARENT: &str = "p-parent";

/// The number by which a list to choose from tells an id apart.
fn number(id: Uuid) -> u128 {
    id.as_u128()
}

/// The properties, beside the text or above it.
#[component]
pub(crate) fn Rail(
    /// The task.
    task: TaskId,
    /// As it is painted.
    painted: Painted,
) -> impl IntoView {
    let created = move || {
        painted.get().map(|t| {
            let (people, by) = (client().people, t.created_by);
            part! {
                <p class="tiny faint">
                    "Created " <When at=t.created_at/> " by " {live(move || people.name(by))}
                </p>
            }
        })
    };
    let Here { board, .. } = here();
    // Rebuilt only when one's own rights change: a control must not go away under one's hands.
    let may = may_change(CommandKind::MoveTask, painted);
    let of = Of { client: client(), board, task, painted, is_fixed: Signal::derive(move || !may.get()) };
    part! {
        <aside class="task-rail" aria-label="Properties">
            <dl class="props">
                {property("Status", status(of.clone()))}
                {property("Priority", priority(of.clone()))}
                {property("Assignees", assignees(of.clone()))}
                <DueProperty painted may/>
                {property("Labels", labels(of.clone()))}
                {property("Part of", parent(of.clone()))}
            </dl>
            {following(of)}
            {live(created)}
        </aside>
    }
}

fn property(name: &'static str, control: AnyView) -> AnyView {
    part! {
        <div>
            <dt>{name}</dt>
            <dd>{control}</dd>
        </div>
    }
}

fn status(of: Of) -> AnyView {
    let Of { board, painted, is_fixed, .. } = of.clone();
    let now = memo(move || painted.get().map(|t| t.status));
    let listed = board.clone();
    let choices = Callback::new(move |()| {
        let statuses = listed.statuses();
        let choice = |s: &model::Status| Choice {
            id: number(s.id.uuid()),
            text: s.name.to_string(),
            look: Look::Status(shape(&statuses, s.id)),
        };
        statuses.iter().map(choice).collect()
    });
    let chosen = Callback::new(move |()| now.get().map(|id| number(id.uuid())).into_iter().collect());
    let choose = Callback::new(move |(id, _)| {
        let (to, task) = (StatusId::from(Uuid::from_u128(id)), of.task);
        if of.give(Command::MoveTask { project: of.board.project(), task, to, spot: Spot::Last }) {
            let name = of.board.read(|b| b.status(to).map(|s| s.name.to_string())).unwrap_or_default();
            let title = of.painted.get_untracked().map(|t| t.title.to_string()).unwrap_or_default();
            of.client.say(title + " moved to " + &name + ".");
        }
    });
    let picks = Picks { choices, chosen, choose, create: None, several: false };
    part! {
        <Picker id="p-status".to_owned() name="Status".to_owned() disabled=is_fixed picks>
            {live(move || {
                let statuses = board.statuses();
                let id = now.get()?;
                let name = statuses.iter().find(|s| s.id == id).map(|s| s.name.to_string()).unwrap_or_default();
                Some(part! { {Look::Status(shape(&statuses, id)).paint()} <span class="truncate">{name}</span> })
            })}
        </Picker>
    }
}

fn priority(of: Of) -> AnyView {
    const ALL: [Option<Priority>; 5] =
        [None, Some(Priority::Urgent), Some(Priority::High), Some(Priority::Medium), Some(Priority::Low)];
    let Of { painted, is_fixed, .. } = of;
    let now = memo(move || painted.get().and_then(|t| t.priority));
    let choice = |(n, p): (u128, Option<Priority>)| Choice { id: n, text: word(p).to_owned(), look: Look::Priority(p) };
    let choices = Callback::new(move |()| (0..).zip(ALL).map(choice).collect());
    let chosen = Callback::new(move |()| {
        let now = now.get();
        (0..).zip(ALL).filter(|(_, p)| *p == now).map(|(n, _)| n).collect()
    });
    let choose = Callback::new(move |(id, _)| {
        let priority = (0..).zip(ALL).find(|(n, _)| *n == id).and_then(|(_, p)| p);
        of.give(Command::SetPriority { project: of.board.project(), task: of.task, priority });
    });
    let picks = Picks { choices, chosen, choose, create: None, several: false };
    part! {
        <Picker id="p-priority".to_owned() name="Priority".to_owned() disabled=is_fixed picks>
            {live(move || part! { {Look::Priority(now.get()).paint()} {word(now.get())} })}
        </Picker>
    }
}

fn assignees(of: Of) -> AnyView {
    let Of { board, painted, is_fixed, .. } = of.clone();
    let now = memo(move || painted.get().map(|t| t.assignees.clone()).unwrap_or_default());
    let (people, names) = (of.client.people.clone(), of.client.people.clone());
    let choices = Callback::new(move |()| {
        // Who is not in the project any more can be taken off, and is then no choice any more.
        let mut all: Vec<PersonId> = board.members().into_iter().map(|(id, _)| id).collect();
        let gone: Vec<PersonId> = now.get().into_iter().filter(|id| !all.contains(id)).collect();
        all.extend(gone);
        let choice = |(text, id): (String, PersonId)| Choice { id: number(id.uuid()), text, look: Look::Person(id) };
        people.by_name(all.into_iter()).into_iter().map(choice).collect()
    });
    let chosen = Callback::new(move |()| now.get().into_iter().map(|id| number(id.uuid())).collect());
    let choose = Callback::new(move |(id, on)| {
        let (project, task, person) = (of.board.project(), of.task, PersonId::from(Uuid::from_u128(id)));
        of.give(if on {
            Command::Assign { project, task, person }
        } else {
            Command::Unassign { project, task, person }
        });
    });
    let picks = Picks { choices, chosen, choose, create: None, several: true };
    part! {
        <Picker id="p-assignee".to_owned() name="Assignees".to_owned() disabled=is_fixed picks>
            {live(move || {
                let now = now.get();
                if now.is_empty() {
                    return none("i-user", "No one");
                }
                let names: Vec<String> = now.iter().map(|id| names.name(*id)).collect();
                let text = if names.len() == 1 { names.concat() } else { first_names(&names) };
                let avatars = now.into_iter().take(3).map(|person| part! { <Avatar person size="xs"/> }).collect_view();
                part! {
                    <span class="avatars">{avatars}</span>
                    <span class="truncate">{text}</span>
                }
            })}
        </Picker>
    }
}

/// Several people, short.
fn first_names(names: &[String]) -> String {
    let first: Vec<&str> = names.iter().map(|name| name.split(' ').next().unwrap_or_default()).collect();
    first.join(", ")
}

/// How a property is shown that says nothing.
fn none(icon: &'static str, text: &'static str) -> AnyView {
    part! { <Icon name=icon/> <span class="faint">{text}</span> }
}

fn labels(of: Of) -> AnyView {
    let Of { board, painted, is_fixed, .. } = of.clone();
    let now = memo(move || painted.get().map(|t| t.labels.clone()).unwrap_or_default());
    let listed = board.clone();
    let choice = |l: Label| Choice { id: number(l.id.uuid()), text: l.name.to_string(), look: Look::Dot(l.hue) };
    let choices = Callback::new(move |()| listed.labels().into_iter().map(choice).collect());
    let chosen = Callback::new(move |()| now.get().into_iter().map(|id| number(id.uuid())).collect());
    let making = of.clone();
    let choose = Callback::new(move |(id, on)| {
        let label = LabelId::from(Uuid::from_u128(id));
        of.give(Command::LabelTask { project: of.board.project(), task: of.task, label, on });
    });
    let create = Callback::new(move |typed: String| {
        let Of { client, board, task, .. } = &making;
        let (project, label) = (board.project(), ids::label());
        match Name::try_from(typed) {
            Ok(name) => {
                let put = Command::PutLabel { project, label: Label { id: label, name, hue: Hue::of(&label.bytes()) } };
                if making.give(put) {
                    making.give(Command::LabelTask { project, task: *task, label, on: true });
                }
            }
            Err(why) => client.tell_refusal(&Refusal::invalid("label", why.to_string())),
        }
    });
    let picks = Picks { choices, chosen, choose, create: Some(create), several: true };
    part! {
        <Picker id="p-labels".to_owned() name="Labels".to_owned() disabled=is_fixed picks>
            {live(move || {
                let now = now.get();
                let on: Vec<Label> = board.labels().into_iter().filter(|l| now.contains(&l.id)).collect();
                if on.is_empty() { none("i-tag", "No label") } else { chips(on) }
            })}
        </Picker>
    }
}

fn chips(labels: Vec<Label>) -> AnyView {
    let chip = |l: Label| {
        part! {
            <span class="chip" data-hue=l.hue.number().to_string()>
                <span class="dot"></span>
                {l.name.to_string()}
            </span>
        }
    };
    part! { <span class="chips">{labels.into_iter().map(chip).collect_view()}</span> }
}

fn parent(of: Of) -> AnyView {
    let Of { board, task, painted, is_fixed, .. } = of.clone();
    let now = memo(move || painted.get().and_then(|t| t.parent));
    let listed = board.clone();
    let choices = Callback::new(move |()| {
        let statuses = listed.statuses();
        let mut all = Vec::new();
        if now.get().is_some() {
            all.push(Choice { id: 0, text: "No task".to_owned(), look: Look::Icon("i-x") });
        }
        listed.read(|b| {
            all.extend(b.tasks().filter(|t| t.id != task && t.number > 0).map(|t| Choice {
                id: number(t.id.uuid()),
                text: called(&b.key, t) + " " + t.title.as_str(),
                look: Look::Status(shape(&statuses, t.status)),
            }));
        });
        all
    });
    let chosen = Callback::new(move |()| now.get().map(|id| number(id.uuid())).into_iter().collect());
    let choose = Callback::new(move |(id, _)| {
        let parent = (id != 0).then(|| TaskId::from(Uuid::from_u128(id)));
        of.give(Command::SetParent { project: of.board.project(), task: of.task, parent });
    });
    let picks = Picks { choices, chosen, choose, create: None, several: false };
    part! {
        <Picker id=PARENT.to_owned() name="Part of".to_owned() disabled=is_fixed picks>
            {live(move || {
                let Some(id) = now.get() else { return none("i-subtasks", "No task") };
                let (parent, key, statuses) = (board.task(id), board.key(), board.statuses());
                live(move || parent.get().map(|t| part! {
                    {Look::Status(shape(&statuses, t.status)).paint()}
                    <span class="truncate">{called(&key, &t) + " " + t.title.as_str()}</span>
                }))
            })}
        </Picker>
    }
}

/// Who hears of it and is still in the project.
fn following(of: Of) -> AnyView {
    let Of { board, painted, .. } = of;
    let people = memo(move || {
        let mut people = painted.get().map(|t| t.watchers()).unwrap_or_default();
        let members = board.members();
        people.retain(|id| members.iter().any(|(member, _)| member == id));
        people
    });
    part! {
        <div class="following">
            <h3>"Following"</h3>
            {live(move || {
                let people = people.get();
                if people.is_empty() { part! { <p class="tiny faint">"No one"</p> } } else { part! { <Avatars people/> } }
            })}
        </div>
    }
}

#[component]
fn DueProperty(painted: Painted, may: Memo<bool>) -> impl IntoView {
    let (client, here) = (client(), here());
    let today = here.today;
    let due = memo(move || painted.get().and_then(|t| t.due.clone()));
    let day = memo(move || due.get().map(|due| today.with(|today| today.due_day(&due))));
    let looking = here.clone();
    let tone = move || {
        let task = painted.get()?;
        today.with(|today| due_tone(day.get()?, today, is_finished(&looking, &task)))
    };
    let date_text = move || day.get().map(|d| d.to_string()).unwrap_or_default();
    let time_text = move || {
        let minute = due.get().and_then(|due| today.with(|today| today.due_minute(&due)));
        minute.map(clock_text).unwrap_or_default()
    };
    let (date, time) = (NodeRef::<html::Input>::new(), NodeRef::<html::Input>::new());
    let choose = move |_| {
        let (Some(task), Some(date), Some(time)) =
            (painted.get_untracked(), date.get_untracked(), time.get_untracked())
        else {
            return;
        };
        let (typed, minute) = (date.value(), read_clock(&time.value()));
        let due = match typed.parse::<Day>() {
            Ok(day) => Some(today.with_untracked(|today| today.make_due(day, minute))),
            Err(_) if typed.is_empty() => None,
            Err(why) => return client.tell_refusal(&Refusal::invalid("due", why.to_string())),
        };
        if due == task.due {
            return;
        }
        let board = &here.board;
        if !client.dispatch_or_tell(board, Command::SetDue { project: board.project(), task: task.id, due }) {
            date.set_value(&untrack(date_text));
            time.set_value(&untrack(time_text));
        }
    };
    part! {
        <div>
            <dt>
                <label for="p-due">"Due"</label>
            </dt>
            <dd
                class="prop-field"
                data-tone=tone
                data-empty=move || day.get().is_none().then_some("")
            >
                <Icon name="i-calendar"/>
                <input
                    class="prop-select"
                    id="p-due"
                    type="date"
                    node_ref=date
                    value=untrack(date_text)
                    prop:value=date_text
                    disabled=move || !may.get()
                    on:change=choose.clone()
                />
                <input
                    class="prop-select prop-time"
                    data-empty=move || time_text().is_empty().then_some("")
                    type="time"
                    aria-label="Due at"
                    node_ref=time
                    value=untrack(time_text)
                    prop:value=time_text
                    disabled=move || !may.get()
                    hidden=move || day.get().is_none()
                    on:change=choose
                />
                <Elsewhere due/>
            </dd>
        </div>
    }
}

/// When that is where it was chosen, if the clocks there are others than the reader's.
#[component]
fn Elsewhere(due: Memo<Option<Due>>) -> impl IntoView {
    let client = client();
    let today = client.today;
    let elsewhere = memo(move || match due.get()? {
        Due::At { instant, zone } if today.with(|today| today.reader.zone.name != zone) => Some((instant, zone)),
        _ => None,
    });
    let asking = client.clone();
    effect(move || {
        if let Some((_, zone)) = elsewhere.get() {
            learn_zone(&asking, &zone);
        }
    });
    live(move || {
        let (at, name) = elsewhere.get()?;
        let zone = client.zones.with(|zones| zones.iter().find(|zone| zone.name == name).cloned())?;
        let (here, (day, minute)) = (today.get(), zone.civil(at));
        if here.reader.zone.civil(at) == (day, minute) {
            return None;
        }
        let told = here.short(day) + " " + &here.reader.time(minute) + " in " + name.as_str();
        Some(part! { <span class="tiny faint">{told}</span> })
    })
}

/// A minute of a day as fields for times hold it: `09:05`.
fn clock_text(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// The minute of the day that a field for times holds, if it holds one.
fn read_clock(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let (hour, minute) = (hour.parse::<u16>().ok()?, minute.get(..2)?.parse::<u16>().ok()?);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_as_fields_hold_it() {
        for minute in [0, 65, 23 * 60 + 59] {
            assert_eq!(read_clock(&clock_text(minute)), Some(minute));
        }
        assert_eq!(read_clock("09:05:00"), Some(545));
        for text in ["", "9", "24:00", "09:60", "xx:00"] {
            assert_eq!(read_clock(text), None, "{text:?}");
        }
    }
}
