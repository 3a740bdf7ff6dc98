//! Limits on guessing, in the database, so that all nodes count together.
//!
//! An attempt is counted before it is looked at: of a hundred at once, not more than the limit are heard. Failures of an account
//! bring growing delays, never a lock; a success or another password ends them. A device from which somebody has signed in
//! before counts by itself, so that strangers cannot keep them out. A network address is heard so often in a minute.
//!
//! Must not know: what is guessed. Addresses of both sorts are only in keys, as HMACs.

use hmac::{Hmac, KeyInit as _, Mac};
use ledger::Outcome;
use model::{Instant, PersonId, Refusal};
use sea_orm::{ConnectionTrait, DbErr};
use sha2::Sha256;
use std::net::IpAddr;

use super::{
    From,
    errand::{Deed, Errand, Ran, note},
};
use crate::{
    Cx,
    batch::Book,
    sql::{get, one, run},
};

const PURPOSE: &str = "limits";
/// So many failures in a row bring no delay.
const FREE: i32 = 4;
/// The longest delay, and the number of failures that brings it: 2^9 s is the last one below.
const LONGEST_MS: i64 = 900_000;
const MOST: i32 = 14;
/// Failures are forgotten when so long none came.
const FORGET_MS: i64 = 24 * 3_600_000;
/// How often a network address is heard in a minute.
const PER_MINUTE: i32 = 20;
const MINUTE_MS: i64 = 60_000;

/// Something that may be a guess, about to be looked at.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    account: Option<[u8; 32]>,
    network: Option<[u8; 32]>,
    person: Option<PersonId>,
    at: Instant,
}

/// What takes the count of an attempt back, since it was no guess.
#[derive(Clone, Debug)]
pub(crate) struct Lift {
    account: Option<[u8; 32]>,
    network: Option<[u8; 32]>,
    at: Instant,
}

impl Attempt {
    /// To get into the account with this address, from a device that is known there or not. The security version is part of what
    /// is counted, so that another password by mail begins anew.
    pub(super) fn to_enter(cx: &Cx, canonical: &str, version: i32, device: Option<&str>, from: &From) -> Self {
        let account = key(cx, &["account", canonical, &version.to_string(), device.unwrap_or_default()]);
        Self { account: Some(account), network: network(cx, "entry", from), person: None, at: cx.now() }
    }

    /// To show again who one is, in a session.
    pub(super) fn to_confirm(cx: &Cx, actor: &super::Actor, from: &From) -> Self {
        let account = key(cx, &["session", &actor.session.to_string()]);
        let person = Some(actor.person);
        Self { account: Some(account), network: network(cx, "entry", from), person, at: cx.now() }
    }

    /// To have a mail sent to an address that was typed in.
    pub(super) fn to_ask(cx: &Cx, from: &From) -> Self {
        Self { account: None, network: network(cx, "mails", from), person: None, at: cx.now() }
    }

    /// Counts it.
    ///
    /// # Errors
    ///
    /// [`Refusal::TooMany`] when it must not be looked at now.
    pub(super) async fn count(self, cx: &Cx) -> Result<Lift, Refusal> {
        let lift = Lift { account: self.account, network: self.network, at: self.at };
        if lift.account.is_some() || lift.network.is_some() {
            super::run(cx, Errand::Count { attempt: self }).await?;
        }
        Ok(lift)
    }

    pub(super) async fn run(&self, book: &mut Book<'_>) -> Result<Result<Ran, Refusal>, DbErr> {
        let (tx, now) = (book.tx()?, self.at);
        for (key, sql) in [(self.network, of_network()), (self.account, of_account())] {
            let Some(key) = key else { continue };
            if run(tx, &sql, [key.to_vec().into(), now.into()]).await? > 0 {
                continue;
            }
            let row = one(tx, "SELECT until FROM limits WHERE key = $1", [key.to_vec().into()]).await?;
            let left_ms = row.map_or(Ok(0), |row| get::<i64>(&row, 0))? - now.ms();
            // One entry for each pause, however often somebody knocks meanwhile.
            let sql = "UPDATE limits SET noted = until WHERE key = $1 AND noted <> until";
            if run(tx, sql, [key.to_vec().into()]).await? > 0 {
                let (at, person, session, outcome) = (now, self.person, None, Outcome::Refused);
                note(book, &Deed { action: "authn_login_fail_max", at, person, session, outcome });
            }
            let after_s = u32::try_from(left_ms.max(0) / 1000 + 1).unwrap_or(1);
            return Ok(Err(Refusal::TooMany { after_s }));
        }
        Ok(Ok(Ran::Yes))
    }
}

impl Lift {
    /// The part that is about the network.
    pub(super) fn of_network(self) -> Self {
        Self { account: None, ..self }
    }

    /// Forgets the failures of the account, and takes this one off those of the network. What is old goes, too.
    pub(super) async fn run(&self, db: &impl ConnectionTrait) -> Result<(), DbErr> {
        if let Some(key) = self.account {
            run(db, "DELETE FROM limits WHERE key = $1", [key.to_vec().into()]).await?;
        }
        if let Some(key) = self.network {
            let sql = "UPDATE limits SET n = n - 1, until = 0 WHERE key = $1 AND n > 0";
            run(db, sql, [key.to_vec().into()]).await?;
        }
        let old = self.at.plus_ms(-FORGET_MS);
        run(db, "DELETE FROM limits WHERE at < $1", [old.into()]).await.map(|_| ())
    }
}

/// Writes nothing while a delay lasts.
fn of_account() -> String {
    format!(
        "INSERT INTO limits (key, n, at, until) VALUES ($1, 1, $2, 0) ON CONFLICT (key) DO UPDATE SET \
         n = CASE WHEN limits.at < $2 - {FORGET_MS} THEN 1 ELSE limits.n + 1 END, \
         until = CASE WHEN limits.at < $2 - {FORGET_MS} OR limits.n < {FREE} THEN 0 \
           WHEN limits.n >= {MOST} THEN $2 + {LONGEST_MS} \
           ELSE $2 + (CAST(1000 AS BIGINT) << (limits.n - {FREE})) END, \
         at = $2 WHERE limits.until <= $2"
    )
}

fn of_network() -> String {
    format!(
        "INSERT INTO limits (key, n, at, until) VALUES ($1, 1, $2, 0) ON CONFLICT (key) DO UPDATE SET \
         n = CASE WHEN limits.at <= $2 - {MINUTE_MS} THEN 1 ELSE limits.n + 1 END, \
         until = CASE WHEN limits.at > $2 - {MINUTE_MS} AND limits.n + 1 >= {PER_MINUTE} \
           THEN limits.at + {MINUTE_MS} ELSE 0 END, \
         at = CASE WHEN limits.at <= $2 - {MINUTE_MS} THEN $2 ELSE limits.at END WHERE limits.until <= $2"
    )
}

fn key(cx: &Cx, parts: &[&str]) -> [u8; 32] {
    let mut mac = keyed(cx.vault.derive(PURPOSE).expose());
    for part in parts {
        // A zero ends each part: none of them holds one.
        mac.update(part.as_bytes());
        mac.update(&[0]);
    }
    mac.finalize().into_bytes().into()
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::<Sha256>::new_from_slice(key).expect("a key")
}

/// What is counted as one network: an address, and of IPv6 the half that one household gets. Addresses of this machine are
/// those of a proxy that was not named, behind which everybody is.
fn network(cx: &Cx, what: &str, from: &From) -> Option<[u8; 32]> {
    let address: IpAddr = from.address.as_deref()?.parse().ok()?;
    let network = match address.to_canonical() {
        own if own.is_loopback() => return None,
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => format!("{:x?}", &v6.octets()[..8]),
    };
    Some(key(cx, &[what, &network]))
}
