//! Accounts: how people get in, and how a session is known again.
//!
//! The session's row is the authority on every request; the signed token in the cookie only carries its secret, so that
//! garbage is turned away without a question to the database. Roles come from the database, never from the token. A
//! command's session is looked at where the command is done, in one transaction with it.

mod errand;
mod pass;
mod password;
mod session;

pub(crate) use errand::{Errand, Ran};
pub(crate) use pass::Passes;
pub(crate) use password::Hasher;
pub use session::{Claim, Opened, SESSION_ABSOLUTE_MS, actor, claim, sign_out};
pub(crate) use session::{Session, living};

use model::{Email, Name, Password, PersonId, Refusal, Register, Role, SessionId, SetUp, SignIn};
use sha2::{Digest, Sha256};
use store::Lane;

use crate::{
    Cx,
    batch::{Item, Reply},
    context::refuse,
    directory::{EMAIL, NAME},
    sql::{get, id, one},
};
use errand::NewPerson;

/// How long the link for the first Admin works.
const SET_UP_MS: i64 = 24 * 3_600_000;

/// Who is signed in, on whose word everything is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor {
    /// Who.
    pub person: PersonId,
    /// Their role in the installation, as the database says now.
    pub role: Role,
    /// Their session.
    pub session: SessionId,
    /// SHA-256 of the session's secret, for the ledger.
    pub session_hash: [u8; 32],
}

/// From where somebody signs in. Kept sealed, so that they can recognise their sessions.
#[derive(Clone, Debug, Default)]
pub struct From {
    /// The browser's own description.
    pub agent: Option<String>,
    /// The network address.
    pub address: Option<String>,
}

/// Makes the token of the link with which the first Admin is made, when there is nobody yet; older ones stop working.
///
/// # Errors
///
/// A fault of the database.
pub async fn set_up_token(cx: &Cx) -> Result<Option<String>, Refusal> {
    let secret: [u8; 32] = cx.random();
    let now = cx.now();
    let errand = Errand::OfferSetUp { hash: Sha256::digest(secret).into(), at: now, expires: now.plus_ms(SET_UP_MS) };
    match run(cx, errand).await? {
        Ran::Yes => Ok(Some(encode(&secret))),
        Ran::No => Ok(None),
    }
}

/// Makes the first Admin and signs them in.
///
/// # Errors
///
/// [`Refusal::BadLink`] when the token is not the newest, has been used or has expired; an invalid password.
pub async fn set_up(cx: &Cx, form: SetUp, from: From) -> Result<Opened, Refusal> {
    let token = decode(&form.token).ok_or(Refusal::BadLink)?;
    let new = new_person(cx, form.name, form.email, form.password, Role::Admin).await?;
    let person = new.clone();
    let (session, opened) = session::new(cx, new.id, 0, Role::Admin, true, &from)?;
    let errand = Errand::SetUp { token: Sha256::digest(token).into(), person: Box::new(new), session };
    run(cx, errand).await?;
    cx.directory.put(person.id, person.name, &person.email);
    Ok(opened)
}

/// Creates an account, or does nothing visible when the address has one: the answer is the same.
///
/// # Errors
///
/// An invalid password, or a busy server.
pub async fn register(cx: &Cx, form: Register) -> Result<(), Refusal> {
    let new = new_person(cx, form.name, form.email, form.password, Role::User).await?;
    let person = new.clone();
    if run(cx, Errand::Register { person: Box::new(new) }).await? == Ran::Yes {
        cx.directory.put(person.id, person.name, &person.email);
    }
    Ok(())
}

/// Signs somebody in.
///
/// # Errors
///
/// [`Refusal::WrongCredentials`] in the same time and words whether the address is known or not.
pub async fn sign_in(cx: &Cx, form: SignIn, from: From) -> Result<Opened, Refusal> {
    let found = by_email(cx, &form.email).await?;
    let stored = found.as_ref().map(|f| f.password.clone());
    let fits = cx.hasher.verify(form.password, stored).await?;
    let Some(found) = found.filter(|_| fits) else {
        run(cx, Errand::NoteFailedSignIn { at: cx.now() }).await?;
        return Err(Refusal::WrongCredentials);
    };
    let (session, opened) = session::new(cx, found.person, found.security_version, found.role, form.remember, &from)?;
    run(cx, Errand::OpenSession { session }).await?;
    Ok(opened)
}

/// Whose address this is. Never answered to a visitor.
pub(crate) async fn person_of(cx: &Cx, email: &Email) -> Result<Option<PersonId>, Refusal> {
    Ok(by_email(cx, email).await?.map(|found| found.person))
}

struct Found {
    person: PersonId,
    password: String,
    security_version: i32,
    role: Role,
}

async fn by_email(cx: &Cx, email: &Email) -> Result<Option<Found>, Refusal> {
    for blind in cx.vault.blind_all(EMAIL, email.canonical().as_bytes()) {
        let sql = "SELECT u.id, u.password, u.security_version, u.role FROM user_email_index i \
                   JOIN users u ON u.id = i.person WHERE i.mac = $1 AND u.disabled_at IS NULL";
        let row = one(cx.store.reader(), sql, [blind.mac.to_vec().into()]).await.map_err(|e| refuse(&e))?;
        if let Some(row) = row {
            let read = || {
                let role = Role::from_code(get(&row, 3)?).ok_or_else(|| crate::sql::damaged("a role"))?;
                Ok(Found { person: id(&row, 0)?, password: get(&row, 1)?, security_version: get(&row, 2)?, role })
            };
            return read().map(Some).map_err(|e| refuse(&e));
        }
    }
    Ok(None)
}

async fn new_person(cx: &Cx, name: Name, email: Email, password: Password, role: Role) -> Result<NewPerson, Refusal> {
    password.check_new(&name, &email).map_err(|why| Refusal::invalid("password", why.0))?;
    let hash = cx.hasher.hash(password, cx.random()).await?;
    Ok(with_hash(cx, name, email, hash, role))
}

fn with_hash(cx: &Cx, name: Name, email: Email, password: String, role: Role) -> NewPerson {
    let id: PersonId = cx.new_id();
    let blind = cx.vault.blind(EMAIL, email.canonical().as_bytes());
    NewPerson {
        id,
        sealed_name: cx.vault.seal(NAME, id.bytes(), name.as_str().as_bytes()),
        sealed_email: cx.vault.seal(EMAIL, id.bytes(), email.as_str().as_bytes()),
        macs: cx.vault.blind_all(EMAIL, email.canonical().as_bytes()).iter().map(|b| b.mac.to_vec()).collect(),
        mac: (blind.mac.to_vec(), i64::from(blind.key.get())),
        name,
        email,
        role,
        password,
        at: cx.now(),
    }
}

/// Makes an account from the hash of its password and signs it in: for the kit, which makes many with one password.
#[cfg(feature = "kit")]
pub(crate) async fn enter(cx: &Cx, name: Name, email: Email, hash: String, role: Role) -> Result<Opened, Refusal> {
    let new = with_hash(cx, name, email, hash, role);
    let person = new.clone();
    if run(cx, Errand::Register { person: Box::new(new) }).await? == Ran::No {
        return Err(Refusal::IdTaken);
    }
    cx.directory.put(person.id, person.name, &person.email);
    let (session, opened) = session::new(cx, person.id, 0, role, true, &From::default())?;
    run(cx, Errand::OpenSession { session }).await?;
    Ok(opened)
}

async fn run(cx: &Cx, errand: Errand) -> Result<Ran, Refusal> {
    match cx.write(Lane::People, Item::Errand(Box::new(errand))).await?.reply {
        Reply::Errand(ran) => ran,
        Reply::Command(_) | Reply::Inbox => Err(Refusal::NotFound),
    }
}

fn encode(secret: &[u8]) -> String {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.encode(secret)
}

fn decode(text: &str) -> Option<[u8; 32]> {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}
