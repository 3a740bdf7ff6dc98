//! Which tasks of a project are shown: chips beside the views, and the dialog that makes them.

use leptos::{ev::SubmitEvent, html, prelude::*};

use crate::{
    components::{
        dialog::{Dialog, DialogRef},
        icon::Icon,
    },
    data::{
        client,
        view::{By, Condition, Group, PRIORITIES, View, Who},
    },
    dom,
    live::{live, memo, part},
    pages::{
        apart::HAND,
        project::{Here, here},
    },
};

/// The id of the button that opens the dialog.
const BUTTON: &str = "filter";

/// The chips, the button, and by what a list is grouped.
#[component]
pub(crate) fn FilterBar(on_list: Memo<bool>) -> impl IntoView {
    let Here { view, .. } = here();
    let dialog = DialogRef::new();
    let conditions = memo(move || view.with(|view| view.filter.clone()));
    part! {
        <span class="sep" aria-hidden="true"></span>
        {live(move || conditions.get().into_iter().map(chip).collect_view())}
        <button class="btn btn-quiet" type="button" id=BUTTON on:click=move |_| dialog.open()>
            <Icon name="i-filter"/>
            "Filter"
        </button>
        {live(move || on_list.get().then(|| part! { <GroupBy/> }))}
        <Dialog dialog id="filter-h" title="Filter" lead="Only tasks that fit all of this are shown.">
            {live(move || HAND.get().map(|hand| (hand.filter)(dialog)))}
        </Dialog>
    }
}

/// A condition as people read it: what it is about, and its value.
fn sentence(here: &Here, condition: &Condition) -> (&'static str, String) {
    let board = &here.board;
    match condition {
        Condition::Status(id) => {
            let statuses = board.statuses();
            ("Status is ", statuses.iter().find(|s| s.id == *id).map_or("gone".to_owned(), |s| s.name.to_string()))
        }
        Condition::Assignee(Who::Me) => ("Assignee is ", "me".to_owned()),
        Condition::Assignee(Who::Nobody) => ("Assignee is ", "no one".to_owned()),
        Condition::Assignee(Who::Person(id)) => ("Assignee is ", client().people.name(*id)),
        Condition::Label(id) => {
            ("Label is ", board.read(|b| b.label(*id).map_or("gone".to_owned(), |label| label.name.to_string())))
        }
        Condition::Priority(priority) => {
            ("Priority is ", priority.map_or("none", model::Priority::word).to_lowercase())
        }
        Condition::Due(by) => ("Due: ", by.word().to_owned()),
        Condition::Text(text) => ("Text has ", text.clone()),
    }
}

fn chip(condition: Condition) -> AnyView {
    let here = here();
    let (reading, removed) = (here.clone(), condition.clone());
    let said = memo(move || sentence(&reading, &condition));
    let name = move || said.with(|(what, value)| "Remove filter: ".to_owned() + what + value);
    part! {
        <span class="filter-chip">
            <span class="filter-part">
                {live(move || said.with(|(what, _)| *what))} <strong>{live(move || said.with(|(_, value)| value.clone()))}</strong>
            </span>
            <button class="filter-x" type="button" aria-label=name on:click=move |_| toggle(&here, &removed)>
                <Icon name="i-x" class="icon icon-sm"/>
            </button>
        </span>
    }
}

/// Puts a condition in, or takes it out. The focus goes to the button that is always there.
fn toggle(here: &Here, condition: &Condition) {
    here.look(&here.view.get_untracked().toggled(condition.clone()));
    dom::focus_soon(BUTTON);
}

/// Shows all tasks again.
pub(crate) fn clear(here: &Here) {
    here.look(&View { filter: Vec::new(), ..here.view.get_untracked() });
    dom::focus_soon(BUTTON);
}

/// By what the list is grouped.
#[component]
fn GroupBy() -> impl IntoView {
    let here = here();
    let view = here.view;
    let options = Group::ALL.map(|group| {
        let is_chosen = move || view.with(|view| view.group == group);
        part! {
            <option value=group.code() selected=is_chosen prop:selected=is_chosen>
                {"Group: ".to_owned() + group.word()}
            </option>
        }
    });
    let choose = move |event| {
        let code = event_target_value(&event);
        if let Some(group) = Group::ALL.into_iter().find(|g| g.code() == code) {
            here.look(&View { group, ..view.get_untracked() });
        }
    };
    part! {
        <select class="btn btn-quiet group-by push" aria-label="Group by" on:change=choose>
            {options.into_iter().collect_view()}
        </select>
    }
}

/// What can be chosen for a field: values as in the address, with the words for them.
type Choices = Vec<(String, String)>;

/// What is inside the dialog.
#[component]
pub(crate) fn FilterForm(
    /// Closes it.
    dialog: DialogRef,
) -> impl IntoView {
    let here = here();
    let statuses = {
        let board = here.board.clone();
        move || board.statuses().iter().map(|s| (s.id.to_string(), s.name.to_string())).collect::<Choices>()
    };
    let people = {
        let board = here.board.clone();
        move || {
            let mut all = vec![("me".to_owned(), "Me".to_owned()), ("none".to_owned(), "No one".to_owned())];
            let members = board.members().into_iter().map(|(id, _)| id);
            all.extend(client().people.by_name(members).into_iter().map(|(name, id)| (id.to_string(), name)));
            all
        }
    };
    let labels = {
        let board = here.board.clone();
        move || {
            board.statuses();
            board.read(|b| b.labels.iter().map(|l| (l.id.to_string(), l.name.to_string())).collect::<Choices>())
        }
    };
    let priorities = || {
        let words =
            PRIORITIES.map(|p| (Condition::Priority(p).value(), p.map_or("None", model::Priority::word).to_owned()));
        Vec::from(words)
    };
    let days = || Vec::from(By::ALL.map(|by| (Condition::Due(by).value(), by.word().to_owned())));
    let text = NodeRef::<html::Input>::new();
    let (looking, clearing) = (here.clone(), here.clone());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if let Some(input) = text.get_untracked() {
            if let Some(condition) = Condition::read("text", &input.value()) {
                let view = looking.view.get_untracked();
                if !view.filter.contains(&condition) {
                    looking.look(&view.toggled(condition));
                }
            }
            input.set_value("");
        }
        dialog.close();
    };
    part! {
        <form method="dialog" on:submit=submit>
            <div class="dialog-body stack">
                {field("status", "Status", statuses)}
                {field("assignee", "Assignee", people)}
                {field("label", "Label", labels)}
                {field("priority", "Priority", priorities)}
                {field("due", "Due", days)}
                <div class="field">
                    <label class="label" for="f-text">
                        "Title or number"
                    </label>
                    <input class="input" id="f-text" maxlength="200" autocomplete="off" node_ref=text/>
                </div>
            </div>
            <div class="dialog-foot">
                <button class="btn push" type="button" on:click=move |_| clear(&clearing)>
                    "Clear filters"
                </button>
                <button class="btn btn-primary" type="submit">
                    "Show tasks"
                </button>
            </div>
        </form>
    }
}

/// A field of the dialog: choosing a value shows at once only what has it, or shows the others again.
fn field(name: &'static str, label: &'static str, choices: impl Fn() -> Choices + Send + Sync + 'static) -> AnyView {
    let choices = memo(choices);
    listed(name, label, choices)
}

fn listed(name: &'static str, label: &'static str, choices: Memo<Choices>) -> AnyView {
    let here = here();
    let view = here.view;
    let id = "f-".to_owned() + name;
    let chosen = memo(move || {
        let of_name =
            |view: &View| view.filter.iter().filter(|c| c.name() == name).map(Condition::value).collect::<Vec<_>>();
        view.with(of_name)
    });
    let options = move || {
        let (chosen, choices) = (chosen.get(), choices.get());
        let option = |(value, word): (String, String)| {
            let word = if chosen.contains(&value) { "✓ ".to_owned() + &word } else { word };
            part! { <option value=value>{word}</option> }
        };
        choices.into_iter().map(option).collect_view()
    };
    let first = move || match chosen.get().len() {
        0 => "Any".to_owned(),
        n => n.to_string() + " chosen",
    };
    let node = NodeRef::<html::Select>::new();
    let choose = move |event| {
        if let Some(condition) = Condition::read(name, &event_target_value(&event)) {
            here.look(&view.get_untracked().toggled(condition));
        }
        if let Some(select) = node.get_untracked() {
            select.set_value("");
        }
    };
    live(move || {
        // A project without labels has nothing to choose.
        if choices.with(Vec::is_empty) {
            return ().into_any();
        }
        let choose = choose.clone();
        part! {
            <div class="field">
                <label class="label" for=id.clone()>
                    {label}
                </label>
                <select class="select" id=id.clone() node_ref=node on:change=choose>
                    <option value="">{live(first)}</option>
                    {live(options)}
                </select>
            </div>
        }
    })
}

/// Says that no task fits, if that is so.
#[component]
pub(crate) fn NoneFits() -> impl IntoView {
    let here = here();
    part! {
        <div class="scroll empty-wrap">
            <div class="empty">
                <h2>"No task fits the filter"</h2>
                <p>"Tasks are there, but none that fits all of it."</p>
                <button class="btn btn-primary" type="button" on:click=move |_| clear(&here)>
                    "Clear filters"
                </button>
            </div>
        </div>
    }
}
