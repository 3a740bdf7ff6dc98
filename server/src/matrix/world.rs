//! The people who ask, what they ask about, and the site that they ask.

use axum::{Router, body::Body, response::Response};
use http::{HeaderMap, Method, Request, header};
use model::{Command, CommentId, Email, Password, ProjectRole, Role, SignIn, Stream, TaskId, testing::valid};
use serde_json::Value;
use service::{
    Actor, account,
    audit::{self, Asked, Keeper, Told},
    kit::{House, PASSWORD, Project, create_task},
    people, query,
};
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};
use store::Tasks;
use tempfile::TempDir;
use tower::ServiceExt as _;

use crate::{
    assets,
    mailbox::TestClock,
    router::{Site, router},
    settings::{Options, Settings},
};

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Who {
    /// Nobody who is signed in.
    Nobody,
    /// A User in the project.
    User,
    /// A Manager in the project.
    Manager,
    /// An Admin in the project.
    Admin,
    /// Somebody of the project who was disabled; their cookie is still there.
    Disabled,
    /// A User of another project, who was in this one before.
    Stranger,
}

impl Who {
    pub(super) const ALL: [Self; 6] =
        [Self::Nobody, Self::User, Self::Manager, Self::Admin, Self::Disabled, Self::Stranger];
}

/// What is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// Something of the asker's own: a project that they lead, or what they did in the project before they left it.
    Own,
    /// Something of somebody else in the project.
    Project,
    /// Something of somebody else in the other project.
    Other,
}

impl Whose {
    pub(super) const ALL: [Self; 3] = [Self::Own, Self::Project, Self::Other];
}

/// Somebody who asks.
#[derive(Clone)]
pub(super) struct Caller {
    pub(super) who: Who,
    pub(super) actor: Actor,
    pub(super) email: Email,
    cookie: Option<String>,
    /// The project that they lead.
    own: Project,
    /// What they did in the project.
    left: Thing,
}

/// A task with a comment.
#[derive(Clone)]
pub(super) struct Thing {
    pub(super) project: Project,
    pub(super) task: TaskId,
    pub(super) comment: CommentId,
}

/// A house with two projects and a site before it.
pub(super) struct World<'h> {
    pub(super) house: &'h House,
    pub(super) app: Router,
    /// Who has done all that nobody else has.
    pub(super) root: Actor,
    project: Project,
    other: Project,
    callers: BTreeMap<Who, Caller>,
    n_keys: AtomicUsize,
    /// What the last request left in the audit log, if that is looked at.
    noted: Option<Mutex<Vec<String>>>,
    _folder: TempDir,
}

/// The mail in the mailbox.
pub(super) const MAIL: &str = "2026-11-23-one";

/// A site over a house, with the page's files in a folder, and a mailbox and a clock if it is for developers.
pub(super) fn site(house: &House, folder: &TempDir, is_for_developers: bool) -> Site {
    let mail =
        "From: a@b.example\r\nTo: b@b.example\r\nSubject: Hello\r\nContent-Type: text/html\r\n\r\n<head></head>Hello";
    std::fs::write(folder.path().join(format!("{MAIL}.eml")), mail).unwrap();
    let config = mail::Config::folder(folder.path().to_owned());
    let mailbox = mail::Transport::open(&config).unwrap().mailbox();
    let settings = Settings::gather(Options::default()).unwrap();
    let files = {
        let names = ["js", "wasm", "css", "forms", "reader", "keep", "boot", "worker"];
        let mut manifest = serde_json::json!({ "build": "test", "fonts": [], "names": {}, "parts": {}, "files": {} });
        for name in names {
            manifest[name] = format!("{name}.js").into();
            manifest["files"][format!("{name}.js")] = serde_json::json!({ "bytes": 0 });
            std::fs::write(folder.path().join(format!("{name}.js")), "").unwrap();
        }
        std::fs::write(folder.path().join("assets.json"), manifest.to_string()).unwrap();
        let files = assets::Files::load(folder.path()).unwrap();
        if is_for_developers { files.with_network() } else { files }
    };
    Site {
        cx: (*house).clone(),
        settings: Arc::new(settings),
        files,
        metrics: metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder().handle(),
        mailbox: mailbox.filter(|_| is_for_developers),
        clock: is_for_developers.then(|| Arc::new(TestClock::default())),
        tasks: Tasks::new(),
    }
}

impl<'h> World<'h> {
    pub(super) async fn new(house: &'h House) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::over(house, router(site(house, &folder, true)), folder).await
    }

    /// The same before another site.
    pub(super) async fn over(house: &'h House, app: Router, folder: TempDir) -> Self {
        let root = house.admin("Root").await;
        let (project, other) = (house.project("MUS").await, house.project("TWO").await);
        for project in [&project, &other] {
            house.task(project, "Zebra crossing").await;
        }
        let (callers, n_keys) = (BTreeMap::new(), AtomicUsize::new(0));
        let mut world = Self { house, app, root, project, other, callers, n_keys, noted: None, _folder: folder };
        for who in Who::ALL {
            let caller = world.fresh(who).await;
            world.callers.insert(who, caller);
        }
        world.settle().await;
        world
    }

    /// Seals and signs what has happened.
    pub(super) async fn settle(&self) {
        Keeper::new(self.house, vec![]).settle().await.unwrap();
    }

    /// Somebody who asks, the same for all questions that do no harm to them.
    pub(super) fn caller(&self, who: Who) -> &Caller {
        &self.callers[&who]
    }

    /// Somebody who asks for the first time.
    pub(super) async fn fresh(&self, who: Who) -> Caller {
        let house = self.house;
        let role = match who {
            Who::Manager => Role::Manager,
            Who::Admin => Role::Admin,
            Who::Nobody | Who::User | Who::Disabled | Who::Stranger => Role::User,
        };
        let opened = house.opened("Caller", role).await;
        let actor = opened.actor;
        let email = query::me(house, &actor).await.unwrap().email;
        house.add(&self.project, &actor, ProjectRole::Member).await;
        let number = self.n_keys.fetch_add(1, Ordering::Relaxed);
        let letter = |n: usize| char::from(b'A' + u8::try_from(n % 26).unwrap());
        let own = house.project_of(&actor, &format!("OWN{}{}", letter(number / 26), letter(number))).await;
        house.task(&own, "Zebra crossing").await;
        let left = self.made(&self.project, &actor).await;
        let mut cookie = Some(opened.cookie);
        match who {
            Who::Nobody => cookie = None,
            Who::Disabled => people::disable(house, &self.root, actor.person).await.unwrap(),
            Who::Stranger => {
                let (project, person) = (self.project.id, actor.person);
                house.done(&self.project.lead, Command::RemoveMember { project, person }).await;
                house.add(&self.other, &actor, ProjectRole::Member).await;
            }
            Who::User | Who::Manager | Who::Admin => {}
        }
        Caller { who, actor, email, cookie, own, left }
    }

    /// A task with a comment that somebody makes in a project.
    async fn made(&self, project: &Project, by: &Actor) -> Thing {
        let (house, task, comment) = (self.house, self.house.id(), self.house.id());
        house.done(by, create_task(project, task, "Zebra crossing")).await;
        let text = valid("Is it painted?");
        house.done(by, Command::AddComment { project: project.id, task, comment, text }).await;
        Thing { project: project.clone(), task, comment }
    }

    /// A new task with a comment. What those did who cannot do anything now, they did before.
    pub(super) async fn thing(&self, caller: &Caller, whose: Whose) -> Thing {
        match whose {
            Whose::Own if caller.is_in_project() => self.made(&self.project, &caller.actor).await,
            Whose::Own => caller.left.clone(),
            Whose::Project => self.made(&self.project, &self.project.lead).await,
            Whose::Other => self.made(&self.other, &self.other.lead).await,
        }
    }

    /// A project: that which the caller leads, the project, or the other one.
    pub(super) fn project(&self, caller: &Caller, whose: Whose) -> Project {
        match whose {
            Whose::Own => caller.own.clone(),
            Whose::Project => self.project.clone(),
            Whose::Other => self.other.clone(),
        }
    }

    /// A person: the caller, or somebody in one of the projects.
    pub(super) fn person(&self, caller: &Caller, whose: Whose) -> Actor {
        match whose {
            Whose::Own => caller.actor,
            Whose::Project => self.project.lead,
            Whose::Other => self.other.lead,
        }
    }

    /// An address that nobody has.
    pub(super) fn new_email(&self) -> String {
        format!("{}@norrvik.example", self.house.id::<model::PersonId>())
    }

    /// The same, that looks at the audit log before and after each request.
    pub(super) async fn audited(house: &'h House) -> Self {
        Self { noted: Some(Mutex::default()), ..Self::new(house).await }
    }

    /// The actions that the last request left in the audit log, with what came of those that were not done.
    pub(super) fn noted(&self) -> Vec<String> {
        self.noted.as_ref().map(|noted| noted.lock().unwrap().clone()).unwrap_or_default()
    }

    /// The newest entries of the audit log, in their order.
    async fn entries(&self) -> Vec<Told> {
        self.settle().await;
        let page = audit::entries(self.house, &self.root, Asked::default(), None, 20).await.unwrap();
        page.entries.into_iter().rev().collect()
    }

    /// Asks the site.
    pub(super) async fn send(&self, caller: &Caller, method: Method, path: &str, body: Option<Value>) -> Answer {
        let Some(noted) = &self.noted else { return send(&self.app, caller, method, path, body).await };
        let before = self.entries().await.last().map(|told| told.position);
        let answer = send(&self.app, caller, method, path, body).await;
        let news = self.entries().await.into_iter().filter(|told| Some(told.position) > before);
        let words = news.map(|told| match told.outcome.as_str() {
            "done" => told.action,
            other => format!("{} ({other})", told.action),
        });
        *noted.lock().unwrap() = words.collect();
        answer
    }

    /// Asks the site as a browser does that is on a page of another site.
    pub(super) async fn send_from(
        &self,
        caller: &Caller,
        (name, value): (&str, &str),
        method: Method,
        path: &str,
    ) -> Answer {
        let request = Request::builder().method(method).uri(path).header(name, value);
        let request = request.header(header::COOKIE, format!("muster={}", caller.cookie().unwrap_or_default()));
        let request = request.header(header::CONTENT_TYPE, "application/json").body(Body::from("{}")).unwrap();
        Answer::of(self.app.clone().oneshot(request).await.unwrap()).await
    }

    /// Whoever was asked about is still signed in: what was refused has done nothing to them.
    pub(super) async fn is_untouched(&self) {
        for actor in [&self.root, &self.project.lead, &self.other.lead] {
            assert!(account::renewed(self.house, actor).await.unwrap().is_some());
        }
    }

    /// The streams that there are.
    pub(super) fn stream(&self, caller: &Caller, whose: Whose) -> Stream {
        Stream::Project(self.project(caller, whose).id)
    }
}

/// Asks a site.
pub(super) async fn send(app: &Router, caller: &Caller, method: Method, path: &str, body: Option<Value>) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(cookie) = &caller.cookie {
        request = request.header(header::COOKIE, format!("muster={cookie}"));
    }
    request = request.header("x-muster-person", caller.actor.person.to_string());
    let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    let request = request.header(header::CONTENT_TYPE, "application/json").body(body).unwrap();
    Answer::of(app.clone().oneshot(request).await.unwrap()).await
}

impl Caller {
    /// Whether they can come in at all.
    pub(super) const fn is_in(&self) -> bool {
        !matches!(self.who, Who::Nobody | Who::Disabled)
    }

    /// Whether they are in the project now, and can come in.
    const fn is_in_project(&self) -> bool {
        matches!(self.who, Who::User | Who::Manager | Who::Admin)
    }

    /// The same person with another browser.
    pub(super) async fn elsewhere(&self, house: &House) -> Self {
        let form = SignIn { email: self.email.clone(), password: Password::new(PASSWORD.into()), remember: false };
        let opened = account::sign_in(house, form, account::From::default()).await.unwrap().opened().unwrap();
        Self { actor: opened.actor, cookie: Some(opened.cookie), ..self.clone() }
    }

    /// What their browser sends.
    pub(super) fn cookie(&self) -> Option<&str> {
        self.cookie.as_deref()
    }
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) to: Option<String>,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Answer {
    async fn of(response: Response) -> Self {
        let (head, body) = response.into_parts();
        let to = head.headers.get(header::LOCATION).map(|to| to.to_str().unwrap().to_owned());
        let body = axum::body::to_bytes(body, 1 << 24).await.unwrap().to_vec();
        Self { status: head.status.as_u16(), to, headers: head.headers, body }
    }

    pub(super) fn json<T: serde::de::DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }
}
