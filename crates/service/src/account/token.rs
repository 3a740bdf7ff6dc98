//! The secrets of links: 32 random bytes that only the link has. The database knows their SHA-256, what they are for and until
//! when. Only the newest for a purpose and a person works, and only once.

use model::{Instant, PersonId};
use sea_orm::{ConnectionTrait, DbErr};
use sha2::{Digest, Sha256};

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
}

impl Purpose {
    /// For how long a link works, in milliseconds.
    const fn lasts_ms(self) -> i64 {
        match self {
            Self::SetUp | Self::Verify => 24 * 3_600_000,
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
    at: Instant,
    expires: Instant,
}

/// Makes a token, and the text that goes into its link.
pub(crate) fn new(cx: &Cx, purpose: Purpose, person: Option<PersonId>) -> (String, NewToken) {
    let (secret, at): ([u8; 32], _) = (cx.random(), cx.now());
    let expires = at.plus_ms(purpose.lasts_ms());
    (encode(&secret), NewToken { hash: Sha256::digest(secret).into(), purpose, person, at, expires })
}

impl NewToken {
    /// Stores it; older ones for the same purpose and person stop working.
    pub(super) async fn replace(&self, db: &impl ConnectionTrait) -> Result<(), DbErr> {
        let Self { hash, purpose, person, at, expires } = self;
        match person {
            Some(person) => {
                let sql = "DELETE FROM tokens WHERE person = $1 AND purpose = $2";
                run(db, sql, [(*person).into(), purpose.code().into()]).await?;
            }
            None => {
                run(db, "DELETE FROM tokens WHERE person IS NULL AND purpose = $1", [purpose.code().into()]).await?;
            }
        }
        let sql = "INSERT INTO tokens (hash, purpose, person, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)";
        let person = person.map(PersonId::uuid);
        let values = [hash.to_vec().into(), purpose.code().into(), person.into(), (*at).into(), (*expires).into()];
        run(db, sql, values).await.map(|_| ())
    }
}

/// The hash of the token in a link; nothing if it cannot be one.
pub(super) fn hash_of(text: &str) -> Option<[u8; 32]> {
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
    row.map_or(Ok(None), |row| Ok(get::<Option<uuid::Uuid>>(&row, 0)?.map(PersonId::from)))
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
pub(super) async fn drop_all(db: &impl ConnectionTrait, person: PersonId) -> Result<(), DbErr> {
    run(db, "DELETE FROM tokens WHERE person = $1", [person.into()]).await.map(|_| ())
}
