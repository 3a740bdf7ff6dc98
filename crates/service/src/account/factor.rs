//! The second factor: codes from an app (TOTP, RFC 6238: SHA-1, six digits, 30 s, one step off allowed) and ten recovery codes.
//!
//! A code works once: its step is spent by compare-and-set, a recovery code by its row. The secret lies sealed; it is stored only
//! when a first code showed that the app has it. Recovery codes have 120 bits, so their SHA-256 needs no salt (ASVS 5.0, 6.5.2).
//!
//! Must not know: sessions, but for whose they are.

use data_encoding::BASE32_NOPAD;
use ledger::Outcome;
use model::{EnableCodes, Instant, NewCodes, PersonId, Refusal};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sea_orm::{ConnectionTrait, DbErr};
use sha2::{Digest, Sha256};
use totp_rs::{Builder, Secret, Totp};
use vault::Column;

use super::{
    Actor, again,
    errand::{Deed, Errand, Ran, note},
    letters,
};
use crate::{
    Cx,
    batch::Book,
    context::refuse,
    directory,
    keys::{TOTP_OFFER, TOTP_SECRET},
    post::{self, NewMail},
    sql::{all, damaged, get, one, run},
};

/// How many recovery codes somebody gets.
const CODES: usize = 10;
const WRONG: &str = "This is not the code that the app shows now. Wait for the next one and type that in.";

/// What a page shows to somebody who is about to turn codes on.
#[derive(Clone, Debug)]
pub struct Offer {
    /// The secret, for typing in: base32 in groups of four.
    pub secret: String,
    /// The same as an app reads it from a picture.
    pub url: String,
    /// What comes back with the first code.
    pub sealed: String,
}

/// A secret for an app, not in force yet.
///
/// # Errors
///
/// [`Refusal::Confirm`]; a fault of the database.
pub async fn offer(cx: &Cx, actor: &Actor) -> Result<Offer, Refusal> {
    again::is_fresh(cx, actor).await?;
    let to = directory::address(cx.store.reader(), &cx.vault, actor.person).await?;
    let secret: [u8; 20] = cx.random();
    let text = BASE32_NOPAD.encode(&secret);
    let plain = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let (name, who) = (plain(&cx.outside.post.brand.name), plain(to.email.as_str()));
    let url = format!("otpauth://totp/{name}:{who}?secret={text}&issuer={name}&algorithm=SHA1&digits=6&period=30");
    let sealed = super::encode(&cx.vault.seal(TOTP_OFFER, actor.session.bytes(), &secret));
    Ok(Offer { secret: grouped(&text, 4, " "), url, sealed })
}

/// Turns codes on, or moves them to another app. Answers the recovery codes, which nobody sees again.
///
/// # Errors
///
/// [`Refusal::Confirm`]; a wrong code, at its field.
pub async fn enable(cx: &Cx, actor: &Actor, form: EnableCodes) -> Result<NewCodes, Refusal> {
    again::is_fresh(cx, actor).await?;
    let secret =
        super::decode_any(&form.offer).and_then(|sealed| opened(cx, TOTP_OFFER, actor.session.bytes(), &sealed));
    let secret =
        secret.ok_or_else(|| Refusal::invalid("code", "This page is too old. Load it again and begin anew."))?;
    let Some(step) = step_of(&secret, &form.code, cx.now()) else {
        note_failure(cx, actor).await?;
        return Err(Refusal::invalid("code", WRONG));
    };
    let sealed = cx.vault.seal(TOTP_SECRET, actor.person.bytes(), &secret);
    let (codes, hashes) = new_codes(cx);
    let told = tell(cx, actor.person, letters::factor_on).await?;
    let change = Change::On { secret: sealed, step, hashes };
    super::run(cx, Errand::Factor { actor: *actor, change, told, at: cx.now() }).await?;
    Ok(codes)
}

/// Turns codes off.
///
/// # Errors
///
/// [`Refusal::Confirm`]; a password that is too short to be the only factor.
pub async fn disable(cx: &Cx, actor: &Actor) -> Result<(), Refusal> {
    again::is_fresh(cx, actor).await?;
    let told = tell(cx, actor.person, letters::factor_off).await?;
    super::run(cx, Errand::Factor { actor: *actor, change: Change::Off, told, at: cx.now() }).await.map(|_| ())
}

/// Makes new recovery codes; the old ones stop working.
///
/// # Errors
///
/// [`Refusal::Confirm`]; [`Refusal::NotFound`] for somebody without a second factor.
pub async fn renew_codes(cx: &Cx, actor: &Actor) -> Result<NewCodes, Refusal> {
    again::is_fresh(cx, actor).await?;
    let (codes, hashes) = new_codes(cx);
    let told = tell(cx, actor.person, letters::codes_renewed).await?;
    let change = Change::Codes { hashes };
    super::run(cx, Errand::Factor { actor: *actor, change, told, at: cx.now() }).await?;
    Ok(codes)
}

/// How an account is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Factors {
    /// Since when codes are asked for.
    pub since: Option<Instant>,
    /// How many recovery codes are left.
    pub n_codes: i64,
    /// When they were made.
    pub made: Option<Instant>,
}

/// How the reader's account is protected.
///
/// # Errors
///
/// A fault of the database.
pub async fn factors(cx: &Cx, actor: &Actor) -> Result<Factors, Refusal> {
    let sql = "SELECT t.enabled_at, \
               (SELECT count(*) FROM recovery_codes c WHERE c.person = t.person AND c.used_at IS NULL), \
               (SELECT max(made_at) FROM recovery_codes c WHERE c.person = t.person) FROM totp t WHERE t.person = $1";
    let row = one(cx.store.reader(), sql, [actor.person.into()]).await.map_err(|e| refuse(&e))?;
    let Some(row) = row else { return Ok(Factors::default()) };
    let read = || {
        let made: Option<i64> = get(&row, 2)?;
        Ok(Factors {
            since: Some(Instant::from_ms(get(&row, 0)?)),
            n_codes: get(&row, 1)?,
            made: made.map(Instant::from_ms),
        })
    };
    read().map_err(|e: DbErr| refuse(&e))
}

/// That somebody has a second factor, to be spent: what they typed fits, but may have been used already.
#[derive(Clone, Debug)]
pub(crate) enum Proof {
    /// A code of the app, by its step.
    Step(i64),
    /// A recovery code, by its hash.
    Recovery([u8; 32]),
}

impl Proof {
    /// Uses it up; whether it was there to be used.
    pub(super) async fn spend(&self, db: &impl ConnectionTrait, person: PersonId, at: Instant) -> Result<bool, DbErr> {
        let n = match self {
            Self::Step(step) => {
                let sql = "UPDATE totp SET last_step = $2 WHERE person = $1 AND last_step < $2";
                run(db, sql, [person.into(), (*step).into()]).await?
            }
            Self::Recovery(hash) => {
                let sql = "UPDATE recovery_codes SET used_at = $3 WHERE hash = $1 AND person = $2 AND used_at IS NULL";
                run(db, sql, [hash.to_vec().into(), person.into(), at.into()]).await?
            }
        };
        Ok(n == 1)
    }

    pub(super) const fn is_recovery(&self) -> bool {
        matches!(self, Self::Recovery(_))
    }
}

/// What a typed code proves; nothing if it cannot be one.
pub(super) async fn proof(cx: &Cx, person: PersonId, typed: &str) -> Result<Option<Proof>, Refusal> {
    let typed: String = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').collect::<String>().to_uppercase();
    if typed.len() != 6 {
        let code = BASE32_NOPAD.decode(typed.as_bytes()).ok().filter(|code| code.len() == 15);
        return Ok(code.map(|code| Proof::Recovery(Sha256::digest(code).into())));
    }
    let row = one(cx.store.reader(), "SELECT secret FROM totp WHERE person = $1", [person.into()]).await;
    let Some(row) = row.map_err(|e| refuse(&e))? else { return Ok(None) };
    let sealed: Vec<u8> = get(&row, 0).map_err(|e| refuse(&e))?;
    let secret = opened(cx, TOTP_SECRET, person.bytes(), &sealed).ok_or_else(|| refuse(&damaged("a second factor")))?;
    Ok(step_of(&secret, &typed, cx.now()).map(Proof::Step))
}

fn opened(cx: &Cx, column: Column, row: [u8; 16], sealed: &[u8]) -> Option<[u8; 20]> {
    cx.vault.open(column, row, sealed).ok()?.expose().as_slice().try_into().ok()
}

fn totp(secret: &[u8; 20]) -> Option<Totp> {
    Builder::new().with_secret(Secret::new_stack(*secret)).build().ok()
}

/// The step that a code belongs to, if it is one of now, or of the step before or after.
fn step_of(secret: &[u8; 20], code: &str, now: Instant) -> Option<i64> {
    let step = totp(secret)?.check(code.trim(), u64::try_from(now.ms() / 1000).ok()?)?;
    i64::try_from(step).ok()
}

fn new_codes(cx: &Cx) -> (NewCodes, Vec<[u8; 32]>) {
    let secrets: [[u8; 15]; CODES] = std::array::from_fn(|_| cx.random());
    let lines = secrets.iter().map(|secret| grouped(&BASE32_NOPAD.encode(secret), 6, "-")).collect();
    (NewCodes { lines }, secrets.iter().map(|secret| Sha256::digest(secret).into()).collect())
}

fn grouped(text: &str, every: usize, with: &str) -> String {
    let groups: Vec<&str> =
        (0..text.len()).step_by(every).filter_map(|at| text.get(at..text.len().min(at + every))).collect();
    groups.join(with)
}

async fn note_failure(cx: &Cx, actor: &Actor) -> Result<(), Refusal> {
    super::run(cx, Errand::NoteFailedSignIn { person: Some(actor.person), at: cx.now() }).await.map(|_| ())
}

async fn tell(
    cx: &Cx,
    person: PersonId,
    letter: fn(&Cx, &directory::Address) -> mail::Letter,
) -> Result<Box<NewMail>, Refusal> {
    let to = directory::address(cx.store.reader(), &cx.vault, person).await?;
    let letter = letter(cx, &to);
    Ok(Box::new(post::new_mail(cx, post::Kind::Security, Some(person), &to, &letter, None)?))
}

/// What becomes of a second factor.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// It is this one now, with these recovery codes.
    On { secret: Vec<u8>, step: i64, hashes: Vec<[u8; 32]> },
    /// There is none.
    Off,
    /// It has other recovery codes.
    Codes { hashes: Vec<[u8; 32]> },
}

impl Change {
    pub(super) async fn run(
        &self,
        book: &mut Book<'_>,
        actor: &Actor,
        told: &NewMail,
        at: Instant,
    ) -> Result<Result<Ran, Refusal>, DbErr> {
        let (tx, person) = (book.tx()?, actor.person);
        let action = match self {
            Self::On { secret, step, hashes } => {
                let sql = "INSERT INTO totp (person, secret, enabled_at, last_step) VALUES ($1, $2, $3, $4) \
                           ON CONFLICT (person) DO UPDATE SET secret = $2, enabled_at = $3, last_step = $4";
                run(tx, sql, [person.into(), secret.clone().into(), at.into(), (*step).into()]).await?;
                replace_codes(tx, person, hashes, at).await?;
                "account_factor_on"
            }
            Self::Codes { hashes } => {
                if one(tx, "SELECT 1 FROM totp WHERE person = $1", [person.into()]).await?.is_none() {
                    return Ok(Err(Refusal::NotFound));
                }
                replace_codes(tx, person, hashes, at).await?;
                "account_recovery_codes"
            }
            Self::Off => {
                if is_short(tx, person).await? {
                    let why = "Your password has less than 15 characters, which is enough only together with codes. \
                               Choose a longer one first.";
                    return Ok(Err(Refusal::invalid("form", why)));
                }
                if run(tx, "DELETE FROM totp WHERE person = $1", [person.into()]).await? == 0 {
                    return Ok(Ok(Ran::No));
                }
                replace_codes(tx, person, &[], at).await?;
                "account_factor_off"
            }
        };
        post::write(book, told).await?;
        let (person, session, outcome) = (Some(person), Some(actor.session_hash), Outcome::Done);
        note(book, &Deed { action, at, person, session, outcome });
        Ok(Ok(Ran::Yes))
    }
}

async fn is_short(db: &impl ConnectionTrait, person: PersonId) -> Result<bool, DbErr> {
    let row = one(db, "SELECT is_short FROM users WHERE id = $1", [person.into()]).await?;
    Ok(row.map_or(Ok(0), |row| get::<i16>(&row, 0))? != 0)
}

async fn replace_codes(
    db: &impl ConnectionTrait,
    person: PersonId,
    hashes: &[[u8; 32]],
    at: Instant,
) -> Result<(), DbErr> {
    run(db, "DELETE FROM recovery_codes WHERE person = $1", [person.into()]).await?;
    for hash in hashes {
        let sql = "INSERT INTO recovery_codes (hash, person, made_at) VALUES ($1, $2, $3)";
        run(db, sql, [hash.to_vec().into(), person.into(), at.into()]).await?;
    }
    Ok(())
}

/// Whether somebody has a second factor.
pub(super) async fn has(db: &impl ConnectionTrait, person: PersonId) -> Result<bool, DbErr> {
    Ok(!all(db, "SELECT 1 FROM totp WHERE person = $1", [person.into()]).await?.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238, appendix B, for SHA-1: the last six of its eight digits.
        let secret: [u8; 20] = *b"12345678901234567890";
        for (second, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let at = |second: i64| Instant::from_ms(second * 1000);
            let step = second / 30;
            assert_eq!(step_of(&secret, code, at(second)), Some(step), "{second}");
            assert_eq!(step_of(&secret, code, at((step + 1) * 30 + 29)), Some(step), "a step late");
            assert_eq!(step_of(&secret, code, at((step + 2) * 30)), None, "two steps late");
            assert_eq!(step_of(&secret, code, at((step - 1) * 30)), Some(step), "a step early");
        }
        assert_eq!(step_of(&secret, "28708", Instant::from_ms(59_000)), None);
        assert_eq!(step_of(&secret, "", Instant::from_ms(59_000)), None);
    }

    #[test]
    fn long_codes_are_read_in_groups() {
        assert_eq!(grouped("ABCDEFGH", 4, " "), "ABCD EFGH");
        assert_eq!(grouped("ABCDE", 4, "-"), "ABCD-E");
    }
}
