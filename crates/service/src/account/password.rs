//! Password hashing: argon2id with OWASP's 19 MiB, two passes, one lane (Password Storage Cheat Sheet, 2023).
//!
//! A hash takes a core for some 30 ms, so it runs outside the async threads, as many at once as there are cores, and
//! who would have to wait behind too many is sent away.

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use model::{Password, Refusal};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tokio::sync::Semaphore;

/// How many may wait for a core; more are told to come back.
const WAITING: usize = 64;

/// Hashes and verifies passwords.
#[derive(Debug)]
pub(crate) struct Hasher {
    cores: Arc<Semaphore>,
    waiting: AtomicUsize,
    /// The hash of nobody's password: an unknown account costs as much as a known one.
    nobody: String,
}

impl Default for Hasher {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let nobody = hash_now("nobody has this password", &[7; 16]).unwrap_or_default();
        Self { cores: Arc::new(Semaphore::new(cores)), waiting: AtomicUsize::new(0), nobody }
    }
}

fn argon2() -> Argon2<'static> {
    // The parameters are constants that argon2 accepts; its own default is the same set.
    let params = Params::new(19 * 1024, 2, 1, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash_now(password: &str, salt: &[u8; 16]) -> Result<String, argon2::password_hash::Error> {
    let hash: PasswordHash = argon2().hash_password_with_salt(password.as_bytes(), salt)?;
    Ok(hash.to_string())
}

impl Hasher {
    /// The PHC string of a password.
    pub(crate) async fn hash(&self, password: Password, salt: [u8; 16]) -> Result<String, Refusal> {
        self.work(move || hash_now(password.reveal(), &salt)).await?.map_err(|e| crate::context::fault(&e))
    }

    /// Whether a password fits a stored hash; takes the same time when there is none.
    pub(crate) async fn verify(&self, password: Password, stored: Option<String>) -> Result<bool, Refusal> {
        if password.reveal().len() > Password::LONGEST {
            return Ok(false);
        }
        let is_known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.nobody.clone());
        let fits = self.work(move || {
            let Ok(hash) = PasswordHash::new(&stored) else { return false };
            argon2().verify_password(password.reveal().as_bytes(), &hash).is_ok()
        });
        Ok(fits.await? && is_known)
    }

    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
        if self.waiting.fetch_add(1, Ordering::SeqCst) >= WAITING {
            self.waiting.fetch_sub(1, Ordering::SeqCst);
            return Err(Refusal::Busy { after_s: 2 });
        }
        let turn = self.cores.clone().acquire_owned().await;
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        let turn = turn.map_err(|_| Refusal::Busy { after_s: 2 })?;
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        done.await.map_err(|e| crate::context::fault(&e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let hasher = Hasher::default();
        let hash = hasher.hash(Password::new("slow copper kettle".into()), [1; 16]).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        for (typed, stored, fits) in [
            ("slow copper kettle", Some(hash.clone()), true),
            ("slow copper kettle ", Some(hash.clone()), false),
            ("nobody has this password", None, false),
            ("slow copper kettle", Some("not a hash".into()), false),
        ] {
            assert_eq!(hasher.verify(Password::new(typed.into()), stored).await.unwrap(), fits, "{typed:?}");
        }
    }
}
