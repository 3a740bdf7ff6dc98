//! What people are told by mail, when, and when not.

use model::{Attention, Command, Due, Mark, Preferences, Spot, TaskId, Wish, ZoneName, testing::valid};
use muster_service::{
    Actor,
    inbox::{follow_once, mark},
    kit::{House, Project},
    notify::{prefer, preferences, unsubscribe},
    query,
};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

async fn act(house: &House, actor: &Actor, command: Command) {
    house.clock.advance_ms(1000);
    house.done(actor, command).await;
}

fn say(house: &House, project: &Project, task: TaskId, text: &str) -> Command {
    Command::AddComment { project: project.id, task, comment: house.id(), text: valid(text) }
}

async fn address(house: &House, person: &Actor) -> String {
    query::me(house, person).await.unwrap().email.as_str().to_owned()
}

async fn subjects(house: &House, person: &Actor) -> Vec<String> {
    house.letters(&address(house, person).await).await.into_iter().map(|letter| letter.subject).collect()
}

async fn text(house: &House, person: &Actor) -> String {
    house.letters(&address(house, person).await).await.remove(0).text
}

/// Lets everything be told that has happened, after the minutes in which mails gather.
async fn tell(house: &House) {
    follow_once(house).await.unwrap();
    house.clock.advance_ms(6 * MINUTE_MS);
    house.work().await;
}

async fn wish(house: &House, person: &Actor, change: impl FnOnce(&mut Preferences)) {
    let mut wishes = preferences(house, person).await.unwrap();
    change(&mut wishes);
    prefer(house, person, wishes).await.unwrap();
}

/// A project and a task in it that is Ana's.
async fn scene(house: &House) -> (Project, Actor, TaskId) {
    let mus = house.project("MUS").await;
    let ana = house.member(&mus, "Ana").await;
    let task = house.task(&mus, "Soak the sensor").await;
    act(house, &mus.lead, Command::Assign { project: mus.id, task, person: ana.person }).await;
    (mus, ana, task)
}

async fn due(house: &House, project: &Project, task: TaskId, due: Due) {
    act(house, &project.lead, Command::SetDue { project: project.id, task, due: Some(due) }).await;
}

/// The day so many days from now.
fn day(house: &House, days: i32) -> model::Day {
    model::Day::from_number(house.now().day_utc().number() + days).unwrap()
}

/// Moves the clock to an hour of today, or of tomorrow if it is over.
fn until(house: &House, hour: i64) {
    let over = house.now().ms().rem_euclid(DAY_MS);
    house.clock.advance_ms((hour * HOUR_MS - over).rem_euclid(DAY_MS));
}

muster_service::both_engines! {
    async fn what_happens_to_a_task_within_minutes_is_one_mail(house) {
        let (mus, ana, task) = scene(house).await;
        act(house, &mus.lead, say(house, &mus, task, "The <b>batch</b> is back")).await;
        follow_once(house).await.unwrap();
        house.work().await;
        assert_eq!(subjects(house, &ana).await, [] as [&str; 0], "it gathers for some minutes");
        tell(house).await;
        assert_eq!(subjects(house, &ana).await, ["MUS-1 Soak the sensor"]);
        let letter = house.letters(&address(house, &ana).await).await.remove(0);
        assert!(letter.text.contains("Lead of MUS assigned this task to you."), "{}", letter.text);
        assert!(letter.text.contains("The <b>batch</b> is back"), "{}", letter.text);
        assert!(letter.html.contains("The &lt;b&gt;batch&lt;/b&gt; is back"));
        assert!(letter.links().contains(&"https://tasks.norrvik.example/p/MUS/1".to_owned()), "{:?}", letter.links());
        // It is told once, and what comes later is the same conversation.
        tell(house).await;
        act(house, &mus.lead, say(house, &mus, task, "All five")).await;
        tell(house).await;
        let letters = house.letters(&address(house, &ana).await).await;
        assert_eq!(letters.len(), 2);
        assert!(!letters[0].text.contains("batch"));
        assert_eq!(letters[0].thread, letters[1].thread);
        assert!(letters[0].thread.is_some());
    }

    async fn nobody_gets_a_mail_about_what_they_did_or_have_seen(house) {
        let (mus, ana, task) = scene(house).await;
        act(house, &ana, say(house, &mus, task, "I look")).await;
        follow_once(house).await.unwrap();
        let seen = query::inbox(house, &ana).await.unwrap().tasks[0].last();
        mark(house, &ana, Mark::Read { task, to: seen }).await.unwrap();
        tell(house).await;
        assert_eq!(subjects(house, &ana).await, [] as [&str; 0]);
        assert_eq!(house.number("SELECT count(*) FROM jobs WHERE name = 'notice_mail' AND state = 7").await, 1);
        // The lead is told of that comment; all read at once is seen, too.
        assert_eq!(subjects(house, &mus.lead).await.len(), 1);
        act(house, &ana, say(house, &mus, task, "Again")).await;
        follow_once(house).await.unwrap();
        let now = house.now();
        mark(house, &mus.lead, Mark::AllRead { at: now }).await.unwrap();
        tell(house).await;
        assert_eq!(subjects(house, &mus.lead).await.len(), 1);
    }

    async fn people_get_what_they_wish_and_nothing_of_what_they_mute(house) {
        let (mus, ana, task) = scene(house).await;
        wish(house, &ana, |wishes| wishes.mail.retain(|wish| *wish != Wish::Assigned)).await;
        tell(house).await;
        assert_eq!(subjects(house, &ana).await, [] as [&str; 0]);
        assert_eq!(query::me(house, &ana).await.unwrap().unread, 1, "the inbox has it");
        wish(house, &ana, |wishes| wishes.projects = vec![(mus.id, Attention::Muted)]).await;
        act(house, &mus.lead, say(house, &mus, task, "Well?")).await;
        tell(house).await;
        assert_eq!(subjects(house, &ana).await, [] as [&str; 0]);
        assert_eq!(query::inbox(house, &ana).await.unwrap().tasks[0].notices.len(), 1);
        wish(house, &ana, |wishes| wishes.projects = vec![]).await;
        act(house, &mus.lead, say(house, &mus, task, "Well?")).await;
        tell(house).await;
        assert_eq!(subjects(house, &ana).await.len(), 1);
    }

    async fn a_change_of_mind_counts_until_the_mail_is_written(house) {
        let (_, ana, _) = scene(house).await;
        follow_once(house).await.unwrap();
        wish(house, &ana, |wishes| wishes.mail.clear()).await;
        tell(house).await;
        assert_eq!(subjects(house, &ana).await, [] as [&str; 0]);
    }

    async fn in_quiet_hours_mails_wait(house) {
        let (_, ana, _) = scene(house).await;
        until(house, 23);
        wish(house, &ana, |wishes| wishes.quiet = Some((22, 7))).await;
        tell(house).await;
        assert_eq!(subjects(house, &ana).await, [] as [&str; 0]);
        until(house, 7);
        house.work().await;
        assert_eq!(subjects(house, &ana).await.len(), 1);
    }

    async fn a_day_is_reminded_of_in_the_morning_before_and_after_it(house) {
        let (mus, ana, task) = scene(house).await;
        tell(house).await;
        until(house, 12);
        house.strike().await;
        due(house, &mus, task, Due::Day(day(house, 2))).await;
        wish(house, &ana, |wishes| wishes.mail = vec![Wish::DayBefore, Wish::Overdue]).await;
        let before = subjects(house, &ana).await.len();
        let told = async |days| {
            house.clock.advance_ms(days * DAY_MS);
            until(house, 8);
            for _ in 0..3 {
                house.strike().await;
            }
            subjects(house, &ana).await.len() - before
        };
        assert_eq!(told(0).await, 1, "on the day before");
        assert_eq!(subjects(house, &ana).await[0], "MUS-1 is due tomorrow: Soak the sensor");
        assert_eq!(told(1).await, 1, "on the day itself");
        assert_eq!(told(1).await, 2);
        assert_eq!(subjects(house, &ana).await[0], "MUS-1 is overdue: Soak the sensor");
        assert_eq!(told(1).await, 2);
    }

    async fn a_time_is_reminded_of_a_day_and_an_hour_before(house) {
        let (mus, ana, task) = scene(house).await;
        tell(house).await;
        house.strike().await;
        let zone = ZoneName::try_from("Europe/Berlin".to_owned()).unwrap();
        let instant = house.now().plus_ms(2 * DAY_MS);
        due(house, &mus, task, Due::At { instant, zone }).await;
        wish(house, &ana, |wishes| wishes.mail = vec![Wish::DayBefore, Wish::HourBefore, Wish::Overdue]).await;
        let mut told = Vec::new();
        while house.now() < instant.plus_ms(HOUR_MS) {
            house.clock.advance_ms(30 * MINUTE_MS);
            let before = subjects(house, &ana).await.len();
            house.strike().await;
            if subjects(house, &ana).await.len() > before {
                told.push((instant.ms() - house.now().ms()) / HOUR_MS);
            }
        }
        assert_eq!(told, [23, 0, 0]);
    }

    async fn what_is_done_or_given_away_or_put_off_is_not_reminded_of(house) {
        let (mus, ana, task) = scene(house).await;
        tell(house).await;
        until(house, 12);
        house.strike().await;
        let n = subjects(house, &ana).await.len();
        due(house, &mus, task, Due::Day(day(house, 2))).await;
        wish(house, &ana, |wishes| wishes.mail = vec![Wish::DayBefore, Wish::Overdue]).await;
        let mut done = Command::MoveTask { project: mus.id, task, to: mus.statuses[3], spot: Spot::Last };
        act(house, &ana, done.clone()).await;
        until(house, 8);
        house.strike().await;
        assert_eq!(subjects(house, &ana).await.len(), n);
        if let Command::MoveTask { to, .. } = &mut done {
            *to = mus.statuses[0];
        }
        act(house, &ana, done).await;
        due(house, &mus, task, Due::Day(day(house, 9))).await;
        house.strike().await;
        until(house, 7);
        house.strike().await;
        assert_eq!(subjects(house, &ana).await.len(), n);
    }

    async fn the_summary_of_a_day_comes_at_the_hour_of_each_person_once(house) {
        let (mus, ana, task) = scene(house).await;
        tell(house).await;
        due(house, &mus, task, Due::Day(day(house, 1))).await;
        let utc = ZoneName::utc();
        wish(house, &ana, |wishes| {
            wishes.mail = vec![Wish::Daily];
            wishes.hour = 6;
            wishes.zone = Some(utc);
        })
        .await;
        let n = subjects(house, &ana).await.len();
        until(house, 5);
        house.strike().await;
        assert_eq!(subjects(house, &ana).await.len(), n);
        until(house, 6);
        for _ in 0..3 {
            house.strike().await;
            house.clock.advance_ms(MINUTE_MS);
        }
        assert_eq!(subjects(house, &ana).await.len(), n + 1);
        let told = text(house, &ana).await;
        assert!(told.contains("Soak the sensor"), "{told}");
        assert!(told.contains("https://tasks.norrvik.example/my"), "{told}");
    }

    async fn nobody_is_told_that_there_is_nothing_to_say(house) {
        let (_, _, _) = scene(house).await;
        let bea = house.person("Bea").await;
        house.strike().await;
        until(house, 8);
        house.strike().await;
        assert_eq!(subjects(house, &bea).await, [] as [&str; 0]);
    }

    async fn one_click_ends_one_kind_of_mail_for_whoever_has_it(house) {
        let (mus, ana, task) = scene(house).await;
        act(house, &mus.lead, say(house, &mus, task, "Well?")).await;
        tell(house).await;
        let letter = house.letters(&address(house, &ana).await).await.remove(0);
        let link = letter.unsubscribe.unwrap();
        let link = link.strip_prefix("https://tasks.norrvik.example/unsubscribe/").unwrap();
        let (said, sign) = link.rsplit_once('.').unwrap();
        let other = format!("{}.{sign}", said.replace(".0", ".1"));
        for forged in [&other, said, "", "a.b.c", &link[1..]] {
            assert_eq!(unsubscribe(house, forged).await, Err(model::Refusal::BadLink), "{forged:?}");
        }
        for _ in 0..2 {
            unsubscribe(house, link).await.unwrap();
        }
        let wishes = preferences(house, &ana).await.unwrap();
        assert!(!wishes.wants(Wish::Assigned));
        assert!(wishes.wants(Wish::Commented) && wishes.wants(Wish::Daily));
    }

    async fn preferences_that_cannot_be_are_refused(house) {
        let ana = house.person("Ana").await;
        let bad = Preferences { hour: 24, ..Preferences::default() };
        assert_eq!(prefer(house, &ana, bad).await.unwrap_err().field(), Some("hour"));
        let nowhere = ZoneName::try_from("Europe/Nowhere".to_owned()).unwrap();
        let bad = Preferences { zone: Some(nowhere), ..Preferences::default() };
        assert_eq!(prefer(house, &ana, bad).await.unwrap_err().field(), Some("zone"));
        assert_eq!(preferences(house, &ana).await.unwrap(), Preferences::default());
    }
}
