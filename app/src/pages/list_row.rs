//! A task as a row of the list: each of its values is a native control that looks like the value.

use leptos::{
    ev::{KeyboardEvent, SubmitEvent},
    html,
    prelude::*,
};
use model::{Category, Command, CommandKind, Day, PersonId, Refusal, Spot, StatusId, Task, TaskId, Title};
use std::sync::Arc;

use crate::{
    components::{
        avatar::Avatars,
        icon::{Icon, StatusIcon, shape},
        presence::viewers,
        prio::PriorityIcon,
        when::due_tone,
    },
    data::{
        client,
        view::{Condition, PRIORITIES},
    },
    dom,
    live::{live, memo, part},
    pages::{
        card::is_finished,
        grip::Grip,
        list_hand::{Order, select_one},
        project::{Here, card_link_id, here},
    },
    paths,
};

/// One task. Its controls stay while its values change.
#[component]
pub(crate) fn ListRow(
    /// Which.
    task: TaskId,
    /// The task whose title is being written.
    editing: RwSignal<Option<TaskId>>,
    /// What the reader has chosen.
    grip: Grip,
    /// In which order the tasks stand.
    order: Order,
) -> impl IntoView {
    let here = here();
    let painted = here.board.task(task);
    let (key, parts) = (here.board.key(), here.clone());
    let number = memo(move || match painted.get().map_or(0, |t| t.number) {
        0 => "New".to_owned(),
        n => format!("{key}-{n}"),
    });
    let rights = here.clone();
    let may = memo(move || rights.may(CommandKind::MoveTask));
    let labels = move || painted.get().map(|t| labels(&here, &t));
    let hand = grip.clone();
    let is_chosen = memo(move || grip.is_chosen(task));
    let select = select_one(&hand, order, task, is_chosen, number);
    part! {
        <tr data-task=task.to_string() data-selected=move || is_chosen.get().then_some("true")>
            <td class="c-sel">{select}</td>
            <td class="c-pr">{priority(painted, number, may)}</td>
            <td class="c-id">{live(move || number.get())}</td>
            <td class="c-st">{status(painted, number, may)}</td>
            <td class="c-title">{title(task, painted, editing, may)}</td>
            <td class="c-lab">{live(labels)}</td>
            <td class="c-sub">{live(move || painted.get().map(|t| sub_tasks(&parts, &t)))}</td>
            <td class="c-who">{assignees(painted, number, may)}</td>
            <td class="c-due num">{due(painted, number, may)}</td>
        </tr>
    }
}

type Painted = Memo<Option<Arc<Task>>>;

/// What a control of a row offers: values, words, and whether it is the task's now.
type Options = Vec<(String, String, bool)>;

/// A control over what it changes. Its other values come when it is about to be used: a list of a hundred rows would have
/// thousands of them.
fn choice(
    (id, what): (&'static str, &'static str),
    (painted, number, may): (Painted, Memo<String>, Memo<bool>),
    options: impl Fn(&Task) -> Options + Send + Sync + 'static,
    choose: impl Fn(&Here, &Task, &str) -> Option<Command> + Send + Sync + 'static,
    face: AnyView,
) -> AnyView {
    type Offer = Box<dyn Fn(&Task) -> Options + Send + Sync>;
    type Choose = Box<dyn Fn(&Here, &Task, &str) -> Option<Command> + Send + Sync>;
    fn erased(
        (id, what): (&'static str, &'static str),
        (painted, number, may): (Painted, Memo<String>, Memo<bool>),
        options: Offer,
        choose: Choose,
        face: AnyView,
    ) -> AnyView {
        let (client, here) = (client(), here());
        let is_used = RwSignal::new(false);
        let offered = memo(move || {
            let is_used = is_used.get();
            let all = painted.get().map(|t| options(&t)).unwrap_or_default();
            all.into_iter().filter(|(.., is_now)| is_used || *is_now).collect::<Options>()
        });
        let node = NodeRef::<html::Select>::new();
        let listed = move || {
            let option = |(value, word, is_now): (String, String, bool)| {
                part! {
                    <option value=value selected=is_now prop:selected=is_now>
                        {word}
                    </option>
                }
            };
            offered.get().into_iter().map(option).collect_view()
        };
        let now =
            move || offered.with_untracked(|all| all.iter().find(|(.., is_now)| *is_now).map(|(v, ..)| v.clone()));
        let change = move |event| {
            let Some(task) = painted.get_untracked() else { return };
            let is_done = match choose(&here, &task, &event_target_value(&event)) {
                Some(command) => client.dispatch_or_tell(&here.board, command),
                None => true,
            };
            // What was refused, and what is not a value but an act, is not what the control shows.
            if let (Some(select), Some(now)) = (node.get_untracked(), now())
                && (!is_done || id == "who")
            {
                select.set_value(&now);
            }
        };
        let control_id = move || painted.get().map(|t| format!("{id}-{}", t.id));
        part! {
            <span class="cell-field">
                {face}
                <select
                    class="cell-select"
                    id=control_id
                    aria-label=move || what.to_owned() + &number.get()
                    disabled=move || !may.get()
                    node_ref=node
                    on:focus=move |_| is_used.set(true)
                    on:pointerdown=move |_| is_used.set(true)
                    on:change=change
                >
                    {live(listed)}
                </select>
            </span>
        }
    }
    erased((id, what), (painted, number, may), Box::new(options), Box::new(choose), face)
}

fn priority(painted: Painted, number: Memo<String>, may: Memo<bool>) -> AnyView {
    let value = memo(move || painted.get().and_then(|t| t.priority));
    let options = |task: &Task| {
        let option = |p: Option<model::Priority>| {
            (
                Condition::Priority(p).value(),
                p.map_or("No priority", model::Priority::word).to_owned(),
                task.priority == p,
            )
        };
        Vec::from(PRIORITIES.map(option))
    };
    let choose = |here: &Here, task: &Task, value: &str| match Condition::read("priority", value) {
        Some(Condition::Priority(priority)) => {
            Some(Command::SetPriority { project: here.board.project(), task: task.id, priority })
        }
        _ => None,
    };
    let face = live(move || part! { <PriorityIcon priority=value.get() alone=true/> });
    choice(("prio", "Priority of "), (painted, number, may), options, choose, face)
}

fn status(painted: Painted, number: Memo<String>, may: Memo<bool>) -> AnyView {
    let board = here().board;
    let at = board.clone();
    let look = Signal::derive(move || {
        let statuses = at.statuses();
        painted.get().map_or("todo", |t| shape(&statuses, t.status))
    });
    let options = move |task: &Task| {
        let statuses = board.statuses();
        statuses.into_iter().map(|s| (s.id.to_string(), s.name.to_string(), s.id == task.status)).collect()
    };
    let client = client();
    let choose = move |here: &Here, task: &Task, value: &str| {
        let to: StatusId = value.parse().ok()?;
        let name = here.board.read(|b| b.status(to).map(|s| s.name.to_string()))?;
        client.say(task.title.to_string() + " moved to " + &name + ".");
        Some(Command::MoveTask { project: here.board.project(), task: task.id, to, spot: Spot::Last })
    };
    let face = part! { <StatusIcon shape=look/> };
    choice(("st", "Status of "), (painted, number, may), options, choose, face)
}

fn assignees(painted: Painted, number: Memo<String>, may: Memo<bool>) -> AnyView {
    let (board, people) = (here().board, client().people);
    let value = memo(move || painted.get().map(|t| t.assignees.clone()).unwrap_or_default());
    let options = move |task: &Task| {
        let first = if task.assignees.is_empty() { "No one" } else { "Assigned" };
        let mut options = vec![(String::new(), first.to_owned(), true)];
        let members = board.members().into_iter().map(|(id, _)| id);
        for (name, id) in people.by_name(members) {
            let word = if task.assignees.contains(&id) { "Remove ".to_owned() + &name } else { name };
            options.push((id.to_string(), word, false));
        }
        options
    };
    let choose = |here: &Here, task: &Task, value: &str| {
        let (project, person, id) = (here.board.project(), value.parse::<PersonId>().ok()?, task.id);
        Some(if task.assignees.contains(&person) {
            Command::Unassign { project, task: id, person }
        } else {
            Command::Assign { project, task: id, person }
        })
    };
    let face = live(move || part! { <Avatars people=value.get()/> });
    choice(("who", "Assignees of "), (painted, number, may), options, choose, face)
}

fn due(painted: Painted, number: Memo<String>, may: Memo<bool>) -> AnyView {
    let (client, here) = (client(), here());
    let today = here.today;
    let day = memo(move || painted.get()?.due.as_ref().map(|due| today.with(|today| today.due_day(due))));
    let looking = here.clone();
    let face = move || {
        let (day, task) = day.get().zip(painted.get())?;
        let today = today.get();
        let class = match due_tone(day, &today, is_finished(&looking, &task)) {
            Some("bad") => "danger-text strong",
            Some(_) => "warning-text strong",
            None => "",
        };
        Some(part! {
            <time class=class datetime=day.to_string()>
                {today.text(day)}
            </time>
            {(class == "danger-text strong").then(|| part! { <span class="vh">", overdue"</span> })}
        })
    };
    let text = move || day.get().map(|d| d.to_string()).unwrap_or_default();
    let node = NodeRef::<html::Input>::new();
    let choose = move |event| {
        let Some(task) = painted.get_untracked() else { return };
        let typed = event_target_value(&event);
        let due =
            match typed.parse::<Day>() {
                // A time of day that was chosen stays.
                Ok(day) => Some(today.with_untracked(|today| {
                    today.make_due(day, task.due.as_ref().and_then(|due| today.due_minute(due)))
                })),
                Err(_) if typed.is_empty() => None,
                Err(why) => return client.tell_refusal(&Refusal::invalid("due", why.to_string())),
            };
        let board = &here.board;
        if !client.dispatch_or_tell(board, Command::SetDue { project: board.project(), task: task.id, due })
            && let Some(input) = node.get_untracked()
        {
            input.set_value(&day.get_untracked().map(|d| d.to_string()).unwrap_or_default());
        }
    };
    part! {
        <span class="cell-field">
            {live(face)}
            <input
                class="cell-select"
                type="date"
                id=move || painted.get().map(|t| format!("due-{}", t.id))
                aria-label=move || "Due date of ".to_owned() + &number.get()
                node_ref=node
                value=untrack(text)
                prop:value=text
                disabled=move || !may.get()
                on:change=choose
            />
        </span>
    }
}

/// The title: a link that opens the task, or the field in which it is written.
fn title(id: TaskId, painted: Painted, editing: RwSignal<Option<TaskId>>, may: Memo<bool>) -> AnyView {
    let (here, text) = (here(), memo(move || painted.get().map(|t| t.title.to_string()).unwrap_or_default()));
    let key = here.board.key();
    let href = memo(move || painted.get().map(|t| paths::task(&key, &t)).unwrap_or_default());
    let is_editing = memo(move || editing.get() == Some(id));
    let others = client().others_at(here.board.project(), id);
    let edit = move || {
        editing.set(Some(id));
        dom::focus_soon(format!("title-{id}"));
    };
    live(move || {
        if is_editing.get() {
            return part! { <TitleField id text=text.get_untracked() editing/> };
        }
        part! {
            <div class="title-cell">
                <a
                    class="task-link"
                    id=card_link_id(id)
                    href=move || href.get()
                    on:keydown=move |event: KeyboardEvent| {
                        if event.key() == "F2" && may.get_untracked() {
                            event.prevent_default();
                            edit();
                        }
                    }
                >
                    <span>{live(move || text.get())}</span>
                </a>
                {viewers(others)}
                {live(move || {
                    may.get()
                        .then(|| {
                            part! {
                                <button
                                    class="icon-btn"
                                    type="button"
                                    aria-label=move || "Edit title of ".to_owned() + &text.get()
                                    on:click=move |_| edit()
                                >
                                    <Icon name="i-edit" class="icon icon-sm"/>
                                </button>
                            }
                        })
                })}
            </div>
        }
    })
}

/// The field for a title. Enter stores it, Escape leaves it as it was.
#[component]
fn TitleField(id: TaskId, text: String, editing: RwSignal<Option<TaskId>>) -> impl IntoView {
    let (client, board) = (client(), here().board);
    let (node, fault) = (NodeRef::<html::Input>::new(), RwSignal::new(false));
    let close = move || {
        editing.set(None);
        dom::focus_soon(card_link_id(id));
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let typed = node.get_untracked().map(|input| input.value()).unwrap_or_default();
        let title = match Title::try_from(typed) {
            Ok(title) => title,
            Err(why) => {
                fault.set(true);
                return client.tell_refusal(&Refusal::invalid("title", why.to_string()));
            }
        };
        let is_same = board.read(|b| b.task(id).is_none_or(|t| t.title == title));
        if is_same || client.dispatch_or_tell(&board, Command::RenameTask { project: board.project(), task: id, title })
        {
            close();
        }
    };
    part! {
        <form
            class="title-cell"
            aria-label="Edit title"
            novalidate
            on:submit=submit
            on:keydown=move |event: KeyboardEvent| {
                if event.key() == "Escape" && !event.is_composing() {
                    event.stop_propagation();
                    close();
                }
            }
        >
            <input
                class="input"
                id=format!("title-{id}")
                aria-label="Title"
                aria-invalid=move || fault.get().then_some("true")
                maxlength="200"
                autocomplete="off"
                value=text
                node_ref=node
            />
            <button class="btn btn-primary" type="submit">
                "Save"
            </button>
        </form>
    }
}

fn labels(here: &Here, task: &Task) -> AnyView {
    let of_task = here.board.read(|b| task.labels.iter().filter_map(|id| b.label(*id).cloned()).collect::<Vec<_>>());
    if of_task.is_empty() {
        return ().into_any();
    }
    let chip = |label: model::Label| {
        part! {
            <li class="chip" data-hue=label.hue.number().to_string()>
                <span class="dot"></span>
                {label.name.to_string()}
            </li>
        }
    };
    part! {
        <ul class="chips" role="list" aria-label="Labels">
            {of_task.into_iter().map(chip).collect_view()}
        </ul>
    }
}

fn sub_tasks(here: &Here, task: &Task) -> Option<AnyView> {
    let is_done = |b: &model::Board, part: &Task| b.status(part.status).is_some_and(|s| s.category == Category::Done);
    let (done, all) = here.board.read(|b| {
        let parts = || b.parts(task.id).filter(|t| !t.is_archived && t.trashed_at.is_none());
        (parts().filter(|t| is_done(b, t)).count(), parts().count())
    });
    (all > 0).then(|| {
        part! {
            <span class="meta faint">
                <Icon name="i-subtasks"/>
                {done.to_string() + "/" + &all.to_string()}
                <span class="vh">" sub-tasks done"</span>
            </span>
        }
    })
}
