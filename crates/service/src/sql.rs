//! Small helpers over sea-orm for the statements of this crate, which are constants that both engines read.

use model::{Instant, Stream};
use sea_orm::{DbErr, QueryResult};
pub(crate) use store::{all, get, one, padded, run};
use uuid::Uuid;

/// An id of a column, by its place.
pub(crate) fn id<T: From<Uuid>>(row: &QueryResult, place: usize) -> Result<T, DbErr> {
    row.try_get_by_index::<Uuid>(place).map(T::from)
}

pub(crate) fn instant(row: &QueryResult, place: usize) -> Result<Instant, DbErr> {
    row.try_get_by_index(place).map(Instant::from_ms)
}

/// A text of a column, as the type that was checked when it was written.
pub(crate) fn text<T: TryFrom<String>>(row: &QueryResult, place: usize) -> Result<T, DbErr> {
    T::try_from(get::<String>(row, place)?).map_err(|_| damaged("a text"))
}

/// What is stored is not what this program writes.
pub(crate) fn damaged(what: &str) -> DbErr {
    DbErr::Custom(format!("{what} in the database is not what this version of Muster writes"))
}

/// The number under which a stream's kind is stored.
pub(crate) const fn kind_code(stream: Stream) -> i16 {
    match stream {
        Stream::Instance => 1,
        Stream::Project(_) => 2,
        Stream::Person(_) => 3,
    }
}

pub(crate) fn stream_of(kind: i16, id: Uuid) -> Option<Stream> {
    match kind {
        1 => Some(Stream::Instance),
        2 => Some(Stream::Project(id.into())),
        3 => Some(Stream::Person(id.into())),
        _ => None,
    }
}
