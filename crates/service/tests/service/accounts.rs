//! How people get in, and how a session ends.

use model::{Answer, Email, Name, Password, Refusal, Register, Role, SetUp, SignIn, Verify, testing::valid};
use muster_service::{
    Actor,
    account::{
        Claim, From, Opened, SESSION_ABSOLUTE_MS, actor, register, set_up, set_up_token, sign_in, sign_out, verify,
    },
    kit::{Engine, House, create_task},
};

const HOUR_MS: i64 = 3_600_000;
const PASSWORD: &str = "quiet lamp over water";

fn password(text: &str) -> Password {
    Password::new(text.into())
}

fn email() -> Email {
    valid("ana.p@norrvik.example")
}

fn form(token: &str) -> SetUp {
    SetUp { token: token.into(), name: valid::<Name>("Ana"), email: email(), password: password(PASSWORD) }
}

/// Registers, and confirms the address if a link comes for it.
async fn join(house: &House, email: Email, typed: &str) -> Result<(), Refusal> {
    register(house, Register { name: valid("Ana"), email: email.clone(), password: password(typed) }, &From::default())
        .await?;
    house.work().await;
    if let Some(token) = house.secret(email.as_str(), "/verify/").await {
        match verify(house, Verify { token, password: password(typed) }, From::default()).await {
            Ok(opened) => sign_out(house, &opened.actor).await?,
            // The link was of an earlier registration, or many tried theirs at once.
            Err(refusal) => {
                let is_expected =
                    matches!(refusal, Refusal::BadLink | Refusal::Invalid { .. } | Refusal::TooMany { .. });
                assert!(is_expected, "{refusal:?}");
            }
        }
    }
    Ok(())
}

async fn enter(house: &House, email: Email, typed: &str, remember: bool) -> Result<Opened, Refusal> {
    let entered = sign_in(house, SignIn { email, password: password(typed), remember }, From::default()).await?;
    Ok(entered.opened().expect("no second factor"))
}

/// Somebody with an account, signed in.
async fn ana(house: &House, remember: bool) -> Opened {
    join(house, email(), PASSWORD).await.unwrap();
    enter(house, email(), PASSWORD, remember).await.unwrap()
}

async fn who(house: &House, opened: &Opened) -> Option<Actor> {
    actor(house, &opened.cookie).await.unwrap()
}

muster_service::both_engines! {
    async fn the_newest_link_makes_the_first_admin_once(house) {
        let older = set_up_token(house).await.unwrap().unwrap();
        let newest = set_up_token(house).await.unwrap().unwrap();
        for token in [&older[..], "", "garbage", &newest[1..]] {
            assert_eq!(set_up(house, form(token), From::default()).await.unwrap_err(), Refusal::BadLink, "{token:?}");
        }
        let opened = set_up(house, form(&newest), From::default()).await.unwrap();
        assert_eq!(opened.actor.role, Role::Admin);
        assert_eq!(who(house, &opened).await, Some(opened.actor));
        assert_eq!(set_up(house, form(&newest), From::default()).await.unwrap_err(), Refusal::BadLink);
        assert_eq!(set_up_token(house).await.unwrap(), None);
        assert_eq!(house.number("SELECT count(*) FROM users").await, 1);
    }

    async fn the_link_works_for_a_day(house) {
        let token = set_up_token(house).await.unwrap().unwrap();
        house.clock.advance_ms(24 * HOUR_MS);
        assert_eq!(set_up(house, form(&token), From::default()).await.unwrap_err(), Refusal::BadLink);
        let token = set_up_token(house).await.unwrap().unwrap();
        house.clock.advance_ms(24 * HOUR_MS - 1);
        set_up(house, form(&token), From::default()).await.unwrap();
    }

    async fn there_is_no_link_once_somebody_has_an_account(house) {
        let token = set_up_token(house).await.unwrap().unwrap();
        join(house, valid("bea@norrvik.example"), PASSWORD).await.unwrap();
        assert_eq!(set_up(house, form(&token), From::default()).await.unwrap_err(), Refusal::BadLink);
        assert_eq!(set_up_token(house).await.unwrap(), None);
    }

    async fn to_register_twice_answers_the_same_and_makes_one_account(house) {
        let first = join(house, email(), PASSWORD).await;
        let again = join(house, valid("Ana.P@Norrvik.Example"), "orange tractors hum softly").await;
        assert_eq!((first, again), (Ok(()), Ok(())));
        assert_eq!(house.number("SELECT count(*) FROM users").await, 1);
        enter(house, email(), PASSWORD, true).await.unwrap();
        let theirs = enter(house, email(), "orange tractors hum softly", true).await;
        assert_eq!(theirs.unwrap_err(), Refusal::WrongCredentials);
    }

    async fn of_many_registrations_of_one_address_at_once_one_makes_an_account(house) {
        let all = (0..6).map(|_| join(house, email(), PASSWORD));
        for answer in futures::future::join_all(all).await {
            assert_eq!(answer, Ok(()));
        }
        assert_eq!(house.number("SELECT count(*) FROM users").await, 1);
    }

    async fn a_password_that_is_easy_to_guess_is_refused_before_anything_is_written(house) {
        let before = house.trace().await;
        let refusal = join(house, email(), "too short").await.unwrap_err();
        assert_eq!(refusal.field(), Some("password"));
        assert_eq!(house.trace().await, before);
    }

    async fn only_the_right_address_with_the_right_password_comes_in(house) {
        join(house, email(), PASSWORD).await.unwrap();
        let before = house.number("SELECT count(*) FROM ledger_pending").await;
        for (address, typed) in [
            ("ana.p@norrvik.example", "quiet lamp over wate"),
            ("ana.p@norrvik.example", ""),
            ("nobody@norrvik.example", PASSWORD),
        ] {
            let refusal = enter(house, valid(address), typed, true).await.unwrap_err();
            assert_eq!(refusal, Refusal::WrongCredentials, "{address} {typed:?}");
        }
        assert_eq!(house.number("SELECT count(*) FROM ledger_pending").await, before + 3);
        assert_eq!(house.number("SELECT count(*) FROM sessions WHERE revoked_at IS NULL").await, 0);
        let opened = enter(house, valid("ANA.P@norrvik.example"), PASSWORD, true).await.unwrap();
        assert_eq!(who(house, &opened).await, Some(opened.actor));
    }

    async fn a_session_ends_when_its_owner_signs_out_and_others_go_on(house) {
        let (one, two) = (ana(house, true).await, enter(house, email(), PASSWORD, false).await.unwrap());
        sign_out(house, &one.actor).await.unwrap();
        sign_out(house, &one.actor).await.unwrap();
        assert_eq!(who(house, &one).await, None);
        assert_eq!(who(house, &two).await, Some(two.actor));
    }

    async fn a_session_ends_after_a_time_without_a_request(house) {
        for (remember, idle_ms) in [(false, 12 * HOUR_MS), (true, 7 * 24 * HOUR_MS)] {
            let opened = ana(house, remember).await;
            assert_eq!(opened.max_age_s.is_some(), remember);
            // Each request begins the time anew.
            for _ in 0..3 {
                house.clock.advance_ms(idle_ms - 1);
                assert!(who(house, &opened).await.is_some());
            }
            house.clock.advance_ms(idle_ms);
            assert_eq!(who(house, &opened).await, None);
        }
    }

    async fn a_session_ends_after_its_longest_life_however_it_is_used(house) {
        let opened = ana(house, true).await;
        for _ in 0..29 {
            house.clock.advance_ms(24 * HOUR_MS);
            assert!(who(house, &opened).await.is_some());
        }
        house.clock.advance_ms(SESSION_ABSOLUTE_MS - 29 * 24 * HOUR_MS - 1000);
        assert!(who(house, &opened).await.is_some());
        house.clock.advance_ms(1000);
        assert_eq!(who(house, &opened).await, None);
    }

    async fn a_session_ends_when_its_person_is_disabled_or_their_security_version_moves(house) {
        let opened = ana(house, true).await;
        house.tamper("UPDATE users SET disabled_at = $1", vec![1_i64.into()]).await;
        assert_eq!(who(house, &opened).await, None);
        assert_eq!(enter(house, email(), PASSWORD, true).await.unwrap_err(), Refusal::WrongCredentials);
        house.tamper("UPDATE users SET disabled_at = NULL", vec![]).await;
        assert!(who(house, &opened).await.is_some());
        house.tamper("UPDATE users SET security_version = security_version + 1", vec![]).await;
        assert_eq!(who(house, &opened).await, None);
        let anew = enter(house, email(), PASSWORD, true).await.unwrap();
        assert!(who(house, &anew).await.is_some());
    }

    async fn roles_come_from_the_database_and_not_from_the_cookie(house) {
        let opened = ana(house, true).await;
        house.tamper("UPDATE users SET role = $1", vec![Role::Manager.code().into()]).await;
        assert_eq!(who(house, &opened).await.map(|a| a.role), Some(Role::Manager));
    }

    async fn a_session_that_ends_between_a_request_and_its_batch_changes_nothing(house) {
        let project = house.project("MUS").await;
        // Two at work, so that the batches remember everything about them.
        let ana = house.member(&project, "Ana").await;
        for actor in [&project.lead, &ana, &ana] {
            house.done(actor, create_task(&project, house.id(), "Before")).await;
        }
        let claim = Claim::from(&ana);
        sign_out(house, &ana).await.unwrap();
        let before = house.trace().await;
        let late = house.envelope(create_task(&project, house.id(), "Too late"));
        assert_eq!(house.send(claim, late.clone()).await, Answer::Refused(Refusal::SignIn));
        assert_eq!(house.send(claim, late.clone()).await, Answer::Refused(Refusal::SignIn));
        assert_eq!(house.trace().await, before);
        // In one batch with those of somebody who is still there.
        let other = house.envelope(create_task(&project, house.id(), "In time"));
        let (refused, done) = futures::join!(house.send(claim, late), house.send(&project.lead, other));
        assert_eq!(refused, Answer::Refused(Refusal::SignIn));
        assert!(matches!(done, Answer::Done(_)));
        assert_eq!(house.board(project.id).await.n_tasks(), 4);
    }

    async fn a_command_goes_by_the_role_that_the_person_has_when_it_is_done(house) {
        let project = house.project("MUS").await;
        let admin = house.admin("Admin").await;
        for title in ["One", "Two"] {
            house.done(&admin, create_task(&project, house.id(), title)).await;
        }
        let sql = "UPDATE users SET role = $1 WHERE id = $2";
        house.tamper(sql, vec![Role::User.code().into(), admin.person.into()]).await;
        let before = house.trace().await;
        assert_eq!(house.refused(&admin, create_task(&project, house.id(), "Three")).await, Refusal::NotFound);
        assert_eq!(house.trace().await, before);
    }

    async fn a_session_is_not_used_by_somebody_else(house) {
        let project = house.project("MUS").await;
        let stranger = house.person("Stranger").await;
        for _ in 0..2 {
            house.done(&project.lead, create_task(&project, house.id(), "Before")).await;
            let claim = Claim { person: project.lead.person, session_hash: stranger.session_hash };
            let envelope = house.envelope(create_task(&project, house.id(), "Not theirs"));
            assert_eq!(house.send(claim, envelope).await, Answer::Refused(Refusal::SignIn));
        }
    }

    async fn a_session_that_does_commands_only_stays_alive(house) {
        let project = house.project("MUS").await;
        for _ in 0..20 {
            house.clock.advance_ms(10 * HOUR_MS);
            house.done(&project.lead, create_task(&project, house.id(), "Still here")).await;
        }
        house.clock.advance_ms(8 * 24 * HOUR_MS);
        let task = create_task(&project, house.id(), "After a week of nothing");
        assert_eq!(house.refused(&project.lead, task).await, Refusal::SignIn);
    }

    async fn a_forged_or_foreign_cookie_is_nobody(house) {
        let opened = ana(house, true).await;
        let foreign = {
            // The same keys, another database: the signature is right and the session is not there.
            let other = House::open(Engine::Sqlite).await;
            other.chance.with(|random| *random = model::testing::Random::new(99));
            let opened = ana(&other, true).await;
            other.close().await;
            opened
        };
        let mut parts: Vec<String> = opened.cookie.split('.').map(str::to_owned).collect();
        assert_eq!(parts.len(), 3);
        foreign.cookie.split('.').nth(2).unwrap().clone_into(&mut parts[2]);
        let forged = parts.join(".");
        let cut = &opened.cookie[..opened.cookie.len() - 1];
        for cookie in [&foreign.cookie, &forged, cut, "", "..", "a.b.c"] {
            assert_eq!(actor(house, cookie).await.unwrap(), None, "{cookie:?}");
        }
        assert!(who(house, &opened).await.is_some());
    }
}
