//! What is about to happen to the vault's keys, in words, and confirmed with the password.

use leptos::prelude::*;
use model::Today;
use service::keys::{Desk, Doing};

use super::{
    keys::{PATH, number, steps},
    parts::FormPanel,
};

/// What is about to happen, in words, with the password. Nothing, if it cannot be done now.
pub(super) fn confirm(desk: &Desk, doing: Doing, today: &Today) -> Option<AnyView> {
    let card = doing.key().and_then(|key| desk.keys.iter().find(|card| card.key == key));
    if let (Some(_), Some(card)) = (doing.key(), card)
        && !steps(desk, card).iter().any(|(possible, _)| *possible == doing)
    {
        return None;
    }
    if doing.key().is_some() && card.is_none() || matches!(doing, Doing::Rotate) && !desk.changes_ring() {
        return None;
    }
    let n_sessions = card.map_or(0, |card| card.n_sessions);
    let key = doing.key().map_or_else(String::new, |key| key.to_string());
    let all = number(today, desk.n_values());
    let left = number(today, desk.n_elsewhere());
    let (title, lead, submit) = match doing {
        Doing::Rotate => (
            "Rotate the key",
            format!(
                "A new key is made and becomes the active one, and {all} records are re-encrypted in the background. Nobody has to stop working. Copy the key ring to a safe place afterwards: older copies lack the new key."
            ),
            "Rotate key",
        ),
        Doing::Emergency if desk.changes_ring() => (
            "Emergency rotation",
            format!(
                "A new key is made and becomes the active one, {all} records are re-encrypted as fast as possible, and everybody is signed out, you too. Retire the old key when it is done."
            ),
            "Rotate and sign out everybody",
        ),
        Doing::Emergency => (
            "Emergency rotation",
            format!(
                "{left} records are re-encrypted with the active key as fast as possible, and everybody is signed out, you too."
            ),
            "Re-encrypt and sign out everybody",
        ),
        Doing::Reencrypt => (
            "Re-encrypt",
            format!(
                "{left} records are re-encrypted with the active key in the background. Nobody has to stop working."
            ),
            "Re-encrypt",
        ),
        Doing::Promote(_) => (
            "Make this key the active one",
            format!(
                "Key {key} encrypts what is written from now on. What is there stays as it is until you re-encrypt it."
            ),
            "Promote key",
        ),
        Doing::Retire(_) if n_sessions > 0 => (
            "Retire this key",
            format!(
                "Key {key} reads nothing any more, and {} open sessions that it signed are signed out. Keep a copy of it as long as backups are kept that need it.",
                number(today, n_sessions)
            ),
            "Retire key and sign out",
        ),
        Doing::Retire(_) => (
            "Retire this key",
            format!("Key {key} reads nothing any more. Keep a copy of it as long as backups are kept that need it."),
            "Retire key",
        ),
    };
    let then = if doing == Doing::Emergency { "/signin" } else { PATH };
    Some(
        view! {
            <FormPanel title=title lead=lead post="/api/keys" submit=submit saved="" then=then>
                <div class="panel-body form-grid">
                    <input type="hidden" name="order" value=doing.word()/>
                    <input type="hidden" name="key" value=key data-is="number"/>
                    <div class="field">
                        <label class="label" for="ke-password">
                            "Your password"
                        </label>
                        <input
                            class="input"
                            id="ke-password"
                            name="password"
                            type="password"
                            autocomplete="current-password"
                            required
                        />
                    </div>
                    <p class="keys-cancel">
                        <a class="btn btn-quiet" href=PATH>
                            "Cancel"
                        </a>
                    </p>
                </div>
            </FormPanel>
        }
        .into_any(),
    )
}
