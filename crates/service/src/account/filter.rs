//! Which passwords may be chosen, and what is said about one while it is typed. Nothing leaves this machine: the lists of common
//! and breached passwords, of words and of names are inside (those of `zxcvbn`), and what others know about the person is added.

use model::{AskStrength, Email, Invalid, Name, Password, Refusal, Strength};
use zxcvbn::{Score, feedback::Feedback, zxcvbn};

use super::{Actor, factor};
use crate::{Cx, context::refuse, directory};

/// The least that is accepted: not guessed within 10^8 tries (zxcvbn's "good").
const LEAST: u8 = 3;
/// Words that everybody knows who would guess here.
const KNOWN: [&str; 3] = ["muster", "tasks", "password"];

/// Takes a password as somebody's new one, or says at its field why not.
pub(super) fn check(password: &Password, name: &Name, email: &Email, has_factor: bool) -> Result<(), Refusal> {
    rules(password, name, email, has_factor).map_err(|why| Refusal::invalid("password", why.0))?;
    let (score, words) = judged(password.reveal(), name.as_str(), email.as_str());
    if score >= LEAST { Ok(()) } else { Err(Refusal::invalid("password", words)) }
}

fn rules(password: &Password, name: &Name, email: &Email, has_factor: bool) -> Result<(), Invalid> {
    if has_factor { password.check_beside_factor(name, email) } else { password.check_new(name, email) }
}

/// What is said about a password that is being typed, to a visitor by what is in their form, to others by what is known of them.
///
/// # Errors
///
/// A fault of the database.
pub async fn strength(cx: &Cx, actor: Option<&Actor>, mut form: AskStrength) -> Result<Strength, Refusal> {
    let mut has_factor = false;
    if let Some(actor) = actor {
        let own = directory::address(cx.store.reader(), &cx.vault, actor.person).await?;
        (form.name, form.email) = (own.name.to_string(), own.email.as_str().to_owned());
        has_factor = factor::has(cx.store.reader(), actor.person).await.map_err(|e| refuse(&e))?;
    }
    Ok(told(&form, has_factor))
}

/// Where name or address cannot be read yet, they are left out.
fn told(form: &AskStrength, has_factor: bool) -> Strength {
    let typed = form.password.reveal();
    let (score, words) = judged(typed, &form.name, &form.email);
    let (words, is_fine) = match (Name::try_from(form.name.as_str()), Email::try_from(form.email.as_str())) {
        // The rules that need both are told as soon as both are there.
        (Ok(name), Ok(email)) => match rules(&form.password, &name, &email, has_factor) {
            Ok(()) => (words, score >= LEAST),
            Err(why) => (why.0.to_owned(), false),
        },
        _ if form.password.is_short() => (missing(typed), false),
        _ => (words, score >= LEAST),
    };
    Strength { score: if is_fine { score } else { score.min(LEAST - 1) }, is_fine, words }
}

fn missing(typed: &str) -> String {
    let n = Password::SHORTEST.saturating_sub(typed.chars().count());
    format!("{n} more character{} to go.", if n == 1 { "" } else { "s" })
}

fn judged(typed: &str, name: &str, email: &str) -> (u8, String) {
    // zxcvbn looks at the first hundred characters; what comes behind them makes nothing worse.
    let parts = email.split(['@', '.', '+', '-', '_']).chain(name.split_whitespace()).chain(KNOWN);
    let known: Vec<&str> = parts.filter(|part| part.chars().count() > 2).collect();
    let entropy = zxcvbn(typed, &known);
    let score = match entropy.score() {
        Score::Zero => 0,
        Score::One => 1,
        Score::Two => 2,
        Score::Three => 3,
        _ => 4,
    };
    let why = entropy.feedback().and_then(Feedback::warning).map(|warning| warning.to_string());
    let words = match (score, why) {
        (4, _) => "Strong: it would take centuries to guess.".to_owned(),
        (3, _) => "Good.".to_owned(),
        (_, Some(why)) => format!("Easy to guess. {why} Use other words."),
        (_, None) => "Easy to guess. Add a word or two that do not belong to the others.".to_owned(),
    };
    (score, words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::testing::valid;

    #[test]
    fn common_breached_and_known_words_are_refused_and_others_not() {
        let (name, email) = (valid::<Name>("Ana Petrović"), valid::<Email>("zebulonia@norrvik.example"));
        for (typed, fine) in [
            ("slow copper kettle on a tram", true),
            ("correct horse battery staple", true),
            ("петух лампа облако", true),
            ("quiet lamp over water", true),
            ("passwordpassword", false),
            ("password12345678", false),
            ("qwertyuiopasdfgh", false),
            ("123456789012345678", false),
            ("iloveyouiloveyou", false),
            ("zebulonia20261123", false),
            ("zebuloniazebulonia!", false),
            ("muster muster 2026", false),
            ("abcdefghijklmnopq", false),
            ("too short", false),
        ] {
            let password = Password::new(typed.into());
            assert_eq!(check(&password, &name, &email, false).is_ok(), fine, "{typed:?}");
            let form = AskStrength { password, name: name.to_string(), email: email.as_str().to_owned() };
            assert_eq!(told(&form, false).is_fine, fine, "{typed:?}");
        }
    }

    #[test]
    fn beside_a_second_factor_a_password_may_be_shorter_but_not_common() {
        let (name, email) = (valid::<Name>("Ana Petrović"), valid::<Email>("zebulonia@norrvik.example"));
        for (typed, fine) in [("kelp-zinc", true), ("password1", false), ("trustno1!", false), ("kelpzin", false)] {
            let password = Password::new(typed.into());
            assert_eq!(check(&password, &name, &email, true).is_ok(), fine, "{typed:?}");
            assert!(check(&password, &name, &email, false).is_err(), "{typed:?}");
        }
    }

    #[test]
    fn long_passwords_and_all_characters_are_taken() {
        let (name, email) = (valid::<Name>("Ana"), valid::<Email>("zebulonia@norrvik.example"));
        let words = "kelp zinc harbour vivid monk paper ";
        for typed in [words.repeat(2), words.repeat(29), "🦦 kelp  zinc\tharbour ÄÖ\u{0}".to_owned()] {
            assert!(check(&Password::new(typed), &name, &email, false).is_ok());
        }
        let typed = Password::new("k".repeat(Password::LONGEST + 1));
        assert!(check(&typed, &name, &email, false).is_err());
    }
}
