//! Who is where, as the server tells it, and what this page is doing, as it tells the server.
//!
//! What a page is doing is said a moment later, and once for all that changed in that moment. Whoever writes is said again
//! while they do; the server lets it pass by itself.
//!
//! Must not know: sockets, how anything is painted. Runs in the browser only; on the server nobody is there.

use leptos::prelude::*;
use model::{
    PersonId, ProjectId, TaskId,
    live::{At, ClientFrame, Field, Mode, Present},
};
use std::sync::{Arc, Mutex};

use crate::{
    data::{Client, hold, socket},
    dom, ids,
    live::{effect, memo},
};

/// What changes within this time is said together.
const MOMENT_MS: u64 = 40;
/// How long somebody types after a key, as the server counts it.
const TYPING_MS: i64 = 3_000;
/// Whoever goes on typing is said again this often.
const AGAIN_MS: i64 = 2_000;

/// Somebody who is there, and how busy they are.
pub(crate) type There = (PersonId, Mode);

/// What this page is doing.
#[derive(Default)]
struct Own {
    project: Option<ProjectId>,
    task: Option<TaskId>,
    /// The field that is open for writing.
    field: Option<Field>,
    /// When a key was pressed in the comment last.
    typed_ms: i64,
    is_idle: bool,
    /// What the server was told last, and when.
    said: Option<ClientFrame>,
    said_ms: i64,
    is_due: bool,
}

impl Own {
    fn frame(&self, now_ms: i64) -> ClientFrame {
        let Some(project) = self.project else { return ClientFrame::Blur {} };
        let (field, mode) = match self.field {
            _ if self.is_idle => (None, Mode::Idle),
            _ if self.task.is_none() => (None, Mode::Viewing),
            Some(field) => (Some(field), Mode::Editing),
            None if now_ms < self.typed_ms + TYPING_MS => (Some(Field::Comment), Mode::Typing),
            None => (None, Mode::Viewing),
        };
        ClientFrame::Focus { project, at: At { task: self.task, field, mode } }
    }
}

/// Who is in which project; a page follows a handful.
type Rooms = Vec<(ProjectId, Vec<Present>)>;

/// The people in the projects that this page follows.
#[derive(Clone, Default)]
pub(crate) struct Presence {
    rooms: Arc<Mutex<Rooms>>,
    changed: ArcTrigger,
    own: Arc<Mutex<Own>>,
    /// The tasks that others have just changed.
    pub(crate) flashed: ArcRwSignal<Vec<TaskId>>,
}

impl Presence {
    // others

    /// Takes in who is in a project now: `all` of them, or those about whom something is new.
    pub(crate) fn heard(&self, project: ProjectId, all: bool, here: Vec<Present>, left: &[PersonId]) {
        {
            let mut rooms = hold(&self.rooms);
            let known = rooms.iter().position(|(id, _)| *id == project);
            let place = known.unwrap_or_else(|| {
                rooms.push((project, Vec::new()));
                rooms.len() - 1
            });
            let room = &mut rooms[place].1;
            room.retain(|known| {
                !all && !left.contains(&known.person) && !here.iter().any(|p| p.person == known.person)
            });
            room.extend(here);
            room.sort_by_key(|present| present.person);
        }
        self.changed.notify();
    }

    /// A project is followed, with these people in it. What the page does in it the server may not have heard.
    pub(crate) fn joined(&self, project: ProjectId, people: Vec<Present>) {
        self.heard(project, true, people, &[]);
        self.change(|own| own.said = own.said.take().filter(|_| own.project != Some(project)));
    }

    /// Nobody is known to be in a project that is not followed any more.
    pub(crate) fn forget(&self, project: ProjectId) {
        hold(&self.rooms).retain(|(id, _)| *id != project);
        self.changed.notify();
    }

    /// Looks at everything that people do in a project. Tracked.
    fn each(&self, project: ProjectId, mut look: impl FnMut(PersonId, &At)) {
        self.changed.track();
        for present in hold(&self.rooms).iter().filter(|(id, _)| *id == project).flat_map(|(_, room)| room) {
            for at in &present.at {
                look(present.person, at);
            }
        }
    }

    // this page

    /// Says what the page is doing from now on.
    fn change(&self, change: impl FnOnce(&mut Own)) {
        let mut own = hold(&self.own);
        change(&mut own);
        if !std::mem::replace(&mut own.is_due, true) {
            let presence = self.clone();
            dom::after(MOMENT_MS, move || presence.say());
        }
    }

    fn say(&self) {
        let now_ms = ids::now().ms();
        let frame = {
            let mut own = hold(&self.own);
            own.is_due = false;
            let frame = own.frame(now_ms);
            let is_typing = matches!(frame, ClientFrame::Focus { at: At { mode: Mode::Typing, .. }, .. });
            if own.said.as_ref() == Some(&frame) && !(is_typing && now_ms >= own.said_ms + AGAIN_MS) {
                return;
            }
            (own.said, own.said_ms) = (Some(frame.clone()), now_ms);
            frame
        };
        socket::tell(&frame);
    }

    /// Nobody has looked at the page for a while, or somebody does again.
    pub(crate) fn set_idle(&self, is_idle: bool) {
        self.change(|own| own.is_idle = is_idle);
    }

    /// The page shows this project, for as long as the caller is mounted.
    pub(crate) fn stay_in(&self, project: ProjectId) {
        let presence = self.clone();
        effect(move || {
            presence.change(|own| own.project = Some(project));
            let presence = presence.clone();
            on_cleanup(move || {
                presence.change(|own| own.project = own.project.filter(|other| *other != project));
            });
        });
    }

    /// The page shows this task, for as long as the caller is mounted.
    pub(crate) fn stay_at(&self, task: TaskId) {
        let presence = self.clone();
        effect(move || {
            presence.change(|own| own.task = Some(task));
            let presence = presence.clone();
            on_cleanup(move || presence.change(|own| own.task = own.task.filter(|other| *other != task)));
        });
    }

    /// The reader writes in this field, for as long as the caller is mounted.
    pub(crate) fn write_in(&self, field: Field) {
        let presence = self.clone();
        effect(move || {
            presence.change(|own| own.field = Some(field));
            let presence = presence.clone();
            on_cleanup(move || presence.change(|own| own.field = own.field.filter(|other| *other != field)));
        });
    }

    /// The reader has pressed a key in the comment; with nothing in it, they do not type any more.
    pub(crate) fn typed(&self, is_empty: bool) {
        self.change(|own| own.typed_ms = if is_empty { 0 } else { ids::now().ms() });
    }
}

impl Client {
    /// The others in a project, each as busy as they are anywhere in it.
    pub(crate) fn others(&self, project: ProjectId) -> Memo<Vec<There>> {
        self.watch(project, |_| true)
    }

    /// The others at a task.
    pub(crate) fn others_at(&self, project: ProjectId, task: TaskId) -> Memo<Vec<There>> {
        self.watch(project, move |at| at.task == Some(task))
    }

    /// The others who write in a field of a task.
    pub(crate) fn writers(&self, project: ProjectId, task: TaskId, field: Field) -> Memo<Vec<There>> {
        self.watch(project, move |at| at.task == Some(task) && at.field == Some(field) && at.mode >= Mode::Editing)
    }

    fn watch(&self, project: ProjectId, is_meant: impl Fn(&At) -> bool + Send + Sync + 'static) -> Memo<Vec<There>> {
        watched(self.clone(), project, Box::new(is_meant))
    }
}

// Made once, and not once for each question.
fn watched(client: Client, project: ProjectId, is_meant: Box<dyn Fn(&At) -> bool + Send + Sync>) -> Memo<Vec<There>> {
    memo(move || {
        let me = client.me().map(|me| me.person.id);
        let mut there: Vec<There> = Vec::new();
        client.presence.each(project, |person, at| match there.iter_mut().find(|(other, _)| *other == person) {
            _ if Some(person) == me || !is_meant(at) => {}
            Some((_, mode)) => *mode = at.mode.max(*mode),
            None => there.push((person, at.mode)),
        });
        there
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Instant, new_id};

    fn own() -> Own {
        Own { project: Some(new_id(Instant::from_ms(1), [1; 10])), ..Own::default() }
    }

    fn said(own: &Own, now_ms: i64) -> (Option<Field>, Mode) {
        let ClientFrame::Focus { at, .. } = own.frame(now_ms) else { panic!("it is in a project") };
        (at.field, at.mode)
    }

    #[test]
    fn a_page_says_the_busiest_thing_that_it_does() {
        let mut own = own();
        assert_eq!(said(&own, 10_000), (None, Mode::Viewing));
        own.task = Some(new_id(Instant::from_ms(1), [2; 10]));
        own.typed_ms = 9_000;
        assert_eq!(said(&own, 10_000), (Some(Field::Comment), Mode::Typing));
        assert_eq!(said(&own, 12_000), (None, Mode::Viewing));
        own.field = Some(Field::Title);
        assert_eq!(said(&own, 10_000), (Some(Field::Title), Mode::Editing));
        own.is_idle = true;
        assert_eq!(said(&own, 10_000), (None, Mode::Idle));
        own.project = None;
        assert_eq!(own.frame(10_000), ClientFrame::Blur {});
    }

    #[test]
    fn who_is_there_is_kept_up() {
        let (presence, project) = (Presence::default(), new_id(Instant::from_ms(1), [1; 10]));
        let (ana, ben): (PersonId, PersonId) =
            (new_id(Instant::from_ms(1), [2; 10]), new_id(Instant::from_ms(1), [3; 10]));
        let at = |person, mode| Present { person, at: vec![At { mode, ..At::default() }] };
        let all = || {
            let mut all = Vec::new();
            presence.each(project, |person, at| all.push((person, at.mode)));
            all
        };
        presence.heard(project, true, vec![at(ben, Mode::Viewing)], &[]);
        presence.heard(project, false, vec![at(ana, Mode::Viewing)], &[]);
        assert_eq!(all(), [(ana, Mode::Viewing), (ben, Mode::Viewing)]);
        presence.heard(project, false, vec![at(ben, Mode::Idle)], &[ana]);
        assert_eq!(all(), [(ben, Mode::Idle)]);
        presence.heard(project, true, vec![at(ana, Mode::Typing)], &[]);
        assert_eq!(all(), [(ana, Mode::Typing)]);
        presence.forget(project);
        assert_eq!(all(), []);
    }
}
