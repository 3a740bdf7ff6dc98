//! What is sent to each route, so that only who asks can stop it.

use data_encoding::BASE32_NOPAD;
use http::Method;
use model::{EnableCodes, InvitationId, ProjectRole, Role};
use serde_json::{Value, json};
use service::{
    Actor, account,
    audit::{self, Asked},
    export::{self, Format, What},
    kit::PASSWORD,
    people::{self, ToProject},
};
use totp_rs::{Builder, Secret};
use uuid::Uuid;

use super::{
    About, letter,
    world::{Caller, MAIL, Who, Whose, World},
};

const OTHER: &str = "green kettle on a tram";
/// A secret that no link has.
const NO_LINK: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The lines of a route: one, or one for each order that it takes.
pub(super) fn of(route: &str) -> Vec<(String, About)> {
    let orders: &[&str] = match route {
        "POST /api/people/act" => &["role", "disable", "enable", "sign_out", "reset", "factor_off"],
        "POST /api/people/invitation" => &["resend", "revoke"],
        "POST /api/exports" => &["project", "log", "everything", "audit-log"],
        "POST /api/jobs" => &["pause", "resume"],
        _ => &[],
    };
    if orders.is_empty() {
        return vec![(route.to_owned(), about(route, ""))];
    }
    orders.iter().map(|order| (format!("{route} {order}"), about(route, order))).collect()
}

fn about(route: &str, order: &str) -> About {
    let is_about_something = match route {
        "POST /api/account/sessions"
        | "POST /api/exports/remove"
        | "GET /exports/{export}"
        | "GET /api/audit/entry/{position}"
        | "GET /api/audit/entry/{position}/proof"
        | "POST /api/people/invite"
        | "POST /api/people/link"
        | "POST /api/people/invitation" => true,
        "POST /api/exports" => matches!(order, "project" | "log"),
        _ => false,
    };
    if is_about_something { About::Something } else { About::Nothing }
}

/// Everybody's answer.
pub(super) async fn answer(world: &World<'_>, name: &str, who: Who, whose: Whose) -> char {
    let mut words = name.split(' ');
    let (method, path, order) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap_or_default());
    let caller = &if hurts(path) { world.fresh(who).await } else { world.caller(who).clone() };
    let (path, body) = match (method, path) {
        ("GET", path) => (get(world, caller, path, whose).await, None),
        (_, path) => (path.replace("{link}", NO_LINK), Some(form(world, caller, path, order, whose).await)),
    };
    letter(&world.send(caller, Method::from_bytes(method.as_bytes()).unwrap(), &path, body).await)
}

/// Whether who asks is not the same afterwards, or has to have signed in just now.
fn hurts(path: &str) -> bool {
    matches!(
        path,
        "/api/account/sessions"
            | "/api/account/password"
            | "/api/account/confirm"
            | "/api/account/codes"
            | "/api/account/codes/off"
            | "/api/account/codes/recovery"
            | "/api/account/email"
            | "/api/account/close"
            | "/api/account/sign-out"
            | "/api/account/sign-in"
            | "/api/keys"
            | "/api/people/act"
            | "/api/people/link"
            | "/api/people/invite"
            | "/api/exports"
    )
}

async fn get(world: &World<'_>, caller: &Caller, path: &str, whose: Whose) -> String {
    match path {
        "/unsubscribe/{link}" => format!("/unsubscribe/{NO_LINK}"),
        "/exports/{export}" => format!("/exports/{}", exported(world, caller, whose).await),
        "/api/audit/entry/{position}" | "/api/audit/entry/{position}/proof" => {
            path.replace("{position}", &position(world, caller, whose).await.to_string())
        }
        "/pkg/{name}" => "/pkg/js.js".to_owned(),
        "/dev/mailbox/{id}" | "/dev/mailbox/{id}/html" => path.replace("{id}", MAIL),
        "/sw.js"
        | "/shell"
        | "/manifest.webmanifest"
        | "/dev/mailbox"
        | "/dev/mailbox.css"
        | "/dev/mailbox.json"
        | "/dev/network.js"
        | "/dev/gallery"
        | "/dev/gallery.css"
        | "/healthz"
        | "/metrics" => path.to_owned(),
        new => panic!("GET {new} has no case: say what is asked for, and add its line to the grid"),
    }
}

/// The form of a route under `/api`.
async fn form(world: &World<'_>, caller: &Caller, path: &str, order: &str, whose: Whose) -> Value {
    match path {
        "/dev/clock" => json!({ "ms": 0 }),
        "/unsubscribe/{link}" | "/api/audit/check" | "/api/welcome/end" | "/api/sample" | "/api/mails/test" => {
            json!({})
        }
        "/api/welcome/project" => json!({ "name": "New", "key": world.house.chance.with(model::testing::any_key) }),
        "/api/inbox" => json!({ "all_read": { "at": 0 } }),
        "/api/jobs" => json!({ "order": order, "queue": "mail" }),
        "/api/keys" => json!({ "order": "reencrypt", "password": PASSWORD }),
        "/api/exports" if order == "project" => json!({ "what": world.project(caller, whose).id, "format": "csv" }),
        "/api/exports" if order == "log" => {
            json!({ "what": format!("log-{}", world.project(caller, whose).id), "format": "csv" })
        }
        "/api/exports" => json!({ "what": order, "format": if order == "audit-log" { "jsonl" } else { "csv" } }),
        "/api/exports/remove" => json!({ "export": exported(world, caller, whose).await }),
        _ if path.starts_with("/api/people/") => about_people(world, caller, path, order, whose).await,
        _ if path.starts_with("/api/account/") => of_account(world, caller, path, whose).await,
        new => panic!("POST {new} has no case: say what is sent, and add its line to the grid"),
    }
}

async fn of_account(world: &World<'_>, caller: &Caller, path: &str, whose: Whose) -> Value {
    let email = world.new_email();
    match path.strip_prefix("/api/account").unwrap() {
        "/set-up" => json!({ "token": NO_LINK, "name": "Ana", "email": email, "password": OTHER }),
        "/register" => json!({ "name": "Ana", "email": email, "password": OTHER }),
        "/resend" | "/forgot" | "/email" => json!({ "email": email }),
        "/verify" | "/reset" => json!({ "token": NO_LINK, "password": OTHER }),
        "/unsubscribe" | "/join" | "/email/confirm" | "/email/back" => json!({ "token": NO_LINK }),
        "/ask" => json!({ "token": NO_LINK, "email": email }),
        "/accept" => json!({ "token": NO_LINK, "name": "Ana", "password": OTHER }),
        "/sessions" => json!({ "session": session(world, caller, whose).await }),
        "/password" => json!({ "current": PASSWORD, "password": OTHER }),
        "/preferences" => json!({ "mail": [], "hour": 8, "weekday": 0, "zone": "" }),
        "/presence" => json!({ "offline": false }),
        "/confirm" => json!({ "password": PASSWORD, "code": "" }),
        "/codes" => codes(world, &caller.actor).await,
        "/sign-out" => json!({}),
        "/codes/off" | "/codes/recovery" => {
            if caller.is_in() {
                let form = serde_json::from_value(codes(world, &caller.actor).await).unwrap();
                account::enable(world.house, &caller.actor, form).await.unwrap();
            }
            json!({})
        }
        "/close" => json!({ "email": caller.email }),
        "/strength" => json!({ "password": OTHER, "name": "", "email": "" }),
        "/sign-in" => json!({ "email": caller.email, "password": PASSWORD }),
        "/sign-in-code" => json!({ "code": "000000" }),
        new => panic!("POST /api/account{new} has no case: say what is sent, and add its line to the grid"),
    }
}

async fn about_people(world: &World<'_>, caller: &Caller, path: &str, order: &str, whose: Whose) -> Value {
    let project = world.project(caller, whose).id;
    let offer = json!({ "role": "user", "projects": [project], "project_role": "member" });
    let with = |mut offer: Value, more: Value| {
        offer.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        offer
    };
    match path.strip_prefix("/api/people").unwrap() {
        "/act" => {
            // So that there is something to do.
            let them = world.fresh(if order == "enable" { Who::Disabled } else { Who::User }).await.actor;
            if order == "factor_off" {
                let form = serde_json::from_value(codes(world, &them).await).unwrap();
                account::enable(world.house, &them, form).await.unwrap();
            }
            json!({ "order": order, "person": them.person, "role": "manager" })
        }
        "/invite" => with(offer, json!({ "emails": world.new_email() })),
        "/link" => with(offer, json!({ "uses": 1, "days": 1 })),
        "/invitation" => json!({ "order": order, "invitation": invitation(world, caller, whose).await }),
        "/registration" => json!({ "mode": "invitation" }),
        "/team" => json!({ "name": "Norrvik" }),
        new => panic!("POST /api/people{new} has no case: say what is sent, and add its line to the grid"),
    }
}

/// What an app would answer to the offer of a second factor.
pub(super) async fn codes(world: &World<'_>, actor: &Actor) -> Value {
    // Who is not signed in has no offer.
    let Ok(offer) = account::offer(world.house, actor).await else { return json!({ "offer": "", "code": "" }) };
    let secret: [u8; 20] = BASE32_NOPAD.decode(offer.secret.replace(' ', "").as_bytes()).unwrap().try_into().unwrap();
    let totp = Builder::new().with_secret(Secret::new_stack(secret)).build().unwrap();
    let code = totp.generate(u64::try_from(world.house.now().ms() / 1000).unwrap()).to_string();
    serde_json::to_value(EnableCodes { offer: offer.sealed, code }).unwrap()
}

/// A session: one's own, or of somebody in a project.
async fn session(world: &World<'_>, caller: &Caller, whose: Whose) -> model::SessionId {
    match whose {
        Whose::Own => caller.actor.session,
        Whose::Project => world.fresh(Who::User).await.actor.session,
        Whose::Other => world.fresh(Who::Stranger).await.actor.session,
    }
}

/// A file: what the caller asked for, or somebody in a project.
async fn exported(world: &World<'_>, caller: &Caller, whose: Whose) -> Uuid {
    let by = if caller.is_in() { world.person(caller, whose) } else { world.root };
    let export = export::begin(world.house, &by, What::Everything, Format::Csv).await.unwrap();
    world.house.work().await;
    export
}

/// Where in the log the newest entry of a project is.
async fn position(world: &World<'_>, caller: &Caller, whose: Whose) -> u64 {
    world.settle().await;
    let asked = Asked { project: Some(world.project(caller, whose).id), ..Asked::default() };
    audit::entries(world.house, &world.root, asked, None, 1).await.unwrap().entries[0].position
}

/// An invitation by the caller, if they may invite, or by somebody else to a project.
async fn invitation(world: &World<'_>, caller: &Caller, whose: Whose) -> InvitationId {
    let is_own = whose == Whose::Own && matches!(caller.who, Who::Manager | Who::Admin);
    let by = if is_own { caller.actor } else { world.root };
    let project = world.project(caller, whose).id;
    let to = vec![ToProject { project, role: ProjectRole::Member }];
    let email = world.new_email().try_into().unwrap();
    // The newest is listed first.
    world.house.clock.advance_ms(1_000);
    people::invite(world.house, &by, vec![email], Role::User, to).await.unwrap();
    // One that was sent just now is not sent again.
    world.house.clock.advance_ms(61_000);
    let desk = people::desk(world.house, &by, people::Asked::default()).await.unwrap();
    desk.invitations.list[0].id
}
