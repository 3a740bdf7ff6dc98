//! What people are told, by whatever node follows the feeds, and what they mark.

use model::{Command, Event, Inbox, Mark, NoticeKind, ProjectRole, Spot, Stream, TaskId, testing::valid};
use muster_service::{
    Actor,
    inbox::{follow_once, mark},
    kit::{House, Project},
    query,
};

async fn inbox(house: &House, reader: &Actor) -> Inbox {
    query::inbox(house, reader).await.unwrap()
}

/// What somebody is told, by task: kinds with `!` for what is not read, newest first.
async fn told(house: &House, reader: &Actor) -> Vec<(String, Vec<String>)> {
    let word = |n: &model::Notice| format!("{:?}{}", n.kind, if n.is_read { "" } else { "!" });
    let tasks = inbox(house, reader).await.tasks;
    tasks.iter().map(|t| (t.title.to_string(), t.notices.iter().map(word).collect())).collect()
}

async fn unread(house: &House, reader: &Actor) -> u32 {
    query::me(house, reader).await.unwrap().unread
}

async fn act(house: &House, actor: &Actor, command: Command) {
    house.clock.advance_ms(1000);
    house.done(actor, command).await;
}

fn say(house: &House, project: &Project, task: TaskId, text: &str) -> Command {
    Command::AddComment { project: project.id, task, comment: house.id(), text: valid(text) }
}

fn only(title: &str, kinds: &[&str]) -> Vec<(String, Vec<String>)> {
    vec![(title.to_owned(), kinds.iter().map(|k| (*k).to_owned()).collect())]
}

muster_service::both_engines! {
    async fn people_are_told_what_concerns_them_once_and_nothing_of_their_own(house) {
        let mus = house.project("MUS").await;
        let (ana, bea) = (house.member(&mus, "Ana").await, house.member(&mus, "Bea").await);
        let task = house.task(&mus, "Soak").await;
        let project = mus.id;
        act(house, &mus.lead, Command::Assign { project, task, person: ana.person }).await;
        act(house, &bea, say(house, &mus, task, &format!("@[{}] look", ana.person))).await;
        act(house, &ana, say(house, &mus, task, "I look")).await;
        act(house, &bea, Command::MoveTask { project, task, to: mus.statuses[1], spot: Spot::Last }).await;
        for _ in 0..2 {
            follow_once(house).await.unwrap();
        }
        assert_eq!(told(house, &ana).await, only("Soak", &["Moved!", "Mentioned!", "Assigned!"]));
        // The lead created it, and so hears of what is said and done.
        assert_eq!(told(house, &mus.lead).await, only("Soak", &["Moved!", "Commented!", "Commented!"]));
        // Who says something follows from there on.
        assert_eq!(told(house, &bea).await, only("Soak", &["Commented!"]));
        assert_eq!((unread(house, &ana).await, unread(house, &bea).await), (1, 1));
        let of_ana = inbox(house, &ana).await;
        let what: Vec<_> = of_ana.tasks[0].notices.iter().map(|n| n.what.clone()).collect();
        assert_eq!(what[1], Some(format!("@[{}] look", ana.person)));
        assert!(what[0].is_some() && what[2].is_none(), "{what:?}");
        assert_eq!(of_ana.people.len(), 2);
        let feed = house.feed(Stream::Person(ana.person)).await;
        let heard: Vec<_> = feed.iter().filter(|r| matches!(r.event, Event::InboxChanged { .. })).collect();
        assert_eq!(heard.len(), 1, "told together, and once");
        assert_eq!(heard[0].event, Event::InboxChanged { unread: 1 });
    }

    async fn a_text_that_is_corrected_does_not_mention_anybody_again(house) {
        let mus = house.project("MUS").await;
        let (ana, bea) = (house.member(&mus, "Ana").await, house.member(&mus, "Bea").await);
        let task = house.task(&mus, "Soak").await;
        let (lead, project, comment) = (&mus.lead, mus.id, house.id());
        let describe = |base, text: String| Command::DescribeTask { project, task, base, text: valid(&text) };
        act(house, lead, describe(0, format!("@[{}]", ana.person))).await;
        act(house, lead, describe(1, format!("@[{}] - [x]", ana.person))).await;
        act(house, lead, describe(2, format!("@[{}] @[{}]", ana.person, bea.person))).await;
        let first = Command::AddComment { project, task, comment, text: valid(&format!("@[{}]", ana.person)) };
        act(house, lead, first).await;
        let text = valid(&format!("@[{}] @[{}]", ana.person, bea.person));
        act(house, lead, Command::EditComment { project, task, comment, base: 1, text }).await;
        follow_once(house).await.unwrap();
        assert_eq!(told(house, &ana).await, only("Soak", &["Mentioned!", "Mentioned!"]));
        assert_eq!(told(house, &bea).await, only("Soak", &["Mentioned!", "Mentioned!"]));
    }

    async fn what_is_marked_is_read_put_away_and_comes_back_and_news_are_new(house) {
        let mus = house.project("MUS").await;
        let ana = house.member(&mus, "Ana").await;
        let (soak, paint) = (house.task(&mus, "Soak").await, house.task(&mus, "Paint").await);
        let project = mus.id;
        for task in [soak, paint] {
            act(house, &mus.lead, Command::Assign { project, task, person: ana.person }).await;
        }
        follow_once(house).await.unwrap();
        assert_eq!(unread(house, &ana).await, 2);
        let to = inbox(house, &ana).await.tasks.iter().find(|t| t.task == soak).unwrap().last();

        act(house, &mus.lead, say(house, &mus, soak, "More")).await;
        follow_once(house).await.unwrap();
        mark(house, &ana, Mark::Read { task: soak, to }).await.unwrap();
        assert_eq!(told(house, &ana).await[0], ("Soak".into(), vec!["Commented!".into(), "Assigned".into()]));
        let to = inbox(house, &ana).await.tasks[0].last();
        mark(house, &ana, Mark::Read { task: soak, to }).await.unwrap();
        assert_eq!(unread(house, &ana).await, 1);
        mark(house, &ana, Mark::Unread { task: soak, to }).await.unwrap();
        assert_eq!(told(house, &ana).await[0].1, ["Commented!", "Assigned"]);

        mark(house, &ana, Mark::Archived { task: soak, to }).await.unwrap();
        assert_eq!(told(house, &ana).await, only("Paint", &["Assigned!"]));
        mark(house, &ana, Mark::Back { task: soak, to }).await.unwrap();
        assert_eq!(told(house, &ana).await[0].1, ["Commented", "Assigned"]);
        mark(house, &ana, Mark::AllRead { at: house.now() }).await.unwrap();
        assert_eq!(unread(house, &ana).await, 0);

        // What changes nothing tells nothing; and nobody marks another's.
        let heard = house.feed(Stream::Person(ana.person)).await.len();
        for reader in [&ana, &mus.lead] {
            mark(house, reader, Mark::Read { task: soak, to }).await.unwrap();
            mark(house, reader, Mark::Unread { task: paint, to: 0 }).await.unwrap();
        }
        assert_eq!(house.feed(Stream::Person(ana.person)).await.len(), heard);
    }

    async fn who_has_left_is_told_nothing_any_more(house) {
        let mus = house.project("MUS").await;
        let ana = house.member(&mus, "Ana").await;
        let task = house.task(&mus, "Soak").await;
        let project = mus.id;
        act(house, &mus.lead, Command::Assign { project, task, person: ana.person }).await;
        follow_once(house).await.unwrap();
        act(house, &mus.lead, Command::RemoveMember { project, person: ana.person }).await;
        act(house, &mus.lead, say(house, &mus, task, "Gone")).await;
        follow_once(house).await.unwrap();
        assert_eq!((told(house, &ana).await, unread(house, &ana).await), (vec![], 0));
        act(house, &mus.lead, Command::AddMember { project, person: ana.person, role: ProjectRole::Member }).await;
        assert_eq!(told(house, &ana).await, only("Soak", &["Assigned!"]));
    }

    async fn nodes_that_follow_at_once_tell_each_thing_once(house) {
        let mus = house.project("MUS").await;
        let ana = house.member(&mus, "Ana").await;
        for n in 0..30 {
            let task = house.task(&mus, &format!("Task {n}")).await;
            house.done(&mus.lead, Command::Assign { project: mus.id, task, person: ana.person }).await;
        }
        let (a, b, c) = futures::join!(follow_once(house), follow_once(house), follow_once(house));
        assert_eq!((a, b, c), (Ok(()), Ok(()), Ok(())));
        assert_eq!(unread(house, &ana).await, 30);
        assert_eq!(house.number("SELECT count(*) FROM notices").await, 30);
        let tasks = inbox(house, &ana).await.tasks;
        assert!(tasks.iter().all(|t| t.notices.len() == 1 && t.notices[0].kind == NoticeKind::Assigned));
    }
}
