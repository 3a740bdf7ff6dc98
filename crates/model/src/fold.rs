//! The fold: how an event changes a board. It is total, and the same on every machine.
//!
//! Must not know: whether the event was allowed. What does not fit changes nothing.

use std::sync::Arc;

use crate::{
    board::{Board, Status, Touched},
    command::Label,
    event::{Event, Recorded},
    id::{StatusId, TaskId},
    people::{in_order, set_in},
    rank::Rank,
    task::Task,
};

impl Board {
    /// Folds one event in. What has been seen (by its number) is ignored; a prediction (number 0) never is.
    pub fn apply(&mut self, recorded: &Recorded) -> Touched {
        let mut touched = Touched::default();
        if recorded.seq > 0 {
            if recorded.seq <= self.seq {
                return touched;
            }
            self.seq = recorded.seq;
        }
        match recorded.event.task() {
            Some(task) => self.apply_to_task(recorded, task, &mut touched),
            None => self.apply_to_project(&recorded.event, &mut touched),
        }
        touched
    }

    fn apply_to_project(&mut self, event: &Event, touched: &mut Touched) {
        match event {
            Event::MemberAdded { person, role } | Event::MemberChanged { person, to: role, .. } => {
                self.members.insert(*person, *role);
                touched.members = true;
                return;
            }
            Event::MemberRemoved { person, .. } => {
                self.members.remove(person);
                touched.members = true;
                return;
            }
            Event::ProjectOpened { key, name, hue, statuses, is_sample } => {
                (self.key, self.name, self.hue, self.is_sample) = (key.clone(), name.clone(), *hue, *is_sample);
                self.statuses = statuses.iter().map(Status::from).collect();
            }
            Event::ProjectRenamed { to, .. } => self.name = to.clone(),
            Event::ProjectColoured { to, .. } => self.hue = *to,
            Event::ProjectArchived { on } => self.is_archived = *on,
            Event::StatusAdded { status, place } => self.put_status(status.into(), *place),
            Event::StatusChanged { to, .. } => {
                for status in self.statuses.iter_mut().filter(|s| s.id == to.id) {
                    *status = to.into();
                }
            }
            Event::StatusMoved { status, to, .. } => {
                if let Some(place) = self.place_of(*status) {
                    let status = self.statuses.remove(place);
                    self.put_status(status, *to);
                }
            }
            Event::StatusRemoved { status, to, .. } => {
                self.statuses.retain(|s| s.id != status.id);
                self.move_all(status.id, *to, touched);
            }
            Event::LabelSet { from, to } => self.set_label(from.as_ref(), to.as_ref(), touched),
            _ => return,
        }
        touched.project = true;
    }

    fn put_status(&mut self, status: Status, place: u32) {
        let place = self.statuses.len().min(place as usize);
        self.statuses.insert(place, status);
    }

    /// What is in one column goes to the end of another in its order, what is archived or in the trash with it.
    fn move_all(&mut self, from: StatusId, to: StatusId, touched: &mut Touched) {
        for task in self.places(from) {
            let rank = Rank::between(self.last_rank(to, None), None);
            self.change(task, touched, |t| (t.status, t.rank) = (to, rank));
        }
    }

    fn set_label(&mut self, from: Option<&Label>, to: Option<&Label>, touched: &mut Touched) {
        if let Some(to) = to {
            self.labels.retain(|l| l.id != to.id);
            let place = self.labels.iter().take_while(|l| l.id < to.id).count();
            self.labels.insert(place, to.clone());
        } else if let Some(from) = from {
            self.labels.retain(|l| l.id != from.id);
            for task in self.labelled(from.id) {
                self.change(task, touched, |t| set_in(&mut t.labels, from.id, false));
            }
        }
    }

    fn apply_to_task(&mut self, recorded: &Recorded, id: TaskId, touched: &mut Touched) {
        let Recorded { actor, at, event, .. } = recorded;
        if let Event::TaskCreated { .. } = event {
            return self.create(recorded, touched);
        }
        if let Event::TaskPurged { .. } = event {
            return self.purge(id, touched);
        }
        self.change(id, touched, |t| match event {
            Event::TaskRenamed { to, .. } => t.title = to.clone(),
            Event::TaskDescribed { version, .. } => (t.text_version, t.text_by) = (*version, *actor),
            Event::TaskMoved { to, rank, .. } => (t.status, t.rank) = (*to, rank.clone()),
            Event::DueSet { to, .. } => t.due.clone_from(to),
            Event::PrioritySet { to, .. } => t.priority = *to,
            Event::ParentSet { to, .. } => t.parent = *to,
            Event::TaskAssigned { person, .. } => set_in(&mut t.assignees, *person, true),
            Event::TaskUnassigned { person, .. } => set_in(&mut t.assignees, *person, false),
            Event::TaskLabelled { label, on, .. } => set_in(&mut t.labels, *label, *on),
            Event::WatchSet { person, to, .. } => t.set_watch(*person, *to),
            Event::TaskArchived { on, .. } => t.is_archived = *on,
            Event::TaskTrashed { on, .. } => t.trashed_at = on.then_some(*at),
            Event::CommentAdded { .. } | Event::CommentEdited { back: true, .. } => t.n_comments += 1,
            Event::CommentRemoved { .. } => t.n_comments = t.n_comments.saturating_sub(1),
            _ => {}
        });
    }

    /// Its parts stay, and are parts of nothing.
    fn purge(&mut self, id: TaskId, touched: &mut Touched) {
        let parts: Vec<TaskId> = self.parts(id).map(|part| part.id).collect();
        for part in parts {
            self.change(part, touched, |t| t.parent = None);
        }
        if let Some(task) = self.take(id) {
            touched.tasks.push(id);
            touched.tasks.extend(task.parent);
            touched.columns.push(task.status);
        }
    }

    fn create(&mut self, recorded: &Recorded, touched: &mut Touched) {
        let Event::TaskCreated {
            task,
            number,
            title,
            status,
            rank,
            due,
            assignees,
            text_version,
            priority,
            labels,
            parent,
            mentions: _,
        } = &recorded.event
        else {
            return;
        };
        self.next_number = self.next_number.max(number + 1);
        self.put(Arc::new(Task {
            id: *task,
            number: *number,
            title: title.clone(),
            status: *status,
            rank: rank.clone(),
            due: due.clone(),
            priority: *priority,
            assignees: in_order(assignees),
            labels: in_order(labels),
            parent: *parent,
            watch: Vec::new(),
            n_comments: 0,
            text_version: *text_version,
            text_by: recorded.actor,
            created_by: recorded.actor,
            created_at: recorded.at,
            is_archived: false,
            trashed_at: None,
        }));
        touched.tasks.push(*task);
        touched.tasks.extend(parent);
        touched.columns.push(*status);
    }
}
