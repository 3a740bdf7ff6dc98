//! An account that is given up: what is gone, what stays, and who cannot.

use model::{CloseAccount, Command, Event, ProjectRole, Refusal, Register, Role, SignIn, Stream, testing::valid};
use muster_service::{
    Actor,
    account::{Farewell, From, actor, close, farewell, forgot, register, sign_in},
    kit::{Engine, House, PASSWORD},
    query,
};

async fn address(house: &House, who: &Actor) -> String {
    query::me(house, who).await.unwrap().email.as_str().to_owned()
}

async fn leave(house: &House, who: &Actor) -> Result<(), Refusal> {
    let email = address(house, who).await;
    close(house, who, CloseAccount { email }).await
}

async fn enter(house: &House, email: &str, agent: &str) -> Result<muster_service::account::Opened, Refusal> {
    let form = SignIn { email: valid(email), password: model::Password::new(PASSWORD.into()), remember: false };
    let from = From { agent: Some(agent.into()), address: Some("203.0.113.77".into()), ..From::default() };
    Ok(sign_in(house, form, from).await?.opened().expect("no second factor"))
}

#[tokio::test]
async fn nothing_personal_is_left_in_the_files_even_for_who_has_the_keys() {
    let house = House::open(Engine::Sqlite).await;
    house.admin("Admin").await;
    let ana = house.person("Zebulonia Quartzfield").await;
    let email = address(&house, &ana).await;
    enter(&house, &email, "Netscape Navigator 4").await.unwrap();
    forgot(&house, model::AskLink { email: valid(&email) }, &From::default()).await.unwrap();
    leave(&house, &ana).await.unwrap();
    house.work().await;
    for (sql, n) in [
        (
            "SELECT count(*) FROM sessions WHERE person = (SELECT id FROM users WHERE closed_at IS NOT NULL) \
          AND (agent IS NOT NULL OR address IS NOT NULL)",
            0,
        ),
        ("SELECT count(*) FROM mails WHERE content IS NOT NULL", 0),
        ("SELECT count(*) FROM tokens", 0),
        ("SELECT count(*) FROM user_email_index", 1),
    ] {
        assert_eq!(house.number(sql).await, n, "{sql}");
    }
    let told: Vec<String> = house.letters(&email).await.into_iter().map(|letter| letter.subject).collect();
    assert_eq!(told, ["Your account was closed"], "what waited for them is not sent any more");
    house.assert_whole().await;
    house.close().await;
}

muster_service::both_engines! {
    async fn what_they_did_stays_by_a_former_member(house) {
        let project = house.project("MUS").await;
        let ana = house.member(&project, "Ana").await;
        let task = house.task(&project, "Paint the fence").await;
        let say = Command::AddComment { project: project.id, task, comment: house.id(), text: valid("Green.") };
        house.done(&ana, say).await;
        house.done(&project.lead, Command::Assign { project: project.id, task, person: ana.person }).await;
        let names = async || {
            let answer = query::task(house, &project.lead, project.id, task).await.unwrap();
            let board = query::board(house, &project.lead, &project.key).await.unwrap();
            let mut names: Vec<String> = answer.people.into_iter().chain(board.people).map(|c| c.name.to_string()).collect();
            names.sort();
            names.dedup();
            names
        };
        assert_eq!(names().await, ["Ana", "Lead of MUS"]);
        leave(house, &ana).await.unwrap();
        assert_eq!(names().await, ["Former member", "Lead of MUS"]);
        let people = query::people(house, &project.lead, vec![ana.person]).await.unwrap();
        assert_eq!(people[0].name.as_str(), "Former member", "pages that ask by id hear it, too");
        assert_eq!(query::find_people(house, &project.lead, project.id, "former").await.unwrap(), []);
        assert!(!house.board(project.id).await.members.contains_key(&ana.person));
        assert_eq!(house.feed(Stream::Instance).await.last().unwrap().event, Event::PersonLeft { person: ana.person });
    }

    async fn they_are_signed_out_everywhere_and_the_address_is_free(house) {
        let ana = house.person("Ana").await;
        let email = address(house, &ana).await;
        let there = enter(house, &email, "curl/8").await.unwrap();
        house.work().await;
        leave(house, &ana).await.unwrap();
        assert_eq!(actor(house, &there.cookie).await.unwrap(), None);
        assert_eq!(enter(house, &email, "curl/8").await.unwrap_err(), Refusal::WrongCredentials);
        let form = Register {
            name: valid("Ana"),
            email: valid(&email),
            password: model::Password::new(PASSWORD.into()),
        };
        register(house, form, &From::default()).await.unwrap();
        assert_eq!(house.number("SELECT count(*) FROM users").await, 2, "whoever comes back is somebody new");
        for table in ["preferences", "totp", "recovery_codes", "sign_ins", "email_changes", "notices"] {
            assert_eq!(house.number(&format!("SELECT count(*) FROM {table}")).await, 0, "{table}");
        }
    }

    async fn the_last_admin_stays(house) {
        let admin = house.admin("Admin").await;
        assert!(farewell(house, &admin).await.unwrap().is_last_admin);
        assert_eq!(leave(house, &admin).await.unwrap_err().field(), Some("form"));
        assert!(query::me(house, &admin).await.is_ok(), "nothing was changed");
        let second = house.admin("Second").await;
        leave(house, &admin).await.unwrap();
        assert_eq!(leave(house, &second).await.unwrap_err().field(), Some("form"));
        assert_eq!(house.number(&format!("SELECT count(*) FROM users WHERE role = {}", Role::Admin.code())).await, 1);
    }

    async fn of_two_admins_who_leave_at_once_one_stays(house) {
        let (one, two) = (house.admin("One").await, house.admin("Two").await);
        let (first, second) = futures::join!(leave(house, &one), leave(house, &two));
        assert_eq!(u8::from(first.is_ok()) + u8::from(second.is_ok()), 1, "{first:?} {second:?}");
    }

    async fn nobody_closes_their_account_by_a_slip(house) {
        let (ana, bea) = (house.person("Ana").await, house.person("Bea").await);
        for email in [String::new(), "yes".into(), address(house, &bea).await] {
            let refusal = close(house, &ana, CloseAccount { email }).await.unwrap_err();
            assert_eq!(refusal.field(), Some("email"));
        }
        let typed = format!(" {} ", address(house, &ana).await.to_uppercase());
        close(house, &ana, CloseAccount { email: typed }).await.unwrap();
    }

    async fn projects_that_nobody_else_leads_are_named_before(house) {
        let project = house.project("MUS").await;
        let expected = Farewell { is_last_admin: false, without_lead: vec!["Project MUS".into()] };
        assert_eq!(farewell(house, &project.lead).await.unwrap(), expected);
        let second = house.person("Second").await;
        house.add(&project, &second, ProjectRole::Lead).await;
        assert_eq!(farewell(house, &project.lead).await.unwrap(), Farewell::default());
        leave(house, &project.lead).await.unwrap();
        leave(house, &second).await.unwrap();
        assert_eq!(house.board(project.id).await.members.iter().count(), 0);
    }
}
