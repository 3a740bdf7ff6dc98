//! The forms of accounts: what people send to get in, `POST /api/account/…`.
//!
//! Must not know: what becomes of them.

use serde::{Deserialize, Serialize};
use std::fmt;
use wire::Wire;

use crate::{
    id::{PersonId, SessionId},
    text::{Email, Invalid, Name},
    when::Instant,
};

/// A password as it was typed. Never shown, never logged.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[serde(transparent)]
pub struct Password(String);

impl Password {
    /// The shortest new password, in characters (OWASP ASVS 5.0, 6.2.1).
    pub const SHORTEST: usize = 15;
    /// The shortest new password of somebody with a second factor, in characters (NIST SP 800-63B-4, 3.1.1.2).
    pub const SHORTEST_BESIDE_FACTOR: usize = 8;
    /// The longest password, in bytes: hashing costs time, and nobody types more.
    pub const LONGEST: usize = 1024;

    /// As typed: no trimming, no normalisation (OWASP ASVS 5.0, 6.2.8).
    #[must_use]
    pub const fn new(typed: String) -> Self {
        Self(typed)
    }

    /// The bytes to be hashed.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether it is too short to be somebody's only factor.
    #[must_use]
    pub fn is_short(&self) -> bool {
        self.0.chars().count() < Self::SHORTEST
    }

    /// Whether it may become somebody's password: long enough, and not made of what is known about them.
    ///
    /// # Errors
    ///
    /// A sentence that says what to change.
    pub fn check_new(&self, name: &Name, email: &Email) -> Result<(), Invalid> {
        if self.is_short() {
            return Err(Invalid(
                "Use at least 15 characters. Four or five words that do not belong together are good.",
            ));
        }
        self.check_beside_factor(name, email)
    }

    /// Whether it may become the password of somebody who also has a second factor: it may then be shorter.
    ///
    /// # Errors
    ///
    /// A sentence that says what to change.
    pub fn check_beside_factor(&self, name: &Name, email: &Email) -> Result<(), Invalid> {
        if self.0.chars().count() < Self::SHORTEST_BESIDE_FACTOR {
            return Err(Invalid("Use at least 8 characters. Two or three words that do not belong together are good."));
        }
        if self.0.len() > Self::LONGEST {
            return Err(Invalid("Use at most 1,024 bytes."));
        }
        // What is left when everything that others know is taken out must still be long.
        let mut rest = self.0.to_lowercase();
        let address = email.canonical();
        let known = address.split(['@', '.', '+', '-', '_']).chain(name.as_str().split_whitespace()).chain(["muster"]);
        for word in known.filter(|w| w.chars().count() > 2) {
            rest = rest.replace(&word.to_lowercase(), "");
        }
        let mut distinct: Vec<char> = Vec::new();
        for c in rest.chars() {
            if !distinct.contains(&c) {
                distinct.push(c);
            }
        }
        if rest.chars().count() < 8 || distinct.len() < 5 {
            return Err(Invalid("This is easy to guess from your name, your address or its pattern. Use other words."));
        }
        Ok(())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// The form with which the first Admin is made: `POST /api/account/set-up`.
#[derive(Clone, Debug, Serialize, Deserialize, Wire)]
pub struct SetUp {
    /// From the link in the terminal.
    pub token: String,
    /// Their name.
    pub name: Name,
    /// Their address.
    pub email: Email,
    /// Their password.
    pub password: Password,
}

/// The form with which people create their account: `POST /api/account/register`.
#[derive(Clone, Debug, Serialize, Deserialize, Wire)]
pub struct Register {
    /// Their name.
    pub name: Name,
    /// Their address.
    pub email: Email,
    /// Their password.
    pub password: Password,
}

/// The form with which people come in: `POST /api/account/sign-in`.
#[derive(Clone, Debug, Serialize, Deserialize, Wire)]
pub struct SignIn {
    /// Their address.
    pub email: Email,
    /// Their password.
    pub password: Password,
    /// Whether the session outlives the browser.
    #[serde(default)]
    #[wire(default)]
    pub remember: bool,
}

/// The form with which people who are signed in choose another password: `POST /api/account/password`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ChangePassword {
    /// The password they have.
    pub current: Password,
    /// The new one.
    pub password: Password,
}

/// Which session is to end: `POST /api/account/sessions`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EndSession {
    /// That one; nothing: all but the one that asks.
    #[serde(default)]
    pub session: Option<SessionId>,
}

/// A session as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionCard {
    /// Which.
    pub id: SessionId,
    /// Since when.
    pub began: Instant,
    /// When it was last noted that it is used.
    pub last_seen: Instant,
    /// The browser's own description.
    pub agent: Option<String>,
    /// The network address from which it began.
    pub address: Option<String>,
    /// Whether it is the one that asks.
    pub is_this: bool,
}

/// The form of the link that ends a kind of mail: `POST /api/account/unsubscribe`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Unsubscribe {
    /// What the link says behind its path.
    pub token: String,
}

/// The answer to a form of accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Wire)]
pub struct Welcome {
    /// Who is signed in now; for a registration nobody is yet.
    pub person: Option<PersonId>,
}

/// The form of the link by which people confirm their address: `POST /api/account/verify`. The password is asked for, so that
/// whoever made an account with somebody else's address gets nothing confirmed by them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Verify {
    /// From the link in the mail.
    pub token: String,
    /// The password they chose.
    pub password: Password,
}

/// The form with which people ask for a link: to confirm their address (`POST /api/account/resend`) or to choose another
/// password (`POST /api/account/forgot`).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AskLink {
    /// Their address.
    pub email: Email,
}

/// The form of the link by which people choose another password: `POST /api/account/reset`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reset {
    /// From the link in the mail.
    pub token: String,
    /// The new password.
    pub password: Password,
}

/// The form in which people show that it is still them: `POST /api/account/confirm`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Confirm {
    /// Their password.
    pub password: Password,
    /// A code, if they have a second factor.
    #[serde(default)]
    pub code: String,
}

/// The second step of signing in: `POST /api/account/sign-in-code`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SignInCode {
    /// Six digits of an app, or a recovery code.
    pub code: String,
}

/// The form with which somebody turns codes from an app on: `POST /api/account/codes`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EnableCodes {
    /// The secret, as the page got it: sealed.
    pub offer: String,
    /// The first code of the app.
    pub code: String,
}

/// Codes that are shown once, in the answer to the form that made them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NewCodes {
    /// One for each line.
    pub lines: Vec<String>,
}

/// The form with which somebody asks for another address: `POST /api/account/email`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NewEmail {
    /// The new one.
    pub email: Email,
}

/// The form behind a link that needs nothing but itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UseLink {
    /// From the link in the mail.
    pub token: String,
}

/// The form with which somebody gives up their account: `POST /api/account/close`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CloseAccount {
    /// Their own address, typed in, so that nobody does it by a slip.
    pub email: String,
}

/// What the meter of a form asks: `POST /api/account/strength`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AskStrength {
    /// What was typed so far.
    pub password: Password,
    /// The name in the same form.
    #[serde(default)]
    pub name: String,
    /// The address in the same form.
    #[serde(default)]
    pub email: String,
}

/// How good a password is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Strength {
    /// From 0, guessed at once, to 4.
    pub score: u8,
    /// Whether it may be chosen.
    pub is_fine: bool,
    /// A sentence that says why, or what to change.
    pub words: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_password_is_long_and_not_made_of_what_is_known() {
        let (name, email) =
            (Name::try_from("Ana Petrović").unwrap(), Email::try_from("ana.p@norrvik.example").unwrap());
        for (typed, fine) in [
            ("correct horse battery", true),
            ("short", false),
            ("Petrović Norrvik Ana", false),
            ("aaaaaaaaaaaaaaaaaaaa", false),
            ("muster muster muster", false),
            ("петух лампа облако", true),
        ] {
            assert_eq!(Password::new(typed.into()).check_new(&name, &email).is_ok(), fine, "{typed:?}");
        }
        assert!(Password::new("x y z ab".repeat(200)).check_new(&name, &email).is_err());
    }

    #[test]
    fn a_password_is_not_printed() {
        assert_eq!(format!("{:?}", Password::new("correct horse".into())), "[secret]");
    }
}
