//! Whose names may be read, and that none lies in the database for everybody to read.

use model::{AskLink, Command, Refusal, Register, SignIn, Stream, Verify, testing::valid};
use muster_service::{
    account::{From, forgot, register, sign_in, verify},
    kit::{Engine, House},
    query,
};

#[tokio::test]
async fn names_and_addresses_are_not_in_the_files_in_clear() {
    let house = House::open(Engine::Sqlite).await;
    let (email, password) = (valid("zebulonia@quartzfield.example"), model::Password::new("slow copper kettle".into()));
    let form = Register { name: valid("Zebulonia Quartzfield"), email, password };
    register(&house, form.clone()).await.unwrap();
    house.work().await;
    let secret = house.secret(form.email.as_str(), "/verify/").await.unwrap();
    let link = Verify { token: secret.clone(), password: form.password.clone() };
    verify(&house, link, From::default()).await.unwrap();
    // A mail that waits to be sent lies there, too.
    forgot(&house, AskLink { email: form.email.clone() }).await.unwrap();
    let agent = Some("Netscape Navigator 4".into());
    let from = From { agent, address: Some("203.0.113.77".into()), ..From::default() };
    let form = SignIn { email: form.email, password: form.password, remember: true };
    let ana = sign_in(&house, form, from).await.unwrap();
    let project = house.project_of(&ana.actor, "MUS").await;
    house.task(&project, "Paint the fence").await;
    house.assert_whole().await;
    let mut bytes = Vec::new();
    for file in house.database().files() {
        bytes.extend(std::fs::read(file).unwrap());
    }
    let has = |text: &str| bytes.windows(text.len()).any(|w| w.eq_ignore_ascii_case(text.as_bytes()));
    assert!(has("Paint the fence"), "the bytes are those of the database");
    for text in ["zebulonia", "quartzfield", "navigator", "203.0.113", "slow copper", &ana.cookie, &secret] {
        assert!(!has(text), "{text} is in the files");
    }
    house.close().await;
}

muster_service::both_engines! {
    async fn names_are_shown_to_those_who_share_a_project_and_to_admins(house) {
        let project = house.project("MUS").await;
        let (ana, bea) = (house.viewer(&project, "Ana").await, house.viewer(&project, "Bea").await);
        let (carl, admin) = (house.person("Carl").await, house.admin("Admin").await);
        let ids = vec![ana.person, bea.person, carl.person, house.id()];
        let names = async |actor| {
            let mut names: Vec<String> =
                query::people(house, actor, ids.clone()).await.unwrap().into_iter().map(|c| c.name.into()).collect();
            names.sort();
            names
        };
        assert_eq!(names(&ana).await, ["Ana", "Bea"]);
        assert_eq!(names(&carl).await, ["Carl"]);
        assert_eq!(names(&admin).await, ["Ana", "Bea", "Carl"]);
        house.done(&project.lead, Command::RemoveMember { project: project.id, person: bea.person }).await;
        assert_eq!(names(&ana).await, ["Ana"]);
        assert_eq!(names(&bea).await, ["Bea"]);
        let many = vec![ana.person; 101];
        assert_eq!(query::people(house, &ana, many).await.unwrap_err().field(), Some("ids"));
    }

    async fn people_are_found_by_those_who_may_add_them(house) {
        let project = house.project("MUS").await;
        let viewer = house.viewer(&project, "Petra Viewer").await;
        let stranger = house.person("Petra Vogel").await;
        house.person("Ana Petrović").await;
        house.person("Dora").await;
        let find = async |actor, text| {
            let found = query::find_people(house, actor, project.id, text).await?;
            Ok::<Vec<String>, Refusal>(found.into_iter().map(|c| c.name.into()).collect())
        };
        assert_eq!(find(&project.lead, "petr").await.unwrap(), ["Ana Petrović", "Petra Vogel"]);
        assert_eq!(find(&project.lead, "etr").await.unwrap(), Vec::<String>::new());
        assert_eq!(find(&project.lead, " ").await.unwrap(), Vec::<String>::new());
        let address = query::me(house, &stranger).await.unwrap().email;
        assert_eq!(find(&project.lead, address.as_str()).await.unwrap(), ["Petra Vogel"]);
        assert_eq!(find(&viewer, "petr").await.unwrap_err(), Refusal::MayNot);
        assert_eq!(find(&stranger, "petr").await.unwrap_err(), Refusal::NotFound);
    }

    async fn a_page_holds_what_its_reader_may_see_and_the_names_that_appear_on_it(house) {
        let project = house.project("MUS").await;
        let (ana, stranger, admin) =
            (house.viewer(&project, "Ana").await, house.person("Carl").await, house.admin("Admin").await);
        let task = house.task(&project, "Paint the fence").await;
        for reader in [&ana, &admin, &project.lead] {
            let page = query::board(house, reader, &project.key).await.unwrap();
            let names: Vec<&str> = page.people.iter().map(|c| c.name.as_str()).collect();
            assert_eq!((names.len(), names.contains(&"Ana"), names.contains(&"Carl")), (2, true, false));
            assert_eq!(model::Board::try_from(page.board).unwrap(), house.board(project.id).await);
            let answer = query::task(house, reader, project.id, task).await.unwrap();
            assert_eq!(answer.page.told.len(), 1);
            assert_eq!(query::home(house, reader).await.unwrap().projects.len(), 1);
        }
        assert_eq!(query::board(house, &stranger, &project.key).await.unwrap_err(), Refusal::NotFound);
        assert_eq!(query::task(house, &stranger, project.id, task).await.unwrap_err(), Refusal::NotFound);
        assert_eq!(query::home(house, &stranger).await.unwrap().projects, []);
        let other = house.project("OTHER").await;
        assert_eq!(query::task(house, &other.lead, other.id, task).await.unwrap_err(), Refusal::NotFound);
    }

    async fn streams_are_followed_by_those_they_are_for(house) {
        let project = house.project("MUS").await;
        let (ana, carl) = (house.viewer(&project, "Ana").await, house.person("Carl").await);
        let (of_project, of_ana) = (Stream::Project(project.id), Stream::Person(ana.person));
        assert_eq!(query::head(house, &ana, of_project).await, Ok(house.board(project.id).await.seq));
        assert_eq!(query::head(house, &ana, of_ana).await, Ok(1));
        for stream in [of_project, of_ana, Stream::Project(house.id())] {
            assert_eq!(query::head(house, &carl, stream).await, Err(Refusal::NotFound));
        }
        assert_eq!(query::head(house, &carl, Stream::Person(carl.person)).await, Ok(0));
        assert!(query::head(house, &carl, Stream::Instance).await.unwrap() > 0);
    }
}
