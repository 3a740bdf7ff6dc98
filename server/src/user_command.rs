//! `muster user`: helps people in who cannot help themselves, at the machine itself, beside running servers.
//!
//! Must not know: rules of the domain. It says what was done and what comes next.

use anyhow::Result;
use clap::Subcommand;
use model::{Email, Refusal};
use service::people;
use std::process::ExitCode;

use crate::{
    house::{say, with_house},
    settings::{Beside, Mailing},
};

/// `muster user …`
#[derive(Debug, Subcommand)]
pub(crate) enum User {
    /// Turns off the codes from an app of somebody who lost the phone and all recovery codes. They are signed out everywhere and
    /// told by mail, which a running server sends. Make sure before, by another way than a mail, that it is them.
    FactorOff {
        #[command(flatten)]
        database: Beside,
        #[command(flatten)]
        mailing: Mailing,
        /// The address of the account
        email: String,
    },
}

/// Does it, and answers the exit code.
pub(crate) async fn run(user: User) -> Result<ExitCode> {
    let User::FactorOff { database, mailing, email } = user;
    let email = Email::try_from(email).map_err(|why| anyhow::anyhow!(why.0))?;
    with_house(database.gather_for_mails(mailing)?, async |cx, _| match people::end_factor_of(cx, &email).await {
        Ok(true) => {
            say("Codes are off. They sign in with their password, or choose another one on the page for signing in.")
        }
        Ok(false) => say("This account asks for no codes; nothing was changed."),
        Err(Refusal::NotFound) => anyhow::bail!("no account that can come in has this address"),
        Err(refusal) => anyhow::bail!(refusal.tell()),
    })
    .await
}
