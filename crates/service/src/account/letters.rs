//! What mails about accounts say.
//!
//! Must not know: how they are sent. Whoever typed in an address may be another than who has it, so no letter says more about
//! an account than that it is there.

use mail::Letter;

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
        .why(format!("You get this mail because it is about the safety of your account at {}.", host(cx)))
}

const IGNORE: &str = "If it was not you, there is nothing to do.";

fn greeting(to: &Address) -> String {
    format!("Hello {},", to.name.as_str())
}

fn host(cx: &Cx) -> String {
    cx.outside.post.brand.home.host()
}
