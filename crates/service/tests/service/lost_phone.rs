//! A way back for who lost the second factor and all recovery codes: an Admin, or somebody at the machine itself.

use data_encoding::BASE32_NOPAD;
use ledger::Outcome;
use model::{ChangePassword, EnableCodes, Password, Refusal, Role, SignIn};
use muster_service::{
    Actor,
    account::{self, Entered, From, actor, change_password, enable, offer, sign_in},
    keys,
    kit::{House, PASSWORD},
    people::{self, Asked},
    query,
};
use totp_rs::{Builder, Secret};

const OFF: &str = "factor_off_for_another";
const SHORT: &str = "tram kettle 9";

/// Somebody with codes from an app, whose phone is lost.
async fn somebody(house: &House) -> Actor {
    let ana = house.person("Ana").await;
    let offer = offer(house, &ana).await.unwrap();
    let secret: [u8; 20] = BASE32_NOPAD.decode(offer.secret.replace(' ', "").as_bytes()).unwrap().try_into().unwrap();
    let totp = Builder::new().with_secret(Secret::new_stack(secret)).build().unwrap();
    let code = totp.generate(u64::try_from(house.now().ms() / 1000).unwrap()).to_string();
    enable(house, &ana, EnableCodes { offer: offer.sealed, code }).await.unwrap();
    ana
}

async fn enter(house: &House, who: &Actor, typed: &str) -> Result<Entered, Refusal> {
    let email = query::me(house, who).await.unwrap().email;
    let form = SignIn { email, password: Password::new(typed.into()), remember: false };
    sign_in(house, form, From::default()).await
}

async fn told(house: &House, who: &Actor) -> bool {
    house.work().await;
    let email = query::me(house, who).await.unwrap().email;
    house.letters(email.as_str()).await.iter().any(|letter| letter.subject == "An admin turned off your codes")
}

async fn has_factor(house: &House, by: &Actor, who: &Actor) -> bool {
    let asked = Asked { person: Some(who.person), ..Asked::default() };
    people::desk(house, by, asked).await.unwrap().chosen.unwrap().has_factor
}

muster_service::both_engines! {
    async fn an_admin_lets_somebody_in_who_lost_the_phone_and_the_codes(house) {
        let (admin, ana) = (house.admin("Admin").await, somebody(house).await);
        assert!(matches!(enter(house, &ana, PASSWORD).await.unwrap(), Entered::Half { .. }));
        assert!(has_factor(house, &admin, &ana).await);
        people::end_factor(house, &admin, ana.person).await.unwrap();
        assert!(!has_factor(house, &admin, &ana).await);
        assert_eq!(account::renewed(house, &ana).await.unwrap(), None, "signed out everywhere");
        assert_eq!(house.number("SELECT count(*) FROM recovery_codes").await, 0);
        assert_eq!(house.number("SELECT count(*) FROM sign_ins").await, 0, "what waits for a code waits no more");
        let opened = enter(house, &ana, PASSWORD).await.unwrap().opened().expect("no code is asked for");
        assert!(actor(house, &opened.cookie).await.unwrap().is_some());
        assert!(told(house, &ana).await);
        assert_eq!(house.noted(OFF, Outcome::Done).await, 1);
        // The same again is no news.
        people::end_factor(house, &admin, ana.person).await.unwrap();
        assert!(actor(house, &opened.cookie).await.unwrap().is_some());
        assert_eq!(house.noted(OFF, Outcome::Done).await, 1);
    }

    async fn only_an_admin_may_who_has_just_shown_who_they_are(house) {
        let (admin, ana) = (house.admin("Admin").await, somebody(house).await);
        for role in [Role::User, Role::Manager] {
            let by = house.person_as("Somebody", role).await;
            assert_eq!(people::end_factor(house, &by, ana.person).await, Err(Refusal::NotFound), "{role:?}");
        }
        assert_eq!(house.noted(OFF, Outcome::Refused).await, 2);
        assert_eq!(people::end_factor(house, &admin, house.id()).await, Err(Refusal::NotFound));
        house.clock.advance_ms(10 * 60_000);
        assert_eq!(people::end_factor(house, &admin, ana.person).await, Err(Refusal::Confirm));
        assert!(has_factor(house, &admin, &ana).await);
        assert!(!told(house, &ana).await);
    }

    async fn a_password_that_was_good_only_with_codes_is_worth_nothing_without_them(house) {
        let (admin, ana) = (house.admin("Admin").await, somebody(house).await);
        let form = ChangePassword { current: Password::new(PASSWORD.into()), password: Password::new(SHORT.into()) };
        change_password(house, &ana, form).await.unwrap();
        assert!(matches!(enter(house, &ana, SHORT).await.unwrap(), Entered::Half { .. }));
        people::end_factor(house, &admin, ana.person).await.unwrap();
        for typed in [SHORT, PASSWORD, "", "nobody has this password"] {
            assert_eq!(enter(house, &ana, typed).await.unwrap_err(), Refusal::WrongCredentials, "{typed}");
        }
        // By the mailbox they choose another one, which is long.
        let email = query::me(house, &ana).await.unwrap().email;
        account::forgot(house, model::AskLink { email: email.clone() }, &From::default()).await.unwrap();
        house.work().await;
        let token = house.secret(email.as_str(), "/reset/").await.unwrap();
        let short = model::Reset { token: token.clone(), password: Password::new(SHORT.into()) };
        assert_eq!(account::reset(house, short).await.unwrap_err().field(), Some("password"));
        let long = model::Reset { token, password: Password::new("green kettle on a tram".into()) };
        account::reset(house, long).await.unwrap();
        enter(house, &ana, "green kettle on a tram").await.unwrap().opened().unwrap();
    }

    async fn a_lone_admin_is_helped_at_the_machine_itself(house) {
        let ana = somebody(house).await;
        let email = query::me(house, &ana).await.unwrap().email;
        assert_eq!(people::end_factor_of(house, &email).await, Ok(true));
        assert!(enter(house, &ana, PASSWORD).await.unwrap().opened().is_some());
        assert!(told(house, &ana).await);
        assert_eq!(people::end_factor_of(house, &email).await, Ok(false));
        let nobody = model::testing::valid("nobody@norrvik.example");
        assert_eq!(people::end_factor_of(house, &nobody).await, Err(Refusal::NotFound));
        assert_eq!(house.noted(OFF, Outcome::Done).await, 1);
    }

    async fn who_has_the_page_of_an_admin_does_not_guess_the_password_at_the_keys(house) {
        let admin = house.admin("Admin").await;
        let guess = async |typed: &str| keys::authorize(house, &admin, Password::new(typed.into())).await;
        for _ in 0..10 {
            guess(PASSWORD).await.expect("what is right is no guess");
        }
        for _ in 0..5 {
            assert_eq!(guess("not the right one").await.unwrap_err().field(), Some("password"));
        }
        assert!(matches!(guess(PASSWORD).await.unwrap_err(), Refusal::TooMany { .. }));
    }

    async fn the_session_of_somebody_else_is_not_there_to_be_ended(house) {
        let (ana, ben) = (house.person("Ana").await, house.person("Ben").await);
        let one = account::Which::One(ben.session);
        assert_eq!(account::end_sessions(house, &ana, one).await, Err(Refusal::NotFound));
        assert!(account::renewed(house, &ben).await.unwrap().is_some());
        account::end_sessions(house, &ben, one).await.unwrap();
        // That it has ended already is no error.
        account::end_sessions(house, &ben, one).await.unwrap();
    }
}
