//! Small helpers over sea-orm for the statements of this crate, which are constants that both engines read.

use model::{Instant, Stream};
use sea_orm::{ConnectionTrait, DbErr, QueryResult, TryGetable, Value};
use store::statement;
use uuid::Uuid;

pub(crate) async fn all(
    db: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Vec<QueryResult>, DbErr> {
    db.query_all_raw(statement(db.get_database_backend(), sql, values)).await
}

pub(crate) async fn one(
    db: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Option<QueryResult>, DbErr> {
    db.query_one_raw(statement(db.get_database_backend(), sql, values)).await
}

pub(crate) async fn run(
    db: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<u64, DbErr> {
    Ok(db.execute_raw(statement(db.get_database_backend(), sql, values)).await?.rows_affected())
}

/// The value of a column, by its place.
pub(crate) fn get<T: TryGetable>(row: &QueryResult, place: usize) -> Result<T, DbErr> {
    row.try_get_by_index(place)
}

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

/// `($1, $2, …)` for a list of values, in few lengths, so that the statements stay prepared: the list is filled up to
/// the next power of two by repeating its last value.
pub(crate) fn padded<T: Clone + Into<Value>>(list: &[T], first: usize) -> (String, Vec<Value>) {
    let n = list.len().next_power_of_two();
    let marks: Vec<String> = (first..first + n).map(|i| format!("${i}")).collect();
    let fill = std::iter::repeat_n(list.last(), n - list.len()).flatten();
    let values = list.iter().chain(fill).map(|v| v.clone().into()).collect();
    (format!("({})", marks.join(", ")), values)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_come_in_few_lengths() {
        let (marks, values) = padded(&[1_i64, 2, 3], 2);
        assert_eq!(marks, "($2, $3, $4, $5)");
        assert_eq!(values, vec![1_i64.into(), 2_i64.into(), 3_i64.into(), 3_i64.into()] as Vec<Value>);
    }
}
