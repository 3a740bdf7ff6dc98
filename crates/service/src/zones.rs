//! Time zones, from the database that is built in: which offset holds when, for the years that pages show.
//!
//! Must not know: who reads.

use jiff::{Timestamp, civil, tz::TimeZone};
use model::{Habits, Reader, Refusal, Zone, ZoneName, read_reader};

/// The first and the last year whose changes are told; before and after them a zone stays as it is there.
const YEARS: std::ops::RangeInclusive<i16> = 2020..=2040;

/// A zone by its name.
///
/// # Errors
///
/// [`Refusal::Invalid`] for a name that the database does not have.
pub fn zone(name: &ZoneName) -> Result<Zone, Refusal> {
    let unknown = || Refusal::invalid("zone", "There is no time zone of this name. An example is Europe/Berlin.");
    let zone = jiff::tz::db().get(name.as_str()).map_err(|_| unknown())?;
    let begin = |year| civil::date(year, 1, 1).to_zoned(TimeZone::UTC).map(|z| z.timestamp()).map_err(|_| unknown());
    let (from, to) = (begin(*YEARS.start())?, begin(YEARS.end() + 1)?);
    let minutes = |at: Timestamp| zone.to_offset(at).seconds() / 60;
    let changes = zone.following(from).take_while(|change| change.timestamp() < to);
    let changes = changes.map(|change| (change.timestamp().as_second() / 60, change.offset().seconds() / 60));
    // A change of the name alone, or of what counts as summer, moves no clock.
    let mut last = minutes(from);
    let changes = changes.filter(|(_, offset)| std::mem::replace(&mut last, *offset) != *offset).collect();
    Ok(Zone { name: name.clone(), first: minutes(from), changes })
}

/// The names of all zones, in their order.
pub fn names() -> impl Iterator<Item = String> {
    jiff::tz::db().available().map(|name| name.as_str().to_owned())
}

/// Who reads, from what their browser told in a cookie. Where it tells nothing that is known, it is nobody in particular.
#[must_use]
pub fn reader(cookie: Option<&str>) -> Reader {
    let known = cookie.and_then(read_reader).and_then(|(name, habits)| Some((zone(&name).ok()?, habits)));
    known.map_or_else(Reader::default, |(zone, habits): (Zone, Habits)| Reader { zone, habits })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_is_told_by_the_cookie_or_is_nobody_in_particular() {
        let berlin = reader(Some("Europe/Berlin!mdy-12-7-44"));
        assert_eq!((berlin.zone.name.as_str(), berlin.zone.first), ("Europe/Berlin", 60));
        assert_eq!(berlin.zone.changes.len(), 42);
        for cookie in [None, Some(""), Some("Europe/Nowhere!dmy-24-1-44"), Some("../../etc/passwd!dmy-24-1-44")] {
            assert_eq!(reader(cookie), Reader::default());
        }
    }

    #[test]
    fn a_zone_without_summer_time_has_no_changes() {
        let kolkata = zone(&ZoneName::try_from("Asia/Kolkata".to_owned()).unwrap()).unwrap();
        assert_eq!((kolkata.first, kolkata.changes), (330, vec![]));
    }
}
