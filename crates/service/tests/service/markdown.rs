//! Rendered texts go along with every way in which a text is read, and are stored nowhere.

use model::{Command, ProjectId, Stream, TaskId, testing::valid};
use muster_service::{kit::House, query};

const TEXT: &str = "- [ ] **Soak**, see MUS-1\n\n<script>alert(1)</script>";

fn html() -> String {
    let html = muster_service::rendered(TEXT, "MUS");
    assert!(html.contains("<strong>Soak</strong>") && html.contains("href=\"/p/MUS/1\""), "{html}");
    html
}

async fn shown(house: &House, reader: &muster_service::Actor, project: ProjectId, task: TaskId) -> model::TaskPage {
    query::task(house, reader, project, task).await.unwrap().page
}

muster_service::both_engines! {
    async fn a_text_is_rendered_in_the_answer_in_the_feed_and_on_the_page_and_stored_nowhere(house) {
        let project = house.project("MUS").await;
        let (id, lead) = (project.id, &project.lead);
        let task = house.task(&project, "Soak").await;
        let describe = Command::DescribeTask { project: id, task, base: 0, text: valid(TEXT) };
        let described = house.done(lead, describe).await;
        assert_eq!(described.events[0].html, Some(html()));
        let comment = house.id();
        let said = house.done(lead, Command::AddComment { project: id, task, comment, text: valid(TEXT) }).await;
        assert_eq!(said.events[0].html, Some(html()));

        let feed = house.feed(Stream::Project(id)).await;
        let with_text: Vec<_> = feed.iter().filter(|r| r.text.is_some()).collect();
        assert_eq!(with_text.len(), 2);
        assert!(with_text.iter().all(|r| r.html == Some(html())));
        assert!(feed.iter().all(|r| r.text.is_some() == r.html.is_some()));

        let page = shown(house, lead, id, task).await;
        assert_eq!(page.html, Some(html()));
        assert_eq!(page.comments().next().unwrap().html, Some(html()));

        for column in ["events WHERE payload", "text_versions WHERE body"] {
            assert_eq!(house.number(&format!("SELECT count(*) FROM {column} LIKE '%<strong>%'")).await, 0);
        }
    }

    async fn a_removed_comment_has_no_rendered_text_either(house) {
        let project = house.project("MUS").await;
        let (id, lead) = (project.id, &project.lead);
        let task = house.task(&project, "Soak").await;
        let comment = house.id();
        house.done(lead, Command::AddComment { project: id, task, comment, text: valid(TEXT) }).await;
        let edit = Command::EditComment { project: id, task, comment, base: 1, text: valid("*New*") };
        assert_eq!(house.done(lead, edit).await.events[0].html.as_deref(), Some("<p><em>New</em></p>"));
        house.done(lead, Command::RemoveComment { project: id, task, comment, base: 2 }).await;
        let page = shown(house, lead, id, task).await;
        assert_eq!(page.comments().next().unwrap().html, None);
        assert!(house.feed(Stream::Project(id)).await.iter().all(|r| r.html.is_none()));
    }
}
