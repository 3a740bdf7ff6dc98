//! Exports: asking for one, how far it is, fetching the file.

use leptos::prelude::*;
use model::{ProjectCard, ProjectId, ProjectRole, Today};
use service::export::{Card, Format, Stage, What};

use super::parts::{OFFLINE, act};
use crate::{components::icon::Icon, query};

/// The page looks again after so many seconds.
const EVERY: &str = "2";
const REMOVE: &str = "/api/exports/remove";
const FORMATS: [(Format, &str); 3] =
    [(Format::Csv, "CSV"), (Format::Xlsx, "Excel workbook"), (Format::Json, "JSON, with comments")];

/// What is chosen already, as its option says it: a project, or the audit log of one (`?log=…`).
pub(super) fn read(query: &str) -> Option<String> {
    let project = |name| query::value(query, name).and_then(|id| id.parse::<ProjectId>().ok());
    project("project").map(|id| id.to_string()).or_else(|| project("log").map(log_of))
}

fn log_of(project: ProjectId) -> String {
    format!("log-{project}")
}

pub(super) fn paint(
    exports: &[Card],
    chosen: Option<&str>,
    projects: &[ProjectCard],
    is_admin: bool,
    today: &Today,
) -> AnyView {
    let rows: Vec<AnyView> = exports.iter().map(|export| row(export, today)).collect();
    let is_empty = rows.is_empty();
    view! {
        <div class="settings">
            {form(chosen, projects, is_admin)}
            <section class="panel" aria-labelledby="exports-title">
                <div class="panel-head">
                    <h2 id="exports-title">"Your exports"</h2>
                    <p>"Files stay here for 7 days. Only you can fetch them."</p>
                </div>
                <div id="exports" data-live data-every=EVERY>
                    <ul class="rows" role="list">
                        {rows}
                    </ul>
                    {is_empty.then(|| view! { <p class="panel-body muted small">"You have no exports."</p> })}
                </div>
            </section>
        </div>
    }
    .into_any()
}

fn form(chosen: Option<&str>, projects: &[ProjectCard], is_admin: bool) -> AnyView {
    let option = |value: String, words: String| {
        let is_chosen = chosen == Some(value.as_str());
        view! {
            <option value=value selected=is_chosen>
                {words}
            </option>
        }
        .into_any()
    };
    let options: Vec<AnyView> =
        projects.iter().map(|project| option(project.id.to_string(), project.name.to_string())).collect();
    let has_log = |project: &&ProjectCard| is_admin || project.role == Some(ProjectRole::Lead);
    let logs: Vec<AnyView> = projects
        .iter()
        .filter(has_log)
        .map(|project| option(log_of(project.id), format!("The audit log of {}", project.name)))
        .collect();
    let formats = FORMATS.map(|(format, words)| view! { <option value=format.ending()>{words}</option> });
    let log =
        is_admin.then(|| view! { <option value="audit-log">"The whole audit log, to be verified elsewhere"</option> });
    view! {
        <form class="panel" aria-label="New export" method="post" novalidate data-post="/api/exports" data-offline=OFFLINE>
            <div class="panel-head">
                <h2>"New export"</h2>
                <p>"It is made in the background. You can leave this page."</p>
            </div>
            <div class="panel-body form-grid">
                <div class="field">
                    <label class="label" for="f-what">
                        "What"
                    </label>
                    <select class="select" id="f-what" name="what">
                        <option value="everything">"All projects that I am in"</option>
                        {options}
                        {logs}
                        {log}
                    </select>
                </div>
                <div class="field">
                    <label class="label" for="f-format">
                        "As"
                    </label>
                    <select class="select" id="f-format" name="format">
                        {formats.into_iter().collect_view()}
                    </select>
                </div>
            </div>
            <div class="panel-foot">
                <p class="small muted" role="status" data-saved="It is on its way."></p>
                <button class="btn btn-primary" type="submit">
                    <span class="spinner" aria-hidden="true"></span>
                    "Export"
                </button>
            </div>
        </form>
    }
    .into_any()
}

fn row(export: &Card, today: &Today) -> AnyView {
    let name = name(export);
    let asked = format!("Asked for {}", today.moment(export.at));
    let number = |n: u64| today.reader.number(usize::try_from(n).unwrap_or(usize::MAX));
    let id = export.id.to_string();
    let remove = |label| act(REMOVE, None, label, &format!("{label} {name}"), &[("export", id.clone())]);
    let (below, action) = match &export.stage {
        Stage::Waiting => (
            view! { <span class="tiny muted">{format!("{asked} · waits for its turn")}</span> }.into_any(),
            remove("Cancel"),
        ),
        Stage::Running(done, all) => {
            let words = format!("{asked} · {} of {} {}", number(*done), number(*all), counted(export.what));
            let bar = view! {
                <span class="tiny muted">{words}</span>
                <progress class="progress" max=all.to_string() value=done.to_string() aria-label=format!("Export of {name}")></progress>
            };
            (bar.into_any(), remove("Cancel"))
        }
        Stage::Ready(bytes, rows, until) => {
            let what = counted(export.what);
            let words =
                format!("{asked} · {} {what} · {} · until {}", number(*rows), size(*bytes), today.moment(*until));
            let fetch = view! {
                <span class="push">
                    <a class="btn" href=format!("/exports/{id}") download>
                        <Icon name="i-download"/>
                        "Download"
                    </a>
                    {remove("Delete")}
                </span>
            };
            (view! { <span class="tiny muted">{words}</span> }.into_any(), fetch.into_any())
        }
        Stage::Failed(reason) => {
            let words = view! {
                <span class="tiny muted">{asked}</span>
                <p class="error">
                    <Icon name="i-circlealert" class="icon icon-sm"/>
                    {reason.clone()}
                </p>
            };
            (words.into_any(), remove("Delete"))
        }
        Stage::Cancelled => {
            (view! { <span class="tiny muted">{format!("{asked} · cancelled")}</span> }.into_any(), remove("Delete"))
        }
    };
    view! {
        <li class="export-row">
            <div>
                <strong>{name.clone()}</strong>
                {below}
            </div>
            {action}
        </li>
    }
    .into_any()
}

/// What its rows are.
const fn counted(what: What) -> &'static str {
    match what {
        What::AuditLog | What::ProjectLog(_) => "entries",
        What::Project(_) | What::Everything => "tasks",
    }
}

fn name(export: &Card) -> String {
    let what = match (export.what, &export.project) {
        (What::Project(_), Some((_, name))) => name.to_string(),
        (What::Project(_), None) => "A project that is gone".to_owned(),
        (What::Everything, _) => "All projects".to_owned(),
        (What::AuditLog, _) => "Audit log".to_owned(),
        (What::ProjectLog(_), Some((_, name))) => format!("Audit log of {name}"),
        (What::ProjectLog(_), None) => "Audit log of a project that is gone".to_owned(),
    };
    format!("{what}, {}", export.format.ending().to_uppercase())
}

/// Bytes as people say them, in thousands (ISO 80000).
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} kB", bytes.div_ceil(1_000)),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_address_names_is_chosen() {
        let id = model::new_id::<ProjectId>(model::Instant::from_ms(1), [1; 10]).to_string();
        assert_eq!(read(&format!("?project={id}")), Some(id.clone()));
        assert_eq!(read(&format!("?log={id}")), Some(format!("log-{id}")));
        assert_eq!((read("?project=x"), read("")), (None, None));
    }

    #[test]
    fn bytes_are_told_in_thousands() {
        assert_eq!([999, 1_001, 1_950_000].map(size), ["999 bytes", "2 kB", "1.9 MB"]);
    }
}
