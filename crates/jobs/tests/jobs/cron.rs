//! The crontab: each slot once, whatever the clocks of people do.

use std::{collections::BTreeMap, time::Duration};

use jiff::{Timestamp, tz::TimeZone};
use muster_jobs::{CatchUp, Cron, CronError, Crontab, Moment, NewJob, Outside, Registry, Times, admin};
use sea_orm::ConnectionTrait;
use store::{Engine, Tasks, kit::Database, statement};

use crate::house::{Does, House, World, act, both_engines};

fn entry(name: &'static str, n: u32, expression: &str) -> Cron {
    Cron::new(name, expression, move |slot| NewJob::of::<World, _>(&act(n, Does::Done), slot.id, slot.now))
}

fn moment(text: &str) -> Moment {
    Moment::from_millis(text.parse::<Timestamp>().unwrap().as_millisecond())
}

/// The slots that were run, by entry.
async fn slots(house: &House) -> BTreeMap<String, Vec<Moment>> {
    let db = house.store.reader();
    let sql = statement(db.get_database_backend(), "SELECT name, slot_at FROM cron_slots ORDER BY name, slot_at", []);
    let mut slots: BTreeMap<String, Vec<Moment>> = BTreeMap::new();
    for row in db.query_all_raw(sql).await.unwrap() {
        let at: i64 = row.try_get_by_index(1).unwrap();
        slots.entry(row.try_get_by_index(0).unwrap()).or_default().push(Moment::from_millis(at));
    }
    slots
}

/// A process that only has a crontab.
fn start(house: &House, crontab: &Crontab) -> Tasks {
    let tasks = Tasks::new();
    let times = Times { keep_slots: Duration::from_hours(24 * 365 * 100), ..Times::default() };
    let registry = Registry::<World>::new();
    let runner = muster_jobs::Runner::new(
        house.store.clone(),
        house.desk.clone(),
        registry,
        house.world.clone(),
        house.outside.clone(),
    );
    runner
        .bell(house.desk.bell())
        .times(Times { poll: Duration::from_millis(10), ..times })
        .crontab(crontab.clone())
        .start(&tasks);
    tasks
}

async fn until_announced(house: &House) {
    let db = house.store.reader();
    loop {
        let sql = statement(db.get_database_backend(), "SELECT count(*) FROM cron_entries", []);
        let n: i64 = db.query_one_raw(sql).await.unwrap().unwrap().try_get_by_index(0).unwrap();
        if n > 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn until_slots(house: &House, n: usize) {
    let wait = async {
        while slots(house).await.values().map(Vec::len).sum::<usize>() < n {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(20), wait).await.is_ok(), "{:?}", slots(house).await);
}

both_engines! {
    async fn a_first_start_catches_up_nothing_and_what_is_missed_later_is_caught_up_as_the_entry_says(house) {
        house.outside.set(moment("2026-11-23T10:30:00Z"));
        let crontab = Crontab::new([
            entry("skip", 1, "0 * * * *").catch_up(CatchUp::Skip),
            entry("last", 2, "0 * * * *"),
            entry("three", 3, "0 * * * *").catch_up(CatchUp::All(3)),
        ]).unwrap();
        let tasks = start(house, &crontab);
        until_announced(house).await;
        tasks.stop().await;
        assert_eq!(slots(house).await, BTreeMap::new());
        house.outside.set(moment("2026-11-23T15:30:00Z"));
        let tasks = start(house, &crontab);
        until_slots(house, 4).await;
        tasks.stop().await;
        let hours = |hours: &[u8]| hours.iter().map(|hour| moment(&format!("2026-11-23T{hour}:00:00Z"))).collect::<Vec<_>>();
        let expected = BTreeMap::from([("last".to_owned(), hours(&[15])), ("three".to_owned(), hours(&[13, 14, 15]))]);
        assert_eq!(slots(house).await, expected);
        let lines = admin::crontab(house.store.reader(), &crontab, house.outside.now()).await.unwrap();
        let next = Some(moment("2026-11-23T16:00:00Z"));
        let told: Vec<_> = lines.iter().map(|line| (line.name, line.last, line.next)).collect();
        let last = Some(hours(&[15])[0]);
        assert_eq!(told, [("skip", None, next), ("last", last, next), ("three", last, next)]);
    }

    async fn ten_thousand_slots_over_changes_of_the_clock_make_ten_thousand_runs(house) {
        // From before the end of summer time in New York; a slot each five minutes of real time.
        house.outside.set(moment("2026-10-30T00:00:01Z"));
        let crontab = Crontab::new([
            entry("often", 1, "*/5 * * * *").zone("America/New_York").catch_up(CatchUp::All(10_000)),
        ]).unwrap();
        let tasks = start(house, &crontab);
        until_announced(house).await;
        for part in 1..=4 {
            house.outside.advance(Duration::from_mins(5 * 2_500));
            until_slots(house, part * 2_500).await;
        }
        tasks.stop().await;
        let slots = slots(house).await;
        let often = &slots["often"];
        assert_eq!(often.len(), 10_000);
        assert!(often.windows(2).all(|pair| pair[1].as_millis() - pair[0].as_millis() == 300_000));
        assert_eq!(house.n_jobs().await, 10_000);
    }

    async fn an_entry_that_says_another_time_begins_anew(house) {
        house.outside.set(moment("2026-11-23T10:30:00Z"));
        let old = Crontab::new([entry("report", 1, "0 * * * *").catch_up(CatchUp::All(100))]).unwrap();
        let tasks = start(house, &old);
        until_announced(house).await;
        tasks.stop().await;
        house.outside.set(moment("2026-11-23T12:30:00Z"));
        let new = Crontab::new([entry("report", 1, "*/10 * * * *").catch_up(CatchUp::All(100))]).unwrap();
        let tasks = start(house, &new);
        house.outside.advance(Duration::from_millis(1));
        until_announced(house).await;
        tasks.stop().await;
        assert_eq!(slots(house).await, BTreeMap::new());
    }
}

/// Each slot, as the clock on the wall said it, of the nights around a change.
async fn nights(zone: &str, change: &str) -> BTreeMap<String, Vec<String>> {
    let house = House::open(Engine::Postgres).await;
    let other = House::over(Database::of(house.database.url()), 2).await;
    let entries = || {
        [
            entry("early", 1, "30 1 * * *"),
            entry("gap", 2, "30 2 * * *"),
            entry("hours", 3, "0 * * * *").catch_up(CatchUp::All(100)),
            entry("evening", 4, "0 20 * * *"),
        ]
    };
    let crontab = Crontab::new(entries().map(|entry| entry.zone(zone))).unwrap();
    let begin: jiff::civil::Date = change.parse().unwrap();
    let begin = begin.to_zoned(TimeZone::get(zone).unwrap()).unwrap().timestamp();
    let at = |minutes: i64| Moment::from_millis(begin.as_millisecond() + minutes * 60_000 - 30_000);
    let mut nodes = Vec::new();
    for node in [&house, &other] {
        node.outside.set(at(0));
        nodes.push(start(node, &crontab));
    }
    until_announced(&house).await;
    let mut n = 0;
    // A day and two hours, ten minutes at a time; both nodes look at once.
    for step in 1..=(26 * 6) {
        let now = at(step * 10 + 1);
        for node in [&house, &other] {
            node.outside.set(now);
        }
        for node in [&house, &other] {
            node.desk.bell().ring();
        }
        let due = entries()
            .iter()
            .map(|entry| {
                let (mut n, mut at) = (0, at(0));
                while let Some(slot) = crontab.next_slot(entry.name, at).filter(|slot| *slot <= now) {
                    (n, at) = (n + 1, slot);
                }
                n
            })
            .sum();
        if due > n {
            until_slots(&house, due).await;
            n = due;
        }
    }
    for node in nodes {
        node.stop().await;
    }
    assert_eq!(usize::try_from(house.n_jobs().await).unwrap(), n, "each slot has one job");
    let zone = TimeZone::get(zone).unwrap();
    let wall = |slot: &Moment| {
        let at = Timestamp::from_millisecond(slot.as_millis()).unwrap().to_zoned(zone.clone());
        at.strftime("%d %H:%M %:z").to_string()
    };
    let told = slots(&house).await.into_iter().map(|(name, slots)| (name, slots.iter().map(wall).collect())).collect();
    other.close().await;
    house.close().await;
    told
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_run_each_slot_of_a_changing_night_once() {
    // The change, what is due at 1:30 and at 2:30 on that day, and in the evening. What has a fixed time in the hour that is left out
    // is due right after it.
    let cases = [
        ("Europe/Berlin", "2026-03-29", "29 01:30 +01:00", "29 03:00 +02:00", "29 20:00 +02:00"),
        ("Europe/Berlin", "2026-10-25", "25 01:30 +02:00", "25 02:30 +02:00", "25 20:00 +01:00"),
        ("America/New_York", "2026-03-08", "08 01:30 -05:00", "08 03:00 -04:00", "08 20:00 -04:00"),
        ("America/New_York", "2026-11-01", "01 01:30 -04:00", "01 02:30 -05:00", "01 20:00 -05:00"),
    ];
    let all = cases.map(|(zone, change, ..)| nights(zone, change));
    for ((zone, change, early, gap, evening), told) in cases.into_iter().zip(futures::future::join_all(all).await) {
        let of_day = |name: &str| -> Vec<&str> {
            let day = &change[8..];
            told[name].iter().map(String::as_str).filter(|slot| slot.starts_with(day)).collect()
        };
        assert_eq!(of_day("early"), [early], "{zone} {change}");
        assert_eq!(of_day("gap"), [gap], "{zone} {change}");
        assert_eq!(of_day("evening"), [evening], "{zone} {change}");
        let mut hours = told["hours"].clone();
        hours.dedup();
        assert_eq!(hours.len(), 27, "{zone} {change}: each hour of real time once, and the one that begins");
    }
}

#[test]
fn an_entry_that_cannot_be_is_refused_with_what_is_wrong() {
    let refused = |entries: Vec<Cron>| Crontab::new(entries).unwrap_err();
    assert!(matches!(refused(vec![entry("a", 1, "every day")]), CronError::Expression { name: "a", .. }));
    assert!(matches!(refused(vec![entry("a", 1, "0 * * * *").zone("Europe/Nowhere")]), CronError::Zone { .. }));
    assert!(matches!(refused(vec![entry("a", 1, "0 * * * *"), entry("a", 1, "0 * * * *")]), CronError::Twice("a")));
}
