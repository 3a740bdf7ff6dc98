//! What ends a session or changes a role: it counts with the next request, and closes open sockets within a second, on every node.

use http::Method;
use model::{Password, Reset, live::close};
use serde_json::{Value, json};
use service::{
    account,
    kit::{Database, Engine, House, PASSWORD, Sync},
};
use std::time::Duration;
use tokio::time::Instant;

use super::{
    frames::{Page, serve},
    routes::codes,
    world::{Caller, Who, World, send, site},
};
use crate::router::router;

/// Within this a socket has to be closed, from the moment at which who did it is answered.
const SECOND: Duration = Duration::from_secs(1);
const OTHER: &str = "green kettle on a tram";

/// What is done to somebody, and by whom.
#[derive(Clone, Copy, Debug)]
enum Act {
    SignsOut,
    EndsThatSession,
    EndsAllOthers,
    ChangesPassword,
    ResetsPassword,
    ClosesAccount,
    AdminEndsSessions,
    AdminDisables,
    AdminTurnsCodesOff,
    AdminChangesRole,
}

const ACTS: [Act; 10] = [
    Act::SignsOut,
    Act::EndsThatSession,
    Act::EndsAllOthers,
    Act::ChangesPassword,
    Act::ResetsPassword,
    Act::ClosesAccount,
    Act::AdminEndsSessions,
    Act::AdminDisables,
    Act::AdminTurnsCodesOff,
    Act::AdminChangesRole,
];

async fn post(world: &World<'_>, caller: &Caller, path: &str, form: Value) {
    let answer = world.send(caller, Method::POST, path, Some(form)).await;
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
}

async fn act(world: &World<'_>, act: Act, whom: &Caller, elsewhere: &Caller) {
    let of_admin = async |order: &str| {
        let form = json!({ "order": order, "person": whom.actor.person, "role": "manager" });
        post(world, world.caller(Who::Admin), "/api/people/act", form).await;
    };
    match act {
        Act::SignsOut => post(world, whom, "/api/account/sign-out", json!({})).await,
        Act::EndsThatSession => {
            post(world, elsewhere, "/api/account/sessions", json!({ "session": whom.actor.session })).await;
        }
        Act::EndsAllOthers => post(world, elsewhere, "/api/account/sessions", json!({})).await,
        Act::ChangesPassword => {
            let form = json!({ "current": PASSWORD, "password": OTHER });
            post(world, elsewhere, "/api/account/password", form).await;
        }
        Act::ResetsPassword => {
            let ask = model::AskLink { email: whom.email.clone() };
            account::forgot(world.house, ask, &account::From::default()).await.unwrap();
            world.house.work().await;
            let token = world.house.secret(whom.email.as_str(), "/reset/").await.unwrap();
            let form = serde_json::to_value(Reset { token, password: Password::new(OTHER.into()) });
            post(world, elsewhere, "/api/account/reset", form.unwrap()).await;
        }
        Act::ClosesAccount => post(world, elsewhere, "/api/account/close", json!({ "email": whom.email })).await,
        Act::AdminEndsSessions => of_admin("sign_out").await,
        Act::AdminDisables => of_admin("disable").await,
        Act::AdminTurnsCodesOff => {
            let form = serde_json::from_value(codes(world, &whom.actor).await).unwrap();
            account::enable(world.house, &whom.actor, form).await.unwrap();
            of_admin("factor_off").await;
        }
        Act::AdminChangesRole => of_admin("role").await,
    }
}

/// Acts on one node, with a page that is open on another.
async fn follows(here: &House, there: &House) {
    let world = World::new(here).await;
    let folder = tempfile::tempdir().unwrap();
    let app = router(site(there, &folder, true));
    let (address, server) = serve(app.clone()).await;
    for what in ACTS {
        let whom = world.fresh(Who::User).await;
        let elsewhere = whom.elsewhere(here).await;
        let before = send(&app, &whom, Method::GET, "/admin/people", None).await;
        assert_eq!(before.status, 404, "{what:?}");
        let open = whom.clone();
        let page = tokio::task::spawn_blocking(move || {
            let mut page = Page::open(address, &open).expect("a session");
            page.settle();
            page
        });
        let mut page = page.await.unwrap();
        let closed = tokio::task::spawn_blocking(move || (page.closed(), Instant::now()));
        act(&world, what, &whom, &elsewhere).await;
        let answered = Instant::now();
        let after = send(&app, &whom, Method::GET, "/admin/people", None).await;
        let (code, at) = closed.await.unwrap();
        let took = at.saturating_duration_since(answered);
        assert!(took < SECOND, "{what:?}: {took:?}");
        if matches!(what, Act::AdminChangesRole) {
            assert_eq!((code, after.status), (close::RESTART, 200), "{what:?}: the page is for Managers");
        } else {
            let to = after.to.unwrap_or_default();
            assert_eq!(
                (code, after.status, to.as_str()),
                (close::SESSION_OVER, 303, "/signin?next=/admin/people"),
                "{what:?}"
            );
        }
    }
    server.abort();
}

service::both_engines! {
    async fn what_ends_a_session_counts_on_the_next_request_and_on_open_sockets_within_a_second(house) {
        follows(house, house).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_ends_a_session_on_one_node_does_so_on_another_within_a_second() {
    let house = House::open(Engine::Postgres).await;
    let other = House::over(Database::of(house.database().url()), Sync::Process, 2).await;
    follows(&house, &other).await;
    other.close().await;
    house.close().await;
}
