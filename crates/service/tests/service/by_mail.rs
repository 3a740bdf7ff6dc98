//! What people do by the links that they get by mail, and what others learn from it: nothing.

use model::{
    AskLink, Command, Email, Password, ProjectRole, Refusal, Register, Reset, SetUp, SignIn, Verify, testing::valid,
};
use muster_service::{
    account::{From, Opened, actor, forgot, register, resend, reset, set_up, set_up_token, sign_in, verify},
    kit::House,
    query,
};

const HOUR_MS: i64 = 3_600_000;
const ADDRESS: &str = "ana.p@norrvik.example";
const PASSWORD: &str = "quiet lamp over water";
const OTHER: &str = "green kettle on a tram";

fn email() -> Email {
    valid(ADDRESS)
}

async fn begin(house: &House, typed: &str) {
    // Letters lie in the order of their times.
    house.clock.advance_ms(1000);
    let form = Register { name: valid("Ana"), email: email(), password: Password::new(typed.into()) };
    register(house, form, &From::default()).await.unwrap();
    house.work().await;
}

async fn confirm(house: &House, token: &str, typed: &str) -> Result<Opened, Refusal> {
    let form = Verify { token: token.into(), password: Password::new(typed.into()) };
    verify(house, form, From::default()).await
}

async fn enter(house: &House, typed: &str) -> Result<Opened, Refusal> {
    let form = SignIn { email: email(), password: Password::new(typed.into()), remember: false };
    Ok(sign_in(house, form, From::default()).await?.opened().expect("no second factor"))
}

async fn choose(house: &House, token: &str, typed: &str) -> Result<(), Refusal> {
    reset(house, Reset { token: token.into(), password: Password::new(typed.into()) }).await
}

async fn link(house: &House, path: &str) -> String {
    house.secret(ADDRESS, path).await.unwrap()
}

async fn subjects(house: &House) -> Vec<String> {
    let all = house.letters(ADDRESS).await.into_iter().map(|letter| letter.subject);
    // Each of these sign-ins comes from a device that is new.
    all.filter(|subject| subject != "New sign-in to your account").collect()
}

muster_service::both_engines! {
    async fn an_account_begins_with_the_link_and_its_password(house) {
        begin(house, PASSWORD).await;
        let token = link(house, "/verify/").await;
        assert_eq!(confirm(house, &token, OTHER).await.unwrap_err().field(), Some("password"));
        assert_eq!(confirm(house, &token[1..], PASSWORD).await.unwrap_err(), Refusal::BadLink);
        let opened = confirm(house, &token, PASSWORD).await.unwrap();
        assert_eq!(actor(house, &opened.cookie).await.unwrap(), Some(opened.actor));
        assert_eq!(confirm(house, &token, PASSWORD).await.unwrap_err(), Refusal::BadLink, "it works once");
        enter(house, PASSWORD).await.unwrap();
    }

    async fn before_the_link_nobody_is_there(house) {
        let project = house.project("MUS").await;
        begin(house, PASSWORD).await;
        assert_eq!(enter(house, OTHER).await.unwrap_err(), Refusal::WrongCredentials);
        house.clock.advance_ms(1000);
        assert_eq!(enter(house, PASSWORD).await.unwrap_err(), Refusal::Unconfirmed);
        let found = query::find_people(house, &project.lead, project.id, ADDRESS).await.unwrap();
        assert_eq!(found.len(), 0);
        let person = house.person_with("SELECT id FROM users WHERE verified_at IS NULL").await;
        let add = Command::AddMember { project: project.id, person, role: ProjectRole::Member };
        assert_eq!(house.refused(&project.lead, add.clone()).await.field(), Some("person"));
        // To sign in sent another link; the first one works no more.
        house.work().await;
        confirm(house, &link(house, "/verify/").await, PASSWORD).await.unwrap();
        assert_eq!(query::find_people(house, &project.lead, project.id, ADDRESS).await.unwrap().len(), 1);
        house.done(&project.lead, add).await;
    }

    async fn whoever_registers_an_address_that_is_not_theirs_gets_nothing_by_its_owner(house) {
        begin(house, OTHER).await;
        begin(house, PASSWORD).await;
        begin(house, OTHER).await;
        // The owner follows the newest link with their own password.
        let token = link(house, "/verify/").await;
        assert_eq!(confirm(house, &token, PASSWORD).await.unwrap_err().field(), Some("password"));
        forgot(house, AskLink { email: email() }, &From::default()).await.unwrap();
        house.work().await;
        choose(house, &link(house, "/reset/").await, PASSWORD).await.unwrap();
        enter(house, PASSWORD).await.unwrap();
        assert_eq!(enter(house, OTHER).await.unwrap_err(), Refusal::WrongCredentials);
        assert_eq!(house.number("SELECT count(*) FROM users").await, 1);
    }

    async fn who_has_an_account_is_told_so_by_mail_alone(house) {
        begin(house, PASSWORD).await;
        confirm(house, &link(house, "/verify/").await, PASSWORD).await.unwrap();
        begin(house, OTHER).await;
        assert_eq!(subjects(house).await, ["You have an account already", "Confirm your address"]);
        enter(house, PASSWORD).await.unwrap();
        assert_eq!(enter(house, OTHER).await.unwrap_err(), Refusal::WrongCredentials);
    }

    async fn links_work_for_their_time_and_only_the_newest(house) {
        begin(house, PASSWORD).await;
        let first = link(house, "/verify/").await;
        house.clock.advance_ms(1000);
        resend(house, AskLink { email: email() }, &From::default()).await.unwrap();
        house.work().await;
        let second = link(house, "/verify/").await;
        assert_ne!(first, second);
        assert_eq!(confirm(house, &first, PASSWORD).await.unwrap_err(), Refusal::BadLink);
        house.clock.advance_ms(24 * HOUR_MS);
        assert_eq!(confirm(house, &second, PASSWORD).await.unwrap_err(), Refusal::BadLink);
        resend(house, AskLink { email: email() }, &From::default()).await.unwrap();
        house.work().await;
        house.clock.advance_ms(24 * HOUR_MS - 1);
        confirm(house, &link(house, "/verify/").await, PASSWORD).await.unwrap();
        forgot(house, AskLink { email: email() }, &From::default()).await.unwrap();
        house.work().await;
        let token = link(house, "/reset/").await;
        assert_eq!(confirm(house, &token, PASSWORD).await.unwrap_err(), Refusal::BadLink, "it is for something else");
        house.clock.advance_ms(HOUR_MS / 2);
        assert_eq!(choose(house, &token, OTHER).await.unwrap_err(), Refusal::BadLink);
    }

    async fn another_password_ends_all_sessions_and_is_told(house) {
        begin(house, PASSWORD).await;
        let opened = confirm(house, &link(house, "/verify/").await, PASSWORD).await.unwrap();
        house.clock.advance_ms(1000);
        forgot(house, AskLink { email: valid("ANA.P@norrvik.example") }, &From::default()).await.unwrap();
        house.work().await;
        let token = link(house, "/reset/").await;
        for bad in ["short", "Ana norrvik muster"] {
            assert_eq!(choose(house, &token, bad).await.unwrap_err().field(), Some("password"), "{bad}");
        }
        house.clock.advance_ms(1000);
        choose(house, &token, OTHER).await.unwrap();
        assert_eq!(actor(house, &opened.cookie).await.unwrap(), None);
        assert_eq!(enter(house, PASSWORD).await.unwrap_err(), Refusal::WrongCredentials);
        enter(house, OTHER).await.unwrap();
        assert_eq!(choose(house, &token, PASSWORD).await.unwrap_err(), Refusal::BadLink);
        house.work().await;
        let all = ["Your password was changed", "Choose another password", "Confirm your address"];
        assert_eq!(subjects(house).await, all);
    }

    async fn whoever_asks_learns_nothing_and_fills_no_mailbox(house) {
        let nobody = AskLink { email: valid("nobody@norrvik.example") };
        assert_eq!(forgot(house, nobody.clone(), &From::default()).await, Ok(()));
        assert_eq!(resend(house, nobody, &From::default()).await, Ok(()));
        house.work().await;
        assert_eq!(house.letters("nobody@norrvik.example").await, []);
        begin(house, PASSWORD).await;
        confirm(house, &link(house, "/verify/").await, PASSWORD).await.unwrap();
        assert_eq!(resend(house, AskLink { email: email() }, &From::default()).await, Ok(()), "nothing waits to be confirmed");
        for _ in 0..20 {
            assert_eq!(forgot(house, AskLink { email: email() }, &From::default()).await, Ok(()));
        }
        house.work().await;
        assert_eq!(subjects(house).await.len(), 5);
        house.clock.advance_ms(HOUR_MS);
        forgot(house, AskLink { email: email() }, &From::default()).await.unwrap();
        house.work().await;
        assert_eq!(subjects(house).await.len(), 6);
    }

    async fn the_terminal_is_a_proof_too(house) {
        begin(house, OTHER).await;
        let token = set_up_token(house).await.unwrap().unwrap();
        let form = SetUp { token, name: valid("Ana"), email: email(), password: Password::new(PASSWORD.into()) };
        set_up(house, form, From::default()).await.unwrap();
        enter(house, PASSWORD).await.unwrap();
        assert_eq!(house.number("SELECT count(*) FROM users").await, 1);
    }

    async fn what_was_sent_is_kept_as_a_line_without_its_words(house) {
        begin(house, PASSWORD).await;
        let open = "SELECT count(*) FROM mails WHERE content IS NULL AND sent_at IS NOT NULL";
        assert_eq!(house.number(open).await, 1);
        forgot(house, AskLink { email: email() }, &From::default()).await.unwrap();
        assert_eq!(house.number(open).await, 1, "it waits for its job");
        house.work().await;
        assert_eq!(house.number(open).await, 2);
    }
}
