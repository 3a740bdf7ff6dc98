//! What clocks show, for all zones of the database: the day that is picked is the day that is shown.

use jiff::{
    Timestamp, civil,
    tz::{AmbiguousOffset, TimeZone},
};
use model::{Day, Due, Habits, Instant, Reader, Today, Zone, ZoneName};
use muster_service::zones;
use proptest::{prelude::*, sample};
use std::sync::{Arc, LazyLock};

static ZONES: LazyLock<Vec<(TimeZone, Zone)>> = LazyLock::new(|| {
    let names = jiff::tz::db().available();
    let all = names.map(|name| {
        let name = name.to_string();
        let zone = zones::zone(&ZoneName::try_from(name.clone()).unwrap()).unwrap();
        (jiff::tz::db().get(&name).unwrap(), zone)
    });
    all.collect()
});

fn shown(at: Instant, zone: &TimeZone) -> (Day, u16) {
    let there = Timestamp::from_millisecond(at.ms()).unwrap().to_zoned(zone.clone());
    let day =
        Day::from_ymd(i32::from(there.year()), there.month().unsigned_abs().into(), there.day().unsigned_abs().into());
    (day.unwrap(), u16::from(there.hour().unsigned_abs()) * 60 + u16::from(there.minute().unsigned_abs()))
}

#[track_caller]
fn assert_picked_is_shown(day: Day, minute: u16, tz: &TimeZone, zone: &Zone) {
    let at = zone.instant(day, minute);
    let (year, month, date) = day.ymd();
    let wall = civil::date(year.try_into().unwrap(), month.try_into().unwrap(), date.try_into().unwrap());
    let wall = wall.at((minute / 60).try_into().unwrap(), (minute % 60).try_into().unwrap(), 0, 0);
    let wall = tz.to_ambiguous_timestamp(wall);
    let is_skipped = matches!(wall.offset(), AmbiguousOffset::Gap { .. });
    // "Compatible" is RFC 5545's rule: the earlier of two, and later by the gap where there is none.
    let expected = wall.compatible().unwrap();
    let name = zone.name.as_str();
    assert_eq!(at.ms(), expected.as_millisecond(), "{name} {day} {minute}");
    assert_eq!(zone.civil(at), shown(at, tz), "{name} {day} {minute}");
    assert!(is_skipped || zone.civil(at) == (day, minute), "{name} {day} {minute}");
}

#[test]
fn every_zone_shows_what_the_database_says_around_every_change_of_its_clocks() {
    let mut n_changes = 0;
    for (tz, zone) in ZONES.iter() {
        for (minute, _) in &zone.changes {
            n_changes += 1;
            for around in [-1441, -61, -31, -1, 0, 1, 29, 59, 60, 119, 1439] {
                let at = Instant::from_ms((minute + around) * 60_000);
                let (day, minute) = shown(at, tz);
                assert_eq!(zone.civil(at), (day, minute), "{} {}", zone.name.as_str(), at.rfc3339());
                assert_picked_is_shown(day, minute, tz, zone);
                // The hour that is skipped is never shown, but can be picked.
                assert_picked_is_shown(day, (minute + 60) % 1440, tz, zone);
            }
        }
    }
    assert!(ZONES.len() > 400 && n_changes > 5_000, "{} zones, {n_changes} changes", ZONES.len());
}

proptest! {
    #[test]
    fn the_day_that_is_picked_is_the_day_that_is_shown_to_every_reader(
        day in 18_262_i32..25_932,
        minute in proptest::option::of(0_u16..1440),
        writer in sample::select((0..ZONES.len()).collect::<Vec<_>>()),
        reader in sample::select((0..ZONES.len()).collect::<Vec<_>>()),
    ) {
        let day = Day::from_number(day).unwrap();
        let here = |n: usize| Today {
            day,
            reader: Arc::new(Reader { zone: ZONES[n].1.clone(), habits: Habits::default() }),
        };
        let (writer_today, reader_today) = (here(writer), here(reader));
        let due = writer_today.make_due(day, minute);
        match &due {
            // A day is the same day for everybody.
            Due::Day(_) => {
                prop_assert_eq!(writer_today.due_day(&due), day);
                prop_assert_eq!(reader_today.due_day(&due), day);
            }
            // A moment is shown to the writer, and in the writer's zone to the reader, on the day that was picked.
            Due::At { instant, zone } => {
                prop_assert_eq!(writer_today.due_day(&due), day);
                let told = zones::zone(zone).unwrap();
                prop_assert_eq!(told.day(*instant), day);
                prop_assert_eq!(reader_today.due_day(&due), shown(*instant, &ZONES[reader].0).0);
            }
        }
    }
}
