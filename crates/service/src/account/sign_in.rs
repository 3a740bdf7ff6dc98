//! Signing in: the password first, then, for those who have a second factor, a code. Nobody has a session before both.
//!
//! Between the two steps there is a row that knows who it is, lives for minutes and takes few codes. Its secret is in a cookie of
//! that browser alone and opens nothing else.

use ledger::Outcome;
use model::{Instant, PersonId, Refusal, SignIn, SignInCode};
use sea_orm::{ConnectionTrait, DbErr};
use sha2::{Digest, Sha256};

use super::{
    Found, From, Opened, by_email, by_id, by_mail, device,
    errand::{Deed, Errand, NewSession, Ran, note, open_session},
    factor::{self, Proof},
    letters,
    limits::{Attempt, Lift},
    session,
    token::{self, Purpose},
};
use crate::{
    Cx,
    batch::Book,
    context::refuse,
    directory,
    post::{self, NewMail},
    sql::{get, id, one, run},
};

/// For how long a right password waits for its code.
const HALF_MS: i64 = 5 * 60_000;
/// How many codes may be tried for it.
const TRIES: i32 = 5;
const OVER: &str = "That took too long, or too many codes were wrong. Sign in again.";

/// How far somebody came in.
#[derive(Clone, Debug)]
pub enum Entered {
    /// All the way.
    In(Box<Opened>),
    /// Their password was right, and a code is needed.
    Half {
        /// What goes into the cookie of the second step.
        cookie: String,
        /// How long the browser keeps it, in seconds.
        max_age_s: i64,
    },
}

impl Entered {
    /// The session, if there is one.
    #[must_use]
    pub fn opened(self) -> Option<Opened> {
        match self {
            Self::In(opened) => Some(*opened),
            Self::Half { .. } => None,
        }
    }
}

/// Looks at the password of somebody who signs in.
///
/// # Errors
///
/// [`Refusal::WrongCredentials`] in the same time and words whether the address is known or not; [`Refusal::TooMany`].
pub async fn sign_in(cx: &Cx, form: SignIn, from: From) -> Result<Entered, Refusal> {
    let found = by_email(cx, &form.email).await?;
    let known = found.as_ref().and_then(|found| device::known(cx, from.device.as_deref(), found.person));
    let version = found.as_ref().map_or(0, |found| found.security_version);
    let attempt = Attempt::to_enter(cx, &form.email.canonical(), version, known.as_deref(), &from);
    let lift = attempt.count(cx).await?;
    let stored = found.as_ref().map(|f| f.password.clone());
    let fits = cx.hasher.verify(form.password, stored).await?;
    let Some(found) = found.filter(|_| fits) else {
        super::run(cx, Errand::NoteFailedSignIn { person: None, at: cx.now() }).await?;
        return Err(Refusal::WrongCredentials);
    };
    if !found.is_confirmed {
        // Only who has the password hears this.
        by_mail::send_link(cx, Purpose::Verify, Some(found)).await?;
        return Err(Refusal::Unconfirmed);
    }
    if found.has_factor {
        let secret: [u8; 32] = cx.random();
        let half = Half {
            hash: Sha256::digest(secret).into(),
            person: found.person,
            security_version: found.security_version,
            remember: form.remember,
            at: cx.now(),
        };
        // The account still waits for a code, so its count stays.
        super::run(cx, Errand::BeginHalf { half, lift: lift.of_network() }).await?;
        return Ok(Entered::Half { cookie: super::encode(&secret), max_age_s: HALF_MS / 1000 });
    }
    let (opening, opened) = opening(cx, &found, form.remember, &from, known.is_some(), lift).await?;
    super::run(cx, Errand::OpenSession(Box::new(opening))).await?;
    Ok(Entered::In(Box::new(opened)))
}

/// Takes the code of somebody whose password was right, and signs them in. `cookie` is that of the first step.
///
/// # Errors
///
/// A wrong code, at its field; that the first step is too long ago; [`Refusal::TooMany`].
pub async fn sign_in_code(cx: &Cx, cookie: &str, form: SignInCode, from: From) -> Result<Opened, Refusal> {
    let over = || Refusal::invalid("form", OVER);
    let hash = token::hash_of(cookie).ok_or_else(over)?;
    super::run(cx, Errand::TryHalf { hash, at: cx.now() }).await?;
    let half = half(cx.store.reader(), &hash).await.map_err(|e| refuse(&e))?.ok_or_else(over)?;
    let found = by_id(cx, half.person).await?.filter(|found| found.security_version == half.security_version);
    let found = found.ok_or_else(over)?;
    let known = device::known(cx, from.device.as_deref(), found.person);
    let to = directory::address(cx.store.reader(), &cx.vault, found.person).await?;
    let (canonical, version) = (to.email.canonical(), found.security_version);
    let lift = Attempt::to_enter(cx, &canonical, version, known.as_deref(), &from).count(cx).await?;
    let proof = factor::proof(cx, found.person, &form.code).await?;
    let told = match &proof {
        Some(proof) if proof.is_recovery() => {
            let letter = letters::recovery_used(cx, &to);
            Some(post::new_mail(cx, post::Kind::Security, Some(found.person), &to, &letter, None)?)
        }
        _ => None,
    };
    let (opening, opened) = opening(cx, &found, half.remember, &from, known.is_some(), lift).await?;
    super::run(cx, Errand::FinishHalf(Box::new(Finish { hash, proof, opening, told }))).await?;
    Ok(opened)
}

/// A session to be opened, with what goes with it.
#[derive(Debug)]
pub(crate) struct Opening {
    pub(super) session: NewSession,
    /// It was no guess.
    pub(super) lift: Option<Lift>,
    /// What is told of a device that was not known.
    pub(super) notice: Option<NewMail>,
}

impl Opening {
    pub(super) async fn run(&self, book: &mut Book<'_>) -> Result<(), DbErr> {
        if let Some(lift) = &self.lift {
            lift.run(book.tx()?).await?;
        }
        open_session(book, &self.session).await?;
        if let Some(notice) = &self.notice {
            post::write(book, notice).await?;
        }
        Ok(())
    }
}

async fn opening(
    cx: &Cx,
    found: &Found,
    remember: bool,
    from: &From,
    is_known: bool,
    lift: Lift,
) -> Result<(Opening, Opened), Refusal> {
    let (session, opened) = session::new(cx, found.person, found.security_version, found.role, remember, from)?;
    let notice = if is_known {
        None
    } else {
        let to = directory::address(cx.store.reader(), &cx.vault, found.person).await?;
        let letter = letters::new_device(cx, &to, from);
        Some(post::new_mail(cx, post::Kind::Security, Some(found.person), &to, &letter, None)?)
    };
    Ok((Opening { session, lift: Some(lift), notice }, opened))
}

/// A right password that waits for its code.
#[derive(Clone, Debug)]
pub(crate) struct Half {
    hash: [u8; 32],
    person: PersonId,
    security_version: i32,
    remember: bool,
    at: Instant,
}

async fn half(db: &impl ConnectionTrait, hash: &[u8; 32]) -> Result<Option<Half>, DbErr> {
    let sql = "SELECT person, security_version, remember, expires_at FROM sign_ins WHERE hash = $1";
    let Some(row) = one(db, sql, [hash.to_vec().into()]).await? else { return Ok(None) };
    Ok(Some(Half {
        hash: *hash,
        person: id(&row, 0)?,
        security_version: get(&row, 1)?,
        remember: get::<i16>(&row, 2)? != 0,
        at: Instant::from_ms(get::<i64>(&row, 3)? - HALF_MS),
    }))
}

impl Half {
    /// Remembers it; what is over goes.
    pub(super) async fn begin(&self, db: &impl ConnectionTrait) -> Result<Ran, DbErr> {
        run(db, "DELETE FROM sign_ins WHERE expires_at <= $1", [self.at.into()]).await?;
        let sql = "INSERT INTO sign_ins (hash, person, security_version, remember, tries, expires_at) \
                   VALUES ($1, $2, $3, $4, 0, $5)";
        let values = [
            self.hash.to_vec().into(),
            self.person.into(),
            self.security_version.into(),
            i16::from(self.remember).into(),
            self.at.plus_ms(HALF_MS).into(),
        ];
        run(db, sql, values).await?;
        Ok(Ran::Yes)
    }
}

/// Counts a try before the code is looked at.
pub(super) async fn count_try(
    db: &impl ConnectionTrait,
    hash: &[u8; 32],
    at: Instant,
) -> Result<Result<Ran, Refusal>, DbErr> {
    let sql = "UPDATE sign_ins SET tries = tries + 1 WHERE hash = $1 AND expires_at > $2 AND tries < $3";
    let n = run(db, sql, [hash.to_vec().into(), at.into(), TRIES.into()]).await?;
    Ok(if n == 1 { Ok(Ran::Yes) } else { Err(Refusal::invalid("form", OVER)) })
}

/// The second step: the code is spent and the session opened in one transaction.
#[derive(Debug)]
pub(crate) struct Finish {
    hash: [u8; 32],
    proof: Option<Proof>,
    opening: Opening,
    /// What is told of a recovery code.
    told: Option<NewMail>,
}

impl Finish {
    pub(super) async fn run(&self, book: &mut Book<'_>) -> Result<Result<Ran, Refusal>, DbErr> {
        let (person, at) = (self.opening.session.person, self.opening.session.at);
        let is_spent = match &self.proof {
            Some(proof) => proof.spend(book.tx()?, person, at).await?,
            None => false,
        };
        if !is_spent {
            let (person, session, outcome) = (Some(person), None, Outcome::Failed);
            note(book, &Deed { action: "authn_login_fail", at, person, session, outcome });
            let why = "This code is not right, or was used before. Type in the one that the app shows now.";
            return Ok(Err(Refusal::invalid("code", why)));
        }
        if run(book.tx()?, "DELETE FROM sign_ins WHERE hash = $1", [self.hash.to_vec().into()]).await? == 0 {
            return Ok(Err(Refusal::invalid("form", OVER)));
        }
        self.opening.run(book).await?;
        if let Some(told) = &self.told {
            post::write(book, told).await?;
        }
        Ok(Ok(Ran::Yes))
    }
}
