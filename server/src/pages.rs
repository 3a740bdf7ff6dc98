//! The pages, painted by `app`: what each request brings into the painting, and the questions that pages ask later.

use any_spawner::Executor;
use app::{Address, Drawing, First, FirstAnswer, Office, Place, ReaderCookie, Room, Tail, Visit, document};
use axum::{
    extract::{Extension, Request, State},
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderValue, header};
use leptos::{
    nonce::use_nonce,
    prelude::{provide_context, use_context},
};
use leptos_axum::{ResponseOptions, handle_server_fns_with_context, render_app_async_with_context};
use model::{BoardSnapshot, Question, Refusal, Reply, Role, TaskAnswer, TaskId};
use service::{Actor, account, people, query, zones};
use std::sync::Arc;

use crate::{
    edge::{Asker, named_cookie, page_policy, percent},
    router::Site,
    routes::{Routes, get},
};

/// The pages, on every address that nothing else has.
pub(crate) fn routes() -> Routes {
    // What is painted runs on this runtime. That another router of this process has said so already is no fault.
    let _ = Executor::init_tokio();
    Routes::new().route("/", get(page)).route("/{*path}", get(page))
}

/// The door for questions, `POST /api/ask`.
pub(crate) async fn ask(State(site): State<Site>, Extension(asker): Extension<Asker>, request: Request) -> Response {
    let reader = ReaderCookie(named_cookie(request.headers(), "reader"));
    let provide = move || {
        provide_context(asker.0);
        provide_context(reader.clone());
        provide_context(site.cx.clone());
        provide_context(site.files.page.as_ref().clone());
    };
    handle_server_fns_with_context(provide, request).await.into_response()
}

pub(crate) async fn page(State(site): State<Site>, Extension(asker): Extension<Asker>, request: Request) -> Response {
    let uri = request.uri();
    let query = uri.query().map(|q| format!("?{q}")).unwrap_or_default();
    let address = Address { path: uri.path().to_owned(), query };
    let reader = zones::reader(named_cookie(request.headers(), "reader").as_deref());
    let place = Place::read(&address.path);
    if let Some(elsewhere) = first_steps(&site, asker.0.as_ref(), &place).await {
        return Redirect::to(elsewhere).into_response();
    }
    let (answer, office) = match (place, asker.0) {
        (Place::Office(room), Some(actor)) => {
            // Those rooms are entered by who has just shown who they are.
            if room.is_sensitive() && account::is_stale(&site.cx, &actor).await.unwrap_or(true) {
                let next = percent(&format!("{}{}", address.path, address.query));
                return Redirect::to(&format!("{}?next={next}", app::CONFIRM_PAGE)).into_response();
            }
            match Office::read(&site.cx, &actor, room, &address.query, reader.clone()).await {
                Ok(office) => (FirstAnswer::Unasked, Some(Arc::new(office))),
                Err(refusal) => (FirstAnswer::Refused(refusal), None),
            }
        }
        _ => (first(&site, asker.0, &address).await, None),
    };
    let visit = visit(&site, asker.0, &address).await;
    let first = Arc::new(First { reader, now: site.cx.now(), answer });
    let drawing = drawing(&site, asker.0, &address, &first).await;
    let assets = site.files.page.clone();
    let provide = {
        let assets = assets.clone();
        move || {
            provide_context(address.clone());
            provide_context(first.clone());
            if let Some(office) = &office {
                provide_context(office.clone());
            }
            provide_context(visit.clone());
            if let Some(drawing) = &drawing {
                provide_context(drawing.clone());
            }
            provide_context(assets.as_ref().clone());
            if let (Some(nonce), Some(options)) = (use_nonce(), use_context::<ResponseOptions>())
                && let Ok(policy) = HeaderValue::from_str(&page_policy(&nonce))
            {
                options.insert_header(header::CONTENT_SECURITY_POLICY, policy);
            }
        }
    };
    render_app_async_with_context(provide, move || document(&assets))(request).await
}

/// Where else to go: from the projects to the first steps while they are before the reader, and from those once they are over.
async fn first_steps(site: &Site, actor: Option<&Actor>, place: &Place) -> Option<&'static str> {
    let is_there = match place {
        Place::Home => false,
        Place::Office(room) if room.is_first_step() => true,
        _ => return None,
    };
    let actor = actor.filter(|actor| is_there || actor.role == Role::Admin)?;
    // If it cannot be told, the page that was asked for is shown, or says why not.
    match (is_there, people::is_welcomed(&site.cx, actor).await.ok()?) {
        (false, true) => Some(Room::Welcome.path()),
        (true, false) => Some("/"),
        _ => None,
    }
}

/// The answer to what a place asks, so that the page comes with it.
async fn first(site: &Site, actor: Option<Actor>, address: &Address) -> FirstAnswer {
    let place = Place::read(&address.path);
    // Forms for visitors ask nothing.
    let Some(question) = place.question(&address.query) else { return FirstAnswer::Unasked };
    let Some(actor) = actor else { return FirstAnswer::Refused(Refusal::SignIn) };
    match query::answer(&site.cx, &actor, question).await {
        Ok(reply) => {
            let task = opened(site, &actor, &place, &reply).await;
            FirstAnswer::of(Ok(reply), task)
        }
        Err(refusal) => FirstAnswer::Refused(refusal),
    }
}

/// What the pages for visitors have to know of this installation, and of the link that led here. If it cannot be told, the
/// page does without: what is not allowed is refused later.
async fn visit(site: &Site, actor: Option<Actor>, address: &Address) -> Visit {
    let place = Place::read(&address.path);
    if !matches!(place, Place::SignIn | Place::Register | Place::Invite(_)) {
        return Visit::default();
    }
    let team = people::team(&site.cx).await.ok().flatten();
    match place {
        Place::SignIn | Place::Register => {
            let registration = people::registration(&site.cx).await.unwrap_or_default();
            Visit { registration, team, invitation: None }
        }
        Place::Invite(token) => {
            let invitation = people::opened(&site.cx, actor.as_ref(), &token).await.ok().flatten();
            Visit { invitation, team, ..Visit::default() }
        }
        _ => Visit::default(),
    }
}

/// What is drawn of a project, if the address asks for that. If it cannot be drawn now, the page asks for it.
async fn drawing(site: &Site, actor: Option<Actor>, address: &Address, first: &First) -> Option<Drawing> {
    let FirstAnswer::Told { page: Reply::Board { page, .. }, .. } = &first.answer else { return None };
    let (Place::Project(_, Tail::Overview), actor) = (Place::read(&address.path), actor?) else { return None };
    let question = Question::Overview { project: page.board.project() };
    match app::answer(&site.cx, &actor, || first.reader.clone(), question, &site.files.page).await {
        Ok(Reply::Drawn(drawn)) => Some(Drawing(drawn)),
        _ => None,
    }
}

/// The task that the address opens beside the board. If it cannot be told now, the page asks for it.
async fn opened(site: &Site, actor: &Actor, place: &Place, reply: &Reply) -> Option<TaskAnswer> {
    let (Place::Project(_, tail), Reply::Board { page, .. }) = (place, reply) else { return None };
    let task = opened_id(&page.board, *tail)?;
    let question = Question::Task { project: page.board.project(), task };
    match query::answer(&site.cx, actor, question).await {
        Ok(Reply::Task(answer)) => Some(answer),
        _ => None,
    }
}

fn opened_id(board: &BoardSnapshot, tail: Tail) -> Option<TaskId> {
    match tail {
        Tail::Number(number) => board.numbered(number),
        Tail::Id(id) => Some(id),
        _ => None,
    }
}
