//! Another address: the link to the new one, the way back from the old one, and what others learn of it: nothing.

use model::{AskLink, Email, NewEmail, Password, Refusal, Register, Reset, SignIn, UseLink, testing::valid};
use muster_service::{
    Actor,
    account::{From, actor, ask_email, confirm_email, forgot, register, reset, revert_email, sign_in},
    kit::{House, PASSWORD},
    query,
};

const HOUR_MS: i64 = 3_600_000;
const FRESH: &str = "fresh@norrvik.example";
const OTHER: &str = "green kettle on a tram";

async fn address(house: &House, who: &Actor) -> String {
    query::me(house, who).await.unwrap().email.as_str().to_owned()
}

async fn ask(house: &House, who: &Actor, email: &str) -> Result<(), Refusal> {
    // Letters lie in the order of their times.
    house.clock.advance_ms(1000);
    let asked = ask_email(house, who, NewEmail { email: valid(email) }).await;
    house.work().await;
    asked
}

async fn follow(house: &House, who: &Actor, to: &str) -> Result<(), Refusal> {
    let token = house.secret(to, "/email/").await.expect("a link");
    confirm_email(house, who, UseLink { token }).await
}

async fn enter(house: &House, email: &str, typed: &str) -> Result<muster_service::account::Opened, Refusal> {
    let form = SignIn { email: valid::<Email>(email), password: Password::new(typed.into()), remember: false };
    Ok(sign_in(house, form, From::default()).await?.opened().expect("no second factor"))
}

async fn subjects(house: &House, to: &str) -> Vec<String> {
    house.work().await;
    let all = house.letters(to).await.into_iter().map(|letter| letter.subject);
    all.filter(|subject| subject != "New sign-in to your account").collect()
}

muster_service::both_engines! {
    async fn the_link_to_the_new_address_makes_it_ones_own(house) {
        let project = house.project("MUS").await;
        let ana = house.person("Ana").await;
        let old = address(house, &ana).await;
        ask(house, &ana, "Fresh@norrvik.example").await.unwrap();
        assert_eq!(address(house, &ana).await, old, "the old one stays until then");
        enter(house, &old, PASSWORD).await.unwrap();
        follow(house, &ana, FRESH).await.unwrap();
        assert_eq!(address(house, &ana).await, "Fresh@norrvik.example");
        enter(house, FRESH, PASSWORD).await.unwrap();
        assert_eq!(enter(house, &old, PASSWORD).await.unwrap_err(), Refusal::WrongCredentials);
        for (text, n) in [(FRESH, 1), (old.as_str(), 0)] {
            let found = query::find_people(house, &project.lead, project.id, text).await.unwrap();
            assert_eq!(found.len(), n, "{text}");
        }
        assert_eq!(subjects(house, &old).await, ["Your address was changed"]);
        assert_eq!(house.number("SELECT count(*) FROM user_email_index").await, 2);
        assert_eq!(follow(house, &ana, FRESH).await, Err(Refusal::BadLink), "it works once");
    }

    async fn the_link_works_for_a_day_the_newest_and_for_its_owner_only(house) {
        let (ana, bea) = (house.person("Ana").await, house.person("Bea").await);
        ask(house, &ana, "first@norrvik.example").await.unwrap();
        ask(house, &ana, FRESH).await.unwrap();
        assert_eq!(follow(house, &ana, "first@norrvik.example").await, Err(Refusal::BadLink));
        assert_eq!(follow(house, &bea, FRESH).await, Err(Refusal::BadLink));
        house.clock.advance_ms(24 * HOUR_MS);
        assert_eq!(follow(house, &ana, FRESH).await, Err(Refusal::BadLink));
        let wrong = confirm_email(house, &ana, UseLink { token: "garbage".into() }).await;
        assert_eq!(wrong, Err(Refusal::BadLink));
    }

    async fn whether_an_address_is_taken_shows_to_its_holder_alone(house) {
        let (ana, bea) = (house.person("Ana").await, house.person("Bea").await);
        let theirs = address(house, &bea).await;
        assert_eq!(ask(house, &ana, &theirs).await, ask(house, &ana, FRESH).await);
        assert_eq!(subjects(house, &theirs).await, ["Your address was typed in for another account"]);
        assert_eq!(house.secret(&theirs, "/email/").await, None);
        // It was free when the link was sent, and is not any more.
        house.tamper("UPDATE users SET verified_at = NULL WHERE id = $1", vec![bea.person.into()]).await;
        ask(house, &ana, &theirs).await.unwrap();
        house.tamper("UPDATE users SET verified_at = 1 WHERE id = $1", vec![bea.person.into()]).await;
        assert_eq!(follow(house, &ana, &theirs).await, Err(Refusal::BadLink));
        assert_eq!(enter(house, &theirs, PASSWORD).await.unwrap().actor.person, bea.person);
    }

    async fn whoever_only_began_with_an_address_does_not_keep_it(house) {
        let ana = house.person("Ana").await;
        let form = Register { name: valid("Stranger"), email: valid(FRESH), password: Password::new(OTHER.into()) };
        register(house, form, &From::default()).await.unwrap();
        ask(house, &ana, FRESH).await.unwrap();
        follow(house, &ana, FRESH).await.unwrap();
        assert_eq!(enter(house, FRESH, PASSWORD).await.unwrap().actor.person, ana.person);
        assert_eq!(house.number("SELECT count(*) FROM user_email_index").await, 1);
    }

    async fn links_to_the_old_address_stop_with_it(house) {
        let ana = house.person("Ana").await;
        let old = address(house, &ana).await;
        forgot(house, AskLink { email: valid(&old) }, &From::default()).await.unwrap();
        ask(house, &ana, FRESH).await.unwrap();
        let token = house.secret(&old, "/reset/").await.unwrap();
        follow(house, &ana, FRESH).await.unwrap();
        let late = reset(house, Reset { token, password: Password::new(OTHER.into()) }).await;
        assert_eq!(late, Err(Refusal::BadLink));
    }

    async fn the_old_address_takes_the_change_back_for_a_week(house) {
        let ana = house.person("Ana").await;
        let old = address(house, &ana).await;
        ask(house, &ana, FRESH).await.unwrap();
        follow(house, &ana, FRESH).await.unwrap();
        house.work().await;
        let token = house.secret(&old, "/email-back/").await.unwrap();
        let there = enter(house, FRESH, PASSWORD).await.unwrap();
        house.clock.advance_ms(7 * 24 * HOUR_MS - 1);
        revert_email(house, UseLink { token: token.clone() }).await.unwrap();
        assert_eq!(actor(house, &there.cookie).await.unwrap(), None, "everybody is signed out");
        for email in [FRESH, old.as_str()] {
            assert_eq!(enter(house, email, PASSWORD).await.unwrap_err(), Refusal::WrongCredentials, "{email}");
        }
        house.work().await;
        let link = house.secret(&old, "/reset/").await.unwrap();
        reset(house, Reset { token: link, password: Password::new(OTHER.into()) }).await.unwrap();
        let back = enter(house, &old, OTHER).await.unwrap();
        assert_eq!((back.actor.person, address(house, &back.actor).await), (ana.person, old.clone()));
        assert_eq!(revert_email(house, UseLink { token }).await, Err(Refusal::BadLink), "it works once");
    }

    async fn after_a_week_a_change_stays(house) {
        let ana = house.person("Ana").await;
        let old = address(house, &ana).await;
        ask(house, &ana, FRESH).await.unwrap();
        follow(house, &ana, FRESH).await.unwrap();
        house.work().await;
        let token = house.secret(&old, "/email-back/").await.unwrap();
        house.clock.advance_ms(7 * 24 * HOUR_MS);
        assert_eq!(revert_email(house, UseLink { token }).await, Err(Refusal::BadLink));
    }

    async fn nobody_sends_links_to_strangers_all_day(house) {
        let ana = house.person("Ana").await;
        assert_eq!(ask(house, &ana, &address(house, &ana).await).await.unwrap_err().field(), Some("email"));
        for n in 0..5 {
            ask(house, &ana, &format!("n{n}@norrvik.example")).await.unwrap();
        }
        assert_eq!(ask(house, &ana, FRESH).await, Err(Refusal::TooMany { after_s: 3600 }));
        assert_eq!(subjects(house, FRESH).await, Vec::<String>::new());
    }

    async fn both_addresses_of_a_change_lie_sealed(house) {
        let ana = house.person("Ana").await;
        ask(house, &ana, FRESH).await.unwrap();
        let sql = "SELECT count(*) FROM email_changes WHERE length(fresh) > 70 AND length(former) > 70";
        assert_eq!(house.number(sql).await, 1);
    }
}
