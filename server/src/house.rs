//! The house over the database, for commands that work beside running servers.
//!
//! Must not know: what they do.

use anyhow::{Context, Result};
use service::{Cx, Outside};
use std::{io::Write, process::ExitCode, sync::Arc};
use store::{Options, Store, Tasks};

use crate::{files, keys::open, serve::post, settings::Settings};

/// The whole house over the database, beside running servers. What is started is stopped again.
pub(crate) async fn with_house(
    settings: Settings,
    act: impl AsyncFnOnce(&Cx, &Settings) -> Result<()>,
) -> Result<ExitCode> {
    let outside = Outside::real(post(&settings)?, files::open(&settings.files)?);
    let vault = Arc::new(open(&settings.keys, outside.chance.clone())?);
    let options = Options { sole: false, ..Options::new(settings.database_url.clone()) };
    let store = Store::open(&options).await.context("the database cannot be opened")?;
    let tasks = Tasks::new();
    let cx = Cx::open(store.clone(), vault, outside, live::Limits::default(), &tasks).await?;
    let done = act(&cx, &settings).await;
    cx.hub().drain().await;
    tasks.stop().await;
    store.close().await?;
    done.map(|()| ExitCode::SUCCESS)
}

/// Also into a pipe that is closed in the middle.
pub(crate) fn say(text: &str) -> Result<()> {
    match writeln!(std::io::stdout(), "{text}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
