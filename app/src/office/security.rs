//! Where somebody is signed in, and what protects their account.

use leptos::prelude::*;
use model::{Me, Password, SessionCard, Today};
use service::account::{Factors, device};

use super::parts::{FormPanel, OFFLINE, SignOut};
use crate::{components::icon::Icon, paths::Room, visitors::Meter};

pub(super) fn paint(me: &Me, sessions: &[SessionCard], factors: Factors, today: &Today) -> AnyView {
    let rows: Vec<AnyView> = sessions.iter().map(|session| row(session, today)).collect();
    let others = (sessions.len() > 1).then(|| {
        view! {
            <form method="post" data-post="/api/account/sessions" data-offline=OFFLINE aria-label="Sign out all others">
                <button class="btn btn-danger" type="submit">
                    "Sign out all others"
                </button>
            </form>
        }
    });
    let (least, words) = match factors.since {
        Some(_) => (Password::SHORTEST_BESIDE_FACTOR, "Two or three"),
        None => (Password::SHORTEST, "Four or five"),
    };
    view! {
        <div class="settings">
            <section class="panel" aria-labelledby="sessions-title" id="sessions" data-live>
                <div class="panel-head">
                    <h2 id="sessions-title">"Where you are signed in"</h2>
                    <span class="push">{others}</span>
                </div>
                <ul class="rows" role="list">
                    {rows}
                </ul>
            </section>
            {codes(factors, today)}
            <section class="panel" aria-labelledby="address-title">
                <div class="panel-head">
                    <h2 id="address-title">"Address"</h2>
                </div>
                <ul class="rows" role="list">
                    <li>
                        <Icon name="i-mail"/>
                        <span>
                            {me.email.as_str().to_owned()}
                            <br/>
                            <span class="sub">"You sign in with it, and our mails go there"</span>
                        </span>
                        <Step to=Room::Email text="Change"/>
                    </li>
                </ul>
            </section>
            <FormPanel
                title="Password"
                lead="When you change it, you are signed out everywhere else, and told by mail."
                post="/api/account/password"
                submit="Change password"
                saved="Your password was changed."
            >
                <div class="panel-body form-grid">
                    <div class="field">
                        <label class="label" for="se-current">
                            "Current password"
                        </label>
                        <input class="input" id="se-current" name="current" type="password" autocomplete="current-password" required/>
                    </div>
                    <div class="field">
                        <label class="label" for="se-password">
                            "New password"
                        </label>
                        <input
                            class="input"
                            id="se-password"
                            name="password"
                            type="password"
                            autocomplete="new-password"
                            required
                            aria-describedby="se-hint"
                            data-described="se-hint"
                        />
                        <Meter of="se-password"/>
                        <p class="hint" id="se-hint">
                            {format!("{least} characters or more. {words} words that do not belong together are good.")}
                        </p>
                    </div>
                </div>
            </FormPanel>
            <section class="panel" aria-labelledby="close-title">
                <div class="panel-head">
                    <h2 id="close-title">"Close your account"</h2>
                    <p>"Your name and everything personal is erased. What you did in projects stays there."</p>
                    <span class="push">
                        <a class="btn btn-danger" href=Room::Close.path()>
                            "Close my account"
                        </a>
                    </span>
                </div>
            </section>
        </div>
    }
    .into_any()
}

/// Codes from an app, and what is there when the phone is not.
fn codes(factors: Factors, today: &Today) -> AnyView {
    let Some(since) = factors.since else {
        return view! {
            <section class="panel" aria-labelledby="codes-title" id="codes">
                <div class="panel-head">
                    <h2 id="codes-title">"Codes from an app"</h2>
                    <p>"Whoever learns your password still cannot sign in without your phone."</p>
                    <span class="push">
                        <Step to=Room::Codes text="Turn on"/>
                    </span>
                </div>
            </section>
        }
        .into_any();
    };
    let made = factors.made.map(|at| format!(" · made {}", today.moment(at))).unwrap_or_default();
    let few = (factors.n_codes < 3).then(|| {
        view! {
            <span class="tag" data-tone="warn">
                <Icon name="i-alert"/>
                "Few left"
            </span>
        }
    });
    view! {
        <section class="panel" aria-labelledby="codes-title" id="codes">
            <div class="panel-head">
                <h2 id="codes-title">"Codes from an app"</h2>
                <span class="tag" data-tone="ok">
                    <Icon name="i-check"/>
                    "On"
                </span>
                <span class="push">
                    <a class="btn btn-quiet" href=Room::Codes.path()>
                        "Turn off"
                    </a>
                </span>
            </div>
            <ul class="rows" role="list">
                <li>
                    <Icon name="i-qr"/>
                    <span>
                        "Authenticator app"
                        <br/>
                        <span class="sub">
                            {format!("Asked when you sign in with your password · since {}", today.moment(since))}
                        </span>
                    </span>
                    <Step to=Room::Codes text="Move to a new phone"/>
                </li>
                <li>
                    <Icon name="i-file"/>
                    <span>
                        "Recovery codes " {few}
                        <br/>
                        <span class="sub">{format!("{} of 10 left{made}", factors.n_codes)}</span>
                    </span>
                    <Step to=Room::Recovery text="Make new codes"/>
                </li>
            </ul>
        </section>
    }
    .into_any()
}

/// The way to a step that has a page of its own.
#[component]
fn Step(to: Room, text: &'static str) -> impl IntoView {
    view! {
        <a class="btn" href=to.path()>
            {text}
        </a>
    }
}

fn row(session: &SessionCard, today: &Today) -> AnyView {
    let device = session.agent.as_deref().map_or_else(|| device(""), device);
    let seen = if session.is_this {
        "active now".to_owned()
    } else {
        format!("last used {}", today.moment(session.last_seen))
    };
    let icon =
        if ["iPhone", "iPad", "Android"].iter().any(|name| device.contains(name)) { "i-phone" } else { "i-laptop" };
    let about = match &session.address {
        Some(address) => format!("{address} · {seen}"),
        None => seen,
    };
    let end = if session.is_this {
        view! {
            <span class="push">
                <span class="tag" data-tone="ok">"This device"</span>
                <SignOut/>
            </span>
        }
        .into_any()
    } else {
        let name = format!("Sign out {device}");
        view! {
            <form method="post" data-post="/api/account/sessions" data-offline=OFFLINE aria-label=name>
                <input type="hidden" name="session" value=session.id.to_string()/>
                <button class="btn" type="submit">
                    "Sign out"
                </button>
            </form>
        }
        .into_any()
    };
    view! {
        <li>
            <Icon name=icon/>
            <span>
                {device}
                <br/>
                <span class="sub">{about}</span>
            </span>
            {end}
        </li>
    }
    .into_any()
}
