//! The steps behind the security of an account: showing again who one is, codes from an app, recovery codes, another address, and
//! the end.
//!
//! Must not know: what makes a code or a password right.

use leptos::prelude::*;
use service::account::{Factors, Farewell, Offer};

use super::{
    parts::{OFFLINE, Submit},
    qr,
};
use crate::components::icon::Icon;

/// Showing again who one is.
pub(super) fn confirm(has_factor: bool, next: String) -> AnyView {
    let code = has_factor.then(|| {
        view! {
            <div class="field">
                <label class="label" for="co-code">
                    "Code from your app"
                </label>
                <input
                    class="input"
                    id="co-code"
                    name="code"
                    type="text"
                    autocomplete="one-time-code"
                    autocapitalize="none"
                    spellcheck="false"
                    required
                    aria-describedby="co-hint"
                    data-described="co-hint"
                />
                <p class="hint" id="co-hint">
                    "Or one of your recovery codes."
                </p>
            </div>
        }
    });
    view! {
        <div class="settings">
            <form class="panel" aria-labelledby="co-title" method="post" novalidate data-post="/api/account/confirm" data-then=next data-offline=OFFLINE>
                <div class="panel-head">
                    <h2 id="co-title">"Confirm that it is you"</h2>
                    <p>"What comes next changes how your account is protected, so we ask once more. It holds for ten minutes."</p>
                </div>
                <div class="panel-body form-narrow">
                    <div class="field">
                        <label class="label" for="co-password">
                            "Password"
                        </label>
                        <input class="input" id="co-password" name="password" type="password" autocomplete="current-password" required/>
                    </div>
                    {code}
                </div>
                <div class="panel-foot">
                    <BackToSecurity/>
                    <Submit text="Go on"/>
                </div>
            </form>
        </div>
    }
    .into_any()
}

/// Codes from an app: turned on with the first code, moved to another app the same way, turned off.
pub(super) fn codes(factors: Factors, offer: &Offer) -> AnyView {
    let is_on = factors.since.is_some();
    let (title, submit) =
        if is_on { ("Move to a new phone", "Use the new app") } else { ("Turn on codes from an app", "Turn on") };
    let lead = if is_on {
        "The app on your old phone stops working when you type in the first code of the new one."
    } else {
        "After your password, you type in a code that an app on your phone shows. Whoever has only the password stays out."
    };
    let off = is_on.then(|| {
        view! {
            <form class="panel" aria-labelledby="off-title" method="post" novalidate data-post="/api/account/codes/off" data-then=SECURITY data-offline=OFFLINE>
                <div class="panel-head">
                    <h2 id="off-title">"Turn off codes from an app"</h2>
                    <p>"Your password alone is then enough to sign in, and the recovery codes stop working."</p>
                    <span class="push">
                        <button class="btn btn-danger" type="submit">
                            "Turn off"
                        </button>
                    </span>
                </div>
            </form>
        }
    });
    let picture = qr::picture(&offer.url, "QR code for your app");
    view! {
        <div class="settings">
            <form class="panel" aria-labelledby="on-title" method="post" novalidate data-post="/api/account/codes" data-told="codes-made" data-offline=OFFLINE>
                <input type="hidden" name="offer" value=offer.sealed.clone()/>
                <div class="panel-head">
                    <h2 id="on-title">{title}</h2>
                    <p>{lead}</p>
                </div>
                <div class="panel-body enrol">
                    {picture}
                    <ol class="steps">
                        <li>
                            <p>"Open an app for codes, such as Aegis, 2FAS, or the passwords of your phone, and scan the picture."</p>
                        </li>
                        <li>
                            <p>"You cannot scan it? Type this into the app:"</p>
                            <p>
                                <code class="secret" id="on-secret">
                                    {offer.secret.clone()}
                                </code>
                            </p>
                        </li>
                        <li>
                            <div class="field">
                                <label class="label" for="on-code">
                                    "Type in the code that the app shows now"
                                </label>
                                <input
                                    class="input code-input"
                                    id="on-code"
                                    name="code"
                                    type="text"
                                    inputmode="numeric"
                                    autocomplete="one-time-code"
                                    maxlength="7"
                                    required
                                />
                            </div>
                        </li>
                    </ol>
                </div>
                <div class="panel-foot">
                    <BackToSecurity/>
                    <Submit text=submit/>
                </div>
            </form>
            {off}
        </div>
        <CodesMade/>
    }
    .into_any()
}

/// New recovery codes.
pub(super) fn recovery(factors: Factors) -> AnyView {
    let left = format!("{} of 10 are left. New codes replace all of them.", factors.n_codes);
    view! {
        <div class="settings">
            <form class="panel" aria-labelledby="re-title" method="post" novalidate data-post="/api/account/codes/recovery" data-told="codes-made" data-offline=OFFLINE>
                <div class="panel-head">
                    <h2 id="re-title">"Recovery codes"</h2>
                    <p>"With one of them and your password you get in without your phone. Each works once. " {left}</p>
                </div>
                <div class="panel-foot">
                    <BackToSecurity/>
                    <Submit text="Make new codes"/>
                </div>
            </form>
        </div>
        <CodesMade/>
    }
    .into_any()
}

/// What a form that made codes becomes. The script fills in the codes, which nobody sees again.
#[component]
fn CodesMade() -> impl IntoView {
    view! {
        <template id="codes-made">
            <section class="panel" aria-labelledby="made-title">
                <div class="panel-head">
                    <h2 id="made-title" tabindex="-1">
                        "Keep your recovery codes"
                    </h2>
                    <p>
                        "Print them, or put them where you keep your passwords. They get you in when your phone is lost, and you see them only now."
                    </p>
                </div>
                <div class="panel-body">
                    <ol class="codes" data-lines></ol>
                </div>
                <div class="panel-foot">
                    <button class="btn" type="button" data-copies="Copied">
                        <Icon name="i-copy"/>
                        "Copy"
                    </button>
                    <a class="btn" href="" download="muster-recovery-codes.txt" data-downloads>
                        <Icon name="i-download"/>
                        "Download"
                    </a>
                    <a class="btn btn-primary" href=SECURITY>
                        "I have kept them"
                    </a>
                </div>
            </section>
        </template>
    }
}

/// Another address.
pub(super) fn email(now: String) -> AnyView {
    view! {
        <div class="settings">
            <form class="panel" aria-labelledby="em-title" method="post" novalidate data-post="/api/account/email" data-offline=OFFLINE>
                <div class="panel-head">
                    <h2 id="em-title">"Change your address"</h2>
                    <p>
                        "We send a link to the new address. Until you open it, " <b>{now}</b> " stays. The old address can take the change back for seven days."
                    </p>
                </div>
                <div class="panel-body form-narrow">
                    <div class="field">
                        <label class="label" for="em-email">
                            "New address"
                        </label>
                        <input class="input" id="em-email" name="email" type="email" autocomplete="email" required/>
                    </div>
                    <p class="small muted" role="status" data-saved="A link is on its way to the new address. It works for 24 hours."></p>
                </div>
                <div class="panel-foot">
                    <BackToSecurity/>
                    <Submit text="Send the link"/>
                </div>
            </form>
        </div>
    }
    .into_any()
}

/// The end of the account.
pub(super) fn close(farewell: &Farewell, email: &str) -> AnyView {
    if farewell.is_last_admin {
        return view! {
            <div class="settings">
                <section class="panel" aria-labelledby="cl-title">
                    <div class="panel-head">
                        <h2 id="cl-title">"You are the only Admin"</h2>
                        <p>"Somebody has to look after this server. Make another person an Admin, then you can close your account."</p>
                    </div>
                    <div class="panel-foot">
                        <BackToSecurity/>
                    </div>
                </section>
            </div>
        }
        .into_any();
    }
    let without = (!farewell.without_lead.is_empty()).then(|| {
        let names = farewell.without_lead.join(", ");
        view! {
            <div class="banner" data-tone="warn">
                <Icon name="i-alert"/>
                <p>{format!("Nobody else leads {names}. Make somebody Lead there first, or an Admin will have to.")}</p>
            </div>
        }
    });
    view! {
        <div class="settings">
            <form class="panel" aria-labelledby="cl-title" method="post" novalidate data-post="/api/account/close" data-then="/signin?closed=1" data-offline=OFFLINE>
                <div class="panel-head">
                    <h2 id="cl-title">"Close your account"</h2>
                    <p>"This cannot be undone."</p>
                </div>
                <div class="panel-body stack">
                    {without}
                    <ul class="prose-list">
                        <li>"Your name, your address, your settings and your inbox are erased at once; copies in backups go when the backups do."</li>
                        <li>"What you wrote and did in projects stays there, by “Former member”."</li>
                        <li>"You are signed out everywhere, and out of all projects."</li>
                    </ul>
                    <div class="field form-narrow">
                        <label class="label" for="cl-email">
                            {format!("Type in your address, {email}, to show that you mean it")}
                        </label>
                        <input class="input" id="cl-email" name="email" type="text" inputmode="email" autocomplete="off" autocapitalize="none" spellcheck="false" required/>
                    </div>
                </div>
                <div class="panel-foot">
                    <BackToSecurity/>
                    <button class="btn btn-danger" type="submit">
                        <span class="spinner" aria-hidden="true"></span>
                        "Close my account"
                    </button>
                </div>
            </form>
        </div>
    }
    .into_any()
}

const SECURITY: &str = "/settings/security";

#[component]
fn BackToSecurity() -> impl IntoView {
    view! {
        <a class="btn btn-quiet" href=SECURITY>
            "Cancel"
        </a>
    }
}
