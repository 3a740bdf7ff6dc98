//! What is found, the same on both engines, and what is not.

use model::{Command, CommentId, Place, Role, Spot, TaskId, testing::valid};
use muster_service::{
    Actor,
    kit::{House, Project},
    query,
};

async fn described(house: &House, project: &Project, title: &str, text: &str) -> TaskId {
    let task = house.task(project, title).await;
    let describe = Command::DescribeTask { project: project.id, task, text: valid(text), base: 0 };
    house.done(&project.lead, describe).await;
    task
}

async fn said(house: &House, project: &Project, task: TaskId, text: &str) -> CommentId {
    house.clock.advance_ms(1000);
    let comment = house.id();
    house.done(&project.lead, Command::AddComment { project: project.id, task, comment, text: valid(text) }).await;
    comment
}

/// The titles that are found, with where.
async fn found(house: &House, reader: &Actor, text: &str) -> Vec<(String, Place)> {
    let found = query::search(house, reader, text).await.unwrap();
    found.hits.into_iter().map(|hit| (hit.title.to_string(), hit.place)).collect()
}

async fn titles(house: &House, reader: &Actor, text: &str) -> Vec<String> {
    found(house, reader, text).await.into_iter().map(|(title, _)| title).collect()
}

muster_service::both_engines! {
    async fn a_title_is_found_before_a_description_before_a_comment_and_newer_ones_first(house) {
        let mus = house.project("MUS").await;
        let commented = house.task(&mus, "Order glue").await;
        said(house, &mus, commented, "The sensor drifts again").await;
        house.clock.advance_ms(1000);
        described(house, &mus, "Soak at 40 °C", "Watch the torque sensor.\n\nIt **drifts**.").await;
        for title in ["Sensor mount", "Torque sensors drift"] {
            house.clock.advance_ms(1000);
            house.task(&mus, title).await;
        }
        let lead = &mus.lead;
        assert_eq!(found(house, lead, "sensor").await, [
            ("Torque sensors drift".to_owned(), Place::Title),
            ("Sensor mount".to_owned(), Place::Title),
            ("Soak at 40 °C".to_owned(), Place::Description),
            ("Order glue".to_owned(), Place::Comment),
        ]);
        // Each word has to be there, as the beginning of one.
        assert_eq!(titles(house, lead, "drift SENS").await, ["Torque sensors drift", "Soak at 40 °C", "Order glue"]);
        assert_eq!(titles(house, lead, "ensor").await, Vec::<String>::new());
        for nothing in ["", "  ", "!?", "sensor xyz"] {
            assert_eq!(titles(house, lead, nothing).await, Vec::<String>::new(), "{nothing:?}");
        }
        let hits = query::search(house, lead, "again").await.unwrap().hits;
        assert_eq!((hits[0].excerpt.as_str(), hits[0].number, hits.len()), ("The sensor drifts again", 1, 1));
    }

    async fn words_are_the_same_whatever_marks_and_capitals_they_have(house) {
        let mus = house.project("MUS").await;
        for title in ["Straße nach Köln", "Ana Petrović fragen", "テスト 中文", "ΣΊΣΥΦΟΣ", "don't panic", "A-B testing"] {
            house.task(&mus, title).await;
        }
        let lead = &mus.lead;
        for (text, title) in [
            ("STRASSE", "Straße nach Köln"),
            ("koln", "Straße nach Köln"),
            ("petrovic", "Ana Petrović fragen"),
            ("中文", "テスト 中文"),
            ("σισυφος", "ΣΊΣΥΦΟΣ"),
            ("\"don't\" *", "don't panic"),
            ("a-b NOT OR AND", ""),
            ("a-b", "A-B testing"),
            ("mus-3", "テスト 中文"),
            ("MUS-6", "A-B testing"),
            ("4", "ΣΊΣΥΦΟΣ"),
            ("'); DROP TABLE tasks; --", ""),
            ("x:* | y & !z <-> ( ) \\ ' ''", ""),
        ] {
            let expected: Vec<&str> = if title.is_empty() { vec![] } else { vec![title] };
            assert_eq!(titles(house, lead, text).await, expected, "{text:?}");
        }
    }

    async fn what_is_changed_is_found_by_its_new_words_only(house) {
        let mus = house.project("MUS").await;
        let (lead, project) = (&mus.lead, mus.id);
        let task = described(house, &mus, "Paint the fence", "In red").await;
        let comment = said(house, &mus, task, "Two coats").await;
        house.done(lead, Command::RenameTask { project, task, title: valid("Paint the gate") }).await;
        house.done(lead, Command::DescribeTask { project, task, text: valid("In green"), base: 1 }).await;
        house.done(lead, Command::EditComment { project, task, comment, text: valid("Three layers"), base: 1 }).await;
        for (text, is_found) in
            [("fence", false), ("red", false), ("coats", false), ("gate", true), ("green", true), ("layers", true)]
        {
            assert_eq!(titles(house, lead, text).await.len(), usize::from(is_found), "{text}");
        }
        house.done(lead, Command::RemoveComment { project, task, comment, base: 2 }).await;
        assert_eq!(titles(house, lead, "layers").await, Vec::<String>::new());
        house.done(lead, Command::EditComment { project, task, comment, text: valid("Back again"), base: 3 }).await;
        assert_eq!(titles(house, lead, "back").await, ["Paint the gate"]);
        house.done(lead, Command::TrashTask { project, task, on: true }).await;
        assert_eq!(titles(house, lead, "gate").await, Vec::<String>::new());
        house.done(lead, Command::TrashTask { project, task, on: false }).await;
        house.done(lead, Command::ArchiveTask { project, task, on: true }).await;
        assert!(query::search(house, lead, "gate").await.unwrap().hits[0].is_archived);
    }

    async fn nothing_of_a_project_is_found_by_those_who_may_not_see_it(house) {
        let mus = house.project("MUS").await;
        let task = described(house, &mus, "Secret plan", "A secret text").await;
        said(house, &mus, task, "A secret word").await;
        let (viewer, stranger) = (house.viewer(&mus, "Ana").await, house.person("Carl").await);
        let admin = house.person_as("Admin", Role::Admin).await;
        for (reader, n) in [(&viewer, 1), (&admin, 1), (&stranger, 0)] {
            assert_eq!(titles(house, reader, "secret").await.len(), n);
        }
        let done = Command::MoveTask { project: mus.id, task, to: mus.statuses[3], spot: Spot::Last };
        house.done(&mus.lead, done).await;
        assert_eq!(query::search(house, &viewer, "secret").await.unwrap().hits[0].category, model::Category::Done);
        house.done(&mus.lead, Command::RemoveMember { project: mus.id, person: viewer.person }).await;
        assert_eq!(titles(house, &viewer, "secret").await, Vec::<String>::new());
    }

    async fn tasks_from_before_there_was_a_search_are_found(house) {
        let mus = house.project("MUS").await;
        let task = described(house, &mus, "Paint the fence", "In red").await;
        said(house, &mus, task, "Two coats").await;
        house.tamper("DELETE FROM search_texts", vec![]).await;
        assert_eq!(titles(house, &mus.lead, "fence").await, Vec::<String>::new());
        house.fill_search().await;
        for text in ["fence", "red", "coats", "mus-1"] {
            assert_eq!(titles(house, &mus.lead, text).await, ["Paint the fence"], "{text}");
        }
    }
}
