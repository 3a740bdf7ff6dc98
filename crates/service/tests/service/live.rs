//! Sockets over the feed of the database: what is done is heard, in order, by those who may hear it.

use live::{CloseCode, Item, JoinError, Outbox, SocketHandle};
use model::{Command, ProjectId, Recorded, Refusal, Stream, live::ServerFrame, testing::valid};
use muster_service::{
    Actor, Feed,
    account::sign_out,
    kit::{House, create_task},
    person_key, query, session_key, stream_key,
};
use std::time::Duration;

/// How long a reader waits before the test fails.
const PATIENCE: Duration = Duration::from_secs(30);

struct Socket {
    socket: SocketHandle<Feed>,
    outbox: Outbox,
}

impl Socket {
    fn of(house: &House, actor: &Actor) -> Self {
        let (socket, outbox) = house.hub().connect(person_key(actor.person), session_key(actor.session)).unwrap();
        Self { socket, outbox }
    }

    async fn join(&self, house: &House, actor: &Actor, stream: Stream, since: i64) -> Result<(), JoinError<Refusal>> {
        self.socket.join(stream_key(stream), since, async || query::head(house, actor, stream).await).await
    }

    async fn next(&mut self) -> Item {
        tokio::time::timeout(PATIENCE, self.outbox.next()).await.expect("something to hear").expect("an open socket")
    }

    /// The events of the stream that is joined, up to a number.
    async fn events_to(&mut self, last: i64) -> Vec<Recorded> {
        let mut heard: Vec<Recorded> = Vec::new();
        while heard.last().is_none_or(|e| e.seq < last) {
            match self.next().await {
                Item::Events(frame) => match serde_json::from_slice(&frame.text).unwrap() {
                    ServerFrame::Events { events, .. } => heard.extend(events),
                    other => panic!("{other:?} instead of events"),
                },
                Item::Joined { .. } => {}
                other => panic!("{other:?} instead of events"),
            }
        }
        heard
    }
}

async fn say(house: &House, actor: &Actor, project: ProjectId, task: model::TaskId, text: &str) -> i64 {
    let say = Command::AddComment { project, task, comment: house.id(), text: valid(text) };
    house.done(actor, say).await.last
}

muster_service::both_engines! {
    async fn a_socket_hears_everything_in_order_until_its_person_is_removed_and_nothing_later(house) {
        let project = house.project("MUS").await;
        let (ana, bea) = (house.member(&project, "Ana").await, house.viewer(&project, "Bea").await);
        let stream = Stream::Project(project.id);
        let task = house.task(&project, "Paint the fence").await;
        let (mut of_ana, mut of_bea) = (Socket::of(house, &ana), Socket::of(house, &bea));
        of_ana.join(house, &ana, stream, 0).await.unwrap();
        of_bea.join(house, &bea, stream, 0).await.unwrap();
        let mut last = 0;
        for n in 0..40 {
            last = say(house, &ana, project.id, task, &format!("\"{n}\"\n\u{2028}")).await;
        }
        let feed = house.feed(stream).await;
        assert_eq!(of_ana.events_to(last).await, feed);
        assert_eq!(of_bea.events_to(last).await, feed);

        house.done(&project.lead, Command::RemoveMember { project: project.id, person: ana.person }).await;
        for n in 0..5 {
            last = say(house, &project.lead, project.id, task, &format!("secret {n}")).await;
        }
        // Bea has heard all of it, so Ana's time to hear something has passed.
        of_bea.events_to(last).await;
        let item = of_ana.next().await;
        assert!(matches!(item, Item::Gone { stream: gone, .. } if gone == stream_key(stream)), "{item:?}");
        assert!(of_ana.outbox.try_next().is_none());
        let again = of_ana.join(house, &ana, stream, 0).await;
        assert!(matches!(again, Err(JoinError::Refused(Refusal::NotFound))), "{again:?}");
        assert!(of_ana.outbox.try_next().is_none());
    }

    async fn who_is_added_hears_it_on_their_own_stream_and_may_join_then(house) {
        let project = house.project("MUS").await;
        let ana = house.person("Ana").await;
        let (own, stream) = (Stream::Person(ana.person), Stream::Project(project.id));
        let mut socket = Socket::of(house, &ana);
        socket.join(house, &ana, own, 0).await.unwrap();
        assert!(matches!(socket.join(house, &ana, stream, 0).await, Err(JoinError::Refused(Refusal::NotFound))));
        house.add(&project, &ana, model::ProjectRole::Viewer).await;
        assert_eq!(socket.events_to(1).await, house.feed(own).await);
        socket.join(house, &ana, stream, 0).await.unwrap();
        let head = house.board(project.id).await.seq;
        assert_eq!(socket.events_to(head).await, house.feed(stream).await);
    }

    async fn what_is_refused_or_so_already_is_not_heard(house) {
        let project = house.project("MUS").await;
        let stream = Stream::Project(project.id);
        let task = house.task(&project, "Paint the fence").await;
        let head = house.board(project.id).await.seq;
        let mut socket = Socket::of(house, &project.lead);
        socket.join(house, &project.lead, stream, head).await.unwrap();
        house.refused(&project.lead, create_task(&project, task, "Again")).await;
        let same = Command::RenameTask { project: project.id, task, title: valid("Paint the fence") };
        house.done(&project.lead, same).await;
        let last = say(house, &project.lead, project.id, task, "Green.").await;
        let heard = socket.events_to(last).await;
        assert_eq!(heard.iter().map(|e| e.seq).collect::<Vec<_>>(), [head + 1]);
    }

    async fn the_sockets_of_a_session_close_when_it_ends(house) {
        let ana = house.person("Ana").await;
        let mut socket = Socket::of(house, &ana);
        sign_out(house, &ana).await.unwrap();
        let item = socket.next().await;
        assert!(matches!(item, Item::Close(CloseCode::SESSION_OVER)), "{item:?}");
    }
}
