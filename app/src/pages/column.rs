//! What those who lead a project can do with its statuses on the board: add, change, move and remove them.

use leptos::{ev::SubmitEvent, html, prelude::*};
use model::{Category, Command, CommandKind, Invalid, Name, NewStatus, Refusal, StatusId};

use crate::{
    components::{
        dialog::{Dialog, DialogFoot, DialogRef},
        field::{Faults, FormFault, TextField, typed},
        icon::Icon,
        menu::{Item, Menu},
    },
    data::{Client, boards::LiveBoard, client},
    dom, ids,
    live::{effect, live, part},
    pages::{apart::HAND, grip::may_now, project::here},
};

/// What is done in a dialog.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Edit {
    /// A new status at this place.
    Add(usize),
    Change(StatusId),
    Remove(StatusId),
}

/// The dialogs for statuses, of which one is there at a time. Copy it into whatever opens them.
#[derive(Clone, Copy)]
pub(crate) struct StatusForms {
    edit: RwSignal<Option<Edit>>,
    dialog: DialogRef,
    /// Whether the reader may change statuses.
    pub(crate) may: Memo<bool>,
}

impl StatusForms {
    /// For the board that is being painted.
    pub(crate) fn new() -> Self {
        Self { edit: RwSignal::new(None), dialog: DialogRef::new(), may: may_now(CommandKind::AddStatus) }
    }

    fn open(self, edit: Edit) {
        HAND.then(move || {
            self.edit.try_set(Some(edit));
            dom::next_frame(move || self.dialog.open());
        });
    }
}

/// What stands behind the last column: the button that adds another.
pub(crate) fn add_column(forms: StatusForms) -> AnyView {
    let board = here().board;
    part! {
        <li class="add-column">
            <button
                class="icon-btn"
                type="button"
                aria-label="Add status"
                on:click=move |_| forms.open(Edit::Add(board.read(|b| b.statuses.len())))
            >
                <Icon name="i-plus"/>
            </button>
        </li>
    }
}

/// The menu of a column.
pub(crate) fn column_menu(status: StatusId, name: Memo<String>, forms: StatusForms) -> AnyView {
    let (board, client) = (here().board, client());
    let items = Callback::new(move |()| lines(status, forms, &board, &client));
    live(move || {
        forms.may.get().then(|| {
            let id = "column-".to_owned() + &status.to_string();
            part! {
                <Menu id name=name.get() + " column menu" items>
                    <Icon name="i-more"/>
                </Menu>
            }
        })
    })
}

fn lines(status: StatusId, forms: StatusForms, board: &LiveBoard, client: &Client) -> Vec<Item> {
    let (place, n) = board.read(|b| (b.place_of(status).unwrap_or(0), b.statuses.len()));
    let opens = move |edit| Callback::new(move |()| forms.open(edit));
    let moves = |to: usize, told: &'static str| {
        let (board, client) = (board.clone(), client.clone());
        Callback::new(move |()| {
            let name = board.read(|b| b.status(status).map(|s| s.name.to_string())).unwrap_or_default();
            let place = u32::try_from(to).unwrap_or(u32::MAX);
            let command = Command::MoveStatus { project: board.project(), status, place };
            client.act(&board, vec![command], name + told);
        })
    };
    let mut lines = vec![
        Item::new("i-edit", "Edit status", opens(Edit::Change(status))),
        Item::new("i-plus", "Add status to the right", opens(Edit::Add(place + 1))),
    ];
    if place > 0 {
        lines.push(Item::new("i-back", "Move left", moves(place - 1, " moved left.")));
    }
    if place + 1 < n {
        lines.push(Item::new("i-chev", "Move right", moves(place + 1, " moved right.")));
    }
    if n > 1 {
        lines.push(Item::new("i-trash", "Remove status", opens(Edit::Remove(status))).bad());
    }
    lines
}

/// The dialog that is open.
#[component]
pub(crate) fn StatusDialogs(
    /// Opens it.
    forms: StatusForms,
) -> impl IntoView {
    live(move || {
        let edit = forms.edit.get()?;
        HAND.get().map(|hand| (hand.status)(forms, edit))
    })
}

/// The dialog in which this is done.
pub(crate) fn form(forms: StatusForms, edit: Edit) -> AnyView {
    match edit {
        Edit::Add(place) => part! { <StatusForm forms place/> },
        Edit::Change(status) => part! { <StatusForm forms status=Some(status)/> },
        Edit::Remove(status) => part! { <RemoveForm forms status/> },
    }
}

#[component]
fn StatusForm(
    forms: StatusForms,
    #[prop(optional_no_strip)] status: Option<StatusId>,
    #[prop(optional)] place: usize,
) -> impl IntoView {
    let (client, board) = (client(), here().board);
    let now = status.and_then(|id| board.read(|b| b.status(id).cloned()));
    let (name, category) = (NodeRef::<html::Input>::new(), NodeRef::<html::Select>::new());
    let (was_named, was) = (
        now.as_ref().map(|s| s.name.to_string()).unwrap_or_default(),
        now.as_ref().map_or(Category::InProgress, |s| s.category),
    );
    effect(move || {
        if let Some(input) = name.get() {
            input.set_value(&was_named);
        }
    });
    let (faults, is_new) = (Faults::none(), status.is_none());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        faults.clear();
        let wrong = |why: Invalid| Refusal::invalid("name", why.to_string());
        let chosen = category.get_untracked().and_then(|s| s.value().parse().ok());
        let category = chosen.and_then(Category::from_code).unwrap_or(was);
        let project = board.project();
        let command = Name::try_from(typed(name)).map_err(wrong).map(|name| {
            let id = status.unwrap_or_else(ids::status);
            let status_is = NewStatus { id, name, category };
            if is_new {
                let place = u32::try_from(place).unwrap_or(u32::MAX);
                Command::AddStatus { project, status: status_is, place }
            } else {
                Command::ChangeStatus { project, status: status_is }
            }
        });
        if let Err(refusal) = command.and_then(|command| client.dispatch(&board, command)) {
            dom::focus("status-name");
            return faults.set(refusal);
        }
        forms.dialog.close();
    };
    let (title, lead, done) = if is_new {
        ("New status", "A column for tasks that stand at the same point.", "Add status")
    } else {
        ("Edit status", "It is called and counted so from now on.", "Save")
    };
    let dialog = forms.dialog;
    part! {
        <Dialog dialog id="status-h" title lead>
            <form method="post" novalidate on:submit=submit>
                <div class="dialog-body stack">
                    <FormFault faults fields=&["name"]/>
                    <TextField label="Name" name="name" id="status-name" node=name faults autofocus=true/>
                    <div class="field">
                        <label class="label" for="status-category">
                            "Means"
                        </label>
                        <select class="select" id="status-category" node_ref=category>
                            {Category::ALL
                                .iter()
                                .map(|c| {
                                    part! {
                                        <option value=c.code().to_string() selected=*c == was>
                                            {c.word()}
                                        </option>
                                    }
                                })
                                .collect_view()}
                        </select>
                    </div>
                </div>
                <DialogFoot dialog done/>
            </form>
        </Dialog>
    }
}

#[component]
fn RemoveForm(forms: StatusForms, status: StatusId) -> impl IntoView {
    let (client, board) = (client(), here().board);
    let (name, place) = board
        .read(|b| (b.status(status).map(|s| s.name.to_string()).unwrap_or_default(), b.place_of(status).unwrap_or(0)));
    // What stood before it is the likeliest place for its tasks, and behind it for the first.
    let others: Vec<(StatusId, String)> =
        board.read(|b| b.statuses.iter().filter(|s| s.id != status).map(|s| (s.id, s.name.to_string())).collect());
    let likeliest = others.get(place.saturating_sub(1)).map(|(id, _)| *id);
    let to = NodeRef::<html::Select>::new();
    let (dialog, told) = (forms.dialog, name.clone() + " removed.");
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let chosen = to.get_untracked().and_then(|s| s.value().parse::<StatusId>().ok());
        if let Some(to) = chosen.or(likeliest) {
            let command = Command::RemoveStatus { project: board.project(), status, to };
            client.act(&board, vec![command], told.clone());
        }
        dialog.close();
    };
    part! {
        <Dialog dialog id="status-h" title="Remove status" lead=name + " goes from the board, its tasks stay.">
            <form method="post" novalidate on:submit=submit>
                <div class="dialog-body stack">
                    <div class="field">
                        <label class="label" for="status-to">
                            "Its tasks go to"
                        </label>
                        <select class="select" id="status-to" node_ref=to>
                            {others
                                .into_iter()
                                .map(|(id, name)| {
                                    part! {
                                        <option value=id.to_string() selected=Some(id) == likeliest>
                                            {name}
                                        </option>
                                    }
                                })
                                .collect_view()}
                        </select>
                    </div>
                </div>
                <DialogFoot dialog done="Remove status" class="btn btn-danger"/>
            </form>
        </Dialog>
    }
}
