//! What takes a command back: every command has an inverse, or a reason why not.
//!
//! Asked with what was there before the command was done. An inverse is an ordinary command: it is decided anew, leaves its own
//! events, and may be refused. An old text comes back as the next version of the new one, so that what somebody else
//! wrote since is not lost but refused with [`Refusal::TextChanged`](crate::Refusal::TextChanged).

use crate::{
    board::Board,
    command::{Command, NewStatus, Spot},
    decide::Said,
    id::{CommentId, PersonId, ProjectId, TaskId},
    task::Task,
    text::Body,
};

/// Why a command cannot be taken back: a sentence that says what to do instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoInverse(pub &'static str);

/// How things were before a command.
pub trait Past {
    /// The board.
    fn board(&self) -> &Board;
    /// Who gave the command and will take it back.
    fn me(&self) -> PersonId;
    /// The description of a task, empty if it had none; nothing if it is not at hand.
    fn text(&self, task: TaskId) -> Option<Body>;
    /// A comment with its words, if they are at hand.
    fn comment(&self, comment: CommentId) -> Option<(Said, Option<Body>)>;
}

/// The most tasks that are brought back to where they were one by one.
const MOST_TASKS: usize = 200;
const TOO_MANY: NoInverse = NoInverse("More than 200 tasks were changed. Change them back in the list, many at once.");
const NOT_THERE: NoInverse = NoInverse("What this changed is not at hand any more. Reload the page to see it.");
const NO_TEXT: NoInverse =
    NoInverse("The earlier text is not at hand any more. Look for it in the history of the task.");
const NOT_YOURS: NoInverse = NoInverse("Only who wrote a comment can bring it back. Ask them to write it again.");
const GONE: NoInverse =
    NoInverse("This person is not in the project any more. Add them to it, then assign them again.");
const SAMPLE: NoInverse = NoInverse("A sample that was removed is gone. Begin another one.");
const NEW_PROJECT: NoInverse = NoInverse("A project that was created stays. Archive it instead.");

/// The commands that take a command back, in order.
///
/// # Errors
///
/// [`NoInverse`] with the reason.
pub fn inverse(command: &Command, past: &impl Past) -> Result<Vec<Command>, NoInverse> {
    let (board, project) = (past.board(), command.project());
    let back = match command {
        Command::CreateProject { .. } => return Err(NEW_PROJECT),
        Command::RemoveSample { .. } => return Err(SAMPLE),
        Command::RenameProject { .. } => Command::RenameProject { project, name: board.name.clone() },
        Command::ColourProject { .. } => Command::ColourProject { project, hue: board.hue },
        Command::ArchiveProject { .. } => Command::ArchiveProject { project, on: board.is_archived },
        Command::AddStatus { status, .. } => {
            let to = board.statuses.first().ok_or(NOT_THERE)?.id;
            Command::RemoveStatus { project, status: status.id, to }
        }
        Command::ChangeStatus { status, .. } => {
            Command::ChangeStatus { project, status: board.status(status.id).ok_or(NOT_THERE)?.into() }
        }
        Command::MoveStatus { status, .. } => {
            Command::MoveStatus { project, status: *status, place: place_of(board, *status)? }
        }
        Command::RemoveStatus { status, .. } => {
            let gone: NewStatus = board.status(*status).ok_or(NOT_THERE)?.into();
            let add = Command::AddStatus { project, status: gone, place: place_of(board, *status)? };
            let to_end = |task| Command::MoveTask { project, task, to: *status, spot: Spot::Last };
            return with_each(add, board.places(*status), to_end);
        }
        Command::PutLabel { label, .. } => match board.label(label.id) {
            Some(label) => Command::PutLabel { project, label: label.clone() },
            None => Command::RemoveLabel { project, label: label.id },
        },
        Command::RemoveLabel { label, .. } => {
            let put = Command::PutLabel { project, label: board.label(*label).ok_or(NOT_THERE)?.clone() };
            return with_each(put, board.labelled(*label), |task| Command::LabelTask {
                project,
                task,
                label: *label,
                on: true,
            });
        }
        Command::AddMember { person, .. }
        | Command::ChangeMember { person, .. }
        | Command::RemoveMember { person, .. } => member(board, *person),
        _ => {
            let id = command.task().ok_or(NOT_THERE)?;
            if let Command::CreateTask { parent, .. } = command {
                // In the trash it is nobody's part: else it would still count where the levels of parts are counted.
                let loose = parent.map(|_| Command::SetParent { project, task: id, parent: None });
                return Ok(loose.into_iter().chain([Command::TrashTask { project, task: id, on: true }]).collect());
            }
            return of_task(command, project, board.task(id).ok_or(NOT_THERE)?, past);
        }
    };
    Ok(vec![back])
}

#[expect(clippy::cast_possible_truncation, reason = "there are at most 20 statuses")]
fn place_of(board: &Board, status: crate::StatusId) -> Result<u32, NoInverse> {
    board.place_of(status).map(|place| place as u32).ok_or(NOT_THERE)
}

/// What makes a membership as it was.
fn member(board: &Board, person: PersonId) -> Command {
    let project = board.project;
    match board.members.get(&person) {
        Some(role) => Command::AddMember { project, person, role: *role },
        None => Command::RemoveMember { project, person },
    }
}

fn with_each(
    first: Command,
    tasks: impl IntoIterator<Item = TaskId>,
    of: impl Fn(TaskId) -> Command,
) -> Result<Vec<Command>, NoInverse> {
    let mut commands = vec![first];
    commands.extend(tasks.into_iter().map(of));
    if commands.len() > MOST_TASKS + 1 { Err(TOO_MANY) } else { Ok(commands) }
}

fn of_task(command: &Command, project: ProjectId, was: &Task, past: &impl Past) -> Result<Vec<Command>, NoInverse> {
    let task = was.id;
    let back = match command {
        Command::RenameTask { .. } => Command::RenameTask { project, task, title: was.title.clone() },
        Command::DescribeTask { .. } => {
            let text = past.text(task).ok_or(NO_TEXT)?;
            Command::DescribeTask { project, task, base: was.text_version + 1, text }
        }
        Command::MoveTask { .. } => {
            let spot = past.board().before(was).map_or(Spot::First, Spot::After);
            Command::MoveTask { project, task, to: was.status, spot }
        }
        Command::SetDue { .. } => Command::SetDue { project, task, due: was.due.clone() },
        Command::SetPriority { .. } => Command::SetPriority { project, task, priority: was.priority },
        Command::LabelTask { label, .. } => {
            Command::LabelTask { project, task, label: *label, on: was.labels.contains(label) }
        }
        Command::SetParent { .. } => Command::SetParent { project, task, parent: was.parent },
        Command::Assign { person, .. } | Command::Unassign { person, .. } => {
            let person = *person;
            if was.assignees.contains(&person) {
                if !past.board().members.contains_key(&person) {
                    return Err(GONE);
                }
                Command::Assign { project, task, person }
            } else {
                Command::Unassign { project, task, person }
            }
        }
        Command::Watch { .. } => Command::Watch { project, task, on: was.said_to_watch(past.me()) },
        Command::ArchiveTask { .. } => Command::ArchiveTask { project, task, on: was.is_archived },
        Command::TrashTask { .. } => Command::TrashTask { project, task, on: was.trashed_at.is_some() },
        Command::AddComment { comment, .. } => {
            let watch = Command::Watch { project, task, on: was.said_to_watch(past.me()) };
            return Ok(vec![Command::RemoveComment { project, task, comment: *comment, base: 1 }, watch]);
        }
        Command::EditComment { comment, .. } => {
            let (said, text) = past.comment(*comment).ok_or(NO_TEXT)?;
            if said.is_removed {
                Command::RemoveComment { project, task, comment: *comment, base: said.version + 1 }
            } else {
                edit(project, said, *comment, text)?
            }
        }
        Command::RemoveComment { comment, .. } => {
            let (said, text) = past.comment(*comment).ok_or(NO_TEXT)?;
            if said.by != past.me() {
                return Err(NOT_YOURS);
            }
            edit(project, said, *comment, text)?
        }
        _ => return Err(NOT_THERE),
    };
    Ok(vec![back])
}

fn edit(project: ProjectId, said: Said, comment: CommentId, text: Option<Body>) -> Result<Command, NoInverse> {
    let base = said.version + 1;
    Ok(Command::EditComment { project, task: said.task, comment, base, text: text.ok_or(NO_TEXT)? })
}

/// Keeps up the commands that wait to take earlier changes back, after `undo` took `done` back: the versions of a text only
/// grow, and so the version on which they were to be based has another number now.
pub fn rebase<'a>(waiting: impl IntoIterator<Item = &'a mut Command>, done: &Command, undo: &Command) {
    let (mut done, mut undo) = (done.clone(), undo.clone());
    let (Some((text, was)), Some((_, base))) = (done.base(), undo.base()) else { return };
    for command in waiting {
        if let Some((of, now)) = command.base()
            && (of, *now) == (text, *was)
        {
            *now = *base + 1;
        }
    }
}
