//! What the first Admin is led through, what the team is called, and the test mail.

use ledger::Outcome;
use model::{Category, Email, Event, Name, Refusal, Role, SetUp, Stream, testing::valid};
use muster_service::{
    Actor, account,
    account::From,
    both_engines, demo,
    kit::{House, PASSWORD},
    mails::{self, Kind, Stage},
    people, query,
};

async fn set_up(house: &House) -> Actor {
    let token = account::set_up_token(house).await.unwrap().expect("nobody is there yet");
    let (name, email) = (valid("Ana Petrović"), valid::<Email>("ana@norrvik.example"));
    let form = SetUp { token, name, email, password: model::Password::new(PASSWORD.into()) };
    account::set_up(house, form, From::default()).await.unwrap().actor
}

both_engines! {
    async fn the_first_admin_is_welcomed_until_they_say_that_it_is_over_and_nobody_else_ever_is(house) {
        let ana = set_up(house).await;
        let (bea, cem) = (house.admin("Bea").await, house.person("Cem").await);
        assert!(people::is_welcomed(house, &ana).await.unwrap());
        assert!(!people::is_welcomed(house, &bea).await.unwrap());
        assert_eq!(people::end_welcome(house, &cem).await, Err(Refusal::NotFound));
        // Another Admin cannot end it for them, and it does no harm to try.
        people::end_welcome(house, &bea).await.unwrap();
        assert!(people::is_welcomed(house, &ana).await.unwrap());
        people::end_welcome(house, &ana).await.unwrap();
        people::end_welcome(house, &ana).await.unwrap();
        assert!(!people::is_welcomed(house, &ana).await.unwrap());
        assert_eq!(house.noted("welcome_end", Outcome::Done).await, 1);
        assert_eq!(house.noted("welcome_end", Outcome::Refused).await, 1);
    }

    async fn who_looks_around_in_the_sample_team_is_not_led_through_first_steps(house) {
        demo::fill(house).await.unwrap().expect("an empty house");
        let welcomed = "SELECT count(*) FROM instance_settings WHERE name = 'welcome' AND value <> 'null'";
        assert_eq!(house.number(welcomed).await, 0);
    }

    async fn the_team_has_the_name_that_an_admin_gives_it_and_every_page_is_told(house) {
        let (ana, ben) = (house.admin("Ana").await, house.person_as("Ben", Role::Manager).await);
        assert_eq!(people::team(house).await.unwrap(), None);
        let norrvik: Name = valid("Norrvik Robotics");
        assert_eq!(people::set_team(house, &ben, Some(norrvik.clone())).await, Err(Refusal::NotFound));
        people::set_team(house, &ana, Some(norrvik.clone())).await.unwrap();
        people::set_team(house, &ana, Some(norrvik.clone())).await.unwrap();
        assert_eq!(people::team(house).await.unwrap(), Some(norrvik.clone()));
        assert_eq!(query::me(house, &ben).await.unwrap().team, Some(norrvik.clone()));
        people::set_team(house, &ana, None).await.unwrap();
        assert_eq!(query::me(house, &ben).await.unwrap().team, None);
        let named: Vec<Event> = house.feed(Stream::Instance).await.into_iter().map(|e| e.event).rev().take(2).collect();
        assert_eq!(named, [Event::TeamNamed { name: None }, Event::TeamNamed { name: Some(norrvik) }]);
        assert_eq!(house.noted("team_rename", Outcome::Done).await, 2);
        assert_eq!(house.noted("team_rename", Outcome::Refused).await, 1);
        // The entries commit to what was typed, and it is kept apart.
        assert_eq!(house.number("SELECT count(*) FROM ledger_private").await, 2);
    }

    async fn an_invitation_says_to_which_team(house) {
        let ana = house.admin("Ana").await;
        people::set_team(house, &ana, Some(valid("Norrvik Robotics"))).await.unwrap();
        people::invite(house, &ana, vec![valid("guest@norrvik.example")], Role::User, vec![]).await.unwrap();
        house.work().await;
        let letters = house.letters("guest@norrvik.example").await;
        assert_eq!(letters[0].subject, "Ana invites you to Norrvik Robotics");
    }

    async fn a_first_project_has_the_usual_statuses_and_a_key_of_its_name(house) {
        let ana = set_up(house).await;
        let key = people::begin_project(house, &ana, valid("Otter M2 launch"), None).await.unwrap();
        assert_eq!(key.as_str(), "OML");
        let page = query::board(house, &ana, &key).await.unwrap();
        let board = house.board(page.board.project()).await;
        let statuses: Vec<(&str, Category)> = board.statuses.iter().map(|s| (s.name.as_str(), s.category)).collect();
        assert_eq!(statuses, Category::USUAL);
        assert!(!board.is_sample);
        let again = people::begin_project(house, &ana, valid("Otter M2 launch"), None).await.unwrap_err();
        assert_eq!(again.field(), Some("key"));
        let none = people::begin_project(house, &ana, valid("?"), None).await.unwrap_err();
        assert_eq!(none.field(), Some("key"));
        people::begin_project(house, &ana, valid("?"), Some(valid("WHY"))).await.unwrap();
    }

    async fn a_test_mail_goes_to_whoever_asks_and_tells_how_far_it_is(house) {
        let (ana, ben) = (house.admin("Ana").await, house.person_as("Ben", Role::Manager).await);
        assert_eq!(mails::test(house, &ben).await, Err(Refusal::NotFound));
        assert_eq!(mails::last_test(house, &ana).await.unwrap(), None);
        assert!(!mails::leaves(house), "it stays in memory");
        mails::test(house, &ana).await.unwrap();
        let waiting = mails::last_test(house, &ana).await.unwrap().expect("a mail");
        assert_eq!((waiting.kind, waiting.stage), (Kind::Test, Stage::Waiting));
        house.work().await;
        let sent = mails::last_test(house, &ana).await.unwrap().expect("a mail");
        assert!(matches!(sent.stage, Stage::Sent(_)), "{:?}", sent.stage);
        assert_eq!(mails::last_test(house, &ben).await.unwrap(), None);
        // Nobody fills a mailbox with them.
        for _ in 0..4 {
            mails::test(house, &ana).await.unwrap();
        }
        assert!(matches!(mails::test(house, &ana).await, Err(Refusal::TooMany { .. })));
        assert_eq!(house.noted("mail_test", Outcome::Done).await, 5);
        house.work().await;
    }
}
