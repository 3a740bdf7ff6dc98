//! An opened task as it is painted: what the server told, with own comments and texts that still wait.
//!
//! Must not know: the board around it, requests, how anything is painted.

use model::{Command, Comment, CommentId, Pending, Stamp, TaskPage, Told};

/// An opened task as it is painted.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Opened {
    /// What is confirmed.
    pub(crate) page: TaskPage,
    /// The description, with one that waits.
    pub(crate) text: Option<String>,
    /// The same as HTML, as far as it is known.
    pub(crate) html: Option<String>,
    /// Own comments that wait.
    pub(crate) waiting: Vec<Comment>,
}

impl Opened {
    /// What is confirmed, with the changes that wait. Those of other tasks are passed over.
    pub(crate) fn new(page: TaskPage, waiting: &[Pending]) -> Self {
        let task = page.task;
        let mut opened = Self { text: page.text.clone(), html: page.html.clone(), page, waiting: Vec::new() };
        for pending in waiting.iter().filter(|p| p.command.task() == Some(task)) {
            let Stamp { actor: by, at, .. } = pending.stamp;
            match &pending.command {
                Command::CreateTask { text: Some(text), .. } | Command::DescribeTask { text, .. } => {
                    opened.html = predicted(opened.html.as_deref(), opened.text.as_deref(), text.as_str());
                    opened.text = Some(text.to_string());
                }
                // One whose answer was lost may be confirmed already.
                Command::AddComment { comment, .. } if opened.page.comments().any(|c| c.id == *comment) => {}
                Command::AddComment { comment, text, .. } => {
                    opened.waiting.push(Comment {
                        id: *comment,
                        by,
                        at,
                        text: Some(text.to_string()),
                        html: None,
                        version: 1,
                        is_removed: false,
                    });
                }
                Command::EditComment { comment, base, text, .. } => {
                    opened.change(*comment, *base, Some(text.to_string()));
                }
                Command::RemoveComment { comment, base, .. } => opened.change(*comment, *base, None),
                _ => {}
            }
        }
        opened
    }

    /// A comment as it will be: with another text, or removed.
    fn change(&mut self, id: CommentId, base: u32, text: Option<String>) {
        let confirmed = self.page.told.iter_mut().filter_map(|told| match told {
            Told::Said(comment) => Some(comment),
            Told::Happened(_) => None,
        });
        if let Some(comment) = confirmed.chain(&mut self.waiting).find(|c| c.id == id) {
            (comment.version, comment.is_removed) = (base + 1, text.is_none());
            let html = text.as_ref().and_then(|now| predicted(comment.html.as_deref(), comment.text.as_deref(), now));
            (comment.text, comment.html) = (text, html);
        }
    }

    /// A comment as it is painted.
    pub(crate) fn comment(&self, id: CommentId) -> Option<&Comment> {
        self.page.comments().chain(&self.waiting).find(|c| c.id == id)
    }
}

/// The HTML of a text that the server has not rendered yet: known only when nothing but boxes has been ticked.
fn predicted(html: Option<&str>, before: Option<&str>, now: &str) -> Option<String> {
    model::tick::repainted(html?, before?, now)
}
