//! What follows from a command: the only place where a command becomes events. The server asks it over rows, the page
//! over its board, with the same answer as far as both know the same.
//!
//! Must not know: clocks, randomness, databases. What only the server knows (the final number and rank, the time)
//! may differ from a page's prediction, and the confirmed event wins.

mod task;

use crate::{
    board::{Board, Status},
    command::{Command, Label, NewStatus},
    event::Event,
    id::{CommentId, OpId, PersonId, ProjectId, StatusId, Stream, TaskId},
    may::{Standing, Verdict, may},
    people::{ProjectRole, Role},
    refusal::Refusal,
    task::Task,
    text::{Body, Key},
    when::Instant,
};

/// How many levels of tasks there may be: a task, its parts, and theirs, up to so many.
pub const MOST_LEVELS: usize = 4;
/// A project's statuses stand side by side on its board.
const MOST_STATUSES: usize = 20;
/// A project's labels are in every snapshot, and are picked from one list.
const MOST_LABELS: usize = 100;

/// What was tried out in a sample goes with it in one transaction. One with more than that has become work.
const MOST_IN_SAMPLE: u32 = 200;

/// What has to be known to decide.
pub trait Facts {
    /// The command's project; nothing if there is none. With at least: the tasks that the command names, their
    /// neighbours, and the last task of the status it goes to; what a new parent is a part of, and the parts of a task
    /// that gets one; all tasks of a status that is removed.
    fn board(&self) -> Option<&Board>;
    /// Whether this person has an account that is not disabled.
    fn knows(&self, person: PersonId) -> bool;
    /// Whether a project has this key.
    fn has_key(&self, key: &Key) -> bool;
    /// A comment of the command's project.
    fn comment(&self, comment: CommentId) -> Option<Said>;
}

/// What has to be known of a comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    /// About which task.
    pub task: TaskId,
    /// Who wrote it.
    pub by: PersonId,
    /// Which version stands.
    pub version: u32,
    /// Whether it was removed.
    pub is_removed: bool,
}

/// Who does it, under which operation, when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The operation.
    pub op: OpId,
    /// Who.
    pub actor: PersonId,
    /// Their role in the installation.
    pub role: Role,
    /// When.
    pub at: Instant,
}

/// One event on one stream, with the text that is kept beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Where it appears.
    pub stream: Stream,
    /// What became true.
    pub event: Event,
    /// The long text of a description or comment.
    pub text: Option<Body>,
}

/// What follows from a command: its events in order. None at all means that everything is so already.
///
/// # Errors
///
/// A [`Refusal`] that says why not. Then nothing follows.
pub fn decide(facts: &impl Facts, command: &Command, stamp: &Stamp) -> Result<Vec<Change>, Refusal> {
    if let Command::CreateProject { project, key, statuses, .. } = command {
        return create_project(facts, command, *project, key, statuses, stamp);
    }
    let board = facts.board().ok_or(Refusal::NotFound)?;
    let standing = Standing { role: stamp.role, in_project: board.members.get(&stamp.actor).copied() };
    match may(standing, command.kind()) {
        Verdict::Yes => {}
        Verdict::No => return Err(Refusal::MayNot),
        Verdict::Absent => return Err(Refusal::NotFound),
    }
    let here = Here { board, project: board.project, actor: stamp.actor };
    if let Some(answer) = here.about_members(facts, command) {
        return answer;
    }
    if let Command::ArchiveProject { on, .. } = command {
        return here.unless(board.is_archived == *on, Event::ProjectArchived { on: *on });
    }
    if let Command::RemoveSample { .. } = command {
        return here.remove_sample();
    }
    if board.is_archived {
        return Err(Refusal::Archived);
    }
    match command.task() {
        None => here.about_project(command),
        Some(task) => here.about_task(facts, standing, task, command),
    }
}

fn create_project(
    facts: &impl Facts,
    command: &Command,
    project: ProjectId,
    key: &Key,
    statuses: &[NewStatus],
    stamp: &Stamp,
) -> Result<Vec<Change>, Refusal> {
    let Command::CreateProject { name, hue, is_sample, .. } = command else { return Err(Refusal::NotFound) };
    let standing = Standing { role: stamp.role, in_project: None };
    if may(standing, command.kind()) != Verdict::Yes {
        return Err(Refusal::MayNot);
    }
    if facts.board().is_some() {
        return Err(Refusal::IdTaken);
    }
    if !(1..=MOST_STATUSES).contains(&statuses.len()) {
        return Err(too_many_or_few());
    }
    let is_twice = |(n, status): (usize, &NewStatus)| statuses[..n].iter().any(|s| s.id == status.id);
    if statuses.iter().enumerate().any(is_twice) {
        return Err(Refusal::invalid("statuses", "Two statuses have the same id."));
    }
    if facts.has_key(key) {
        return Err(Refusal::KeyTaken);
    }
    let (key, name, hue, statuses) = (key.clone(), name.clone(), *hue, statuses.to_vec());
    let opened = Event::ProjectOpened { key, name, hue, statuses, is_sample: *is_sample };
    let on = |stream, event| Change { stream, event, text: None };
    let (lead, role) = (stamp.actor, ProjectRole::Lead);
    Ok(vec![
        on(Stream::Instance, Event::ProjectCreated { project }),
        on(Stream::Project(project), opened),
        on(Stream::Project(project), Event::MemberAdded { person: lead, role }),
        on(Stream::Person(lead), Event::ProjectGained { project, role }),
    ])
}

fn too_many_or_few() -> Refusal {
    Refusal::invalid("statuses", "A project has 1 to 20 statuses.")
}

#[expect(clippy::cast_possible_truncation, reason = "there are at most 20 statuses")]
fn at_most(most: usize, place: u32) -> u32 {
    place.min(most as u32)
}

/// A project that the actor may change.
struct Here<'a> {
    board: &'a Board,
    project: ProjectId,
    actor: PersonId,
}

type Decided = Result<Vec<Change>, Refusal>;

impl Here<'_> {
    fn about_members(&self, facts: &impl Facts, command: &Command) -> Option<Decided> {
        Some(match command {
            Command::AddMember { person, role, .. } => self.add_member(facts, *person, *role),
            Command::ChangeMember { person, role, .. } => self.change_member(*person, *role),
            Command::RemoveMember { person, .. } => self.remove_member(*person),
            _ => return None,
        })
    }

    /// Everybody is out, so that each page of the project closes, and all others hear that it is gone.
    fn remove_sample(&self) -> Decided {
        if !self.board.is_sample || self.board.next_number > MOST_IN_SAMPLE + 1 {
            return Err(Refusal::invalid(
                "project",
                "Only a sample of up to 200 tasks can be removed. Archive it instead.",
            ));
        }
        let on = |stream, event| Change { stream, event, text: None };
        let out = |(person, role): (&PersonId, &ProjectRole)| {
            on(Stream::Project(self.project), Event::MemberRemoved { person: *person, role: *role })
        };
        let gone = on(Stream::Instance, Event::ProjectRemoved { project: self.project });
        Ok(self.board.members.iter().map(out).chain([gone]).collect())
    }

    fn about_project(&self, command: &Command) -> Decided {
        let board = self.board;
        match command {
            Command::RenameProject { name, .. } => {
                let event = Event::ProjectRenamed { from: board.name.clone(), to: name.clone() };
                self.unless(board.name == *name, event)
            }
            Command::ColourProject { hue, .. } => {
                self.unless(board.hue == *hue, Event::ProjectColoured { from: board.hue, to: *hue })
            }
            Command::AddStatus { status, place, .. } => {
                if board.status(status.id).is_some() {
                    return Err(Refusal::IdTaken);
                }
                if board.statuses.len() >= MOST_STATUSES {
                    return Err(too_many_or_few());
                }
                self.one(Event::StatusAdded { status: status.clone(), place: at_most(board.statuses.len(), *place) })
            }
            Command::ChangeStatus { status, .. } => {
                let from = NewStatus::from(self.status(status.id)?);
                self.unless(from == *status, Event::StatusChanged { from, to: status.clone() })
            }
            Command::MoveStatus { status, place, .. } => {
                self.status(*status)?;
                let from = at_most(board.statuses.len(), self.place_of(*status));
                let to = at_most(board.statuses.len() - 1, *place);
                self.unless(from == to, Event::StatusMoved { status: *status, from, to })
            }
            Command::RemoveStatus { status, to, .. } => {
                if status == to {
                    return Err(Refusal::invalid("to", "The tasks cannot stay in this status. Choose another one."));
                }
                let (gone, _) = (self.status(*status)?, self.status(*to)?);
                self.one(Event::StatusRemoved { status: gone.into(), place: self.place_of(*status), to: *to })
            }
            Command::PutLabel { label, .. } => self.put_label(label),
            Command::RemoveLabel { label, .. } => match board.label(*label) {
                None => Ok(Vec::new()),
                from => self.one(Event::LabelSet { from: from.cloned(), to: None }),
            },
            _ => Ok(Vec::new()),
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "there are at most 20 statuses")]
    fn place_of(&self, status: StatusId) -> u32 {
        self.board.place_of(status).unwrap_or(0) as u32
    }

    fn put_label(&self, label: &Label) -> Decided {
        let from = self.board.label(label.id);
        if from == Some(label) {
            return Ok(Vec::new());
        }
        let is_same = |other: &Label| other.name.as_str().eq_ignore_ascii_case(label.name.as_str());
        if self.board.labels.iter().any(|l| l.id != label.id && is_same(l)) {
            return Err(Refusal::invalid(
                "name",
                "Another label is called the same. Choose another name, or use that one.",
            ));
        }
        if from.is_none() && self.board.labels.len() >= MOST_LABELS {
            return Err(Refusal::invalid(
                "name",
                "A project has at most 100 labels. Remove one that nobody uses first.",
            ));
        }
        self.one(Event::LabelSet { from: from.cloned(), to: Some(label.clone()) })
    }

    fn task(&self, id: TaskId) -> Result<&Task, Refusal> {
        self.board.task(id).map(AsRef::as_ref).ok_or(Refusal::NotFound)
    }

    fn status(&self, id: StatusId) -> Result<&Status, Refusal> {
        self.board.status(id).ok_or_else(|| {
            Refusal::invalid("status", "This status is not in the project any more. Choose another one.")
        })
    }

    /// The event, unless all is so already.
    fn unless(&self, is_so: bool, event: Event) -> Decided {
        if is_so { Ok(Vec::new()) } else { self.one(event) }
    }

    #[expect(clippy::unnecessary_wraps, reason = "the last word of a decision")]
    fn one(&self, event: Event) -> Result<Vec<Change>, Refusal> {
        Ok(vec![Change { stream: Stream::Project(self.project), event, text: None }])
    }

    #[expect(clippy::unnecessary_wraps, reason = "the last word of a decision")]
    fn with_text(&self, event: Event, text: &Body) -> Result<Vec<Change>, Refusal> {
        Ok(vec![Change { stream: Stream::Project(self.project), event, text: Some(text.clone()) }])
    }

    fn membership(&self, event: Event, person: PersonId, role: Option<ProjectRole>) -> Vec<Change> {
        let project = self.project;
        let told = role.map_or(Event::ProjectLost { project }, |role| Event::ProjectGained { project, role });
        let on = |stream, event| Change { stream, event, text: None };
        vec![on(Stream::Project(project), event), on(Stream::Person(person), told)]
    }

    fn add_member(&self, facts: &impl Facts, person: PersonId, role: ProjectRole) -> Result<Vec<Change>, Refusal> {
        match self.board.members.get(&person) {
            Some(has) if *has == role => Ok(Vec::new()),
            Some(_) => self.change_member(person, role),
            None if !facts.knows(person) => {
                Err(Refusal::invalid("person", "There is no such person. Ask them to create an account first."))
            }
            None => Ok(self.membership(Event::MemberAdded { person, role }, person, Some(role))),
        }
    }

    fn change_member(&self, person: PersonId, to: ProjectRole) -> Result<Vec<Change>, Refusal> {
        let from = *self.board.members.get(&person).ok_or(Refusal::NotFound)?;
        if from == to {
            return Ok(Vec::new());
        }
        self.keeps_a_lead(from)?;
        Ok(self.membership(Event::MemberChanged { person, from, to }, person, Some(to)))
    }

    fn remove_member(&self, person: PersonId) -> Result<Vec<Change>, Refusal> {
        let Some(role) = self.board.members.get(&person).copied() else { return Ok(Vec::new()) };
        self.keeps_a_lead(role)?;
        Ok(self.membership(Event::MemberRemoved { person, role }, person, None))
    }

    fn keeps_a_lead(&self, losing: ProjectRole) -> Result<(), Refusal> {
        if losing == ProjectRole::Lead && self.board.n_leads() < 2 { Err(Refusal::LastLead) } else { Ok(()) }
    }
}
