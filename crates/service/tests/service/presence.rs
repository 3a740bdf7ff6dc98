//! Who is where: between nodes over one PostgreSQL, and for those who do not want to be seen.

use live::{Item, Outbox, SocketHandle};
use model::{
    Command, ProjectId, Stream, TaskId,
    live::{At, Field, Mode, Present, ServerFrame},
};
use muster_service::{
    Actor, Feed,
    kit::{Database, Engine, House, Sync},
    person_key, presence, query, session_key, stream_key,
};
use std::time::{Duration, Instant};

/// How long a reader waits before the test fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// Somebody's page, open on a project.
struct Page {
    socket: SocketHandle<Feed>,
    outbox: Outbox,
    stream: Stream,
}

impl Page {
    async fn open(house: &House, actor: &Actor, project: ProjectId) -> Self {
        let (socket, outbox) = house.hub().connect(person_key(actor.person), session_key(actor.session)).unwrap();
        socket.appear_offline(presence::appears_offline(house, actor.person).await.unwrap());
        let stream = Stream::Project(project);
        let since = query::head(house, actor, stream).await.unwrap();
        socket.join(stream_key(stream), since, async || query::head(house, actor, stream).await).await.unwrap();
        Self { socket, outbox, stream }
    }

    fn focus(&self, at: At) {
        self.socket.focus(stream_key(self.stream), presence::doing(at));
    }

    /// The next word of who is there.
    async fn people(&mut self) -> (Vec<Present>, Vec<model::PersonId>) {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.outbox.next()).await.expect("something to hear");
            if let Item::People(people) = next.expect("an open socket") {
                let Some(ServerFrame::People { stream, here, left, .. }) = presence::frame(&people) else {
                    panic!("{people:?} is about a project");
                };
                assert_eq!(stream, self.stream);
                return (here, left);
            }
        }
    }
}

fn editing(task: TaskId) -> At {
    At { task: Some(task), field: Some(Field::Description), mode: Mode::Editing }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_on_one_node_are_seen_on_the_other_as_soon_as_on_their_own() {
    let house = House::open(Engine::Postgres).await;
    let project = house.project("MUS").await;
    let (ana, ben) = (house.member(&project, "Ana").await, house.member(&project, "Ben").await);
    let task = house.task(&project, "Paint the fence").await;
    // Ana is there before the other node is.
    let of_ana = Page::open(&house, &ana, project.id).await;
    of_ana.focus(At::default());
    house.share_presence();
    let other = House::over(Database::of(house.database().url()), Sync::Process, 2).await;
    let mut of_ben = Page::open(&other, &ben, project.id).await;
    other.share_presence();
    assert_eq!(of_ben.people().await.0, [Present { person: ana.person, at: vec![At::default()] }]);

    let began = Instant::now();
    of_ana.focus(editing(task));
    let (here, _) = of_ben.people().await;
    let came = began.elapsed();
    assert_eq!(here, [Present { person: ana.person, at: vec![editing(task)] }]);

    let began = Instant::now();
    of_ana.socket.blur();
    let (_, left) = of_ben.people().await;
    let went = began.elapsed();
    assert_eq!(left, [ana.person]);
    println!("seen on the other node after {came:?}, gone after {went:?}");

    // To hide holds on all nodes, wherever it was said.
    of_ana.focus(At::default());
    assert_eq!(of_ben.people().await.0.len(), 1);
    presence::appear(&other, ana.person, true).await.unwrap();
    assert_eq!(of_ben.people().await.1, [ana.person]);
    presence::appear(&house, ana.person, false).await.unwrap();
    assert_eq!(of_ben.people().await.0.len(), 1);

    // Who is removed on one node is not shown on the other.
    house.done(&project.lead, Command::RemoveMember { project: project.id, person: ana.person }).await;
    assert_eq!(of_ben.people().await.1, [ana.person]);

    drop(of_ben);
    house.assert_whole().await;
    other.close().await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_people_of_a_node_that_stops_are_shown_until_they_have_come_back_on_another() {
    let house = House::open(Engine::Postgres).await;
    let project = house.project("MUS").await;
    let (ana, ben) = (house.member(&project, "Ana").await, house.member(&project, "Ben").await);
    house.share_presence();
    let other = House::over(Database::of(house.database().url()), Sync::Process, 2).await;
    other.share_presence();
    let mut of_ben = Page::open(&house, &ben, project.id).await;
    let of_ana = Page::open(&other, &ana, project.id).await;
    of_ana.focus(At::default());
    assert_eq!(of_ben.people().await.0.len(), 1);
    other.close().await;
    let back = Page::open(&house, &ana, project.id).await;
    let task = house.task(&project, "Paint the fence").await;
    back.focus(editing(task));
    // She was never away: what is told is only what else she does.
    let (here, left) = of_ben.people().await;
    assert_eq!((here.len(), left), (1, Vec::new()));
    drop((of_ben, back, of_ana));
    house.assert_whole().await;
    house.close().await;
}

muster_service::both_engines! {
    async fn who_appears_offline_is_not_seen_now_and_not_on_pages_that_open_later(house) {
        let project = house.project("MUS").await;
        let (ana, ben) = (house.member(&project, "Ana").await, house.member(&project, "Ben").await);
        let (mut of_ben, of_ana) = (Page::open(house, &ben, project.id).await, Page::open(house, &ana, project.id).await);
        of_ana.focus(At::default());
        assert_eq!(of_ben.people().await.0.len(), 1);
        presence::appear(house, ana.person, true).await.unwrap();
        assert_eq!(of_ben.people().await.1, [ana.person]);
        assert!(presence::appears_offline(house, ana.person).await.unwrap());
        let later = Page::open(house, &ana, project.id).await;
        later.focus(At::default());
        of_ben.focus(At::default());
        let (here, _) = of_ben.people().await;
        assert_eq!(here.iter().map(|present| present.person).collect::<Vec<_>>(), [ben.person]);
        presence::appear(house, ana.person, false).await.unwrap();
        assert_eq!(of_ben.people().await.0.len(), 1);
    }

    async fn what_people_wish_to_be_told_and_that_they_hide_do_not_overwrite_each_other(house) {
        let ana = house.person("Ana").await;
        presence::appear(house, ana.person, true).await.unwrap();
        let wishes = model::Preferences { hour: 6, ..model::Preferences::default() };
        muster_service::notify::prefer(house, &ana, wishes.clone()).await.unwrap();
        assert!(presence::appears_offline(house, ana.person).await.unwrap());
        presence::appear(house, ana.person, false).await.unwrap();
        assert_eq!(muster_service::notify::preferences(house, &ana).await.unwrap(), wishes);
    }

    async fn a_task_is_looked_at_in_its_own_project_only(house) {
        let (project, other) = (house.project("MUS").await, house.project("OTR").await);
        let task = house.task(&project, "Paint the fence").await;
        assert!(presence::has_task(house, project.id, task).await.unwrap());
        assert!(!presence::has_task(house, other.id, task).await.unwrap());
        assert!(!presence::has_task(house, project.id, house.id()).await.unwrap());
    }
}
