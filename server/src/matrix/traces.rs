//! What a collector of traces is sent: a change from its request to the database, jobs, and nothing of anybody.

use axum::{Router, body::Bytes, routing::post};
use http::Method;
use model::{Command, Envelope, testing::valid};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, any_value::Value as Told},
    trace::v1::Span,
};
use prost::Message as _;
use serde_json::json;
use service::kit::{Engine, House, PASSWORD, create_task};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};
use store::Tasks;
use tracing_subscriber::layer::SubscriberExt as _;

use super::world::{Who, World, site};
use crate::{router::router, settings::Settings, traces::Traces};

/// All that may be said of a span. A line more is a question: can what somebody typed be in it?
const MAY_SAY: [&str; 13] = [
    "command.engine_us",
    "command.kind",
    "command.outcome",
    "command.status",
    "http.request.method",
    "http.response.status_code",
    "http.route",
    "job.attempt",
    "job.id",
    "job.name",
    "job.outcome",
    "job.queue",
    "level",
];

/// Somebody who takes traces, in a thread of their own: whoever sends waits for the answer.
struct Collector {
    url: String,
    heard: Arc<Mutex<Vec<Bytes>>>,
    /// The collector ends with it.
    #[expect(dead_code, reason = "it is held until it is dropped")]
    end: tokio::sync::oneshot::Sender<()>,
}

impl Collector {
    fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (heard, (end, ends)) = (Arc::<Mutex<Vec<Bytes>>>::default(), tokio::sync::oneshot::channel());
        let keeps = heard.clone();
        std::thread::spawn(move || {
            let take = post(async move |body: Bytes| keeps.lock().unwrap().push(body));
            let app = Router::new().route("/otlp/v1/traces", take);
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                let ended = async move { drop(ends.await) };
                axum::serve(listener, app).with_graceful_shutdown(ended).await.unwrap();
            });
        });
        Self { url: format!("{url}/otlp"), heard, end }
    }

    fn bytes(&self) -> Vec<u8> {
        self.heard.lock().unwrap().concat()
    }

    fn spans(&self) -> Vec<Span> {
        let heard = self.heard.lock().unwrap();
        let told = heard.iter().map(|body| ExportTraceServiceRequest::decode(body.clone()).unwrap());
        let of_servers = told.flat_map(|told| told.resource_spans).flat_map(|told| told.scope_spans);
        of_servers.flat_map(|told| told.spans).collect()
    }
}

fn said(span: &Span) -> BTreeMap<&str, String> {
    let word = |value: &Option<AnyValue>| match value.as_ref().and_then(|value| value.value.clone()) {
        Some(Told::StringValue(text)) => text,
        Some(Told::IntValue(n)) => n.to_string(),
        other => format!("{other:?}"),
    };
    span.attributes.iter().map(|told| (told.key.as_str(), word(&told.value))).collect()
}

#[tokio::test]
async fn a_change_is_one_trace_from_the_request_to_the_database_and_nothing_personal_leaves() {
    let collector = Collector::start();
    let traces = Traces::open(&collector.url).unwrap();
    let _heard = tracing::subscriber::set_default(tracing_subscriber::registry().with(traces.layer()));
    let (house, folder) = (House::open(Engine::Sqlite).await, tempfile::tempdir().unwrap());
    let mut site = site(&house, &folder, false);
    site.settings = Arc::new(Settings { otlp_endpoint: Some(collector.url.clone()), ..(*site.settings).clone() });
    let world = World::over(&house, router(site), folder).await;
    let caller = world.caller(Who::User);
    let (project, task) = (world.project(caller, super::Whose::Own), house.id());
    let (number, title, text) = (2, "Quirindel paints the fence", "Zauberstein said so");
    for command in [
        create_task(&project, task, title),
        Command::AddComment { project: project.id, task, comment: house.id(), text: valid(text) },
        Command::AddComment { project: project.id, task: house.id(), comment: house.id(), text: valid(text) },
    ] {
        let envelope = Envelope { op: house.id(), command };
        let answer = world.send(caller, Method::POST, "/api/execute", Some(json!([envelope]))).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let page = format!("/p/{}/{number}", project.key);
    for path in [page.as_str(), "/search?q=Quirindel", "/settings/security", "/reset/quirindels-secret"] {
        world.send(caller, Method::GET, path, None).await;
    }
    let form = json!({ "email": caller.email, "password": PASSWORD, "remember": true });
    world.send(world.caller(Who::Nobody), Method::POST, "/api/account/sign-in", Some(form)).await;
    let odd = Method::from_bytes(b"QUIRINDEL").unwrap();
    world.send(caller, odd, "/api/execute", None).await;
    // A mail, by a job that runs as in a server.
    let jobs = Tasks::new();
    service::queue::serve(&house, &jobs).unwrap();
    let form = json!({ "email": caller.email });
    world.send(world.caller(Who::Nobody), Method::POST, "/api/account/forgot", Some(form)).await;
    let mailed = async {
        while house.letters(caller.email.as_str()).await.is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), mailed).await.expect("the mail leaves");
    jobs.stop().await;
    // As a server that stops: what is left leaves now.
    tokio::task::spawn_blocking(move || traces.end()).await.unwrap();

    let spans = collector.spans();
    let of = |name: &str| -> Vec<&Span> { spans.iter().filter(|span| span.name == name).collect() };
    let requests = of("POST /api/execute");
    let commands: Vec<(&Span, BTreeMap<&str, String>)> = of("command")
        .into_iter()
        .filter(|span| !span.parent_span_id.is_empty())
        .map(|span| (span, said(span)))
        .collect();
    assert_eq!((requests.len(), commands.len()), (3, 3), "{spans:#?}");
    for (span, _) in &commands {
        let above = requests.iter().find(|request| request.span_id == span.parent_span_id).expect("a request above");
        assert_eq!(above.trace_id, span.trace_id);
        let told = said(above);
        assert_eq!((&*told["http.request.method"], &*told["http.response.status_code"]), ("POST", "200"));
        assert!(
            above.start_time_unix_nano <= span.start_time_unix_nano
                && span.end_time_unix_nano <= above.end_time_unix_nano
        );
    }
    let outcomes: Vec<[Option<&str>; 3]> = commands
        .iter()
        .map(|(_, told)| {
            ["command.kind", "command.outcome", "command.status"].map(|key| told.get(key).map(String::as_str))
        })
        .collect();
    assert_eq!(
        outcomes,
        [
            [Some("task.create"), Some("done"), None],
            [Some("comment.add"), Some("done"), None],
            [Some("comment.add"), Some("refused"), Some("404")]
        ]
    );
    for (_, told) in &commands {
        assert!(told["command.engine_us"].parse::<u64>().unwrap() > 0, "{told:?}");
    }
    assert!(
        of("job").iter().any(|span| said(span).get("job.outcome").map(String::as_str) == Some("done")),
        "{spans:#?}"
    );
    assert_eq!(of("_OTHER /api/execute").len(), 1);

    let keys: BTreeSet<&str> = spans.iter().flat_map(|span| said(span).into_keys().collect::<Vec<_>>()).collect();
    let unknown: Vec<&&str> = keys.iter().filter(|key| !MAY_SAY.contains(key)).collect();
    assert_eq!(unknown, Vec::<&&str>::new());
    assert!(spans.iter().all(|span| span.events.is_empty() && span.links.is_empty()));
    let bytes = String::from_utf8_lossy(&collector.bytes()).to_lowercase();
    let person = caller.actor.person.to_string();
    let secrets = [caller.email.as_str(), caller.cookie().unwrap(), project.key.as_str(), &person, PASSWORD];
    for word in ["quirindel", "zauberstein", "norrvik", "caller", "zebra"].iter().chain(&secrets) {
        assert!(!bytes.contains(&word.to_lowercase()), "{word} was sent");
    }
    world.house.assert_whole().await;
}

#[tokio::test]
async fn without_a_collector_no_request_has_a_span() {
    let (house, folder) = (House::open(Engine::Sqlite).await, tempfile::tempdir().unwrap());
    let site = site(&house, &folder, false);
    assert_eq!(site.settings.otlp_endpoint, None);
    let collector = Collector::start();
    let traces = Traces::open(&collector.url).unwrap();
    let heard = tracing::subscriber::set_default(tracing_subscriber::registry().with(traces.layer()));
    let world = World::over(&house, router(site), folder).await;
    world.send(world.caller(Who::User), Method::GET, "/healthz", None).await;
    drop(heard);
    tokio::task::spawn_blocking(move || traces.end()).await.unwrap();
    assert!(collector.spans().iter().all(|span| span.name == "command"));
}
