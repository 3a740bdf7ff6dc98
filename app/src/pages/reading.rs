//! A line for a new task while it is typed: what is understood of it stands below as chips, and each can be made text again.
//!
//! Must not know: where the line is, and how the task is created.

use leptos::{ev::KeyboardEvent, prelude::*};
use model::{
    Due, LabelId, PersonId, Priority, Today,
    quick_add::{Known, Line, Meaning, read},
};

use crate::{
    components::{avatar::Avatar, icon::Icon, prio::PriorityIcon},
    data::client,
    dom,
    live::{live, memo, part},
    pages::{
        my_tasks::weekday_name,
        project::{Here, here},
    },
};

/// A line that is being typed. Cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct Reading {
    text: Memo<String>,
    line: Memo<Line>,
    /// Words that are to mean nothing.
    plain: RwSignal<Vec<String>>,
    today: RwSignal<Today>,
}

/// What a line says about its task beside the title.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Asked {
    pub(crate) due: Option<Due>,
    pub(crate) priority: Option<Priority>,
    pub(crate) labels: Vec<LabelId>,
    pub(crate) assignees: Vec<PersonId>,
}

impl Reading {
    /// Reads what is typed, on a project's page.
    pub(crate) fn of(draft: ArcRwSignal<String>) -> Self {
        let (here, plain) = (here(), RwSignal::new(Vec::new()));
        let (text, today, client) = (memo(move || draft.get()), here.today, client());
        let line = memo(move || {
            let text = text.get();
            if text.trim().is_empty() {
                return Line { title: String::new(), tokens: Vec::new() };
            }
            let Here { board, today, .. } = &here;
            let members = board.members().into_iter().map(|(id, _)| id);
            let people: Vec<_> = client.people.by_name(members).into_iter().map(|(name, id)| (id, name)).collect();
            let me = client.me().map(|me| me.person.id).filter(|me| people.iter().any(|(id, _)| id == me));
            let labels = board.read(|b| b.labels.iter().map(|l| (l.id, l.name.to_string())).collect());
            read(&text, &Known { today: today.with(|today| today.day), me, people, labels }, &plain.get())
        });
        Self { text, line, plain, today }
    }

    /// The title that is left, and what the rest says.
    pub(crate) fn understood(self) -> (String, Asked) {
        let line = self.line.get_untracked();
        let due =
            self.today.with_untracked(|today| line.due(today.day).map(|(day, minute)| today.make_due(day, minute)));
        let mut asked = Asked { due, ..Asked::default() };
        for token in &line.tokens {
            match token.meaning {
                Meaning::Priority(priority) => asked.priority = Some(priority),
                Meaning::Label(label) if !asked.labels.contains(&label) => asked.labels.push(label),
                Meaning::Person(person) if !asked.assignees.contains(&person) => asked.assignees.push(person),
                _ => {}
            }
        }
        (line.title, asked)
    }

    /// The whole line as it stands in the field.
    pub(crate) fn typed(self) -> String {
        self.text.get_untracked()
    }

    /// It was sent; the next line is another.
    pub(crate) fn done(self) {
        self.plain.set(Vec::new());
    }
}

/// What is understood of a line, with a sentence that is read aloud.
#[component]
pub(crate) fn Chips(
    /// The line.
    reading: Reading,
    /// The id of the field, to which the focus goes back.
    field: String,
) -> impl IntoView {
    let (here, people) = (here(), client().people);
    let said = here.clone();
    let named = people.clone();
    let sentence = move || {
        let mut sentence = String::new();
        for token in reading.line.get().tokens {
            sentence += &match token.meaning {
                Meaning::Person(person) => "Assigned to ".to_owned() + &named.name(person),
                Meaning::Label(label) => "Label ".to_owned() + &label_of(&said, label).0,
                Meaning::Priority(priority) => "Priority ".to_owned() + priority.word(),
                Meaning::Day(_) | Meaning::Minute(_) => "Due ".to_owned() + &when(token.meaning, &said),
            };
            sentence += ". ";
        }
        sentence
    };
    let (id, shown) = (field.clone() + "-read", here);
    part! {
        <p class="vh" id=id role="status">
            {live(sentence)}
        </p>
        {live(move || {
            let tokens = reading.line.get().tokens;
            (!tokens.is_empty())
                .then(|| {
                    let mut chips = Vec::new();
                    for token in tokens {
                        let text = reading.text.get_untracked();
                        let words = text.get(token.from..token.to).unwrap_or_default().to_owned();
                        let (look, name) = match token.meaning {
                            Meaning::Person(person) => (part! { <Avatar person size="xs"/> }, people.name(person)),
                            Meaning::Label(label) => {
                                let (name, hue) = label_of(&shown, label);
                                (part! { <span class="dot" data-hue=hue.to_string()></span> }, name)
                            }
                            Meaning::Priority(priority) => {
                                (part! { <PriorityIcon priority=Some(priority)/> }, priority.word().to_owned())
                            }
                            Meaning::Day(_) => (part! { <Icon name="i-calendar"/> }, when(token.meaning, &shown)),
                            Meaning::Minute(_) => (part! { <Icon name="i-clock"/> }, when(token.meaning, &shown)),
                        };
                        chips.push(chip(reading, words, look, name, field.clone()));
                    }
                    part! {
                        <ul class="qa-chips" role="list" aria-label="Read from your text">
                            {chips}
                        </ul>
                    }
                })
        })}
    }
}

fn chip(reading: Reading, words: String, look: AnyView, name: String, field: String) -> AnyView {
    let to_text = Callback::new(move |()| {
        reading.plain.update(|plain| plain.push(words.clone()));
        dom::focus(&field);
    });
    part! {
        <li>
            <button
                class="prop-chip"
                type="button"
                data-set="true"
                title="Keep as text"
                on:click=move |_| to_text.run(())
                on:keydown=move |event: KeyboardEvent| {
                    if matches!(event.key().as_str(), "Backspace" | "Delete") {
                        event.prevent_default();
                        to_text.run(());
                    }
                }
            >
                {look}
                {name}
                <span class="vh">", keep as text"</span>
            </button>
        </li>
    }
}

/// The day with its weekday, or the time of day.
fn when(meaning: Meaning, here: &Here) -> String {
    let today = here.today.get_untracked();
    match meaning {
        Meaning::Day(day) if (0..2).contains(&today.until(day)) => today.text(day),
        Meaning::Day(day) => weekday_name(day)[..3].to_owned() + " " + &today.short(day),
        Meaning::Minute(minute) => today.reader.time(minute),
        _ => String::new(),
    }
}

fn label_of(here: &Here, id: LabelId) -> (String, u8) {
    here.board.read(|b| b.label(id).map(|l| (l.name.to_string(), l.hue.number()))).unwrap_or_default()
}
