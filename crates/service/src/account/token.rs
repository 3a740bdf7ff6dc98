//! The secrets of links: 32 random bytes that only the link has. The database knows their SHA-256, what they are for and until
//! when. Only the newest for a purpose and a person works, and only once.

use model::{Instant, PersonId};
use sea_orm::{ConnectionTrait, DbErr};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::encode;
use crate::{
    Cx,
    sql::{get, one, run},
};

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To make the first Admin.
    SetUp = 1,
    /// To confirm an address.
    Verify = 2,
    /// To choose another password.
    Reset = 3,
    /// To make another address one's own.
    ChangeEmail = 4,
    /// To take that back.
    RevertEmail = 5,
}

impl Purpose {
    /// For how long a link works, in milliseconds.
    const fn lasts_ms(self) -> i64 {
        match self {
            Self::SetUp | Self::Verify | Self::ChangeEmail => 24 * 3_600_000,
            Self::RevertEmail => 7 * 24 * 3_600_000,
            Self::Reset => 30 * 60_000,
        }
    }

    const fn code(self) -> i16 {
        self as i16
    }
}

/// A token to be stored.
#[derive(Clone, Debug)]
pub(crate) struct NewToken {
    hash: [u8; 32],
    purpose: Purpose,
    /// Whose; nobody's for a set-up.
    pub(super) person: Option<PersonId>,
    /// What it is about, if that is more than its person.
    about: Option<Uuid>,
    at: Instant,
    expires: Instant,
}

/// Makes a token, and the text that goes into its link.
pub(crate) fn new(cx: &Cx, purpose: Purpose, person: Option<PersonId>) -> (String, NewToken) {
    let ((secret, hash), at) = (secret(cx), cx.now());
    let expires = at.plus_ms(purpose.lasts_ms());
    (secret, NewToken { hash, purpose, person, about: None, at, expires })
}

/// A new secret as it stands in a link, and its hash.
pub(crate) fn secret(cx: &Cx) -> (String, [u8; 32]) {
    let secret: [u8; 32] = cx.random();
    (encode(&secret), Sha256::digest(secret).into())
}

impl NewToken {
    /// The token, about something of its person.
    pub(super) fn about(self, what: Uuid) -> Self {
        Self { about: Some(what), ..self }
    }

    /// Stores it; older ones for the same purpose and person stop working.
    pub(crate) async fn replace(&self, db: &impl ConnectionTrait) -> Result<(), DbErr> {
        let Self { hash, purpose, person, about, at, expires } = self;
        match person {
            Some(person) => {
                let sql = "DELETE FROM tokens WHERE person = $1 AND purpose = $2";
                run(db, sql, [(*person).into(), purpose.code().into()]).await?;
            }
            None => {
                run(db, "DELETE FROM tokens WHERE person IS NULL AND purpose = $1", [purpose.code().into()]).await?;
            }
        }
        let sql = "INSERT INTO tokens (hash, purpose, person, created_at, expires_at, about) \
                   VALUES ($1, $2, $3, $4, $5, $6)";
        let person = person.map(PersonId::uuid);
        let values = [
            hash.to_vec().into(),
            purpose.code().into(),
            person.into(),
            (*at).into(),
            (*expires).into(),
            (*about).into(),
        ];
        run(db, sql, values).await.map(|_| ())
    }
}

/// The hash of the token in a link; nothing if it cannot be one.
pub(crate) fn hash_of(text: &str) -> Option<[u8; 32]> {
    super::decode(text).map(|secret| Sha256::digest(secret).into())
}

/// Whose token this is, if it works now. It still works afterwards.
pub(super) async fn owner(
    db: &impl ConnectionTrait,
    hash: &[u8; 32],
    purpose: Purpose,
    now: Instant,
) -> Result<Option<PersonId>, DbErr> {
    let sql = "SELECT person FROM tokens WHERE hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3";
    let row = one(db, sql, [hash.to_vec().into(), purpose.code().into(), now.into()]).await?;
    row.map_or(Ok(None), |row| Ok(get::<Option<Uuid>>(&row, 0)?.map(PersonId::from)))
}

/// What a token is about, if it works now. It still works afterwards.
pub(super) async fn subject(
    db: &impl ConnectionTrait,
    hash: &[u8; 32],
    purpose: Purpose,
    now: Instant,
) -> Result<Option<Uuid>, DbErr> {
    let sql = "SELECT about FROM tokens WHERE hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3";
    let row = one(db, sql, [hash.to_vec().into(), purpose.code().into(), now.into()]).await?;
    row.map_or(Ok(None), |row| get(&row, 0))
}

/// Uses a token up; whether it worked.
pub(super) async fn consume(
    db: &impl ConnectionTrait,
    hash: &[u8; 32],
    purpose: Purpose,
    now: Instant,
) -> Result<bool, DbErr> {
    let sql = "UPDATE tokens SET used_at = $3 \
               WHERE hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3";
    Ok(run(db, sql, [hash.to_vec().into(), purpose.code().into(), now.into()]).await? == 1)
}

/// Makes all links of a person stop working.
pub(crate) async fn drop_all(db: &impl ConnectionTrait, person: PersonId) -> Result<(), DbErr> {
    run(db, "DELETE FROM tokens WHERE person = $1", [person.into()]).await.map(|_| ())
}

/// Makes all links of a person stop working, but for those of one purpose.
pub(super) async fn drop_but(db: &impl ConnectionTrait, person: PersonId, kept: Purpose) -> Result<(), DbErr> {
    let sql = "DELETE FROM tokens WHERE person = $1 AND purpose <> $2";
    run(db, sql, [person.into(), kept.code().into()]).await.map(|_| ())
}
