//! The start: the projects of the reader, and beginning a new one.

use leptos::{ev::SubmitEvent, html, prelude::*, task::spawn_local};
use model::{Category, Command, Hue, Invalid, Key, Me, Name, NewStatus, ProjectCard, Refusal};

use crate::{
    components::{
        avatar::ProjectTile,
        dialog::{Dialog, DialogFoot, DialogRef},
        field::{Faults, FormFault, TextField, typed},
        icon::Icon,
        live_badge::LiveBadge,
        sidebar::{Add, AppShell},
    },
    data::{Heard, client},
    dom, ids,
    live::{effect, live, memo, part},
    nav::{Go, nav},
    net,
    pages::missing::EmptyArt,
    paths,
};

/// The start page.
#[component]
pub(crate) fn HomePage(
    /// Who is looking.
    me: Me,
) -> impl IntoView {
    let projects = client().follow_projects(Heard::Already);
    let dialog = DialogRef::new();
    let add = Add { name: "New project", in_side_bar: false, act: Callback::new(move |()| dialog.open()) };
    part! {
        <AppShell me current=None projects add=Some(add)>
            <ProjectList projects dialog/>
            <NewProject dialog/>
        </AppShell>
    }
}

#[component]
fn ProjectList(projects: Signal<Vec<ProjectCard>>, dialog: DialogRef) -> impl IntoView {
    let n = memo(move || projects.with(Vec::len));
    let button = move |class: &'static str| {
        part! {
            <button class=class type="button" on:click=move |_| dialog.open()>
                <Icon name="i-plus"/>
                "New project"
            </button>
        }
    };
    let content = move || {
        if n.get() == 0 {
            part! {
                <div class="scroll empty-wrap">
                    <div class="empty">
                        <EmptyArt/>
                        <h2>"No projects yet"</h2>
                        <p>"A project has its own board and its own people. Begin one, or ask to be added to one."</p>
                        {button("btn btn-primary btn-lg")}
                        {sample()}
                    </div>
                </div>
            }
        } else {
            let (archived, projects): (Vec<_>, Vec<_>) = projects.get().into_iter().partition(|p| p.is_archived);
            let n_archived = archived.len();
            part! {
                <div class="scroll">
                    <ul class="project-list" role="list" aria-label="Projects">
                        {entries(projects)}
                    </ul>
                    {(n_archived > 0).then(|| part! {
                        <details class="project-archive">
                            <summary>{format!("Archived ({n_archived})")}</summary>
                            <ul class="project-list" role="list" aria-label="Archived projects">
                                {entries(archived)}
                            </ul>
                        </details>
                    })}
                </div>
            }
        }
    };
    part! {
        <header class="page-head">
            <div class="title">
                <h1 id="page-title">"Projects"</h1>
                <span class="page-sub">{live(move || counted(n.get(), "project"))}</span>
            </div>
            <div class="page-actions">
                <LiveBadge/>
                {live(move || (n.get() > 0).then(|| button("btn btn-primary hide-phone")))}
            </div>
        </header>
        {live(content)}
    }
}

/// Begins a project that shows Muster by itself.
fn sample() -> AnyView {
    let (nav, client, busy) = (nav(), client(), RwSignal::new(false));
    let begin = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let client = client.clone();
        spawn_local(async move {
            match net::begin_sample().await {
                Ok(key) => nav.go(&paths::board(&key), Go::To),
                Err(refusal) => {
                    let _ = busy.try_set(false);
                    client.tell_refusal(&refusal);
                }
            }
        });
    };
    part! {
        <button
            class="btn btn-quiet"
            type="button"
            aria-busy=move || busy.get().then_some("true")
            on:click=begin
        >
            <span class="spinner" aria-hidden="true"></span>
            "Begin with a sample project"
        </button>
    }
}

fn entries(projects: Vec<ProjectCard>) -> Vec<AnyView> {
    projects.into_iter().map(|project| part! { <ProjectEntry project/> }).collect()
}

#[component]
fn ProjectEntry(project: ProjectCard) -> impl IntoView {
    let hue = project.hue.number();
    let mine = (project.n_mine > 0).then(|| part! { <span>{format!("{} yours", project.n_mine)}</span> });
    part! {
        <li class="project-card" data-hue=hue.to_string()>
            <ProjectTile name=project.name.to_string() hue size="xl"/>
            <div class="project-text">
                <h2>
                    <a class="project-link" href=paths::board(&project.key)>
                        {project.name.to_string()}
                    </a>
                </h2>
                <p class="project-meta">
                    <span>{project.key.to_string()}</span>
                    <span>{counted(project.n_open as usize, "open task")}</span>
                    {mine}
                    <span>{counted(project.n_members as usize, "member")}</span>
                </p>
            </div>
        </li>
    }
}

/// `1 task`, `2 tasks`.
pub(crate) fn counted(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

#[component]
fn NewProject(dialog: DialogRef) -> impl IntoView {
    let client = client();
    let (name, key) = (NodeRef::<html::Input>::new(), NodeRef::<html::Input>::new());
    let faults = Faults::none();
    let busy = RwSignal::new(false);
    let key_is_own = RwSignal::new(false);
    let created = ArcRwSignal::new(None::<Result<Key, Refusal>>);
    let nav = nav();
    let answered = created.clone();
    effect(move || match answered.get() {
        Some(Ok(key)) => nav.go(&paths::board(&key), Go::To),
        Some(Err(refusal)) => {
            busy.set(false);
            dom::focus_soon(if refusal.field() == Some("key") { "np-key" } else { "np-name" });
            faults.set(refusal);
        }
        None => {}
    });
    let suggest = move |_| {
        if !key_is_own.get_untracked()
            && let Some(input) = key.get_untracked()
        {
            input.set_value(&Key::suggested(&typed(name)));
        }
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        faults.clear();
        let (command, key) = match begin(typed(name), typed(key)) {
            Ok(project) => project,
            Err(refusal) => {
                dom::focus(if refusal.field() == Some("key") { "np-key" } else { "np-name" });
                return faults.set(refusal);
            }
        };
        busy.set(true);
        let created = created.clone();
        client.ask(
            command,
            Box::new(move |result| created.set(Some(result.as_ref().map(|_| key).map_err(Clone::clone)))),
        );
    };
    part! {
        <Dialog dialog id="np-h" title="New project" lead="A project has its own board and its own people.">
            <form method="post" novalidate on:submit=submit>
                <div class="dialog-body stack">
                    <FormFault faults fields=&["name", "key"]/>
                    <div on:input=suggest>
                        <TextField label="Name" name="name" id="np-name" node=name faults autofocus=true/>
                    </div>
                    <div on:input=move |_| key_is_own.set(true)>
                        <TextField
                            label="Key"
                            name="key"
                            id="np-key"
                            node=key
                            faults
                            class="input input-key"
                            hint="Two to six letters or digits, in front of each task's number, such as MUS-42."
                        />
                    </div>
                </div>
                <DialogFoot dialog done="Create project" busy/>
            </form>
        </Dialog>
    }
}

/// The command that begins a project with the usual statuses.
fn begin(name: String, key: String) -> Result<(Command, Key), Refusal> {
    let at = |field| move |why: Invalid| Refusal::invalid(field, why.to_string());
    let name = Name::try_from(name).map_err(at("name"))?;
    let key = Key::try_from(key).map_err(at("key"))?;
    let statuses: Result<Vec<NewStatus>, Invalid> = Category::USUAL
        .into_iter()
        .map(|(name, category)| Ok(NewStatus { id: ids::status(), name: Name::try_from(name)?, category }))
        .collect();
    let project = ids::project();
    let hue = Hue::of(&project.bytes());
    let statuses = statuses.map_err(at("statuses"))?;
    let create = Command::CreateProject { project, key: key.clone(), name, hue, statuses, is_sample: false };
    Ok((create, key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_not_many() {
        assert_eq!(counted(1, "task"), "1 task");
        assert_eq!(counted(0, "task"), "0 tasks");
    }
}
