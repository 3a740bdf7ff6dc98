//! Accounts: how people get in, and how a session is known again.
//!
//! The session's row is the authority on every request; the signed token in the cookie only carries its secret, so that
//! garbage is turned away without a question to the database. Roles come from the database, never from the token. A
//! command's session is looked at where the command is done, in one transaction with it.

mod by_mail;
mod entry;
mod errand;
mod letters;
mod pass;
mod password;
mod session;
mod sessions;
mod token;

pub use by_mail::{forgot, resend, reset, verify};
pub use sessions::{Which, change_password, end_sessions, sessions};

pub(crate) use errand::{Errand, Ran};
pub(crate) use pass::Passes;
pub(crate) use password::Hasher;
pub use session::{Claim, Opened, SESSION_ABSOLUTE_MS, actor, claim, sign_out};
pub(crate) use session::{Session, living};

use model::{Email, Name, Password, PersonId, Refusal, Register, Role, SessionId, SetUp, SignIn, ZoneName};
use sea_orm::{ConnectionTrait, DbErr};
use store::Lane;

use crate::{
    Cx,
    batch::{Item, Reply},
    context::refuse,
    directory::{Address, EMAIL, NAME},
    post,
    sql::{damaged, get, id, one},
};
use entry::Entry;
use errand::NewPerson;
use token::Purpose;

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
    /// The time zone of the browser.
    pub zone: Option<ZoneName>,
}

/// Makes the token of the link with which the first Admin is made, when there is nobody yet; older ones stop working.
///
/// # Errors
///
/// A fault of the database.
pub async fn set_up_token(cx: &Cx) -> Result<Option<String>, Refusal> {
    let (secret, token) = token::new(cx, Purpose::SetUp, None);
    match run(cx, Errand::OfferSetUp { token }).await? {
        Ran::Yes => Ok(Some(secret)),
        Ran::No => Ok(None),
    }
}

/// Makes the first Admin and signs them in.
///
/// # Errors
///
/// [`Refusal::BadLink`] when the token is not the newest, has been used or has expired; an invalid password.
pub async fn set_up(cx: &Cx, form: SetUp, from: From) -> Result<Opened, Refusal> {
    let token = token::hash_of(&form.token).ok_or(Refusal::BadLink)?;
    let new = new_person(cx, form.name, form.email, form.password, Role::Admin).await?;
    let person = new.clone();
    let (session, opened) = session::new(cx, new.id, 0, Role::Admin, true, &from)?;
    run(cx, Errand::SetUp { token, person: Box::new(new), session }).await?;
    cx.directory.put(person.id, person.name, &person.email);
    Ok(opened)
}

/// Creates an account that waits for its address to be confirmed, and sends the link for that. To an address that has an
/// account already, a mail says so; the answer is the same.
///
/// # Errors
///
/// An invalid password, or a busy server.
pub async fn register(cx: &Cx, form: Register) -> Result<(), Refusal> {
    let person = new_person(cx, form.name, form.email, form.password, Role::User).await?;
    let to = Address { name: person.name.clone(), email: person.email.clone() };
    let (secret, token) = token::new(cx, Purpose::Verify, Some(person.id));
    let link = letters::verify(cx, &to, &secret);
    let link = post::new_mail(cx, post::Kind::Account, Some(person.id), &to, &link, None)?;
    let known = letters::known(cx, &to);
    let known = post::new_mail(cx, post::Kind::Account, None, &to, &known, None)?;
    run(cx, Errand::Register(Box::new(Entry { person, token, link, known }))).await.map(|_| ())
}

/// Makes an account with an address that needs no proof; nothing if the address has one.
///
/// # Errors
///
/// An invalid password.
pub(crate) async fn make(cx: &Cx, form: Register, role: Role) -> Result<PersonId, Refusal> {
    let new = new_person(cx, form.name, form.email, form.password, role).await?;
    make_of(cx, new).await
}

async fn make_of(cx: &Cx, new: NewPerson) -> Result<PersonId, Refusal> {
    let person = new.clone();
    if run(cx, Errand::Enter { person: Box::new(new) }).await? == Ran::No {
        return Err(Refusal::IdTaken);
    }
    cx.directory.put(person.id, person.name, &person.email);
    Ok(person.id)
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
    if !found.is_confirmed {
        // Only who has the password hears this.
        by_mail::send_link(cx, Purpose::Verify, Some(found)).await?;
        return Err(Refusal::Unconfirmed);
    }
    let (session, opened) = session::new(cx, found.person, found.security_version, found.role, form.remember, &from)?;
    run(cx, Errand::OpenSession { session }).await?;
    Ok(opened)
}

/// An account.
struct Found {
    person: PersonId,
    password: String,
    security_version: i32,
    role: Role,
    is_confirmed: bool,
}

const FOUND: &str = "SELECT u.id, u.password, u.security_version, u.role, u.verified_at FROM users u";

impl Found {
    fn read(row: &sea_orm::QueryResult) -> Result<Self, DbErr> {
        Ok(Self {
            person: id(row, 0)?,
            password: get(row, 1)?,
            security_version: get(row, 2)?,
            role: Role::from_code(get(row, 3)?).ok_or_else(|| damaged("a role"))?,
            is_confirmed: get::<Option<i64>>(row, 4)?.is_some(),
        })
    }
}

async fn by_email(cx: &Cx, email: &Email) -> Result<Option<Found>, Refusal> {
    for blind in cx.vault.blind_all(EMAIL, email.canonical().as_bytes()) {
        let sql =
            format!("{FOUND} JOIN user_email_index i ON i.person = u.id WHERE i.mac = $1 AND u.disabled_at IS NULL");
        let row = one(cx.store.reader(), &sql, [blind.mac.to_vec().into()]).await.map_err(|e| refuse(&e))?;
        if let Some(row) = row {
            return Found::read(&row).map(Some).map_err(|e| refuse(&e));
        }
    }
    Ok(None)
}

async fn by_id(cx: &Cx, person: PersonId) -> Result<Option<Found>, Refusal> {
    let sql = format!("{FOUND} WHERE u.id = $1 AND u.disabled_at IS NULL");
    let row = one(cx.store.reader(), &sql, [person.into()]).await.map_err(|e| refuse(&e))?;
    row.map(|row| Found::read(&row)).transpose().map_err(|e| refuse(&e))
}

async fn role_of(db: &impl ConnectionTrait, person: PersonId) -> Result<Role, DbErr> {
    let row = one(db, "SELECT role FROM users WHERE id = $1", [person.into()]).await?;
    let role = row.map_or(Ok(None), |row| get::<i16>(&row, 0).map(Role::from_code))?;
    role.ok_or_else(|| damaged("a role"))
}

/// An account to be made. If somebody began one with this address and did not confirm it, this goes on with that.
async fn new_person(cx: &Cx, name: Name, email: Email, password: Password, role: Role) -> Result<NewPerson, Refusal> {
    password.check_new(&name, &email).map_err(|why| Refusal::invalid("password", why.0))?;
    let begun = by_email(cx, &email).await?.filter(|found| !found.is_confirmed);
    let hash = cx.hasher.hash(password, cx.random()).await?;
    let person = with_hash(cx, name, email, hash, role);
    Ok(match begun {
        Some(begun) => person.for_row(cx, begun.person),
        None => person,
    })
}

fn with_hash(cx: &Cx, name: Name, email: Email, password: String, role: Role) -> NewPerson {
    let id: PersonId = cx.new_id();
    let blind = cx.vault.blind(EMAIL, email.canonical().as_bytes());
    let new = NewPerson {
        id,
        sealed_name: Vec::new(),
        sealed_email: Vec::new(),
        macs: cx.vault.blind_all(EMAIL, email.canonical().as_bytes()).iter().map(|b| b.mac.to_vec()).collect(),
        mac: (blind.mac.to_vec(), i64::from(blind.key.get())),
        name,
        email,
        role,
        password,
        at: cx.now(),
    };
    new.for_row(cx, id)
}

impl NewPerson {
    /// The same as the row with this id: what is sealed belongs to it alone.
    fn for_row(mut self, cx: &Cx, id: PersonId) -> Self {
        self.id = id;
        self.sealed_name = cx.vault.seal(NAME, id.bytes(), self.name.as_str().as_bytes());
        self.sealed_email = cx.vault.seal(EMAIL, id.bytes(), self.email.as_str().as_bytes());
        self
    }
}

/// Makes an account from the hash of its password and signs it in: for the kit, which makes many with one password.
#[cfg(feature = "kit")]
pub(crate) async fn enter(cx: &Cx, name: Name, email: Email, hash: String, role: Role) -> Result<Opened, Refusal> {
    let person = make_of(cx, with_hash(cx, name, email, hash, role)).await?;
    let (session, opened) = session::new(cx, person, 0, role, true, &From::default())?;
    run(cx, Errand::OpenSession { session }).await?;
    Ok(opened)
}

async fn run(cx: &Cx, errand: Errand) -> Result<Ran, Refusal> {
    match cx.write(Lane::People, Item::Errand(Box::new(errand))).await?.reply {
        Reply::Errand(ran) => ran,
        Reply::Command(_) | Reply::Turn(_) | Reply::Audit(_) | Reply::Done => Err(Refusal::NotFound),
    }
}

pub(crate) fn encode(secret: &[u8]) -> String {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.encode(secret)
}

pub(crate) fn decode(text: &str) -> Option<[u8; 32]> {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}
