//! What Muster is compared with, in the same run on the same machine: the least that the job costs at all.
//!
//! Must not know: Muster. A socket says which room it listens to in its path (`/live?room=7`); a text that anybody sends
//! begins with the number of a room and a space, and what follows is sent to everybody in that room.

pub mod bare_axum;
pub mod floor;
pub mod raw_sql;

/// The room in a request's path.
fn room_of(path: &str) -> Option<usize> {
    path.split_once("room=")?.1.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// The room that a text is for, and the text.
fn address_of(text: &str) -> Option<(usize, &str)> {
    let (room, text) = text.split_once(' ')?;
    Some((room.parse().ok()?, text))
}
