//! Where somebody is signed in, and their password.

use leptos::prelude::*;
use model::{Password, SessionCard, Today};

use super::parts::{FormPanel, OFFLINE, SignOut};
use crate::components::icon::Icon;

pub(super) fn paint(sessions: &[SessionCard], today: &Today) -> AnyView {
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
    let least = Password::SHORTEST;
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
                        <p class="hint" id="se-hint">
                            {format!("{least} characters or more. Four or five words that do not belong together are good.")}
                        </p>
                    </div>
                </div>
            </FormPanel>
        </div>
    }
    .into_any()
}

fn row(session: &SessionCard, today: &Today) -> AnyView {
    let device = session.agent.as_deref().map_or_else(|| "An unknown device".to_owned(), device);
    let seen = if session.is_this {
        "active now".to_owned()
    } else {
        format!("last used {}", today.moment(session.last_seen))
    };
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
            <Icon name="i-lock"/>
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

/// `Firefox on Windows`, from what a browser says about itself. The more particular names come first: each browser also claims
/// to be those below it.
fn device(agent: &str) -> String {
    const BROWSERS: [(&str, &str); 7] = [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("SamsungBrowser/", "Samsung Internet"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ];
    const SYSTEMS: [(&str, &str); 7] = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ];
    let find =
        |known: &[(&str, &'static str)]| known.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name);
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => "An unknown device".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_told_by_what_its_browser_says() {
        for (agent, name) in [
            ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:153.0) Gecko/20100101 Firefox/153.0", "Firefox on Windows"),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0 Safari/537.36",
                "Chrome on Linux",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/146.0 Safari/537.36 Edg/146.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605 Version/19.0 Safari/604.1",
                "Safari on iPhone",
            ),
            ("curl/8.5", "curl"),
            ("", "An unknown device"),
        ] {
            assert_eq!(device(agent), name, "{agent}");
        }
    }
}
