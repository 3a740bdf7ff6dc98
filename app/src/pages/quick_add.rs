//! Writing down tasks one after the other, in a column: a line each, with what is said about them in the same line.

use leptos::{
    ev::{KeyboardEvent, SubmitEvent},
    html,
    prelude::*,
};
use model::{
    Body, Command, MOST_LEVELS, ProjectId, StatusId, TaskId, Title,
    quick_add::{Pasted, lines},
};

use crate::{
    components::icon::Icon,
    data::{client, drafts::Field},
    dom, ids,
    live::{effect, live, part},
    pages::{
        home::counted,
        project::here,
        reading::{Asked, Chips, Reading},
    },
};

/// How many lines become tasks at once.
const MOST_LINES: usize = 100;
/// How many characters of a line that is too long are its title; the whole of it is the description.
const TITLE_CHARS: usize = 199;

/// The command that creates a task with what a line says about it.
pub(crate) fn creation(
    project: ProjectId,
    task: TaskId,
    status: StatusId,
    title: Title,
    text: Option<Body>,
    asked: Asked,
) -> Command {
    let Asked { due, priority, labels, assignees } = asked;
    Command::CreateTask { project, task, title, text, status, due, assignees, priority, labels, parent: None }
}

/// The commands that create a task for each line, those that are under another as its parts.
fn creations(project: ProjectId, status: StatusId, lines: Vec<Pasted>, new: impl Fn() -> TaskId) -> Vec<Command> {
    let (mut commands, mut around): (Vec<Command>, Vec<TaskId>) = (Vec::new(), Vec::new());
    for Pasted { text, level } in lines {
        let (title, text) = if let Ok(title) = Title::try_from(text.as_str()) {
            (title, None)
        } else {
            let short: String = text.chars().filter(|c| !c.is_control()).take(TITLE_CHARS).collect();
            let (Ok(title), Ok(text)) = (Title::try_from(short + "…"), Body::try_from(text)) else { continue };
            (title, Some(text))
        };
        around.truncate(level);
        let task = new();
        let mut command = creation(project, task, status, title, text, Asked::default());
        if let Command::CreateTask { parent, .. } = &mut command {
            *parent = around.last().copied();
        }
        around.push(task);
        commands.push(command);
    }
    commands
}

/// A field that stays open after Enter, until Escape. What is typed is kept.
#[component]
pub(crate) fn QuickAdd(
    /// In which status tasks begin.
    status: StatusId,
    /// Closes it.
    done: Callback<()>,
) -> impl IntoView {
    let (client, board) = (client(), here().board);
    let draft = client.drafts.field(Field::Quick(status));
    let reading = Reading::of(draft.clone());
    let error = RwSignal::new(None::<String>);
    let node = NodeRef::<html::Input>::new();
    effect(move || {
        if let Some(input) = node.get() {
            let _ = input.focus();
        }
    });
    let (drafts, pasting, onto) = (client.drafts.clone(), client.clone(), board.clone());
    let paste = move |event: web_sys::Event| {
        let found = lines(&dom::pasted(&event), MOST_LEVELS);
        // One line is pasted as everywhere.
        if found.len() < 2 {
            return;
        }
        event.prevent_default();
        if found.len() > MOST_LINES {
            return error.set(Some(format!("Paste at most {MOST_LINES} lines at once.")));
        }
        error.set(None);
        let commands = creations(onto.project(), status, found, ids::task);
        let said = counted(commands.len(), "task") + " created.";
        pasting.act(&onto, commands, said);
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let (title, asked) = reading.understood();
        let title = match Title::try_from(title) {
            Ok(title) => title,
            Err(why) => return error.set(Some(why.to_string())),
        };
        let command = creation(board.project(), ids::task(), status, title.clone(), None, asked);
        client.drafts.sent(&command, reading.typed());
        match client.dispatch(&board, command) {
            Ok(()) => {
                error.set(None);
                client.drafts.set(Field::Quick(status), String::new());
                reading.done();
                client.say(format!("{title} added."));
            }
            Err(refusal) => error.set(Some(refusal.tell())),
        }
    };
    let id = format!("qa-{status}");
    let (error_id, read_id) = (format!("{id}-error"), format!("{id}-read"));
    let described = error_id.clone();
    part! {
        <form
            class="quick-add"
            aria-label="Quick add"
            novalidate
            on:submit=submit
            on:keydown=move |event: KeyboardEvent| {
                if event.key() == "Escape" && !event.is_composing() {
                    event.stop_propagation();
                    done.run(());
                }
            }
        >
            <label class="vh" for=id.clone()>
                "New task"
            </label>
            <input
                class="quick-input"
                id=id.clone()
                name="title"
                maxlength="400"
                autocomplete="off"
                placeholder="What has to be done?"
                node_ref=node
                prop:value=move || draft.get()
                on:input=move |event| drafts.set(Field::Quick(status), event_target_value(&event))
                on:paste=move |event| paste(event.into())
                aria-invalid=move || error.get().map(|_| "true")
                aria-describedby=move || Some(if error.get().is_some() { described.clone() } else { read_id.clone() })
            />
            {live(move || {
                let id = error_id.clone();
                error
                    .get()
                    .map(|text| {
                        part! {
                            <p class="error" id=id>
                                <Icon name="i-circlealert" class="icon icon-sm"/>
                                {text}
                            </p>
                        }
                    })
            })}
            <Chips reading field=id/>
            <p class="quick-foot">
                <span class="hint">"fri, +name, @label, !high. Esc closes"</span>
                <button class="btn btn-primary" type="submit">
                    "Add"
                </button>
            </p>
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Instant, new_id};
    use std::cell::Cell;

    #[test]
    fn a_line_under_another_is_a_part_of_it_and_a_long_one_keeps_all_its_words() {
        let long = "word ".repeat(60);
        let pasted = lines(&format!("Plan\n  Book\n    Ask\n  Pay\n{long}"), MOST_LEVELS);
        let n = Cell::new(0);
        let new = || {
            n.set(n.get() + 1);
            new_id(Instant::from_ms(1), [n.get(); 10])
        };
        let id = |n: u8| Some(new_id(Instant::from_ms(1), [n; 10]));
        let project = new_id(Instant::from_ms(2), [0; 10]);
        let status = new_id(Instant::from_ms(3), [0; 10]);
        let told: Vec<_> = creations(project, status, pasted, new)
            .into_iter()
            .map(|command| match command {
                Command::CreateTask { title, text, parent, .. } => (title.to_string(), text.map(String::from), parent),
                other => panic!("{other:?}"),
            })
            .collect();
        let plain = |title: &str, parent| (title.to_owned(), None, parent);
        assert_eq!(told[..4], [plain("Plan", None), plain("Book", id(1)), plain("Ask", id(2)), plain("Pay", id(1))]);
        assert_eq!(told[4].1.as_deref(), Some(long.trim()));
        assert!(told[4].0.starts_with("word") && told[4].0.ends_with('…'));
    }
}
