//! The pass: a signed token (JWT, RFC 7519) that carries a session's secret in the cookie.
//!
//! It proves nothing but that this installation made it. Whether the session lives is asked of its row. Times are
//! checked against our own clock, so that tests own it.

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use model::{Instant, PersonId};
use serde::{Deserialize, Serialize};
use std::sync::{Arc, PoisonError, RwLock};
use vault::Vault;

const ISSUER: &str = "muster";
const AUDIENCE: &str = "muster-page";
const TYPE: &str = "muster-session+jwt";

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: PersonId,
    /// The session's secret.
    sid: String,
    /// The security version of the person when it was made.
    uv: i32,
    iat: i64,
    nbf: i64,
    exp: i64,
    typ: String,
}

/// What a valid pass says.
#[derive(Clone, Debug)]
pub(crate) struct Pass {
    pub(crate) person: PersonId,
    pub(crate) secret: [u8; 32],
    pub(crate) security_version: i32,
}

/// Makes and reads passes, with keys that the vault derives from its own.
pub(crate) struct Passes {
    keys: RwLock<Arc<Keys>>,
    validation: Validation,
}

/// The keys of one ring: the active one signs, and all that are usable read. Their names are their numbers.
struct Keys {
    sign: Option<(String, EncodingKey)>,
    read: Vec<(String, DecodingKey)>,
}

impl Keys {
    fn of(vault: &Vault) -> Arc<Self> {
        let keys = vault.derive_all(Passes::PURPOSE);
        let name = |place: usize| keys[place].0.get().to_string();
        let sign = keys.first().map(|(_, key)| (name(0), EncodingKey::from_secret(key.expose())));
        let read = keys.iter().enumerate();
        let read = read.map(|(place, (_, key))| (name(place), DecodingKey::from_secret(key.expose()))).collect();
        Arc::new(Self { sign, read })
    }
}

impl std::fmt::Debug for Passes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passes")
    }
}

impl Passes {
    const PURPOSE: &'static str = "session pass";

    pub(crate) fn new(vault: &Vault) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_audience(&[AUDIENCE]);
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "nbf", "iss", "sub", "aud"]);
        // The library asks the system's clock; ours is asked in `read`.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Self { keys: RwLock::new(Keys::of(vault)), validation }
    }

    /// Derives the keys again, after the vault has loaded another ring. Passes that a key signed stay valid until it is retired.
    pub(crate) fn renew(&self, vault: &Vault) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Keys::of(vault);
    }

    fn keys(&self) -> Arc<Keys> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn make(&self, pass: &Pass, now: Instant, expires: Instant) -> Option<String> {
        let claims = Claims {
            iss: ISSUER.into(),
            aud: AUDIENCE.into(),
            sub: pass.person,
            sid: super::encode(&pass.secret),
            uv: pass.security_version,
            iat: now.ms() / 1000,
            nbf: now.ms() / 1000,
            exp: expires.ms() / 1000,
            typ: TYPE.into(),
        };
        let keys = self.keys();
        let (name, key) = keys.sign.as_ref()?;
        let header = Header { kid: Some(name.clone()), ..Header::new(Algorithm::HS256) };
        encode(&header, &claims, key).ok()
    }

    /// Reads a pass; nothing when it is not one of ours or not valid now.
    pub(crate) fn read(&self, token: &str, now: Instant) -> Option<Pass> {
        let kid = jsonwebtoken::decode_header(token).ok()?.kid?;
        let keys = self.keys();
        let (_, key) = keys.read.iter().find(|(name, _)| *name == kid)?;
        let claims = decode::<Claims>(token, key, &self.validation).ok()?.claims;
        let second = now.ms() / 1000;
        let is_fine = claims.typ == TYPE && claims.nbf <= second && second < claims.exp;
        let secret = super::decode(&claims.sid).filter(|_| is_fine)?;
        Some(Pass { person: claims.sub, secret, security_version: claims.uv })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vault::{KeyId, KeyRing};

    fn passes(key: u8) -> Passes {
        let ring = KeyRing::generate(KeyId::new(1).unwrap(), [key; 32]).unwrap();
        Passes::new(&Vault::new(ring, || [9; 24]))
    }

    fn pass() -> Pass {
        let person = model::new_id(Instant::from_ms(1), [3; 10]);
        Pass { person, secret: [5; 32], security_version: 2 }
    }

    const NOW: Instant = Instant::from_ms(1_790_000_000_000);

    #[test]
    fn a_pass_is_read_by_who_made_it_and_while_it_is_valid() {
        let passes_1 = passes(1);
        let token = passes_1.make(&pass(), NOW, NOW.plus_ms(60_000)).unwrap();
        let read = passes_1.read(&token, NOW).unwrap();
        assert_eq!((read.person, read.secret, read.security_version), (pass().person, [5; 32], 2));
        assert!(passes_1.read(&token, NOW.plus_ms(60_000)).is_none(), "expired");
        assert!(passes_1.read(&token, NOW.plus_ms(-2_000)).is_none(), "not yet valid");
        assert!(passes(2).read(&token, NOW).is_none(), "another key");
    }

    #[test]
    fn a_pass_with_any_changed_character_is_refused() {
        let passes = passes(1);
        let token = passes.make(&pass(), NOW, NOW.plus_ms(60_000)).unwrap();
        for place in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            // The last character of a part may hold bits that are not used: the same bytes are no change.
            let is_same = passes.read(&changed, NOW).is_some_and(|p| p.secret == [5; 32]);
            assert!(passes.read(&changed, NOW).is_none() || is_same, "place {place}");
        }
    }

    #[test]
    fn a_pass_is_read_until_the_key_that_signed_it_is_retired() {
        let id = |number| KeyId::new(number).unwrap();
        let vault = Vault::new(KeyRing::generate(id(1), [1; 32]).unwrap(), || [9; 24]);
        let passes = Passes::new(&vault);
        let make = || passes.make(&pass(), NOW, NOW.plus_ms(60_000)).unwrap();
        let old = make();
        let is_read = |token: &str| passes.read(token, NOW).is_some();
        vault.load(vault.ring().with_key(id(2), [2; 32]).unwrap().promoted(id(2)).unwrap());
        passes.renew(&vault);
        let new = make();
        assert!(is_read(&old) && is_read(&new));
        vault.load(vault.ring().with_retired(id(1)).unwrap());
        passes.renew(&vault);
        assert!(!is_read(&old) && is_read(&new));
    }

    #[test]
    fn an_unsigned_pass_is_refused() {
        let head = super::super::encode(br#"{"alg":"none","kid":"1"}"#);
        let body = super::super::encode(b"{}");
        assert!(passes(1).read(&format!("{head}.{body}."), NOW).is_none());
    }
}
