//! What is chosen on the board or in the list, and what can be done with all of it at once.

use leptos::{ev::KeyboardEvent, prelude::*};
use model::{Command, Day, Due, LabelId, PersonId, Priority, Spot, StatusId, Task, TaskId};
use std::sync::Arc;
use uuid::Uuid;

use crate::{
    components::{
        icon::{Icon, shape},
        picker::{Choice, Look, Picker, Picks},
        prio,
    },
    live::{live, memo, part},
    pages::{
        apart::HAND,
        carry::is_on_a_task,
        grip::{Grip, n_tasks},
        project::{Here, here},
    },
};

impl Grip {
    /// Chooses a task, or takes that back.
    pub(crate) fn choose(&self, task: TaskId) {
        let mut chosen = self.chosen.get_untracked();
        let before = chosen.len();
        chosen.retain(|t| *t != task);
        let is_on = chosen.len() == before;
        if is_on {
            chosen.push(task);
        }
        let told = if is_on { "Selected " } else { "Took out " };
        self.client.say(told.to_owned() + &self.title(task) + ", " + &chosen.len().to_string() + " selected.");
        self.chosen.set(chosen);
    }

    /// Chooses the task that has the focus, or takes that back. Says whether there is one.
    pub(crate) fn choose_here(&self) -> bool {
        let here = self.cursor.get_untracked().filter(|_| is_on_a_task() && self.may_move.get_untracked());
        if let Some(task) = here {
            self.choose(task);
        }
        here.is_some()
    }

    /// Whether anything is chosen.
    pub(crate) fn has_chosen(&self) -> bool {
        self.chosen.with_untracked(|chosen| !chosen.is_empty())
    }

    /// Chooses all from the one that was chosen last to this one, in this order.
    pub(crate) fn choose_to(&self, all: &[TaskId], task: TaskId) {
        let mut chosen = self.chosen.get_untracked();
        let from = chosen.last().copied().or(self.cursor.get_untracked()).unwrap_or(task);
        let place = |task| all.iter().position(|t| *t == task);
        let (Some(start), Some(end)) = (place(from), place(task)) else { return };
        let mut range = all[start.min(end)..=start.max(end)].to_vec();
        // The next range goes on from the end that was chosen last.
        if end < start {
            range.reverse();
        }
        chosen.retain(|t| !range.contains(t));
        chosen.append(&mut range);
        self.client.say(chosen.len().to_string() + " selected.");
        self.chosen.set(chosen);
    }

    /// Chooses all of these, or nothing when all of them are chosen.
    pub(crate) fn choose_all(&self, all: Vec<TaskId>) {
        if self.chosen.with_untracked(|chosen| all.iter().all(|task| chosen.contains(task))) {
            self.choose_none();
        } else {
            self.client.say(all.len().to_string() + " selected.");
            self.chosen.set(all);
        }
    }

    /// Nothing is chosen any more. Says whether anything was.
    pub(crate) fn choose_none(&self) -> bool {
        let was = self.has_chosen();
        if was {
            self.chosen.set(Vec::new());
            self.client.say("Nothing selected.");
        }
        was
    }

    /// What is chosen and still on the board, in its order. Tracked.
    fn chosen_tasks(&self) -> Vec<Arc<Task>> {
        let chosen = self.chosen.get();
        for task in &chosen {
            // Looked at and not only listened to: what was never worked out hears nothing.
            self.board.task(*task).with(|_| ());
        }
        self.board.read(|b| b.tasks().filter(|t| chosen.contains(&t.id)).cloned().collect())
    }

    /// Does the same with all that is chosen, as one deed. `done` says what becomes of them, such as "moved to Done".
    fn for_all(&self, done: &str, command: impl Fn(&Task) -> Option<Command>) {
        let tasks = untrack(|| self.chosen_tasks());
        let commands: Vec<Command> = tasks.iter().filter_map(|task| command(task)).collect();
        if commands.is_empty() {
            return;
        }
        let said = n_tasks(tasks.len()) + " " + done + ".";
        self.client.act(&self.board, commands, said);
    }
}

/// The bar of what can be done with all that is chosen; there while anything is.
#[component]
pub(crate) fn SelectionBar(
    /// What the reader has in hand.
    grip: Grip,
) -> impl IntoView {
    let looking = grip.clone();
    let chosen = memo(move || looking.chosen_tasks());
    let is_any = memo(move || chosen.with(|tasks| !tasks.is_empty()));
    live(move || is_any.get().then(|| HAND.get().map(|hand| (hand.chosen)(&grip, chosen))).flatten())
}

/// What is in the bar.
pub(crate) fn bar(grip: &Grip, chosen: Memo<Vec<Arc<Task>>>) -> AnyView {
    let (leaving, clearing, acting) = (grip.clone(), grip.clone(), grip.clone());
    let leave = move |grip: &Grip| {
        grip.choose_none();
        if let Some(task) = grip.cursor.get_untracked() {
            grip.go_to(task);
        }
    };
    part! {
        <div
            class="bulk-bar"
            role="toolbar"
            aria-label=move || "Actions for ".to_owned() + &counted(chosen)
            on:keydown=move |event: KeyboardEvent| {
                if event.key() == "Escape" && !event.default_prevented() {
                    event.stop_propagation();
                    leave(&leaving);
                }
            }
        >
            <span class="strong">{live(move || chosen.with(Vec::len).to_string() + " selected")}</span>
            {live(move || acting.may_move.get().then(|| actions(&acting, chosen)))}
            <span class="sep" aria-hidden="true"></span>
            <button class="icon-btn" type="button" aria-label="Clear selection" on:click=move |_| leave(&clearing)>
                <Icon name="i-x"/>
            </button>
        </div>
    }
}

/// Such as `2 selected tasks`.
fn counted(chosen: Memo<Vec<Arc<Task>>>) -> String {
    let n = chosen.with(Vec::len);
    n.to_string() + if n == 1 { " selected task" } else { " selected tasks" }
}

fn actions(grip: &Grip, chosen: Memo<Vec<Arc<Task>>>) -> AnyView {
    let here = here();
    let (due, archive, trash) = (grip.clone(), grip.clone(), grip.clone());
    let project = grip.board.project();
    let set_due = move |event: leptos::ev::Event| {
        let day = event_target_value(&event).parse::<Day>().ok();
        let told = day.map_or_else(|| "due on no day".to_owned(), |day| "due on ".to_owned() + &day.to_string());
        due.for_all(&told, |t| {
            let due = day.map(Due::Day);
            (t.due != due).then_some(Command::SetDue { project, task: t.id, due })
        });
    };
    part! {
        <span class="sep" aria-hidden="true"></span>
        <Picker id="bulk-status".to_owned() name="Status".to_owned() class="btn btn-quiet" picks=statuses(grip, chosen)>
            <Icon name="i-st-progress" class="icon status"/>
            <span aria-hidden="true">"Status"</span>
        </Picker>
        <Picker id="bulk-assign".to_owned() name="Assign".to_owned() class="btn btn-quiet" picks=people(grip, &here, chosen)>
            <Icon name="i-user"/>
            <span aria-hidden="true">"Assign"</span>
        </Picker>
        <Picker id="bulk-priority".to_owned() name="Priority".to_owned() class="btn btn-quiet" picks=priorities(grip, chosen)>
            <Icon name="i-pr-high" class="icon prio"/>
            <span aria-hidden="true">"Priority"</span>
        </Picker>
        <Picker id="bulk-labels".to_owned() name="Labels".to_owned() class="btn btn-quiet" picks=labels(grip, chosen)>
            <Icon name="i-tag"/>
            <span aria-hidden="true">"Labels"</span>
        </Picker>
        <label class="bulk-due">
            <Icon name="i-calendar"/>
            <span class="vh">"Due"</span>
            <input class="prop-select" type="date" id="bulk-due" on:change=set_due/>
        </label>
        <button
            class="btn btn-quiet"
            type="button"
            on:click=move |_| {
                archive.for_all("archived", |t| Some(Command::ArchiveTask { project, task: t.id, on: true }));
            }
        >
            <Icon name="i-archive"/>
            "Archive"
        </button>
        <button
            class="btn btn-quiet"
            type="button"
            on:click=move |_| {
                trash.for_all("moved to the trash", |t| Some(Command::TrashTask { project, task: t.id, on: true }));
            }
        >
            <Icon name="i-trash"/>
            "Delete"
        </button>
    }
}

/// What all of them have, of what each has.
fn shared(chosen: Memo<Vec<Arc<Task>>>, of: impl Fn(&Task) -> Vec<u128>) -> Vec<u128> {
    chosen.with(|tasks| {
        let mut all: Vec<u128> = tasks.first().map(|t| of(t)).unwrap_or_default();
        all.retain(|id| tasks.iter().all(|t| of(t).contains(id)));
        all
    })
}

fn statuses(grip: &Grip, chosen: Memo<Vec<Arc<Task>>>) -> Picks {
    let (board, grip) = (grip.board.clone(), grip.clone());
    let choices = Callback::new(move |()| {
        let all = board.statuses();
        let choice = |s: &model::Status| Choice {
            id: s.id.uuid().as_u128(),
            text: s.name.to_string(),
            look: Look::Status(shape(&all, s.id)),
        };
        all.iter().map(choice).collect()
    });
    let choose = Callback::new(move |(id, _)| {
        let (to, project) = (StatusId::from(Uuid::from_u128(id)), grip.board.project());
        grip.for_all(&("moved to ".to_owned() + &grip.name(to)), |t| {
            (t.status != to).then_some(Command::MoveTask { project, task: t.id, to, spot: Spot::Last })
        });
    });
    let now = Callback::new(move |()| shared(chosen, |t| vec![t.status.uuid().as_u128()]));
    Picks { choices, chosen: now, choose, create: None, several: false }
}

fn people(grip: &Grip, here: &Here, chosen: Memo<Vec<Arc<Task>>>) -> Picks {
    let (board, names, grip) = (here.board.clone(), grip.client.people.clone(), grip.clone());
    let called = names.clone();
    let choices = Callback::new(move |()| {
        let choice = |(person, _): (PersonId, _)| Choice {
            id: person.uuid().as_u128(),
            text: names.name(person),
            look: Look::Person(person),
        };
        board.members().into_iter().map(choice).collect()
    });
    let choose = Callback::new(move |(id, on)| {
        let (person, project) = (PersonId::from(Uuid::from_u128(id)), grip.board.project());
        let done = if on { "assigned to " } else { "no longer assigned to " };
        grip.for_all(&(done.to_owned() + &untrack(|| called.name(person))), |t| {
            let task = t.id;
            match (t.assignees.contains(&person), on) {
                (false, true) => Some(Command::Assign { project, task, person }),
                (true, false) => Some(Command::Unassign { project, task, person }),
                _ => None,
            }
        });
    });
    let now = move |t: &Task| t.assignees.iter().map(|p| p.uuid().as_u128()).collect();
    Picks { choices, chosen: Callback::new(move |()| shared(chosen, now)), choose, create: None, several: true }
}

fn priorities(grip: &Grip, chosen: Memo<Vec<Arc<Task>>>) -> Picks {
    let grip = grip.clone();
    let code = |priority: Option<Priority>| priority.map_or(0, |p| u128::from(p.code().unsigned_abs()));
    let choices = Callback::new(move |()| {
        let all = Priority::ALL.iter().rev().map(|p| Some(*p)).chain([None]);
        all.map(|p| Choice { id: code(p), text: prio::word(p).to_owned(), look: Look::Priority(p) }).collect()
    });
    let choose = Callback::new(move |(id, _)| {
        let priority = Priority::ALL.iter().copied().find(|p| code(Some(*p)) == id);
        let project = grip.board.project();
        grip.for_all(&("set to ".to_owned() + &prio::word(priority).to_lowercase()), |t| {
            (t.priority != priority).then_some(Command::SetPriority { project, task: t.id, priority })
        });
    });
    let now = Callback::new(move |()| shared(chosen, |t| vec![code(t.priority)]));
    Picks { choices, chosen: now, choose, create: None, several: false }
}

fn labels(grip: &Grip, chosen: Memo<Vec<Arc<Task>>>) -> Picks {
    let (board, grip) = (grip.board.clone(), grip.clone());
    let choices = Callback::new(move |()| {
        let choice =
            |l: model::Label| Choice { id: l.id.uuid().as_u128(), text: l.name.to_string(), look: Look::Dot(l.hue) };
        board.labels().into_iter().map(choice).collect()
    });
    let choose = Callback::new(move |(id, on)| {
        let (label, project) = (LabelId::from(Uuid::from_u128(id)), grip.board.project());
        let name = grip.board.read(|b| b.label(label).map(|l| l.name.to_string())).unwrap_or_default();
        let done = if on { "labelled " } else { "no longer labelled " };
        grip.for_all(&(done.to_owned() + &name), |t| {
            (t.labels.contains(&label) != on).then_some(Command::LabelTask { project, task: t.id, label, on })
        });
    });
    let now = move |t: &Task| t.labels.iter().map(|l| l.uuid().as_u128()).collect();
    Picks { choices, chosen: Callback::new(move |()| shared(chosen, now)), choose, create: None, several: true }
}
