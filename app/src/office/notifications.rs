//! What somebody wants to be told by mail, and when; and whether they want to be seen.

use leptos::prelude::*;
use model::{Attention, Preferences, ProjectCard, Today, Wish};

use super::parts::{FormPanel, choice};

const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

pub(super) fn paint(preferences: &Preferences, offline: bool, projects: &[ProjectCard], today: &Today) -> AnyView {
    let hours: Vec<(String, String)> =
        (0..24_u16).map(|hour| (hour.to_string(), today.reader.time(hour * 60))).collect();
    let hour_or = |none: &str| -> Vec<(String, String)> {
        std::iter::once((String::new(), none.to_owned())).chain(hours.iter().cloned()).collect()
    };
    let (hours_from, hours_to) = (hour_or("At no time"), hour_or("–"));
    let (hour, weekday) = (preferences.hour.to_string(), preferences.weekday.to_string());
    let (from, to) = preferences.quiet.map_or((String::new(), String::new()), |(a, b)| (a.to_string(), b.to_string()));
    let weekdays = WEEKDAYS.iter().enumerate().map(|(n, name)| (n.to_string(), (*name).to_owned())).collect();
    let zone = preferences.zone.as_ref().map_or_else(String::new, |zone| zone.as_str().to_owned());
    let followed = format!("As your browser says: {}", today.reader.zone.name.as_str());
    let wishes = Wish::ALL.map(|wish| wish_box(wish, preferences.wants(wish)));
    let projects: Vec<AnyView> = projects
        .iter()
        .filter(|project| !project.is_archived && project.role.is_some())
        .map(|project| attention(project, preferences.attention(project.id)))
        .collect();
    let projects = (!projects.is_empty()).then(|| {
        view! {
            <fieldset class="panel-body attention">
                <legend class="label">"By project"</legend>
                {projects}
            </fieldset>
        }
    });
    view! {
        <div class="settings">
            <FormPanel
                title="Mail"
                lead="Your inbox tells you everything that concerns you. What you read there is not sent by mail."
                post="/api/account/preferences"
                submit="Save"
                saved="Saved."
            >
                <fieldset class="panel-body wishes">
                    <legend class="label">"Send me a mail when"</legend>
                    {wishes.into_iter().collect_view()}
                </fieldset>
                <div class="panel-body form-grid">
                    {choice("Summaries and reminders of a day come at", "hour", hours, &hour)}
                    {choice("The summary of the week comes on", "weekday", weekdays, &weekday)}
                    {choice("No mails from", "quiet_from", hours_from, &from)}
                    {choice("until", "quiet_to", hours_to, &to)}
                    <div class="field">
                        <label class="label" for="f-zone">
                            "Time zone"
                        </label>
                        <input class="input" id="f-zone" name="zone" type="text" list="f-zones" placeholder=followed value=zone/>
                        <datalist id="f-zones">
                            {service::zones::names().map(|name| view! { <option value=name></option> }).collect_view()}
                        </datalist>
                    </div>
                </div>
                {projects}
            </FormPanel>
            <FormPanel
                title="Presence"
                lead="Others in your projects see that you are there, which task you look at, and what you are writing in."
                post="/api/account/presence"
                submit="Update"
                saved="Saved. It holds from now on, everywhere."
            >
                <div class="panel-body">
                    <label class="check">
                        <input type="checkbox" name="offline" checked=offline/>
                        "Appear offline"
                    </label>
                    <p class="hint">"You see the others all the same. Who changed what is always shown."</p>
                </div>
            </FormPanel>
        </div>
    }
    .into_any()
}

fn wish_box(wish: Wish, on: bool) -> AnyView {
    let value = wish.name();
    view! {
        <label class="check">
            <input type="checkbox" name="mail[]" value=value checked=on/>
            {wish.words()}
        </label>
    }
    .into_any()
}

fn attention(project: &ProjectCard, chosen: Attention) -> AnyView {
    let id = format!("f-{}", project.id);
    let options = Attention::ALL.map(|attention| {
        view! {
            <option value=attention.name() selected=attention == chosen>
                {attention.words()}
            </option>
        }
    });
    view! {
        <div class="set-row">
            <label for=id.clone()>{project.name.as_str().to_owned()}</label>
            <select class="input" id=id name=format!("project:{}", project.id)>
                {options.into_iter().collect_view()}
            </select>
        </div>
    }
    .into_any()
}
