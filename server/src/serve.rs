//! Starting and stopping.

use anyhow::{Context, Result};
use axum::{extract::Request, serve::ListenerExt as _};
use metrics_exporter_prometheus::PrometheusBuilder;
use service::{
    Cx, Outside, Post, account,
    audit::{self, AppendOnlyFile, Keeper},
};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use store::{Options, Store, Tasks};
use tokio::net::TcpListener;
use tracing_subscriber::{EnvFilter, Layer as _, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use crate::{
    assets, files, keys,
    mailbox::TestClock,
    router::{Site, router},
    settings::Settings,
    traces::Traces,
};

/// How often SQLite's write-ahead log is moved into the database, off the path of commits.
const CHECKPOINT: Duration = Duration::from_secs(30);
/// How long requests may still run after the sign to stop.
const GRACE: Duration = Duration::from_secs(10);

/// Lets the log begin, and the traces if somebody takes them.
pub(crate) fn init_tracing(settings: &Settings) -> Result<Option<Traces>> {
    let filter = EnvFilter::try_new(&settings.log).unwrap_or_else(|_| EnvFilter::new("info"));
    let Some(endpoint) = &settings.otlp_endpoint else {
        let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
        if settings.log_json {
            log.json().init();
        } else {
            log.init();
        }
        return Ok(None);
    };
    let traces = Traces::open(endpoint)?;
    let log = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let log = if settings.log_json { log.json().boxed() } else { log.boxed() };
    tracing_subscriber::registry().with(log.with_filter(filter)).with(traces.layer()).init();
    Ok(Some(traces))
}

/// Serves until the process is told to stop.
pub(crate) async fn serve(settings: Settings) -> Result<()> {
    let mut files = assets::Files::load(&settings.site)?;
    if (cfg!(debug_assertions) || settings.test_clock) && settings.shows_mailbox() {
        files = files.with_network();
    }
    let post = post(&settings)?;
    let mailbox = post.transport.mailbox().filter(|_| settings.shows_mailbox());
    let clock = settings.test_clock.then(|| Arc::new(TestClock::default()));
    let mut outside = Outside::real(post, files::open(&settings.files)?);
    if let Some(clock) = &clock {
        outside.clock = clock.clone();
    }
    let vault = keys::open(&settings.keys, outside.chance.clone())?;
    let options =
        Options { readers: settings.readers, writers: settings.writers, ..Options::new(&settings.database_url) };
    let store = Store::open(&options).await.context("the database cannot be opened")?;
    let tasks = Tasks::new();
    let limits = live::Limits { sockets_per_person: settings.sockets_per_person, ..live::Limits::default() };
    let cx = Cx::open(store.clone(), Arc::new(vault), outside, limits, &tasks).await?;
    keep_log_short(&store, &tasks);
    cx.follow(&tasks);
    service::presence::share(&cx, &tasks);
    // What writes through the writer until it ends has to end before it: jobs, and the word that this server stops.
    let jobs = Tasks::new();
    keys::keep(&cx, &settings, &jobs).await?;
    service::queue::serve(&cx, &jobs)?;
    audit::send_to(&cx, settings.audit_afar.clone());
    let keeper = Keeper::new(&cx, vec![Arc::new(AppendOnlyFile::new(&settings.audit_anchor))]);
    keeper.start(&tasks);

    let metrics = PrometheusBuilder::new().install_recorder().context("metrics cannot be counted")?;
    let site =
        Site { cx: cx.clone(), settings: Arc::new(settings), files, metrics, mailbox, clock, tasks: tasks.clone() };
    let settings = site.settings.clone();
    let listener = TcpListener::bind(settings.listen)
        .await
        .with_context(|| format!("{} cannot be listened on; is another Muster running?", settings.listen))?;
    greet(&cx, &settings).await?;

    // Small frames must not wait for more (Nagle).
    let listener = listener.tap_io(|tcp| {
        let _ = tcp.set_nodelay(true);
    });
    let app = router(site);
    let service = <axum::Router as axum::ServiceExt<Request>>::into_make_service_with_connect_info::<SocketAddr>(app);
    let hub = cx.clone();
    let server = axum::serve(listener, service).with_graceful_shutdown(async move {
        stop_signal().await;
        tracing::info!("stopping: sockets are sent away, requests may finish");
        hub.hub().drain().await;
    });
    let stop = async {
        stop_signal().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        result = server.into_future() => result.context("the server broke off")?,
        () = stop => tracing::warn!("some requests did not finish in time"),
    }
    jobs.stop().await;
    if let Err(trouble) = keeper.settle().await {
        tracing::error!("the audit log: {trouble}");
    }
    tasks.stop().await;
    // What was not written here is read from the log at the next start.
    let _ = store.checkpoint().await;
    store.close().await.context("the database cannot be closed")?;
    tracing::info!("stopped");
    Ok(())
}

/// How mails leave.
pub(crate) fn post(settings: &Settings) -> Result<Post> {
    let home = mail::Link::parse(settings.origin()).context("the origin cannot be linked to")?;
    Ok(Post {
        transport: mail::Transport::open(&settings.mail).context("mail cannot be sent")?,
        from: settings.mail_from.clone(),
        brand: mail::Brand { name: "Muster".into(), home },
    })
}

/// Fills the sample team if asked, and prints how to get in. People read this, so it goes to the standard output.
async fn greet(cx: &Cx, settings: &Settings) -> Result<()> {
    if settings.demo {
        match service::demo::fill(cx).await.map_err(|refusal| anyhow::anyhow!(refusal.tell()))? {
            Some(sample) => {
                println!("A sample team is ready. Sign in as {} with the password: {}", sample.email, sample.password);
            }
            None => println!("There are people here already; the sample team was left out."),
        }
    }
    let token = account::set_up_token(cx).await.map_err(|refusal| anyhow::anyhow!(refusal.tell()))?;
    match token {
        Some(token) => println!("Create the first admin (once, within 24 hours): {}/setup/{token}", settings.origin()),
        None => println!("Muster is ready: {}", settings.origin()),
    }
    if !settings.mail.leaves() {
        println!("Mails are kept and not sent: {:?}. MUSTER_MAIL says how they leave.", settings.mail);
    }
    Ok(())
}

fn keep_log_short(store: &Store, tasks: &Tasks) {
    let (store, stopping) = (store.clone(), tasks.stopping());
    tasks.spawn("checkpoint", async move {
        while tokio::time::timeout(CHECKPOINT, stopping.cancelled()).await.is_err() {
            if let Err(error) = store.checkpoint().await {
                tracing::warn!(%error, "the write-ahead log could not be moved into the database; it grows");
            }
        }
    });
}

async fn stop_signal() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = interrupt.await;
}
