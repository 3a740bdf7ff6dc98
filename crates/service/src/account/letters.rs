//! What mails about accounts say.
//!
//! Must not know: how they are sent. Whoever typed in an address may be another than who has it, so no letter says more about
//! an account than that it is there.

use mail::{Fact, Letter};
use model::Email;

use super::{From, device};
use crate::{Cx, directory::Address, post::link};

/// The way into a new account.
pub(super) fn verify(cx: &Cx, to: &Address, secret: &str) -> Letter {
    Letter::new("Confirm your address", "Confirm your address")
        .greeting(greeting(to))
        .paragraph("You are one step from your account. Open the link and type in the password that you chose.")
        .button("Confirm my address", link(cx, &format!("/verify/{secret}")))
        .paragraph("The link works once, within 24 hours. Newer links replace older ones.")
        .why(format!("You get this mail because this address was used to register at {}. {IGNORE}", host(cx)))
}

/// What is told to an address with which somebody registers although it has an account.
pub(super) fn known(cx: &Cx, to: &Address) -> Letter {
    Letter::new("You have an account already", "You have an account already")
        .paragraph(
            "Somebody, probably you, tried to register with this address. It has an account, so nothing was changed.",
        )
        .button("Sign in", link(cx, "/signin"))
        .paragraph("If you do not remember your password, choose another one on the page for signing in.")
        .why(format!("You get this mail because {} was used to register at {}. {IGNORE}", to.email.as_str(), host(cx)))
}

/// The way to another password.
pub(super) fn reset(cx: &Cx, to: &Address, secret: &str) -> Letter {
    Letter::new("Choose another password", "Choose another password")
        .greeting(greeting(to))
        .paragraph("Open the link and type in a new password. Until then the old one works.")
        .button("Choose another password", link(cx, &format!("/reset/{secret}")))
        .paragraph("The link works once, within 30 minutes. Newer links replace older ones.")
        .why(format!("You get this mail because somebody asked for a new password at {}. {IGNORE}", host(cx)))
}

/// That the password is another one now.
pub(super) fn password_changed(cx: &Cx, to: &Address) -> Letter {
    Letter::new("Your password was changed", "Your password was changed")
        .greeting(greeting(to))
        .paragraph("Your account has another password now, and you were signed out everywhere.")
        .paragraph("If it was not you, choose another password at once, and tell your admin.")
        .button("Choose another password", link(cx, "/forgot"))
        .why(about(cx))
}

/// The way to another address, told there.
pub(super) fn confirm_email(cx: &Cx, to: &Address, secret: &str) -> Letter {
    Letter::new("Confirm your new address", "Confirm your new address")
        .greeting(greeting(to))
        .paragraph("You want to use this address for your account. Open the link where you are signed in; until then the old one stays.")
        .button("Confirm my new address", link(cx, &format!("/email/{secret}")))
        .paragraph("The link works once, within 24 hours. Newer links replace older ones.")
        .why(format!("You get this mail because this address was typed in at {}. {IGNORE}", host(cx)))
}

/// What is told to an address that somebody else wanted to have.
pub(super) fn taken(cx: &Cx, to: &Address) -> Letter {
    Letter::new("Your address was typed in for another account", "Your address was typed in for another account")
        .paragraph("Somebody, perhaps you, wanted to use this address for another account. It has one, so nothing was changed.")
        .button("Sign in", link(cx, "/signin"))
        .why(format!("You get this mail because {} was typed in at {}. {IGNORE}", to.email.as_str(), host(cx)))
}

/// That the address is another one now, told at the old one, with the way back.
pub(super) fn email_changed(cx: &Cx, to: &Address, fresh: &Email, secret: &str) -> Letter {
    Letter::new("Your address was changed", "Your address was changed")
        .greeting(greeting(to))
        .paragraph(format!("Your account uses {} now.", fresh.as_str()))
        .paragraph(
            "If it was not you, take it back: your account then uses this address again, everybody is signed out, \
             and you choose another password.",
        )
        .button("It was not me", link(cx, &format!("/email-back/{secret}")))
        .paragraph("The link works once, within 7 days.")
        .why(about(cx))
}

/// That the address is the old one again, with the way to another password.
pub(super) fn email_reverted(cx: &Cx, to: &Address, secret: &str) -> Letter {
    Letter::new("Your address is back", "Your address is back")
        .greeting(greeting(to))
        .paragraph("Your account uses this address again, and everybody is signed out. The old password does not work any more.")
        .button("Choose another password", link(cx, &format!("/reset/{secret}")))
        .paragraph("The link works once, within 30 minutes. You can have another one sent on the page for signing in.")
        .why(about(cx))
}

/// That codes are asked for from now on.
pub(super) fn factor_on(cx: &Cx, to: &Address) -> Letter {
    Letter::new("Codes from an app are on", "Codes from an app are on")
        .greeting(greeting(to))
        .paragraph("From now on, signing in needs a code from your app after your password. Keep the recovery codes where you find them without your phone.")
        .paragraph(NOT_YOU)
        .button("Look at your security", link(cx, SECURITY))
        .why(about(cx))
}

/// That codes are not asked for any more.
pub(super) fn factor_off(cx: &Cx, to: &Address) -> Letter {
    Letter::new("Codes from an app are off", "Codes from an app are off")
        .greeting(greeting(to))
        .paragraph("Your password alone is enough to sign in now. The recovery codes do not work any more.")
        .paragraph(NOT_YOU)
        .button("Look at your security", link(cx, SECURITY))
        .why(about(cx))
}

/// That there are other recovery codes.
pub(super) fn codes_renewed(cx: &Cx, to: &Address) -> Letter {
    Letter::new("You have new recovery codes", "You have new recovery codes")
        .greeting(greeting(to))
        .paragraph("Ten new recovery codes were made. The old ones do not work any more.")
        .paragraph(NOT_YOU)
        .button("Look at your security", link(cx, SECURITY))
        .why(about(cx))
}

/// That a recovery code was used.
pub(super) fn recovery_used(cx: &Cx, to: &Address) -> Letter {
    Letter::new("A recovery code was used", "A recovery code was used")
        .greeting(greeting(to))
        .paragraph(
            "Somebody signed in to your account with your password and one of your recovery codes. It works no more.",
        )
        .paragraph(NOT_YOU)
        .button("Look at your security", link(cx, SECURITY))
        .why(about(cx))
}

/// That somebody signed in where nobody had before.
pub(super) fn new_device(cx: &Cx, to: &Address, from: &From) -> Letter {
    let device = from.agent.as_deref().map_or_else(|| "An unknown device".to_owned(), device);
    let mut facts = vec![Fact::new("Device", device)];
    facts.extend(from.address.as_deref().map(|address| Fact::new("Network address", address)));
    Letter::new("New sign-in to your account", "New sign-in to your account")
        .greeting(greeting(to))
        .paragraph("Your account was used on a device that we have not seen before.")
        .facts(facts)
        .paragraph(
            "If it was you, there is nothing to do. If not, sign that device out and change your password at once.",
        )
        .button("Look at your security", link(cx, SECURITY))
        .why(about(cx))
}

/// That the account is gone.
pub(super) fn closed(cx: &Cx, to: &Address) -> Letter {
    Letter::new("Your account was closed", "Your account was closed")
        .greeting(greeting(to))
        .paragraph("Your account is closed, and your name, your address and your settings are erased. What you wrote in projects stays there, by a former member.")
        .paragraph("This is the last mail that you get from us.")
        .why(about(cx))
}

const SECURITY: &str = "/settings/security";
const NOT_YOU: &str = "If it was not you, change your password at once, sign out everywhere, and tell your admin.";

fn about(cx: &Cx) -> String {
    format!("You get this mail because it is about the safety of your account at {}.", host(cx))
}

const IGNORE: &str = "If it was not you, there is nothing to do.";

fn greeting(to: &Address) -> String {
    format!("Hello {},", to.name.as_str())
}

fn host(cx: &Cx) -> String {
    cx.outside.post.brand.home.host()
}
