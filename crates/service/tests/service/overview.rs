//! How a project goes on, told the same by both engines.

use model::{Category, Command, Due, PersonId, ProjectId, Refusal, Spot, StatusId, TaskId, testing::valid};
use muster_service::{
    kit::{Engine, House, Project, Sync, create_task},
    query::{self, Overview},
};

const DAY_MS: i64 = 86_400_000;

async fn told(house: &House, project: &Project) -> Overview {
    query::overview(house, &project.lead, project.id, 0).await.unwrap()
}

async fn move_to(house: &House, project: &Project, task: TaskId, to: StatusId) {
    house.done(&project.lead, Command::MoveTask { project: project.id, task, to, spot: Spot::Last }).await;
}

/// Goes on to the same time of another day.
fn wait_days(house: &House, days: i64) {
    house.clock.advance_ms(days * DAY_MS);
}

async fn open_for(house: &House, project: &Project, who: &[PersonId], title: &str, by: Option<Due>) -> TaskId {
    let id = house.id();
    let mut command = create_task(project, id, title);
    if let Command::CreateTask { assignees, due, .. } = &mut command {
        assignees.extend(who);
        *due = by;
    }
    house.done(&project.lead, command).await;
    id
}

/// The days on which anything was created or done, counted back from today.
fn days(overview: &Overview) -> Vec<(usize, u32, u32)> {
    let days = overview.days.iter().rev().enumerate();
    days.filter(|(_, day)| **day != (0, 0)).map(|(back, (created, done))| (back, *created, *done)).collect()
}

muster_service::both_engines! {
    async fn what_was_created_and_done_is_counted_by_day(house) {
        let mut mus = house.project("MUS").await;
        let [todo, progress, done, cancelled] = [1, 2, 3, 4].map(|place| mus.statuses[place]);
        let (first, second) = (house.task(&mus, "First").await, house.task(&mus, "Second").await);
        move_to(house, &mus, first, done).await;
        // Longer than is looked back.
        wait_days(house, 100);
        // The session of whoever began has ended by then.
        mus.lead = house.admin("Admin").await;
        let third = house.task(&mus, "Third").await;
        move_to(house, &mus, second, done).await;
        wait_days(house, 3);
        house.task(&mus, "Fourth").await;
        move_to(house, &mus, third, progress).await;
        wait_days(house, 1);
        // Another place in its column is no other day of finishing.
        let spot = Spot::First;
        house.done(&mus.lead, Command::MoveTask { project: mus.id, task: second, to: done, spot }).await;
        move_to(house, &mus, third, done).await;
        let overview = told(house, &mus).await;
        assert_eq!(overview.before, (2, 1));
        assert_eq!(days(&overview), [(0, 0, 1), (1, 1, 0), (4, 1, 1)]);
        assert_eq!((overview.first.weekday(), overview.n_open, overview.n_late), (0, 1, 0));
        let n_days = overview.today.number() - overview.first.number() + 1;
        assert_eq!((overview.days.len(), (50..=56).contains(&n_days)), (usize::try_from(n_days).unwrap(), true));

        // What is reopened is not done; what is cancelled or in the trash was never there.
        move_to(house, &mus, third, todo).await;
        assert_eq!(days(&told(house, &mus).await), [(1, 1, 0), (4, 1, 1)]);
        move_to(house, &mus, third, cancelled).await;
        house.done(&mus.lead, Command::TrashTask { project: mus.id, task: second, on: true }).await;
        let overview = told(house, &mus).await;
        assert_eq!((overview.before, days(&overview)), ((1, 1), vec![(1, 1, 0)]));
    }

    async fn a_day_ends_by_the_clock_of_the_reader(house) {
        let mus = house.project("MUS").await;
        house.task(&mus, "First").await;
        let at = house.board(mus.id).await.tasks().next().unwrap().created_at;
        let overview = told(house, &mus).await;
        assert_eq!((overview.today, overview.ahead), (at.day_utc(), 0));
        // So far ahead that it is tomorrow already, where the clock says a quarter past midnight.
        let ahead = (DAY_MS - at.ms().rem_euclid(DAY_MS)) / 60_000 + 15;
        let ahead = if ahead > 14 * 60 { ahead - 24 * 60 } else { ahead };
        let overview = query::overview(house, &mus.lead, mus.id, ahead).await.unwrap();
        assert_eq!(overview.today, model::Instant::from_ms(at.ms() + ahead * 60_000).day_utc());
        assert_eq!((days(&overview), overview.ahead), (vec![(0, 1, 0)], ahead));
        let most = query::overview(house, &mus.lead, mus.id, i64::MAX).await.unwrap();
        assert_eq!(most.ahead, 14 * 60);
    }

    async fn everybody_has_their_open_tasks_and_what_is_late_is_named(house) {
        let mus = house.project("MUS").await;
        let (ana, ben) = (house.member(&mus, "Ana").await, house.member(&mus, "Ben").await);
        let today = told(house, &mus).await.today;
        let due = |days: i32| Some(Due::Day(model::Day::from_number(today.number() + days).unwrap()));
        let at = model::Instant::from_ms((i64::from(today.number()) - 3) * DAY_MS + 3_600_000);
        let at = Some(Due::At { instant: at, zone: valid("Europe/Berlin") });
        open_for(house, &mus, &[ana.person, ben.person], "Yesterday", due(-1)).await;
        open_for(house, &mus, &[ben.person], "At an hour", at).await;
        open_for(house, &mus, &[ben.person], "Today", due(0)).await;
        open_for(house, &mus, &[], "Nobody's", due(-10)).await;
        let done = open_for(house, &mus, &[ana.person], "Done", due(-10)).await;
        move_to(house, &mus, done, mus.statuses[3]).await;
        for (title, command) in [("Archived", true), ("In the trash", false)] {
            let (project, task) = (mus.id, open_for(house, &mus, &[ana.person], title, due(-10)).await);
            let command = if command {
                Command::ArchiveTask { project, task, on: true }
            } else {
                Command::TrashTask { project, task, on: true }
            };
            house.done(&mus.lead, command).await;
        }
        let overview = told(house, &mus).await;
        assert_eq!((overview.n_open, overview.n_late), (4, 3));
        let loads: Vec<_> = overview
            .loads
            .iter()
            .map(|load| (load.person.as_ref().map(|p| p.name.to_string()), load.n_open, load.n_late))
            .collect();
        assert_eq!(loads, [(Some("Ben".to_owned()), 3, 2), (Some("Ana".to_owned()), 1, 1), (None, 1, 1)]);
        let late: Vec<_> = overview
            .late
            .iter()
            .map(|late| (late.title.as_str(), today.number() - late.due.number(), late.people.len()))
            .collect();
        assert_eq!(late, [("Nobody's", 10, 0), ("At an hour", 3, 1), ("Yesterday", 1, 2)]);
        assert_eq!(overview.statuses.iter().map(|s| s.category).collect::<Vec<_>>(), Category::ALL);
    }

    async fn a_project_out_of_sight_is_not_told_about(house) {
        let mus = house.project("MUS").await;
        let stranger = house.person("Stranger").await;
        for project in [mus.id, house.id::<ProjectId>()] {
            let refusal = query::overview(house, &stranger, project, 0).await.unwrap_err();
            assert_eq!(refusal, Refusal::NotFound);
        }
    }

    async fn tasks_of_a_removed_status_came_to_the_other_then(house) {
        let mus = house.project("MUS").await;
        let task = house.task(&mus, "First").await;
        move_to(house, &mus, task, mus.statuses[2]).await;
        wait_days(house, 2);
        let remove = Command::RemoveStatus { project: mus.id, status: mus.statuses[2], to: mus.statuses[3] };
        house.done(&mus.lead, remove).await;
        assert_eq!(days(&told(house, &mus).await), [(0, 0, 1), (2, 1, 0)]);
    }
}

/// What an older version has written is counted by its feed.
async fn older(engine: Engine) {
    let house = House::open(engine).await;
    let mus = house.project("MUS").await;
    let (first, second) = (house.task(&mus, "First").await, house.task(&mus, "Second").await);
    wait_days(&house, 1);
    move_to(&house, &mus, first, mus.statuses[3]).await;
    move_to(&house, &mus, second, mus.statuses[2]).await;
    wait_days(&house, 1);
    let spot = Spot::First;
    house.done(&mus.lead, Command::MoveTask { project: mus.id, task: first, to: mus.statuses[3], spot }).await;
    move_to(&house, &mus, second, mus.statuses[3]).await;
    let before = told(&house, &mus).await;
    assert_eq!(days(&before), [(0, 0, 1), (1, 0, 1), (2, 2, 0)]);
    house.tamper("ALTER TABLE tasks DROP COLUMN status_at", vec![]).await;
    house.tamper("DELETE FROM seaql_migrations WHERE version LIKE '%status_at'", vec![]).await;
    let clock_ms = house.now().ms();
    let house = House::over(house.close().await, Sync::Process, 2).await;
    house.clock.advance_ms(clock_ms - house.now().ms());
    assert_eq!(told(&house, &mus).await, before);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_finished_before_is_told_by_the_feed_on_sqlite() {
    older(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_finished_before_is_told_by_the_feed_on_postgresql() {
    older(Engine::Postgres).await;
}
