//! What waits for the server: the mark on it, and all of it as a list: what was done, when, and the way to throw it away.

use leptos::prelude::*;
use model::{Command, OpId};

use crate::{
    components::{dialog::DialogRef, icon::Icon, when::When},
    data::{Client, client, drafts, outbox::Entry},
    live::{effect, live, part},
};

/// Says of something on the page that the server has not got it yet.
pub(crate) fn mark(is_waiting: Memo<bool>) -> AnyView {
    live(move || {
        is_waiting.get().then(|| {
            part! {
                <span class="pending">
                    <Icon name="i-waiting"/>
                    "Waiting"
                </span>
            }
        })
    })
}

/// A change in a few words, with an icon.
fn words(client: &Client, command: &Command) -> (&'static str, String) {
    let board = client.boards.get(command.project());
    let task = command.task().and_then(|id| board.as_ref()?.read(|b| Some((b.key.clone(), b.task(id)?.clone()))));
    let name = task.map_or_else(
        || "a task".to_owned(),
        |(key, task)| if task.number > 0 { format!("{key}-{}", task.number) } else { format!("“{}”", task.title) },
    );
    match command {
        Command::CreateTask { title, .. } => ("i-plus", format!("Created “{title}”")),
        Command::MoveTask { to, .. } => {
            let status = board.and_then(|b| b.read(|b| b.status(*to).map(|s| s.name.to_string())));
            ("i-move", status.map_or_else(|| format!("Moved {name}"), |status| format!("Moved {name} to {status}")))
        }
        Command::RenameTask { .. } => ("i-edit", format!("Changed the title of {name}")),
        Command::DescribeTask { .. } => ("i-edit", format!("Changed the description of {name}")),
        Command::AddComment { .. } => ("i-comment", format!("Commented on {name}")),
        Command::EditComment { .. } | Command::RemoveComment { .. } => {
            ("i-comment", format!("Changed a comment on {name}"))
        }
        Command::SetDue { .. } => ("i-calendar", format!("Changed when {name} is due")),
        Command::Assign { .. } | Command::Unassign { .. } => ("i-user", format!("Changed who does {name}")),
        other if other.task().is_some() => ("i-edit", format!("Changed {name}")),
        _ => ("i-folder", "Changed a project".to_owned()),
    }
}

/// All that waits as a text: what was done, and what was typed.
fn as_text(client: &Client) -> String {
    let mut text = String::new();
    client.each_waiting(|Entry { envelope, .. }| {
        text += &words(client, &envelope.command).1;
        for (_, typed) in drafts::texts(envelope) {
            text += "\n";
            text += &typed;
        }
        text += "\n\n";
    });
    client.unreadable.with_untracked(|all| all.iter().for_each(|one| text += one));
    text
}

/// Puts all that waits where it can be pasted from.
fn copy(client: &Client) {
    client.copy(as_text(client), "Your changes are copied.", "The browser does not allow copying here.");
}

/// So many changes.
pub(crate) fn counted(n: usize) -> String {
    if n == 1 { "1 change".to_owned() } else { format!("{n} changes") }
}

/// What is to become of it before the device forgets it by signing out, inside of the dialog.
pub(crate) fn unsent(dialog: DialogRef) -> AnyView {
    let client = client();
    let (sending, copying, waits) = (client.clone(), client.clone(), client.clone());
    let is_sending = RwSignal::new(false);
    effect(move || {
        if waits.n_waiting.get() == 0 && is_sending.get_untracked() {
            waits.sign_out();
        }
    });
    part! {
        {live(move || {
            is_sending
                .get()
                .then(|| part! { <p class="dialog-body" role="status">"Sending. You are signed out as soon as all have arrived."</p> })
        })}
        <div class="dialog-foot">
            <button class="btn push" type="button" on:click=move |_| dialog.close()>
                "Stay signed in"
            </button>
            <button class="btn" type="button" on:click=move |_| copy(&copying)>
                "Copy them"
            </button>
            <button class="btn btn-danger" type="button" on:click=move |_| client.sign_out()>
                "Discard and sign out"
            </button>
            <button
                class="btn btn-primary"
                type="button"
                on:click=move |_| {
                    is_sending.set(true);
                    sending.resume();
                }
            >
                "Send, then sign out"
            </button>
        </div>
    }
}

/// The list, inside what the badge opens.
pub(crate) fn list() -> AnyView {
    let client = client();
    let (n_waiting, is_kept, unreadable) =
        (client.n_waiting.clone(), client.is_kept.clone(), client.unreadable.clone());
    let (shown, trying) = (client.clone(), client);
    part! {
        <div class="waiting">
            {live(move || {
                let n = n_waiting.get();
                let how = if is_kept.get() {
                    "They are kept on this device and sent when the server answers."
                } else {
                    "This browser cannot keep them: they are lost if you close this page before they are sent."
                };
                part! {
                    <h2>{counted(n) + if n == 1 { " is waiting" } else { " are waiting" }}</h2>
                    <p>{how}</p>
                    <ol role="list">{rows(&shown)}</ol>
                }
            })}
            {live(move || {
                unreadable.with(|all| !all.is_empty()).then(|| part! {
                    <p>"Some changes were kept by another version of Muster. They are sent when it is back."</p>
                })
            })}
            <div class="waiting-foot">
                <button class="btn push" type="button" on:click=move |_| trying.resume()>
                    <Icon name="i-retry"/>
                    "Try now"
                </button>
            </div>
        </div>
    }
}

fn rows(client: &Client) -> Vec<AnyView> {
    let mut rows = Vec::new();
    client.each_waiting(|entry| {
        let (icon, told) = words(client, &entry.envelope.command);
        rows.push(row(client.clone(), entry.envelope.op, icon, told, entry.at));
    });
    rows
}

fn row(client: Client, op: OpId, icon: &'static str, told: String, at: model::Instant) -> AnyView {
    let discard = move |_| {
        if !client.discard(op) {
            client.tell("This is on its way to the server. Undo it when it has arrived.");
        }
    };
    part! {
        <li>
            <Icon name=icon/>
            <span>
                {told.clone()}
                <small>
                    <When at/>
                </small>
            </span>
            <button class="icon-btn" type="button" aria-label=format!("Discard: {told}") on:click=discard>
                <Icon name="i-undo"/>
            </button>
        </li>
    }
}
