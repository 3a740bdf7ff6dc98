//! A new task with everything that can be said about it at once.

use leptos::{ev::SubmitEvent, html, prelude::*};
use model::{Body, Command, Day, Due, Invalid, PersonId, Refusal, StatusId, Title};

use crate::{
    components::{
        dialog::{DialogFoot, DialogRef},
        field::{Faults, FieldFault, FormFault, described_by, typed},
    },
    data::{boards::LiveBoard, client, drafts::Field},
    dom, ids,
    live::{live, part},
    pages::{
        project::{Here, here},
        quick_add::creation,
        reading::{Asked, Chips, Reading},
    },
};

/// The controls of the form.
#[derive(Clone, Copy)]
struct Controls {
    status: NodeRef<html::Select>,
    assignee: NodeRef<html::Select>,
    due: NodeRef<html::Input>,
}

impl Controls {
    /// The command that the form asks for. What is chosen in a control wins over what the
    /// title says.
    fn read(
        self,
        board: &LiveBoard,
        (title, mut asked): (String, Asked),
        text: String,
        first: Option<StatusId>,
    ) -> Result<Command, Refusal> {
        let at = |field| move |why: Invalid| Refusal::invalid(field, why.to_string());
        let chosen = |node: NodeRef<html::Select>| node.get_untracked().map(|s| s.value()).unwrap_or_default();
        let title = Title::try_from(title).map_err(at("title"))?;
        let text = Body::try_from(text).map_err(at("text"))?;
        let status = chosen(self.status).parse().ok().or(first).ok_or(Refusal::NotFound)?;
        match typed(self.due).as_str() {
            "" => {}
            day => asked.due = Some(Due::Day(day.parse::<Day>().map_err(at("due"))?)),
        }
        if let Ok(person) = chosen(self.assignee).parse::<PersonId>()
            && !asked.assignees.contains(&person)
        {
            asked.assignees.push(person);
        }
        let text = (!text.is_blank()).then_some(text);
        Ok(creation(board.project(), ids::task(), status, title, text, asked))
    }

    fn clear(self, here: &Here) {
        if let Some(due) = self.due.get_untracked() {
            due.set_value("");
        }
        // The next one is for no day, until somebody says so.
        here.planned.set(None);
        if let Some(assignee) = self.assignee.get_untracked() {
            assignee.set_value("");
        }
    }
}

/// What is inside the dialog "New task".
#[component]
pub(crate) fn NewTask(
    /// Closes it.
    dialog: DialogRef,
) -> impl IntoView {
    let (client, here) = (client(), here());
    let (title, text) = (client.drafts.field(Field::NewTitle), client.drafts.field(Field::NewText));
    let controls = Controls { status: NodeRef::new(), assignee: NodeRef::new(), due: NodeRef::new() };
    let faults = Faults::none();
    let first = here.first_status();
    let reading = Reading::of(title.clone());
    let (typed_text, board, sender, planner) = (text.clone(), here.board.clone(), client.clone(), here.clone());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        faults.clear();
        let (called, asked) = reading.understood();
        let command = controls.read(&board, (called.clone(), asked), typed_text.get_untracked(), first);
        if let Ok(command) = &command {
            sender.drafts.sent(command, reading.typed());
        }
        if let Err(refusal) = command.and_then(|command| sender.create(&board, command, called)) {
            dom::focus(match refusal.field() {
                Some("text") => "nt-text",
                Some("due") => "nt-due",
                _ => "nt-title",
            });
            return faults.set(refusal);
        }
        reading.done();
        sender.drafts.set(Field::NewTitle, String::new());
        sender.drafts.set(Field::NewText, String::new());
        controls.clear(&planner);
        dialog.close();
    };
    part! {
        <form method="post" novalidate on:submit=submit>
            <div class="dialog-body stack">
                <FormFault faults fields=&["title", "text", "status", "assignee", "due"]/>
                <Texts faults title text reading/>
                <Choices faults controls/>
            </div>
            <DialogFoot dialog done="Create task"/>
        </form>
    }
}

#[component]
fn Texts(faults: Faults, title: ArcRwSignal<String>, text: ArcRwSignal<String>, reading: Reading) -> impl IntoView {
    let drafts = client().drafts;
    let more = drafts.clone();
    let is_wrong = move |field: &'static str| faults.has(field);
    part! {
        <div class="field">
            <label class="label" for="nt-title">
                "Title"
            </label>
            <input
                class="input"
                id="nt-title"
                name="title"
                autocomplete="off"
                autofocus
                prop:value=move || title.get()
                on:input=move |event| drafts.set(Field::NewTitle, event_target_value(&event))
                aria-invalid=move || is_wrong("title").then_some("true")
                aria-describedby=move || described_by("nt-title", is_wrong("title"), true)
            />
            <FieldFault faults name="title" id="nt-title"/>
            <Chips reading field="nt-title".to_owned()/>
            <p class="hint" id="nt-title-hint">
                "In the title: a day such as fri or 27 mar, +name, @label, !high."
            </p>
        </div>
        <div class="field">
            <label class="label" for="nt-text">
                "Description"
            </label>
            <textarea
                class="textarea"
                id="nt-text"
                name="text"
                rows="5"
                prop:value=move || text.get()
                on:input=move |event| more.set(Field::NewText, event_target_value(&event))
                aria-invalid=move || is_wrong("text").then_some("true")
                aria-describedby=move || described_by("nt-text", is_wrong("text"), false)
            ></textarea>
            <FieldFault faults name="text" id="nt-text"/>
        </div>
    }
}

#[component]
fn Choices(faults: Faults, controls: Controls) -> impl IntoView {
    let here = here();
    let people = client().people;
    let first = here.first_status();
    let planned = here.planned;
    let board = here.board.clone();
    let statuses = move || {
        let options = board.statuses().into_iter();
        options
            .map(|s| {
                part! {
                    <option value=s.id.to_string() selected=Some(s.id) == first>
                        {s.name.to_string()}
                    </option>
                }
            })
            .collect_view()
    };
    let members = move || {
        let members = people.by_name(here.board.members().into_iter().map(|(id, _)| id));
        members.into_iter().map(|(name, id)| part! { <option value=id.to_string()>{name}</option> }).collect_view()
    };
    part! {
        <div class="field">
            <label class="label" for="nt-status">
                "Status"
            </label>
            <select class="select" id="nt-status" name="status" node_ref=controls.status>
                {live(statuses)}
            </select>
            <FieldFault faults name="status" id="nt-status"/>
        </div>
        <div class="field">
            <label class="label" for="nt-assignee">
                "Assignee"
            </label>
            <select class="select" id="nt-assignee" name="assignee" node_ref=controls.assignee>
                <option value="">"No one"</option>
                {live(members)}
            </select>
            <FieldFault faults name="assignee" id="nt-assignee"/>
        </div>
        <div class="field">
            <label class="label" for="nt-due">
                "Due"
            </label>
            <input
                class="input"
                id="nt-due"
                name="due"
                type="date"
                node_ref=controls.due
                prop:value=move || planned.get().map(|day| day.to_string()).unwrap_or_default()
            />
            <FieldFault faults name="due" id="nt-due"/>
        </div>
    }
}
