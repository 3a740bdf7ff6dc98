//! What is forgotten when it is old, and what is not.

use ledger::Outcome;
use model::{AskLink, Command, Event, Hue, Label, Mark, Refusal, Role, Stream, TaskId, testing::valid};
use muster_service::{
    TRASH_DAYS,
    account::{From, forgot, sign_out},
    both_engines,
    export::{self, Format, What},
    inbox,
    kit::{House, Project, create_task},
    people, query,
};

const DAY_MS: i64 = 86_400_000;

fn days(house: &House, days: i64) {
    house.clock.advance_ms(days * DAY_MS);
}

async fn count(house: &House, table: &str) -> i64 {
    house.number(&format!("SELECT count(*) FROM {table}")).await
}

/// A house in which something of everything has been done.
async fn trashed(house: &House) -> (Project, TaskId, TaskId) {
    let project = house.project("MUS").await;
    let ines = house.member(&project, "Ines").await;
    let (id, lead) = (project.id, &project.lead);
    let gone = house.task(&project, "Secret surprise for Otto").await;
    let part = house.task(&project, "Order the cake").await;
    let describe = Command::DescribeTask { project: id, task: gone, text: valid("He must not know"), base: 0 };
    let label = house.id();
    let put = Command::PutLabel { project: id, label: Label { id: label, name: valid("Party"), hue: Hue::of(&[1]) } };
    for command in [
        describe,
        put,
        Command::LabelTask { project: id, task: gone, label, on: true },
        Command::Assign { project: id, task: gone, person: ines.person },
        Command::Watch { project: id, task: gone, on: Some(true) },
        Command::SetParent { project: id, task: part, parent: Some(gone) },
        Command::RenameTask { project: id, task: gone, title: valid("Surprise for Otto") },
        Command::AddComment { project: id, task: gone, comment: house.id(), text: valid("Balloons?") },
    ] {
        house.done(lead, command).await;
    }
    inbox::follow_once(house).await.unwrap();
    house.done(lead, Command::TrashTask { project: id, task: gone, on: true }).await;
    inbox::follow_once(house).await.unwrap();
    house.work().await;
    (project, gone, part)
}

both_engines! {
    async fn the_trash_is_emptied_after_thirty_days_and_nothing_of_a_task_is_left(house) {
        let (project, gone, part) = trashed(house).await;
        let ines = house.person_with("SELECT person FROM notices LIMIT 1").await;
        days(house, TRASH_DAYS);
        house.forget().await;
        assert!(house.board(project.id).await.task(gone).is_some(), "not one day too early");
        house.clock.advance_ms(1);
        house.forget().await;
        let board = house.board(project.id).await;
        assert_eq!((board.task(gone), board.task(part).unwrap().parent), (None, None));
        assert_eq!(board, house.folded(project.id).await, "open boards follow");
        for table in ["comments", "assignees", "task_labels", "watchers", "notices"] {
            assert_eq!(count(house, table).await, 0, "{table}");
        }
        assert_eq!(count(house, "search_texts").await, 1);
        for typed in ["Otto", "Balloons", "must not know"] {
            let told = format!(
                "SELECT (SELECT count(*) FROM events WHERE payload LIKE '%{typed}%') \
                 + (SELECT count(*) FROM text_versions WHERE body LIKE '%{typed}%')"
            );
            assert_eq!(house.number(&told).await, 0, "{typed}");
        }
        let feed = house.feed(Stream::Project(project.id)).await;
        assert_eq!(feed.last().unwrap().event, Event::TaskPurged { task: gone });
        let told = house.feed(Stream::Person(ines)).await;
        assert_eq!(told.last().unwrap().event, Event::InboxChanged { unread: 0 });
        assert_eq!(house.noted("task.purge", Outcome::Done).await, 1);
        let lead = house.sign_in_again(project.lead.person).await;
        let back = Command::TrashTask { project: project.id, task: gone, on: false };
        assert_eq!(house.refused(&lead, back).await, Refusal::NotFound);
    }

    async fn what_was_brought_back_stays(house) {
        let (project, gone, _) = trashed(house).await;
        house.done(&project.lead, Command::TrashTask { project: project.id, task: gone, on: false }).await;
        days(house, TRASH_DAYS + 1);
        house.forget().await;
        assert!(house.board(project.id).await.task(gone).is_some());
        assert_eq!(house.noted("task.purge", Outcome::Done).await, 0);
    }

    async fn a_board_that_is_remembered_goes_on_after_a_task_of_it_went(house) {
        let (project, ..) = trashed(house).await;
        days(house, TRASH_DAYS + 1);
        house.forget().await;
        let lead = house.sign_in_again(project.lead.person).await;
        let task = house.id();
        house.done(&lead, create_task(&project, task, "Paint the fence")).await;
        assert_eq!(house.board(project.id).await.task(task).unwrap().number, 3, "numbers are never given again");
    }

    async fn sessions_go_a_month_after_their_end_and_those_that_live_stay(house) {
        let ana = house.person("Ana").await;
        let ben = house.person("Ben").await;
        sign_out(house, &ana).await.unwrap();
        days(house, 29);
        house.forget().await;
        assert_eq!(count(house, "sessions").await, 2);
        let fresh = house.person("Chiara").await;
        days(house, 2);
        house.forget().await;
        assert_eq!(count(house, "sessions").await, 2, "only the one that was ended");
        days(house, 400);
        house.forget().await;
        assert_eq!(count(house, "sessions").await, 0, "none lives for ever");
        assert_ne!(ben.person, fresh.person);
    }

    async fn mails_links_and_operations_go_when_nobody_can_need_them(house) {
        let (project, ..) = trashed(house).await;
        let email = house.emails().await.remove(0);
        forgot(house, AskLink { email }, &From::default()).await.unwrap();
        house.work().await;
        let before = (count(house, "mails").await, count(house, "tokens").await, count(house, "ops").await);
        assert!(before.0 > 0 && before.1 == 1 && before.2 > 5, "{before:?}");
        days(house, 6);
        house.forget().await;
        assert_eq!(count(house, "tokens").await, 1);
        days(house, 2);
        house.forget().await;
        assert_eq!((count(house, "mails").await, count(house, "tokens").await), (before.0, 0));
        days(house, 81);
        house.forget().await;
        assert_eq!((count(house, "mails").await, count(house, "ops").await), (before.0, before.2));
        days(house, 2);
        house.forget().await;
        assert_eq!((count(house, "mails").await, count(house, "ops").await), (0, 0));
        assert!(house.board(project.id).await.n_tasks() > 0);
    }

    async fn a_mail_that_still_waits_is_never_forgotten(house) {
        house.person("Ana").await;
        let email = house.emails().await.remove(0);
        forgot(house, AskLink { email }, &From::default()).await.unwrap();
        days(house, 200);
        house.forget().await;
        assert_eq!(house.number("SELECT count(*) FROM mails WHERE content IS NOT NULL").await, 1);
    }

    async fn an_invitation_goes_a_month_after_it_ended(house) {
        let admin = house.admin("Ada").await;
        people::invite(house, &admin, vec![valid("mei@norrvik.example")], Role::User, vec![]).await.unwrap();
        days(house, 7 + 29);
        house.forget().await;
        assert_eq!(count(house, "invitations").await, 1);
        days(house, 2);
        house.forget().await;
        assert_eq!(count(house, "invitations").await, 0);
    }

    async fn notices_go_a_quarter_after_they_were_read(house) {
        let (project, gone, _) = trashed(house).await;
        house.done(&project.lead, Command::TrashTask { project: project.id, task: gone, on: false }).await;
        let n = count(house, "notices").await;
        assert!(n > 0);
        days(house, 100);
        house.forget().await;
        assert_eq!(count(house, "notices").await, n, "nobody has read them");
        let person = house.person_with("SELECT person FROM notices LIMIT 1").await;
        let ines = house.sign_in_again(person).await;
        let notices = query::inbox(house, &ines).await.unwrap().tasks;
        let to = notices[0].last();
        inbox::mark(house, &ines, Mark::Read { task: gone, to }).await.unwrap();
        days(house, 89);
        house.forget().await;
        assert_eq!(count(house, "notices").await, n);
        days(house, 2);
        house.forget().await;
        assert_eq!(count(house, "notices").await, 0);
    }

    async fn an_export_goes_with_its_file_and_a_file_without_an_export_goes_too(house) {
        let (project, ..) = trashed(house).await;
        export::begin(house, &project.lead, What::Project(project.id), Format::Csv).await.unwrap();
        house.work().await;
        house.forget().await;
        assert_eq!((house.files().await, count(house, "exports").await), (1, 1));
        export::begin(house, &project.lead, What::Project(project.id), Format::Json).await.unwrap();
        house.work().await;
        house.tamper("DELETE FROM exports WHERE format = 2", vec![]).await;
        house.forget().await;
        assert_eq!((house.files().await, count(house, "exports").await), (1, 1), "the stray file");
        days(house, 8);
        house.forget().await;
        assert_eq!((house.files().await, count(house, "exports").await), (0, 0));
    }

    async fn more_than_one_batch_is_forgotten_in_one_night(house) {
        let ana = house.person("Ana").await;
        let at = 1_i64;
        for n in 0..1_201_u32 {
            let hash = n.to_be_bytes().to_vec();
            let sql = "INSERT INTO tokens (hash, purpose, person, created_at, expires_at) VALUES ($1, 2, $2, $3, $3)";
            house.tamper(sql, vec![hash.into(), ana.person.into(), at.into()]).await;
        }
        house.forget().await;
        assert_eq!(count(house, "tokens").await, 0);
    }
}
