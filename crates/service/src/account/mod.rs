//! Accounts: how people get in, and how a session is known again.
//!
//! The session's row is the authority on every request; the signed token in the cookie only carries its secret, so that
//! garbage is turned away without a question to the database. Roles come from the database, never from the token. A
//! command's session is looked at where the command is done, in one transaction with it.

mod again;
mod by_mail;
mod close;
mod device;
mod email;
mod entry;
mod errand;
mod factor;
mod filter;
mod letters;
mod limits;
mod pass;
mod password;
mod session;
mod sessions;
mod sign_in;
mod token;

pub use again::{confirm, is_fresh, is_stale};
pub use by_mail::{forgot, resend, reset, verify};
pub(crate) use close::is_another_admin;
pub use close::{Farewell, close, farewell};
pub use device::device;
pub use email::{ask_email, confirm_email, revert_email};
pub use factor::{Factors, Offer, disable, enable, factors, offer, renew_codes};
pub use filter::strength;
pub use sessions::{Which, change_password, end_sessions, sessions};
pub use sign_in::{Entered, sign_in, sign_in_code};

pub(crate) use entry::{enter as make_known, is_known};
pub(crate) use errand::{Errand, NewPerson, NewSession, Ran, open_session};
pub(crate) use pass::Passes;
pub(crate) use password::Hasher;
pub use session::{Claim, Opened, SESSION_ABSOLUTE_MS, actor, claim, renewed, sign_out};
pub(crate) use session::{Session, living, new as new_session};
pub(crate) use sessions::{begun_before, end, end_everybody};
pub(crate) use token::{NewToken, Purpose, drop_all, hash_of, new as new_token, secret};

use model::{Email, Name, Password, PersonId, Refusal, Register, Role, SessionId, SetUp, ZoneName};
use sea_orm::{ConnectionTrait, DbErr};
use store::Lane;

use crate::{
    Cx,
    batch::{Item, Reply},
    context::refuse,
    directory::{Address, EMAIL, NAME},
    people, post,
    sql::{damaged, get, id, one, padded},
};
use entry::Entry;

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

impl Actor {
    /// What concerns the installation is there for its Admins alone; for others there is no such thing.
    pub(crate) fn must_be_admin(&self) -> Result<(), Refusal> {
        if self.role == Role::Admin { Ok(()) } else { Err(Refusal::NotFound) }
    }
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
    /// What the browser's cookie says about the people who have signed in there.
    pub device: Option<String>,
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
/// An invalid password, an address with which nobody may register here, too many attempts, or a busy server.
pub async fn register(cx: &Cx, form: Register, from: &From) -> Result<(), Refusal> {
    people::may_register(cx, &form.email).await?;
    limits::Attempt::to_ask(cx, from).count(cx).await?;
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

/// Whether this is the password of somebody who is signed in and wants to do what cannot be taken back. A wrong one is noted.
pub(crate) async fn is_password(cx: &Cx, actor: &Actor, password: Password) -> Result<bool, Refusal> {
    let lift = limits::Attempt::to_confirm(cx, actor, &From::default()).count(cx).await?;
    let found = by_id(cx, actor.person).await?.ok_or(Refusal::SignIn)?;
    let fits = cx.hasher.verify(password, Some(found.password)).await?;
    let failed = Errand::NoteFailedSignIn { person: Some(actor.person), at: cx.now() };
    run(cx, if fits { Errand::Lift { lift } } else { failed }).await?;
    Ok(fits)
}

/// Whose address this is, if it is that of an account that can come in.
pub(crate) async fn holder(cx: &Cx, email: &Email) -> Result<Option<PersonId>, Refusal> {
    Ok(by_email(cx, email).await?.filter(|found| found.is_confirmed).map(|found| found.person))
}

/// The hash of a password that nobody knows.
pub(crate) async fn unknown_password(cx: &Cx) -> Result<String, Refusal> {
    let unknown = encode(&cx.random::<32>());
    cx.hasher.hash(Password::new(unknown), cx.random()).await
}

/// An account.
struct Found {
    person: PersonId,
    password: String,
    security_version: i32,
    role: Role,
    is_confirmed: bool,
    has_factor: bool,
}

const FOUND: &str = "SELECT u.id, u.password, u.security_version, u.role, u.verified_at, \
                     (SELECT t.enabled_at FROM totp t WHERE t.person = u.id) FROM users u";

impl Found {
    fn read(row: &sea_orm::QueryResult) -> Result<Self, DbErr> {
        Ok(Self {
            person: id(row, 0)?,
            password: get(row, 1)?,
            security_version: get(row, 2)?,
            role: Role::from_code(get(row, 3)?).ok_or_else(|| damaged("a role"))?,
            is_confirmed: get::<Option<i64>>(row, 4)?.is_some(),
            has_factor: get::<Option<i64>>(row, 5)?.is_some(),
        })
    }
}

async fn by_email(cx: &Cx, email: &Email) -> Result<Option<Found>, Refusal> {
    let macs = cx.vault.blind_all(EMAIL, email.canonical().as_bytes());
    let macs: Vec<Vec<u8>> = macs.iter().map(|blind| blind.mac.to_vec()).collect();
    // One question for all keys: an index may move from one to another at this moment.
    let (list, values) = padded(&macs, 1);
    let sql =
        format!("{FOUND} JOIN user_email_index i ON i.person = u.id WHERE i.mac IN {list} AND u.disabled_at IS NULL");
    let row = one(cx.store.reader(), &sql, values).await.map_err(|e| refuse(&e))?;
    row.map(|row| Found::read(&row)).transpose().map_err(|e| refuse(&e))
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
pub(crate) async fn new_person(
    cx: &Cx,
    name: Name,
    email: Email,
    password: Password,
    role: Role,
) -> Result<NewPerson, Refusal> {
    filter::check(&password, &name, &email, false)?;
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
    let opening = sign_in::Opening { session, lift: None, notice: None };
    run(cx, Errand::OpenSession(Box::new(opening))).await?;
    Ok(opened)
}

pub(crate) async fn run(cx: &Cx, errand: Errand) -> Result<Ran, Refusal> {
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
    decode_any(text)?.try_into().ok()
}

fn decode_any(text: &str) -> Option<Vec<u8>> {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.decode(text).ok()
}
