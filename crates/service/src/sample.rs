//! A sample project: a few tasks that show Muster by themselves. Made by the commands that everything is made by, and removed
//! by one.

use model::{
    Answer, Body, Category, Command, Day, Due, Envelope, Hue, Key, Label, LabelId, NewStatus, Priority, ProjectId,
    Refusal, StatusId, TaskId, Title,
};

use crate::{
    Actor, Cx,
    context::refuse,
    execute,
    sql::{all, id},
};

const NAME: &str = "Try Muster";
const KEY: &str = "TRY";
/// How many keys are tried when the first is taken.
const MOST_KEYS: usize = 9;
const STATUSES: [(&str, Category); 3] =
    [("To try", Category::Todo), ("In hand", Category::InProgress), ("Done", Category::Done)];
const LABELS: [(&str, u8); 3] = [("Basics", 5), ("Keyboard", 7), ("Together", 2)];

/// A task of the sample.
struct Lesson {
    title: &'static str,
    text: &'static str,
    /// Its place in [`STATUSES`].
    status: usize,
    /// Its place in [`LABELS`].
    label: usize,
    /// Days from today until it is due.
    due: Option<i32>,
    priority: Option<Priority>,
    /// Whether it is given to whoever begins the sample.
    is_mine: bool,
    /// What it is made up of.
    parts: &'static [&'static str],
    /// What is said about it.
    comment: Option<&'static str>,
}

const PLAIN: Lesson = Lesson {
    title: "",
    text: "",
    status: 0,
    label: 0,
    due: None,
    priority: None,
    is_mine: false,
    parts: &[],
    comment: None,
};

const LESSONS: [Lesson; 9] = [
    Lesson {
        title: "Move this task to In hand",
        text: "Drag it with the mouse or a finger. With the keyboard: put the focus on it, press **Space** to lift it, the \
               arrow keys to carry it, and **Space** to drop it.\n\nWhoever has this board open sees it move.",
        is_mine: true,
        due: Some(0),
        ..PLAIN
    },
    Lesson {
        title: "Open this task and tick its boxes",
        text: "Descriptions are Markdown: **bold**, lists, tables, code, links, and boxes.\n\n- [x] Open the task\n- [ ] Tick \
               this box\n- [ ] Press **E** and write a line of your own",
        priority: Some(Priority::High),
        comment: Some(
            "What people say about a task stands here. Write `@` in a comment to mention somebody: they are told.",
        ),
        ..PLAIN
    },
    Lesson {
        title: "Split something big into parts",
        text: "A task can have parts, and they can have parts of their own. Each has its own status, people and date.",
        parts: &["This is a part of it", "And this is another one"],
        ..PLAIN
    },
    Lesson {
        title: "Write a task down in one line",
        text: "Press **C** and write:\n\n`Send the report fri 14:00 !high +me @Basics`\n\nThe day, the priority, the person and \
               the label are read out of the title.",
        label: 1,
        ..PLAIN
    },
    Lesson {
        title: "Go anywhere with Ctrl K",
        text: "**Ctrl K** (on a Mac: **⌘ K**) finds projects, tasks and everything that can be done. **?** shows the keys of \
               the page that you are on.",
        label: 1,
        ..PLAIN
    },
    Lesson {
        title: "Take something back with Ctrl Z",
        text: "Up to a hundred things that you did can be taken back, one after the other. **Ctrl Shift Z** does them again.",
        label: 1,
        ..PLAIN
    },
    Lesson {
        title: "Find this task in the calendar",
        text: "The tabs above show the same tasks as a board, a list and a calendar. Carry a task to another day there, and it \
               is due on that day.",
        status: 1,
        due: Some(3),
        is_mine: true,
        ..PLAIN
    },
    Lesson {
        title: "Invite somebody and work on this board together",
        text: "*Members* adds people to a project. You see who is here and which task they are looking at.",
        status: 1,
        label: 2,
        ..PLAIN
    },
    Lesson {
        title: "Begin with Muster",
        text: "This one is done. When you have seen enough, press *Remove it* above the board: all of the sample goes.",
        status: 2,
        ..PLAIN
    },
];

/// Begins a sample project for somebody, who becomes its Lead. Answers its key.
///
/// # Errors
///
/// A fault of the database, or a busy server. Then it may be there in part, and can be removed.
pub async fn begin(cx: &Cx, actor: &Actor) -> Result<Key, Refusal> {
    let project: ProjectId = cx.new_id();
    let statuses: Vec<NewStatus> = STATUSES
        .iter()
        .filter_map(|(name, category)| Some(NewStatus { id: cx.new_id(), name: typed(name)?, category: *category }))
        .collect();
    let columns: Vec<StatusId> = statuses.iter().map(|status| status.id).collect();
    let key = create(cx, actor, project, statuses).await?;
    let labels: Vec<Label> = LABELS
        .iter()
        .filter_map(|(name, hue)| Some(Label { id: cx.new_id(), name: typed(name)?, hue: Hue::try_from(*hue).ok()? }))
        .collect();
    let ids: Vec<LabelId> = labels.iter().map(|label| label.id).collect();
    let mut commands: Vec<Command> = labels.into_iter().map(|label| Command::PutLabel { project, label }).collect();
    for lesson in &LESSONS {
        commands.extend(tasks(cx, actor, project, lesson, (&columns, &ids)));
    }
    carry_out(cx, actor, commands).await?;
    Ok(key)
}

/// The samples that somebody began and that are still there.
///
/// # Errors
///
/// A fault of the database.
pub async fn of(cx: &Cx, actor: &Actor) -> Result<Vec<ProjectId>, Refusal> {
    let sql = "SELECT id FROM projects WHERE sample = 1 AND created_by = $1 ORDER BY id";
    let rows = all(cx.store.reader(), sql, [actor.person.into()]).await.map_err(|e| refuse(&e))?;
    rows.iter().map(|row| id(row, 0)).collect::<Result<_, _>>().map_err(|e| refuse(&e))
}

/// Creates the project, under the first key that is free.
async fn create(cx: &Cx, actor: &Actor, project: ProjectId, statuses: Vec<NewStatus>) -> Result<Key, Refusal> {
    let mut refused = Refusal::KeyTaken;
    for n in 1..=MOST_KEYS {
        let key = if n == 1 { KEY.to_owned() } else { format!("{KEY}{n}") };
        let (Some(key), Some(name)) = (typed::<Key>(&key), typed(NAME)) else { break };
        let (hue, statuses) = (Hue::of(&project.bytes()), statuses.clone());
        let create = Command::CreateProject { project, key: key.clone(), name, hue, statuses, is_sample: true };
        match carry_out(cx, actor, vec![create]).await {
            Ok(()) => return Ok(key),
            Err(Refusal::KeyTaken) => {}
            Err(other) => {
                refused = other;
                break;
            }
        }
    }
    Err(refused)
}

fn tasks(
    cx: &Cx,
    actor: &Actor,
    project: ProjectId,
    lesson: &Lesson,
    (columns, labels): (&[StatusId], &[LabelId]),
) -> Vec<Command> {
    let today = cx.now().day_utc().number();
    let one = |title: &str, text: &str, parent: Option<TaskId>| {
        let task: TaskId = cx.new_id();
        let (title, text) = (typed::<Title>(title)?, typed::<Body>(text).filter(|text| !text.is_blank()));
        let (is_part, due) =
            (parent.is_some(), lesson.due.and_then(|days| Day::from_number(today + days)).map(Due::Day));
        let create = Command::CreateTask {
            project,
            task,
            title,
            text,
            status: *columns.get(lesson.status)?,
            due: due.filter(|_| !is_part),
            assignees: if lesson.is_mine { vec![actor.person] } else { Vec::new() },
            priority: lesson.priority.filter(|_| !is_part),
            labels: labels.get(lesson.label).copied().filter(|_| !is_part).into_iter().collect(),
            parent,
        };
        Some((task, create))
    };
    let Some((whole, create)) = one(lesson.title, lesson.text, None) else { return Vec::new() };
    let mut commands = vec![create];
    commands.extend(lesson.parts.iter().filter_map(|part| one(part, "", Some(whole))).map(|(_, create)| create));
    if let Some(text) = lesson.comment.and_then(typed) {
        commands.push(Command::AddComment { project, task: whole, comment: cx.new_id(), text });
    }
    commands
}

/// One of our own texts as a value; nothing if it is none, which a test would find.
fn typed<T: for<'a> TryFrom<&'a str>>(text: &str) -> Option<T> {
    T::try_from(text).ok()
}

/// Carries commands out in their order; the first that is refused ends it.
pub(crate) async fn carry_out(cx: &Cx, actor: &Actor, commands: Vec<Command>) -> Result<(), Refusal> {
    for part in commands.chunks(50) {
        let envelopes = part.iter().map(|command| Envelope { op: cx.new_id(), command: command.clone() }).collect();
        for answer in execute(cx, actor, envelopes).await {
            if let Answer::Refused(refusal) = answer {
                return Err(refusal);
            }
        }
    }
    Ok(())
}
