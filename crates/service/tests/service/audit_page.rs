//! The audit log as people see it: what was before and after, who tried what is not theirs, and the check of all of it.

use model::{Command, Day, Zone, testing::valid};
use muster_service::{
    audit::{self, Asked, Erasure, Keeper, Look, Shown, Told},
    both_engines,
    kit::{House, Project},
};

async fn sealed(house: &House) {
    Keeper::new(house, vec![]).settle().await.unwrap();
}

/// The newest entry of an action.
async fn newest(house: &House, project: &Project, action: &str) -> Told {
    sealed(house).await;
    let asked = Asked { project: Some(project.id), action: Some(action.into()), ..Asked::default() };
    audit::entries(house, &project.lead, asked, None, 1).await.unwrap().entries.remove(0)
}

#[expect(clippy::needless_pass_by_value, reason = "ids, numbers and texts alike")]
fn value(text: impl ToString) -> Shown {
    Shown::Value(text.to_string())
}

both_engines! {
    async fn an_entry_tells_what_was_before_and_after(house) {
        let project = house.project("MUS").await;
        let ines = house.member(&project, "Ines").await;
        let task = house.task(&project, "Paint the fence").await;
        let project_id = project.id;
        house.done(&project.lead, Command::Assign { project: project_id, task, person: ines.person }).await;
        let told = newest(house, &project, "task.assign").await;
        assert_eq!(told.changes, [("assignee".to_owned(), Shown::Absent, value(ines.person.uuid()))]);

        let due = Some(model::Due::Day(Day::from_ymd(2026, 12, 24).unwrap()));
        house.done(&project.lead, Command::SetDue { project: project_id, task, due }).await;
        let told = newest(house, &project, "task.due").await;
        assert_eq!(told.changes, [("due".to_owned(), Shown::Absent, value("2026-12-24"))]);
        house.done(&project.lead, Command::SetDue { project: project_id, task, due: None }).await;
        let told = newest(house, &project, "task.due").await;
        assert_eq!(told.changes, [("due".to_owned(), value("2026-12-24"), Shown::Absent)]);
    }

    async fn what_somebody_typed_is_kept_apart_and_can_be_erased(house) {
        let project = house.project("MUS").await;
        let task = house.task(&project, "Paint the fence").await;
        let title = valid("Paint the gate");
        house.done(&project.lead, Command::RenameTask { project: project.id, task, title }).await;
        let told = newest(house, &project, "task.rename").await;
        assert_eq!(told.changes, [("title".to_owned(), Shown::Private, Shown::Private)]);
        let full = async || {
            let look = Look { project: Some(project.id), entry: Some(told.position), ..Look::default() };
            audit::desk(house, &project.lead, look, &Zone::utc()).await.unwrap().chosen.unwrap().told.changes
        };
        assert_eq!(full().await, [("title".to_owned(), value("Paint the fence"), value("Paint the gate"))]);
        let verified = audit::check(house, vec![]).await.unwrap().unwrap();
        assert!(verified.n_private >= 2);
        assert_eq!(audit::erase(house, Erasure::Entry(told.position)).await, Ok(2));
        assert_eq!(full().await, [("title".to_owned(), Shown::Erased, Shown::Erased)]);
        sealed(house).await;
        assert_eq!(audit::check(house, vec![]).await.unwrap().unwrap().n_erased, 2);
    }

    async fn what_was_refused_is_one_entry_for_each_person_and_kind(house) {
        let project = house.project("MUS").await;
        let vera = house.viewer(&project, "Vera").await;
        let stranger = house.person("Sam").await;
        let task = house.task(&project, "Paint the fence").await;
        for _ in 0..3 {
            house.refused(&vera, Command::TrashTask { project: project.id, task, on: true }).await;
        }
        house.refused(&stranger, Command::TrashTask { project: project.id, task, on: true }).await;
        sealed(house).await;
        let asked = Asked { project: Some(project.id), action: Some("task.trash".into()), ..Asked::default() };
        let mut told = audit::entries(house, &project.lead, asked, None, 9).await.unwrap().entries;
        told.sort_by_key(|told| told.actor != Some(vera.person.uuid()));
        let said: Vec<_> = told.iter().map(|told| (told.actor, told.outcome.as_str(), told.changes[0].2.clone())).collect();
        assert_eq!(
            said,
            [
                (Some(vera.person.uuid()), "refused", value(3)),
                (Some(stranger.person.uuid()), "refused", value(1)),
            ]
        );
    }

    async fn people_look_by_name_task_and_day_and_see_names(house) {
        let project = house.project("MUS").await;
        let admin = house.admin("Ada").await;
        let ines = house.member(&project, "Ines").await;
        house.member(&project, "Ingo").await;
        let task = house.task(&project, "Paint the fence").await;
        house.done(&ines, Command::RenameTask { project: project.id, task, title: valid("Paint the gate") }).await;
        sealed(house).await;
        let desk = async |look| audit::desk(house, &admin, look, &Zone::utc()).await.unwrap();
        let found = desk(Look { who: "ines".into(), action: Some("task.rename".into()), ..Look::default() }).await;
        assert_eq!((found.lines.len(), found.person.map(|card| card.id)), (1, Some(ines.person)));
        assert_eq!(found.names.get(task.uuid()).unwrap().name, "MUS-1");
        assert!(found.actions.iter().any(|action| action == "task.rename"));
        let found = desk(Look { who: "in".into(), ..Look::default() }).await;
        assert_eq!((found.lines.len(), found.people.len()), (0, 2), "it may be one of two");
        let found = desk(Look { about: "mus-1".into(), ..Look::default() }).await;
        assert_eq!(found.lines.len(), 2);
        assert!(desk(Look { about: "MUS-9".into(), ..Look::default() }).await.unknown.is_some());
        let today = house.now().day_utc();
        let yesterday = Day::from_number(today.number() - 1);
        assert!(desk(Look { until: yesterday, ..Look::default() }).await.lines.is_empty());
        assert!(!desk(Look { from: Some(today), until: Some(today), ..Look::default() }).await.lines.is_empty());
        let refused = audit::desk(house, &ines, Look::default(), &Zone::utc()).await.map(drop);
        assert_eq!(refused, Err(model::Refusal::NotFound));
    }

    async fn an_admin_has_the_log_checked_and_all_admins_hear_once_that_it_is_not_whole(house) {
        let project = house.project("MUS").await;
        let admin = house.admin("Ada").await;
        sealed(house).await;
        assert_eq!(audit::check_now(house, &project.lead).await, Err(model::Refusal::NotFound));
        audit::check_now(house, &admin).await.unwrap();
        house.work().await;
        let desk = async || audit::desk(house, &admin, Look::default(), &Zone::utc()).await.unwrap();
        let checked = desk().await.checked.unwrap();
        assert_eq!((checked.finding, checked.size), (None, desk().await.state.size));

        for sql in [
            "CREATE TABLE unguarded AS SELECT * FROM ledger_entries",
            "DROP TABLE ledger_entries",
            "ALTER TABLE unguarded RENAME TO ledger_entries",
            "UPDATE ledger_entries SET action = 'task.create' WHERE position = 1",
        ] {
            house.tamper(sql, vec![]).await;
        }
        for _ in 0..2 {
            house.clock.advance_ms(60_000);
            audit::check_now(house, &admin).await.unwrap();
            house.work().await;
        }
        let found = desk().await;
        assert!(found.checked.unwrap().finding.is_some() && found.state.finding.is_some());
        assert_eq!(house.number("SELECT count(*) FROM mails").await, 1, "the same news is told once");
    }
}
