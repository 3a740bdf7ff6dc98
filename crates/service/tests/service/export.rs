//! Exports: what is in the files, who may have them, and what becomes of those that cannot be made.

use futures::TryStreamExt as _;
use model::{Command, Refusal, testing::valid};
use muster_service::{
    Actor, both_engines,
    export::{self, Format, Stage, What},
    kit::{House, Project},
};
use uuid::Uuid;

/// The bytes of an export's file.
async fn fetched(house: &House, who: &Actor, id: Uuid) -> Vec<u8> {
    let file = export::open(house, who, id).await.unwrap();
    let parts: Vec<_> = file.content.try_collect().await.unwrap();
    assert_eq!(file.bytes, parts.iter().map(|part| part.len() as u64).sum::<u64>());
    parts.concat()
}

async fn made(house: &House, who: &Actor, what: What, format: Format) -> Vec<u8> {
    let id = export::begin(house, who, what, format).await.unwrap();
    house.work().await;
    fetched(house, who, id).await
}

async fn stage(house: &House, who: &Actor, id: Uuid) -> Option<Stage> {
    let all = export::list(house, who).await.unwrap();
    all.into_iter().find(|card| card.id == id).map(|card| card.stage)
}

async fn filled(house: &House) -> Project {
    let project = house.project("MUS").await;
    let ines = house.member(&project, "Ines").await;
    let task = house.task(&project, "=HYPERLINK(\"https://bad.example\")").await;
    let (lead, id) = (&project.lead, project.id);
    house
        .done(lead, Command::DescribeTask { project: id, task, text: valid("Two lines,\nwith a \"quote\""), base: 0 })
        .await;
    house.done(lead, Command::Assign { project: id, task, person: ines.person }).await;
    let comment = house.id();
    house.done(&ines, Command::AddComment { project: id, task, comment, text: valid("I will do it") }).await;
    let gone = house.task(&project, "In the trash").await;
    house.done(lead, Command::TrashTask { project: id, task: gone, on: true }).await;
    project
}

both_engines! {
    async fn a_project_comes_as_csv_that_no_spreadsheet_computes(house) {
        let project = filled(house).await;
        let bytes = made(house, &project.lead, What::Project(project.id), Format::Csv).await;
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().unwrap();
        assert_eq!(rows.len(), 1, "what is in the trash is left out");
        assert_eq!(&rows[0][0], "MUS-1");
        assert_eq!(&rows[0][1], "'=HYPERLINK(\"https://bad.example\")");
        assert_eq!(&rows[0][5], "Ines");
        assert_eq!(&rows[0][10], "Two lines,\nwith a \"quote\"");
    }

    async fn json_has_the_comments_too(house) {
        let project = filled(house).await;
        let bytes = made(house, &project.lead, What::Everything, Format::Json).await;
        let told: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        let task = &told["tasks"][0];
        assert_eq!((told["tasks"].as_array().unwrap().len(), task["task"].as_str()), (1, Some("MUS-1")));
        assert_eq!(task["comments"][0]["text"], "I will do it");
        assert_eq!(task["comments"][0]["by"], "Ines");
    }

    async fn a_workbook_is_a_zip_with_a_sheet_in_it(house) {
        let project = filled(house).await;
        let bytes = made(house, &project.lead, What::Project(project.id), Format::Xlsx).await;
        assert_eq!(&bytes[..4], b"PK\x03\x04");
        assert!(bytes.windows(24).any(|part| part == b"xl/worksheets/sheet1.xml"));
    }

    async fn the_audit_log_comes_as_the_verifier_reads_it_and_only_to_admins(house) {
        let project = filled(house).await;
        let admin = house.admin("Ada").await;
        muster_service::audit::Keeper::new(house, vec![]).settle().await.unwrap();
        let refused = export::begin(house, &project.lead, What::AuditLog, Format::JsonLines).await;
        assert_eq!(refused, Err(Refusal::NotFound));
        assert!(export::begin(house, &admin, What::AuditLog, Format::Csv).await.is_err());
        let bytes = made(house, &admin, What::AuditLog, Format::JsonLines).await;
        let verified = ledger::verify_export(bytes.as_slice(), ledger::Against::default()).unwrap().unwrap();
        assert!(verified.size > 5);
    }

    async fn a_lead_takes_the_log_of_their_project_away_and_nobody_else_does(house) {
        let project = filled(house).await;
        let title = valid("=HYPERLINK(\"https://worse.example\")");
        let task = house.task(&project, "Paint the gate").await;
        house.done(&project.lead, Command::RenameTask { project: project.id, task, title }).await;
        house.task(&house.project("OTH").await, "Cut the hedge").await;
        let (member, other) = (house.member(&project, "Otto").await, house.lead(&project, "Lena").await);
        muster_service::audit::Keeper::new(house, vec![]).settle().await.unwrap();
        let what = What::ProjectLog(project.id);
        assert_eq!(export::begin(house, &member, what, Format::Csv).await, Err(Refusal::NotFound));

        let bytes = made(house, &project.lead, what, Format::Csv).await;
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        assert_eq!(&reader.headers().unwrap()[3], "Action");
        let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().unwrap();
        let sql = "SELECT count(*) FROM ledger_entries WHERE project = (SELECT id FROM projects WHERE key = 'MUS')";
        let n = house.number(sql).await;
        assert!(n > 5 && i64::try_from(rows.len()).unwrap() == n);
        let assigned = rows.iter().find(|row| &row[3] == "task.assign").unwrap();
        assert_eq!((&assigned[2], &assigned[4], &assigned[5]), ("Lead of MUS", "MUS-1", "done"));
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains("title: (private) → (private)") && !text.contains("HYPERLINK"), "what was typed can still be erased");

        let bytes = made(house, &project.lead, what, Format::Json).await;
        let told: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(told["entries"].as_array().unwrap().len(), rows.len());
        assert_eq!(told["entries"][0]["actor"]["name"], "Lead of MUS");

        // Whoever is no Lead any more when the job runs, or when the file is fetched, has nothing.
        let role = model::ProjectRole::Member;
        let waits = export::begin(house, &other, what, Format::Csv).await.unwrap();
        let change = Command::ChangeMember { project: project.id, person: other.person, role };
        house.done(&project.lead, change).await;
        house.work().await;
        assert!(matches!(stage(house, &other, waits).await, Some(Stage::Failed(_))));
    }

    async fn nobody_else_has_the_file_and_after_a_week_nobody_does(house) {
        let project = filled(house).await;
        let other = house.member(&project, "Otto").await;
        let id = export::begin(house, &project.lead, What::Project(project.id), Format::Csv).await.unwrap();
        assert_eq!(export::open(house, &project.lead, id).await.err(), Some(Refusal::NotFound), "it is not ready");
        house.work().await;
        assert!(matches!(stage(house, &project.lead, id).await, Some(Stage::Ready(_, 1, _))));
        assert_eq!(export::open(house, &other, id).await.err(), Some(Refusal::NotFound));
        assert_eq!(export::remove(house, &other, id).await, Err(Refusal::NotFound));
        fetched(house, &project.lead, id).await;
        house.clock.advance_ms(7 * 86_400_000);
        assert_eq!(export::open(house, &project.lead, id).await.err(), Some(Refusal::NotFound));
    }

    async fn what_may_not_be_seen_when_the_job_runs_is_not_exported(house) {
        let project = filled(house).await;
        let otto = house.member(&project, "Otto").await;
        let stranger = house.person("Sam").await;
        let refused = export::begin(house, &stranger, What::Project(project.id), Format::Csv).await;
        assert_eq!(refused, Err(Refusal::NotFound));
        let id = export::begin(house, &otto, What::Project(project.id), Format::Csv).await.unwrap();
        house.done(&project.lead, Command::RemoveMember { project: project.id, person: otto.person }).await;
        house.work().await;
        assert!(matches!(stage(house, &otto, id).await, Some(Stage::Failed(_))));
    }

    async fn an_export_that_is_given_up_leaves_nothing_behind(house) {
        let project = filled(house).await;
        let id = export::begin(house, &project.lead, What::Everything, Format::Csv).await.unwrap();
        export::remove(house, &project.lead, id).await.unwrap();
        house.work().await;
        assert_eq!(stage(house, &project.lead, id).await, None);
        let id = export::begin(house, &project.lead, What::Everything, Format::Csv).await.unwrap();
        house.work().await;
        assert_eq!(house.files().await, 1);
        export::remove(house, &project.lead, id).await.unwrap();
        assert_eq!(house.files().await, 0);
    }
}
