//! Addresses: how they are written and read. The one place that knows their form.

use model::{Key, Task, TaskId};

/// The board of a project.
pub(crate) fn board(key: &Key) -> String {
    format!("/p/{key}")
}

/// The members of a project.
pub(crate) fn members(key: &Key) -> String {
    format!("/p/{key}/members")
}

/// A task: by its number, and by its id until it has one.
pub(crate) fn task(key: &Key, task: &Task) -> String {
    if task.number > 0 { format!("/p/{key}/{}", task.number) } else { format!("/p/{key}/{}", task.id) }
}

/// What follows the key of a project in an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tail {
    /// Nothing: the board alone.
    Board,
    /// The people of the project.
    Members,
    /// The board with this task opened.
    Number(u32),
    /// The same for a task that may not have a number yet.
    Id(TaskId),
    /// Nothing that we know.
    Unknown,
}

impl Tail {
    pub(crate) fn read(text: &str) -> Self {
        match text {
            "" => Self::Board,
            "members" => Self::Members,
            _ if text.len() < 10 && text.bytes().all(|b| b.is_ascii_digit()) => {
                text.parse().map_or(Self::Unknown, Self::Number)
            }
            _ => text.parse().map_or(Self::Unknown, Self::Id),
        }
    }
}

/// Where to go after signing in: a path of this site, or the start.
pub(crate) fn next(asked: Option<String>) -> String {
    let fine = |path: &String| {
        // `//host` and `/\host` leave the site.
        path.starts_with('/') && !path[1..].starts_with(['/', '\\']) && !path.contains(char::is_control)
    };
    asked.filter(fine).unwrap_or_else(|| "/".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_of_an_address_says_what_to_open() {
        let id: TaskId = model::new_id(model::Instant::from_ms(1_790_000_000_000), [3; 10]);
        for (text, tail) in [
            ("", Tail::Board),
            ("members", Tail::Members),
            ("42", Tail::Number(42)),
            ("4x", Tail::Unknown),
            ("99999999999", Tail::Unknown),
            (id.to_string().as_str(), Tail::Id(id)),
        ] {
            assert_eq!(Tail::read(text), tail, "{text:?}");
        }
    }

    #[test]
    fn signing_in_never_leads_to_another_site() {
        for (asked, path) in [
            (None, "/"),
            (Some("/p/MUS/3"), "/p/MUS/3"),
            (Some("//evil.example"), "/"),
            (Some("/\\evil.example"), "/"),
            (Some("/\t/evil.example"), "/"),
            (Some("https://evil.example"), "/"),
        ] {
            assert_eq!(next(asked.map(str::to_owned)), path, "{asked:?}");
        }
    }
}
