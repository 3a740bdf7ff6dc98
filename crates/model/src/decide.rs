//! What follows from a command: the only place where a command becomes events. The server asks it over rows, the page
//! over its board, with the same answer as far as both know the same.
//!
//! Must not know: clocks, randomness, databases. What only the server knows (the final number and rank, the time)
//! may differ from a page's prediction, and the confirmed event wins.

use crate::{
    board::{Board, Task},
    command::{Command, NewStatus, Spot},
    event::Event,
    id::{OpId, PersonId, ProjectId, StatusId, Stream, TaskId},
    may::{Standing, Verdict, may},
    people::{ProjectRole, Role, in_order},
    rank::Rank,
    refusal::Refusal,
    text::{Body, Key},
    when::Instant,
};

/// What has to be known to decide.
pub trait Facts {
    /// The command's project, with at least the tasks that the command names, their neighbours, and the last task of
    /// the status it goes to; nothing if there is no such project.
    fn board(&self) -> Option<&Board>;
    /// Whether this person has an account that is not disabled.
    fn knows(&self, person: PersonId) -> bool;
    /// Whether a project has this key.
    fn has_key(&self, key: &Key) -> bool;
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
    let here = Here { board, project: board.project };
    match command {
        Command::CreateProject { .. } => Ok(Vec::new()),
        Command::AddMember { person, role, .. } => here.add_member(facts, *person, *role),
        Command::ChangeMember { person, role, .. } => here.change_member(*person, *role),
        Command::RemoveMember { person, .. } => here.remove_member(*person),
        Command::CreateTask { .. } => here.create_task(command),
        Command::RenameTask { task, title, .. } => {
            let from = &here.task(*task)?.title;
            if from == title {
                return Ok(Vec::new());
            }
            here.one(Event::TaskRenamed { task: *task, from: from.clone(), to: title.clone() })
        }
        Command::DescribeTask { task, base, text, .. } => here.describe(*task, *base, text),
        Command::MoveTask { task, to, spot, .. } => here.move_task(*task, *to, *spot),
        Command::SetDue { task, due, .. } => {
            let from = &here.task(*task)?.due;
            if from == due {
                return Ok(Vec::new());
            }
            here.one(Event::DueSet { task: *task, from: from.clone(), to: due.clone() })
        }
        Command::Assign { task, person, .. } => {
            if here.task(*task)?.assignees.contains(person) {
                return Ok(Vec::new());
            }
            here.member(*person)?;
            here.one(Event::TaskAssigned { task: *task, person: *person })
        }
        Command::Unassign { task, person, .. } => {
            if !here.task(*task)?.assignees.contains(person) {
                return Ok(Vec::new());
            }
            here.one(Event::TaskUnassigned { task: *task, person: *person })
        }
        Command::AddComment { task, comment, text, .. } => {
            here.task(*task)?;
            if text.is_blank() {
                return Err(Refusal::invalid("text", "Write something first."));
            }
            here.with_text(Event::CommentAdded { comment: *comment, task: *task }, text)
        }
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
    let Command::CreateProject { name, hue, .. } = command else { return Err(Refusal::NotFound) };
    let standing = Standing { role: stamp.role, in_project: None };
    if may(standing, command.kind()) != Verdict::Yes {
        return Err(Refusal::MayNot);
    }
    if facts.board().is_some() {
        return Err(Refusal::IdTaken);
    }
    if !(1..=20).contains(&statuses.len()) {
        return Err(Refusal::invalid("statuses", "A project has 1 to 20 statuses."));
    }
    let is_twice = |(n, status): (usize, &NewStatus)| statuses[..n].iter().any(|s| s.id == status.id);
    if statuses.iter().enumerate().any(is_twice) {
        return Err(Refusal::invalid("statuses", "Two statuses have the same id."));
    }
    if facts.has_key(key) {
        return Err(Refusal::KeyTaken);
    }
    let opened = Event::ProjectOpened { key: key.clone(), name: name.clone(), hue: *hue, statuses: statuses.to_vec() };
    let on = |stream, event| Change { stream, event, text: None };
    let (lead, role) = (stamp.actor, ProjectRole::Lead);
    Ok(vec![
        on(Stream::Instance, Event::ProjectCreated { project }),
        on(Stream::Project(project), opened),
        on(Stream::Project(project), Event::MemberAdded { person: lead, role }),
        on(Stream::Person(lead), Event::ProjectGained { project, role }),
    ])
}

/// A project that the actor may change.
struct Here<'a> {
    board: &'a Board,
    project: ProjectId,
}

impl Here<'_> {
    fn task(&self, id: TaskId) -> Result<&Task, Refusal> {
        self.board.task(id).map(AsRef::as_ref).ok_or(Refusal::NotFound)
    }

    fn status(&self, id: StatusId) -> Result<(), Refusal> {
        self.board.status(id).map(|_| ()).ok_or_else(|| {
            Refusal::invalid("status", "This status is not in the project any more. Choose another one.")
        })
    }

    fn member(&self, person: PersonId) -> Result<(), Refusal> {
        if self.board.members.contains_key(&person) {
            Ok(())
        } else {
            Err(Refusal::invalid("assignee", "This person is not in the project. Add them to the project first."))
        }
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

    fn create_task(&self, command: &Command) -> Result<Vec<Change>, Refusal> {
        let Command::CreateTask { task, title, text, status, due, assignees, .. } = command else {
            return Err(Refusal::NotFound);
        };
        if self.board.task(*task).is_some() {
            return Err(Refusal::IdTaken);
        }
        self.status(*status)?;
        let people = in_order(assignees);
        people.iter().try_for_each(|p| self.member(*p))?;
        let text = text.as_ref().filter(|t| !t.is_blank());
        let event = Event::TaskCreated {
            task: *task,
            number: self.board.next_number,
            title: title.clone(),
            status: *status,
            rank: Rank::between(self.board.last_rank(*status, None), None),
            due: due.clone(),
            assignees: people,
            text_version: u32::from(text.is_some()),
        };
        match text {
            Some(text) => self.with_text(event, text),
            None => self.one(event),
        }
    }

    fn describe(&self, task: TaskId, base: u32, text: &Body) -> Result<Vec<Change>, Refusal> {
        let now = self.task(task)?;
        if base != now.text_version {
            return Err(Refusal::TextChanged { by: now.text_by, version: now.text_version });
        }
        self.with_text(Event::TaskDescribed { task, version: base + 1 }, text)
    }

    fn move_task(&self, task: TaskId, to: StatusId, spot: Spot) -> Result<Vec<Change>, Refusal> {
        let now = self.task(task)?;
        self.status(to)?;
        let (before, after) = match spot {
            Spot::First => self.board.neighbours(to, None, task),
            Spot::After(other) if other != task => self.board.neighbours(to, Some(other), task),
            Spot::After(_) | Spot::Last => (self.board.last_rank(to, Some(task)), None),
        };
        let is_there = now.status == to && before.is_none_or(|b| *b < now.rank) && after.is_none_or(|a| now.rank < *a);
        if is_there {
            return Ok(Vec::new());
        }
        let rank = Rank::between(before, after);
        if rank.is_too_long() {
            let why = "There is no room left between these two tasks. Move one of them to another place first.";
            return Err(Refusal::invalid("spot", why));
        }
        self.one(Event::TaskMoved { task, from: now.status, to, rank })
    }
}
