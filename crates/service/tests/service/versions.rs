//! What a comment said before it was edited.

use model::{Command, Refusal, testing::valid};
use muster_service::query;

muster_service::both_engines! {
    async fn what_a_comment_said_before_is_told_newest_first_to_who_sees_the_project(house) {
        let project = house.project("MUS").await;
        let (id, lead) = (project.id, &project.lead);
        let task = house.task(&project, "Soak").await;
        let comment = house.id();
        house.done(lead, Command::AddComment { project: id, task, comment, text: valid("*One*") }).await;
        let (viewer, stranger) = (house.viewer(&project, "Vera").await, house.person("Carl").await);
        let told = async |reader| query::versions(house, reader, id, comment).await;
        assert_eq!(told(lead).await.unwrap(), [], "it was never edited");
        for (base, text) in [(1, "Two"), (2, "Three")] {
            house.done(lead, Command::EditComment { project: id, task, comment, base, text: valid(text) }).await;
        }
        let html = |versions: Vec<query::Version>| versions.into_iter().map(|version| version.html).collect::<Vec<_>>();
        assert_eq!(html(told(lead).await.unwrap()), ["<p>Two</p>", "<p><em>One</em></p>"]);
        assert_eq!(told(&viewer).await.unwrap().len(), 2);
        assert_eq!(told(&stranger).await, Err(Refusal::NotFound));
        let other = house.project("OTH").await;
        assert_eq!(query::versions(house, &other.lead, other.id, comment).await, Err(Refusal::NotFound), "not of this project");
    }

    async fn what_was_removed_is_told_no_more_also_when_the_comment_comes_back(house) {
        let project = house.project("MUS").await;
        let (id, lead) = (project.id, &project.lead);
        let task = house.task(&project, "Soak").await;
        let comment = house.id();
        house.done(lead, Command::AddComment { project: id, task, comment, text: valid("A secret") }).await;
        house.done(lead, Command::RemoveComment { project: id, task, comment, base: 1 }).await;
        assert_eq!(query::versions(house, lead, id, comment).await, Err(Refusal::NotFound));
        house.done(lead, Command::EditComment { project: id, task, comment, base: 2, text: valid("Nothing") }).await;
        assert_eq!(query::versions(house, lead, id, comment).await, Ok(vec![]));
    }
}
