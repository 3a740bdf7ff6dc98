//! The first steps of whoever has just set up the installation: what the team is called, a first project, inviting people. Each
//! can be left out. What was done shows when one comes back to a step, and what was only typed is kept by `frontend/forms.js`.
//!
//! Must not know: when the steps are over.

use leptos::prelude::*;
use model::{HomePage, Name, ProjectCard, ProjectId, Refusal, Today};
use service::{
    Actor, Cx, mails as letters,
    mails::{Listed, Stage},
    people::{self, Asked, Invitation},
    sample,
};

use super::{mails, parts, rights::team_field};
use crate::{
    components::{auth_frame::AuthFrame, icon::Icon},
    paths::{self, Room},
};

/// The page looks after the test mail so often, in seconds.
const EVERY: &str = "3";

/// What was done in the steps.
#[derive(Clone, Debug)]
pub(super) struct Steps {
    team: Option<Name>,
    samples: Vec<ProjectId>,
    invited: Vec<Invitation>,
    test: Option<Listed>,
    /// Whether mails leave this server.
    leaves: bool,
}

impl Steps {
    /// Reads what was done.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotFound`] for whom the steps are not, or not any more.
    pub(super) async fn read(cx: &Cx, actor: &Actor) -> Result<Self, Refusal> {
        if !people::is_welcomed(cx, actor).await? {
            return Err(Refusal::NotFound);
        }
        Ok(Self {
            team: people::team(cx).await?,
            samples: sample::of(cx, actor).await?,
            invited: people::desk(cx, actor, Asked::default()).await?.invitations.list,
            test: letters::last_test(cx, actor).await?,
            leaves: letters::leaves(cx),
        })
    }
}

pub(super) fn paint(room: Room, steps: &Steps, home: &HomePage, today: &Today) -> AnyView {
    let (title, lead, content) = match room {
        Room::WelcomeProject => {
            ("Your first project", "A project has its own board and its own people.", project(steps, &home.projects))
        }
        Room::WelcomePeople => (
            "Invite people",
            "They get a link by mail, and make an account with it.",
            people(steps, &home.projects, today),
        ),
        _ => {
            let lead =
                "It stands in the side bar, at the door and in invitations. You can change it under People and roles.";
            ("What is your team called?", lead, team(steps))
        }
    };
    view! {
        <AuthFrame title lead>
            {progress(room)} {content} {leave(room)}
        </AuthFrame>
        <parts::Faults/>
    }
    .into_any()
}

/// Where one is among the steps. Each is a link, so that one can go back.
fn progress(room: Room) -> AnyView {
    let names = ["Team", "Project", "People"];
    let steps = Room::FIRST.into_iter().zip(names).map(|(step, name)| {
        let current = (step == room).then_some("step");
        view! {
            <li>
                <a href=step.path() aria-current=current>
                    {name}
                </a>
            </li>
        }
        .into_any()
    });
    view! {
        <nav aria-label="First steps">
            <ol class="first-steps">{steps.collect_view()}</ol>
        </nav>
    }
    .into_any()
}

fn team(steps: &Steps) -> AnyView {
    let next = Room::WelcomeProject.path();
    view! {
        <form
            aria-label="What is your team called?"
            method="post"
            novalidate
            data-post="/api/people/team"
            data-then=next
            data-keeps="welcome-team"
            data-offline=parts::OFFLINE
        >
            {team_field("we-team", steps.team.as_ref())} <Go text="Save and go on"/>
        </form>
        <a class="btn btn-block" href=next>
            "Skip this step"
        </a>
    }
    .into_any()
}

fn project(steps: &Steps, projects: &[ProjectCard]) -> AnyView {
    let is_sample = |project: &&ProjectCard| steps.samples.contains(&project.id);
    let has_sample = projects.iter().any(|project| is_sample(&project));
    let has_own = projects.iter().any(|project| !is_sample(&project));
    let next = Room::WelcomePeople.path();
    let own = (!has_own).then(|| {
        view! {
            <form
                aria-label="Your first project"
                method="post"
                novalidate
                data-post="/api/welcome/project"
                data-then=next
                data-keeps="welcome-project"
                data-offline=parts::OFFLINE
            >
                <div class="field">
                    <label class="label" for="we-name">
                        "Name"
                    </label>
                    <input class="input input-lg" id="we-name" name="name" type="text" autocomplete="off" required/>
                </div>
                <div class="field">
                    <label class="label" for="we-key">
                        "Key"
                    </label>
                    <input
                        class="input input-lg input-key"
                        id="we-key"
                        name="key"
                        type="text"
                        autocomplete="off"
                        autocapitalize="characters"
                        spellcheck="false"
                        aria-describedby="we-key-hint"
                        data-described="we-key-hint"
                    />
                    <p class="hint" id="we-key-hint">
                        "Two to six letters or digits, in front of each task's number, such as MUS-42. Empty: from the name."
                    </p>
                </div>
                <Go text="Create project"/>
            </form>
        }
    });
    let sample = (!has_sample).then(|| {
        view! {
            <form
                aria-label="A sample project"
                method="post"
                data-post="/api/sample"
                data-then=next
                data-offline=parts::OFFLINE
            >
                <button class="btn btn-block" type="submit" aria-describedby="we-sample">
                    <span class="spinner" aria-hidden="true"></span>
                    "Begin with a sample project"
                </button>
                <p class="hint" id="we-sample">
                    "A few tasks that show Muster by themselves. One click removes it."
                </p>
            </form>
        }
    });
    let (words, class) = if projects.is_empty() {
        ("Skip this step", "btn btn-block")
    } else {
        ("Go on", "btn btn-primary btn-lg btn-block")
    };
    let on = view! {
        <a class=class href=next>
            {words}
        </a>
    };
    view! { {begun(projects)} {own} {sample} {on} }.into_any()
}

/// The projects that are there.
fn begun(projects: &[ProjectCard]) -> Option<AnyView> {
    let links: Vec<AnyView> = projects
        .iter()
        .map(|project| view! { <li><a href=paths::board(&project.key)>{project.name.to_string()}</a></li> }.into_any())
        .collect();
    (!links.is_empty()).then(|| {
        view! {
            <div class="banner" data-tone="ok" role="status">
                <Icon name="i-check"/>
                <div>
                    <p>"There is something to begin with:"</p>
                    <ul role="list">{links}</ul>
                </div>
            </div>
        }
        .into_any()
    })
}

fn people(steps: &Steps, projects: &[ProjectCard], today: &Today) -> AnyView {
    let boxes: Vec<AnyView> = projects
        .iter()
        .filter(|project| !project.is_archived)
        .map(|project| {
            view! {
                <label class="check">
                    <input type="checkbox" name="projects[]" value=project.id.to_string() checked/>
                    {project.name.to_string()}
                </label>
            }
            .into_any()
        })
        .collect();
    let into = (!boxes.is_empty()).then(|| {
        view! {
            <fieldset class="stack-tight">
                <legend class="label">"They join"</legend>
                {boxes}
            </fieldset>
        }
    });
    let invited: Vec<AnyView> = steps
        .invited
        .iter()
        .filter_map(|invitation| invitation.email.clone())
        .map(|email| view! { <li>{email}</li> }.into_any())
        .collect();
    let invited = (!invited.is_empty()).then(|| {
        view! {
            <p class="label">"Invited"</p>
            <ul role="list">{invited}</ul>
        }
    });
    let test = steps.test.as_ref().map(|test| {
        let words = match &test.stage {
            Stage::Waiting | Stage::Leaving => "The test mail waits for its turn.".to_owned(),
            Stage::Retrying(why, _) => format!("The test mail did not leave and is tried again: {why}"),
            Stage::Failed(why, _) => format!("The test mail did not leave: {why}"),
            Stage::Sent(at) if steps.leaves => {
                format!("The test mail left {}. Look whether it came.", today.moment(*at))
            }
            Stage::Sent(at) => format!("The test mail was kept {}.", today.moment(*at)),
        };
        view! { <p role="status">{words}</p> }
    });
    view! {
        <form
            aria-label="Invite people"
            method="post"
            novalidate
            data-post="/api/people/invite"
            data-keeps="welcome-people"
            data-offline=parts::OFFLINE
            data-clears
        >
            <input type="hidden" name="role" value="user"/>
            <input type="hidden" name="project_role" value="member"/>
            <div class="field">
                <label class="label" for="we-emails">
                    "Email addresses"
                </label>
                <input
                    class="input input-lg"
                    id="we-emails"
                    name="emails"
                    type="text"
                    inputmode="email"
                    autocomplete="off"
                    placeholder="sofia@norrvik.example, tom@norrvik.example"
                    required
                />
            </div>
            {into}
            <button class="btn btn-block" type="submit">
                <span class="spinner" aria-hidden="true"></span>
                "Send invitations"
            </button>
            <p class="small muted" role="status" data-saved="On their way."></p>
        </form>
        <div class="small muted" id="welcome-news" data-live data-every=EVERY>
            {invited}
            {test}
        </div>
        {mails::test(steps.leaves, "")}
    }
    .into_any()
}

/// Ends the steps: at the last one by the button that is meant to be pressed, before by leaving out the rest.
fn leave(room: Room) -> AnyView {
    let (words, class) = if room == Room::WelcomePeople {
        ("To my projects", "btn btn-primary btn-lg btn-block")
    } else {
        ("Leave all of this out", "btn btn-quiet btn-block")
    };
    view! {
        <form
            aria-label=words
            method="post"
            data-post="/api/welcome/end"
            data-then="/"
            data-offline=parts::OFFLINE
        >
            <button class=class type="submit">
                <span class="spinner" aria-hidden="true"></span>
                {words}
            </button>
        </form>
    }
    .into_any()
}

/// The button that sends a step.
#[component]
fn Go(text: &'static str) -> impl IntoView {
    view! {
        <button class="btn btn-primary btn-lg btn-block" type="submit">
            <span class="spinner" aria-hidden="true"></span>
            {text}
        </button>
    }
}
