//! What follows from a command about a task.

use super::{Decided, Facts, Here, MOST_LEVELS};
use crate::{
    command::{Command, Spot},
    event::Event,
    id::{CommentId, LabelId, PersonId, StatusId, TaskId},
    may::Standing,
    mention::mentions,
    people::{ProjectRole, in_order},
    rank::Rank,
    refusal::Refusal,
    task::Task,
    text::Body,
};

/// A task's labels are on its card.
const MOST_LABELS_OF_A_TASK: usize = 20;

impl Here<'_> {
    pub(super) fn about_task(
        &self,
        facts: &impl Facts,
        standing: Standing,
        task: TaskId,
        command: &Command,
    ) -> Decided {
        if let Command::CreateTask { .. } = command {
            return self.create_task(command);
        }
        let now = self.task(task)?;
        match command {
            // What is archived or in the trash has its place and labels too. It gets them back when a status or a label that
            // was removed is brought back.
            Command::MoveTask { to, spot, .. } => return self.move_task(now, *to, *spot),
            Command::LabelTask { label, on, .. } => return self.label_task(now, *label, *on),
            Command::TrashTask { on, .. } => {
                return self.unless(now.trashed_at.is_some() == *on, Event::TaskTrashed { task, on: *on });
            }
            _ if now.trashed_at.is_some() => return Err(Refusal::InTrash),
            Command::ArchiveTask { on, .. } => {
                return self.unless(now.is_archived == *on, Event::TaskArchived { task, on: *on });
            }
            _ if now.is_archived => return Err(Refusal::Archived),
            _ => {}
        }
        match command {
            Command::RenameTask { title, .. } => {
                let event = Event::TaskRenamed { task, from: now.title.clone(), to: title.clone() };
                self.unless(now.title == *title, event)
            }
            Command::DescribeTask { base, text, .. } => self.describe(now, *base, text),
            Command::SetDue { due, .. } => {
                self.unless(now.due == *due, Event::DueSet { task, from: now.due.clone(), to: due.clone() })
            }
            Command::SetPriority { priority, .. } => {
                let event = Event::PrioritySet { task, from: now.priority, to: *priority };
                self.unless(now.priority == *priority, event)
            }
            Command::SetParent { parent, .. } => {
                if now.parent == *parent {
                    return Ok(Vec::new());
                }
                self.may_be_part(*parent, task)?;
                self.one(Event::ParentSet { task, from: now.parent, to: *parent })
            }
            Command::Assign { person, .. } => {
                if now.assignees.contains(person) {
                    return Ok(Vec::new());
                }
                self.member(*person)?;
                self.one(Event::TaskAssigned { task, person: *person })
            }
            Command::Unassign { person, .. } => {
                self.unless(!now.assignees.contains(person), Event::TaskUnassigned { task, person: *person })
            }
            Command::Watch { on, .. } => {
                let from = now.said_to_watch(self.actor);
                self.unless(from == *on, Event::WatchSet { task, person: self.actor, from, to: *on })
            }
            Command::AddComment { comment, text, .. } => self.add_comment(now, *comment, text),
            Command::EditComment { comment, base, text, .. } => {
                let said = facts.comment(*comment).filter(|s| s.task == task).ok_or(Refusal::NotFound)?;
                if said.by != self.actor {
                    return Err(Refusal::MayNot);
                }
                if *base != said.version {
                    return Err(Refusal::TextChanged { by: said.by, version: said.version });
                }
                not_blank(text)?;
                let (version, back, mentions) = (base + 1, said.is_removed, self.mentions(text));
                self.with_text(Event::CommentEdited { comment: *comment, task, version, back, mentions }, text)
            }
            Command::RemoveComment { comment, base, .. } => {
                let said = facts.comment(*comment).filter(|s| s.task == task).ok_or(Refusal::NotFound)?;
                if said.by != self.actor && standing.effective() != Some(ProjectRole::Lead) {
                    return Err(Refusal::MayNot);
                }
                if !said.is_removed && *base != said.version {
                    return Err(Refusal::TextChanged { by: said.by, version: said.version });
                }
                let event = Event::CommentRemoved { comment: *comment, task, version: said.version + 1 };
                self.unless(said.is_removed, event)
            }
            _ => Ok(Vec::new()),
        }
    }

    fn member(&self, person: PersonId) -> Result<(), Refusal> {
        if self.board.members.contains_key(&person) {
            Ok(())
        } else {
            Err(Refusal::invalid("assignee", "This person is not in the project. Add them to the project first."))
        }
    }

    fn label(&self, id: LabelId) -> Result<(), Refusal> {
        self.board
            .label(id)
            .map(|_| ())
            .ok_or_else(|| Refusal::invalid("label", "This label is not in the project any more. Choose another one."))
    }

    /// Whether a task may become a part of another: no task is a part of itself, and there are only so many levels.
    fn may_be_part(&self, parent: Option<TaskId>, task: TaskId) -> Result<(), Refusal> {
        let refused = |why: &str| Err(Refusal::invalid("parent", why));
        let mut levels = self.n_levels(task, MOST_LEVELS);
        let mut above = parent;
        while let Some(id) = above {
            if id == task {
                return refused("A task cannot be a part of itself or of one of its parts. Choose another one.");
            }
            let Some(now) = self.board.task(id) else {
                return refused("The task that this should be a part of is not in the project. Choose another one.");
            };
            levels += 1;
            // No board has more; the bound keeps a damaged one from going round for ever.
            above = now.parent.filter(|_| levels <= 2 * MOST_LEVELS);
        }
        if levels > MOST_LEVELS {
            return refused("Parts of tasks go four levels deep at most. Choose a task further up.");
        }
        Ok(())
    }

    /// How many levels a task has with its parts, itself being one; not looking deeper than `most`.
    fn n_levels(&self, task: TaskId, most: usize) -> usize {
        let parts = self.board.parts(task).filter(|_| most > 0);
        1 + parts.map(|part| self.n_levels(part.id, most - 1)).max().unwrap_or(0)
    }

    /// Who is meant in a text and can see it. Others are left as they are written.
    fn mentions(&self, text: &Body) -> Vec<PersonId> {
        let mut people = mentions(text.as_str());
        people.retain(|person| self.board.members.contains_key(person));
        people
    }

    fn create_task(&self, command: &Command) -> Decided {
        let Command::CreateTask { task, title, text, status, due, assignees, priority, labels, parent, .. } = command
        else {
            return Err(Refusal::NotFound);
        };
        if self.board.task(*task).is_some() {
            return Err(Refusal::IdTaken);
        }
        self.status(*status)?;
        let (people, labels) = (in_order(assignees), in_order(labels));
        people.iter().try_for_each(|p| self.member(*p))?;
        labels.iter().try_for_each(|l| self.label(*l))?;
        not_too_many(labels.len())?;
        if parent.is_some() {
            self.may_be_part(*parent, *task)?;
        }
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
            priority: *priority,
            labels,
            parent: *parent,
            mentions: text.map(|text| self.mentions(text)).unwrap_or_default(),
        };
        match text {
            Some(text) => self.with_text(event, text),
            None => self.one(event),
        }
    }

    fn describe(&self, now: &Task, base: u32, text: &Body) -> Decided {
        if base != now.text_version {
            return Err(Refusal::TextChanged { by: now.text_by, version: now.text_version });
        }
        self.with_text(Event::TaskDescribed { task: now.id, version: base + 1, mentions: self.mentions(text) }, text)
    }

    fn label_task(&self, now: &Task, label: LabelId, on: bool) -> Decided {
        if now.labels.contains(&label) == on {
            return Ok(Vec::new());
        }
        if on {
            self.label(label)?;
            not_too_many(now.labels.len() + 1)?;
        }
        self.one(Event::TaskLabelled { task: now.id, label, on })
    }

    /// Who says something watches from now on, unless they said that they do not want to.
    fn add_comment(&self, now: &Task, comment: CommentId, text: &Body) -> Decided {
        not_blank(text)?;
        let task = now.id;
        let mut changes = self.with_text(Event::CommentAdded { comment, task, mentions: self.mentions(text) }, text)?;
        if !now.is_watched_by(self.actor) && now.said_to_watch(self.actor).is_none() {
            let watch = Event::WatchSet { task, person: self.actor, from: None, to: Some(true) };
            changes.append(&mut self.one(watch)?);
        }
        Ok(changes)
    }

    fn move_task(&self, now: &Task, to: StatusId, spot: Spot) -> Decided {
        let task = now.id;
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

fn not_blank(text: &Body) -> Result<(), Refusal> {
    if text.is_blank() { Err(Refusal::invalid("text", "Write something first.")) } else { Ok(()) }
}

fn not_too_many(n_labels: usize) -> Result<(), Refusal> {
    if n_labels > MOST_LABELS_OF_A_TASK {
        return Err(Refusal::invalid("label", "A task has at most 20 labels. Take one off first."));
    }
    Ok(())
}
