//! Who may do what about the people of the installation, when it counts, and how people come in who were invited.

use ledger::Outcome;
use live::{CloseCode, Item, Outbox, SocketHandle};
use model::{
    AcceptInvitation, AskInvitation, AskLink, CloseAccount, Command, Domain, Email, Event, JoinInvitation, Password,
    PersonId, ProjectRole, Refusal, Register, Registration, Reset, Role, SignIn, Stream, testing::valid,
};
use muster_service::{
    Actor, Feed,
    account::{self, From, actor, forgot, register, reset, sign_in},
    kit::{Database, Engine, House, Sync, create_task},
    people::{self, Asked, Filter, InvitationState, ToProject},
    person_key, query, session_key, stream_key,
};
use std::time::Duration;

const DAY_MS: i64 = 24 * 3_600_000;
const GUEST: &str = "sofia@norrvik.example";
const PASSWORD: &str = "quiet lamp over water";

/// How often the ledger has an entry of this action that ended so.
async fn n_noted(house: &House, action: &str, outcome: Outcome) -> usize {
    house.noted(action, outcome).await
}

async fn invite(house: &House, by: &Actor, to: &str, role: Role, projects: Vec<ToProject>) -> Result<(), Refusal> {
    house.clock.advance_ms(1000);
    people::invite(house, by, vec![valid(to)], role, projects).await?;
    house.work().await;
    Ok(())
}

async fn token(house: &House, to: &str) -> String {
    house.secret(to, "/invite/").await.expect("an invitation by mail")
}

fn form(token: &str) -> AcceptInvitation {
    AcceptInvitation { token: token.into(), name: valid("Sofia"), password: Password::new(PASSWORD.into()) }
}

async fn accept(house: &House, token: &str) -> Result<account::Opened, Refusal> {
    people::accept(house, form(token), From::default()).await
}

async fn email_of(house: &House, of: &Actor) -> Email {
    query::me(house, of).await.unwrap().email
}

async fn enter(house: &House, email: Email, typed: &str) -> Result<account::Opened, Refusal> {
    let form = SignIn { email, password: Password::new(typed.into()), remember: false };
    sign_in(house, form, From::default()).await.map(|entered| entered.opened().expect("no second factor"))
}

fn registering(email: &str) -> Register {
    Register { name: valid("Ana"), email: valid(email), password: Password::new(PASSWORD.into()) }
}

async fn listed(house: &House, by: &Actor, asked: Asked) -> Vec<String> {
    let desk = people::desk(house, by, asked).await.unwrap();
    desk.people.unwrap().list.into_iter().map(|one| one.name).collect()
}

/// How an invitation stands, the newest first.
async fn states(house: &House, by: &Actor) -> Vec<InvitationState> {
    let desk = people::desk(house, by, Asked::default()).await.unwrap();
    desk.invitations.list.into_iter().map(|one| one.state).collect()
}

struct Socket {
    _socket: SocketHandle<Feed>,
    outbox: Outbox,
}

impl Socket {
    /// A page of somebody, that follows what all pages follow.
    async fn of(house: &House, of: &Actor) -> Self {
        let (socket, outbox) = house.hub().connect(person_key(of.person), session_key(of.session)).unwrap();
        for stream in [Stream::Person(of.person), Stream::Instance] {
            let head = query::head(house, of, stream).await.unwrap();
            socket.join(stream_key(stream), head, async || Ok::<_, Refusal>(head)).await.unwrap();
        }
        Self { _socket: socket, outbox }
    }

    /// With which code it is closed. The wait is the test's patience; nothing here takes that long.
    async fn closed(&mut self) -> CloseCode {
        loop {
            let item = tokio::time::timeout(Duration::from_secs(30), self.outbox.next()).await.expect("an end");
            if let Item::Close(code) = item.expect("an end with a code") {
                return code;
            }
        }
    }
}

muster_service::both_engines! {
    async fn a_role_counts_from_the_next_request_and_open_pages_come_back(house) {
        let (admin, ana) = (house.admin("Admin").await, house.person("Ana").await);
        let project = house.project("MUS").await;
        let mut socket = Socket::of(house, &ana).await;
        assert_eq!(house.refused(&ana, create_task(&project, house.id(), "Not hers")).await, Refusal::NotFound);
        people::change_role(house, &admin, ana.person, Role::Admin).await.unwrap();
        assert_eq!(socket.closed().await, CloseCode::RESTART);
        house.done(&ana, create_task(&project, house.id(), "Hers now")).await;
        let told = house.feed(Stream::Instance).await.pop().unwrap();
        assert_eq!(told.event, Event::RoleChanged { person: ana.person, from: Role::User, to: Role::Admin });
        assert_eq!(told.actor, admin.person);
        people::change_role(house, &admin, ana.person, Role::User).await.unwrap();
        assert_eq!(house.refused(&ana, create_task(&project, house.id(), "Not hers")).await, Refusal::NotFound);
        // The same again is no news.
        let before = house.trace().await;
        people::change_role(house, &admin, ana.person, Role::User).await.unwrap();
        assert_eq!(house.trace().await, before);
        assert_eq!(n_noted(house, "role_change", Outcome::Done).await, 2);
    }

    async fn who_is_disabled_is_out_at_once_and_hears_what_a_stranger_hears(house) {
        let admin = house.admin("Admin").await;
        let project = house.project("MUS").await;
        let ana = house.member(&project, "Ana").await;
        let email = email_of(house, &ana).await;
        let opened = enter(house, email.clone(), muster_service::kit::PASSWORD).await.unwrap();
        forgot(house, AskLink { email: email.clone() }, &From::default()).await.unwrap();
        house.work().await;
        let link = house.secret(email.as_str(), "/reset/").await.unwrap();
        let mut socket = Socket::of(house, &ana).await;
        people::disable(house, &admin, ana.person).await.unwrap();
        assert_eq!(socket.closed().await, CloseCode::SESSION_OVER);
        assert_eq!(house.refused(&ana, create_task(&project, house.id(), "Too late")).await, Refusal::SignIn);
        assert_eq!(actor(house, &opened.cookie).await.unwrap(), None);
        let typed = muster_service::kit::PASSWORD;
        assert_eq!(enter(house, email.clone(), typed).await.unwrap_err(), Refusal::WrongCredentials);
        let other = Reset { token: link, password: Password::new(PASSWORD.into()) };
        assert_eq!(reset(house, other).await.unwrap_err(), Refusal::BadLink);
        forgot(house, AskLink { email: email.clone() }, &From::default()).await.unwrap();
        house.work().await;
        let links = house.letters(email.as_str()).await;
        let links = links.iter().filter(|letter| letter.text.contains("/reset/")).count();
        assert_eq!(links, 1, "no link for who cannot come in");
        let other = house.project("TWO").await;
        assert_eq!(query::find_people(house, &other.lead, other.id, "Ana").await.unwrap(), [], "nobody adds her");

        people::enable(house, &admin, ana.person).await.unwrap();
        assert_eq!(actor(house, &opened.cookie).await.unwrap(), None, "what ended stays ended");
        enter(house, email, typed).await.unwrap();
        assert_eq!(n_noted(house, "account_disable", Outcome::Done).await, 1);
        assert_eq!(n_noted(house, "account_enable", Outcome::Done).await, 1);
    }

    async fn an_admin_ends_all_sessions_of_somebody_and_no_others(house) {
        let (admin, ana, bea) = (house.admin("Admin").await, house.person("Ana").await, house.person("Bea").await);
        let (mut of_ana, mut of_bea) = (Socket::of(house, &ana).await, Socket::of(house, &bea).await);
        people::end_sessions(house, &admin, ana.person).await.unwrap();
        assert_eq!(of_ana.closed().await, CloseCode::SESSION_OVER);
        let ended = house.feed(Stream::Person(ana.person)).await;
        assert_eq!(ended.last().unwrap().event, Event::SessionEnded { session: ana.session });
        assert!(of_bea.outbox.try_next().is_none_or(|item| !matches!(item, Item::Close(_))));
        let email = email_of(house, &ana).await;
        enter(house, email, muster_service::kit::PASSWORD).await.unwrap();
    }

    async fn an_admin_sends_a_way_to_another_password_and_chooses_none(house) {
        let (admin, ana) = (house.admin("Admin").await, house.person("Ana").await);
        let email = email_of(house, &ana).await;
        people::start_reset(house, &admin, ana.person).await.unwrap();
        house.work().await;
        enter(house, email.clone(), muster_service::kit::PASSWORD).await.expect("until then the old one works");
        let token = house.secret(email.as_str(), "/reset/").await.unwrap();
        reset(house, Reset { token, password: Password::new(PASSWORD.into()) }).await.unwrap();
        enter(house, email, PASSWORD).await.unwrap();
        for _ in 0..5 {
            let _ = people::start_reset(house, &admin, ana.person).await;
        }
        let again = people::start_reset(house, &admin, ana.person).await.unwrap_err();
        assert_eq!(again, Refusal::TooMany { after_s: 3600 });
        assert_eq!(people::start_reset(house, &admin, house.id()).await.unwrap_err(), Refusal::NotFound);
    }

    async fn the_last_admin_stays_one(house) {
        let (ana, bea) = (house.admin("Ana").await, house.admin("Bea").await);
        people::disable(house, &ana, bea.person).await.unwrap();
        for to in [Role::Manager, Role::User] {
            assert_eq!(people::change_role(house, &ana, ana.person, to).await.unwrap_err(), Refusal::LastAdmin);
        }
        assert_eq!(people::disable(house, &ana, ana.person).await.unwrap_err(), Refusal::LastAdmin);
        assert_eq!(n_noted(house, "role_change", Outcome::Refused).await, 2);
        // Who is disabled is none to be counted, and may become something else.
        people::change_role(house, &ana, bea.person, Role::User).await.unwrap();
        people::enable(house, &ana, bea.person).await.unwrap();
        people::change_role(house, &ana, bea.person, Role::Admin).await.unwrap();
        people::change_role(house, &ana, ana.person, Role::User).await.unwrap();
    }

    async fn of_two_admins_who_send_each_other_away_at_once_one_stays(house) {
        for _ in 0..5 {
            let (ana, bea) = (house.admin("Ana").await, house.admin("Bea").await);
            let demote = people::change_role(house, &ana, bea.person, Role::User);
            let (one, two) = futures::join!(demote, people::disable(house, &bea, ana.person));
            assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
            let left = "SELECT count(*) FROM users WHERE role = 3 AND disabled_at IS NULL";
            assert_eq!(house.number(left).await, 1);
            // The next round begins with nobody else.
            house.tamper("UPDATE users SET role = 1", vec![]).await;
        }
    }

    async fn nobody_else_may_and_what_was_tried_is_noted(house) {
        let admin = house.admin("Admin").await;
        let project = house.project("MUS").await;
        let (manager, user) = (house.person_as("Manager", Role::Manager).await, house.person("User").await);
        for by in [&manager, &user] {
            for (done, action) in [
                (people::change_role(house, by, admin.person, Role::User).await, "role_change"),
                (people::disable(house, by, admin.person).await, "account_disable"),
                (people::enable(house, by, admin.person).await, "account_enable"),
                (people::end_sessions(house, by, admin.person).await, "sessions_end"),
                (people::start_reset(house, by, admin.person).await, "password_reset_start"),
                (people::set_registration(house, by, Registration::Invitation).await, "registration_change"),
                (people::set_team(house, by, None).await, "team_rename"),
            ] {
                assert_eq!(done, Err(Refusal::NotFound), "{action}");
                assert!(n_noted(house, action, Outcome::Refused).await > 0, "{action}");
                assert_eq!(n_noted(house, action, Outcome::Done).await, 0, "{action}");
            }
        }
        assert_eq!(people::desk(house, &user, Asked::default()).await.unwrap_err(), Refusal::NotFound);
        let desk = people::desk(house, &manager, Asked { person: Some(admin.person), ..Asked::default() }).await.unwrap();
        assert!(desk.people.is_none() && desk.chosen.is_none() && desk.registration.is_none());
        assert_eq!((desk.roles, desk.projects), (vec![Role::User], vec![]));
        let to = ToProject { project: project.id, role: ProjectRole::Member };
        for (by, role, projects, refusal) in [
            (&user, Role::User, vec![], Refusal::NotFound),
            (&manager, Role::Manager, vec![], Refusal::MayNot),
            (&manager, Role::Admin, vec![], Refusal::MayNot),
        ] {
            assert_eq!(invite(house, by, GUEST, role, projects).await.unwrap_err(), refusal);
        }
        for projects in [vec![], vec![to]] {
            let refusal = invite(house, &manager, GUEST, Role::User, projects).await.unwrap_err();
            assert_eq!(refusal.field(), Some("projects"), "a Manager invites to projects of their own");
        }
        assert_eq!(n_noted(house, "invitation_create", Outcome::Refused).await, 5);
        assert_eq!(house.number("SELECT count(*) FROM invitations").await, 0);
    }

    async fn who_is_invited_by_mail_makes_an_account_and_is_in_the_project(house) {
        let project = house.project("MUS").await;
        let manager = house.person_as("Manager", Role::Manager).await;
        house.add(&project, &manager, ProjectRole::Lead).await;
        let to = ToProject { project: project.id, role: ProjectRole::Viewer };
        invite(house, &manager, GUEST, Role::User, vec![to]).await.unwrap();
        let token = token(house, GUEST).await;
        let told = people::opened(house, None, &token).await.unwrap().unwrap();
        assert_eq!((told.inviter.as_str(), told.role, told.has_account), ("Manager", Role::User, false));
        assert_eq!(told.projects, [valid("Project MUS")]);
        let weak = AcceptInvitation { password: Password::new("sofia norrvik".into()), ..form(&token) };
        let refusal = people::accept(house, weak, From::default()).await.unwrap_err();
        assert_eq!(refusal.field(), Some("password"));
        let sofia = accept(house, &token).await.unwrap();
        assert_eq!(actor(house, &sofia.cookie).await.unwrap(), Some(sofia.actor));
        let board = house.board(project.id).await;
        assert_eq!(board.members.get(&sofia.actor.person), Some(&ProjectRole::Viewer));
        let feed = house.feed(Stream::Project(project.id)).await;
        assert_eq!(feed.last().unwrap().actor, manager.person, "in the name of who invited");
        assert_eq!(accept(house, &token).await.unwrap_err(), Refusal::BadLink, "once");
        assert_eq!(people::opened(house, None, &token).await.unwrap(), None);
        enter(house, valid(GUEST), PASSWORD).await.unwrap();
        assert_eq!(states(house, &manager).await, [InvitationState::Accepted]);
        assert_eq!(n_noted(house, "invitation_accept", Outcome::Done).await, 1);
    }

    async fn an_invitation_works_for_seven_days_and_only_the_newest(house) {
        let admin = house.admin("Admin").await;
        invite(house, &admin, GUEST, Role::User, vec![]).await.unwrap();
        let first = token(house, GUEST).await;
        invite(house, &admin, GUEST, Role::Manager, vec![]).await.unwrap();
        let second = token(house, GUEST).await;
        assert_eq!(accept(house, &first).await.unwrap_err(), Refusal::BadLink);
        house.clock.advance_ms(7 * DAY_MS - 60_000);
        assert!(people::opened(house, None, &second).await.unwrap().is_some());
        house.clock.advance_ms(60_000);
        assert_eq!(accept(house, &second).await.unwrap_err(), Refusal::BadLink);
        assert_eq!(states(house, &admin).await, [InvitationState::Expired, InvitationState::Revoked]);
        // Sent again, by whoever may, it works for another seven days.
        let admin = house.admin("Later").await;
        let desk = people::desk(house, &admin, Asked::default()).await.unwrap();
        people::resend(house, &admin, desk.invitations.list[0].id).await.unwrap();
        assert_eq!(
            people::resend(house, &admin, desk.invitations.list[0].id).await.unwrap_err(),
            Refusal::TooMany { after_s: 60 }
        );
        house.clock.advance_ms(1000);
        house.work().await;
        assert_eq!(accept(house, &second).await.unwrap_err(), Refusal::BadLink, "the link before it is another one");
        let sofia = accept(house, &token(house, GUEST).await).await.unwrap();
        assert_eq!(sofia.actor.role, Role::Manager);
    }

    async fn a_revoked_invitation_and_one_of_who_may_not_invite_any_more_work_no_more(house) {
        let (admin, other) = (house.admin("Admin").await, house.admin("Other").await);
        let project = house.project("MUS").await;
        let manager = house.person_as("Manager", Role::Manager).await;
        house.add(&project, &manager, ProjectRole::Lead).await;
        let to = vec![ToProject { project: project.id, role: ProjectRole::Member }];
        invite(house, &other, GUEST, Role::Admin, to.clone()).await.unwrap();
        let by_admin = token(house, GUEST).await;
        let id = people::desk(house, &admin, Asked::default()).await.unwrap().invitations.list[0].id;
        assert_eq!(people::revoke(house, &manager, id).await.unwrap_err(), Refusal::NotFound, "not theirs to see");
        people::change_role(house, &admin, other.person, Role::Manager).await.unwrap();
        assert_eq!(accept(house, &by_admin).await.unwrap_err(), Refusal::BadLink, "no Manager makes an Admin");
        people::change_role(house, &admin, other.person, Role::Admin).await.unwrap();
        people::disable(house, &admin, other.person).await.unwrap();
        assert_eq!(accept(house, &by_admin).await.unwrap_err(), Refusal::BadLink, "who made it is out");
        people::enable(house, &admin, other.person).await.unwrap();
        assert!(people::opened(house, None, &by_admin).await.unwrap().is_some());
        people::revoke(house, &admin, id).await.unwrap();
        assert_eq!(accept(house, &by_admin).await.unwrap_err(), Refusal::BadLink);

        // Who does not lead a project any more brings nobody into it.
        invite(house, &manager, GUEST, Role::User, to).await.unwrap();
        let by_manager = token(house, GUEST).await;
        let change =
            Command::ChangeMember { project: project.id, person: manager.person, role: ProjectRole::Member };
        house.done(&project.lead, change).await;
        let sofia = accept(house, &by_manager).await.unwrap();
        assert_eq!(house.board(project.id).await.members.get(&sofia.actor.person), None);
    }

    async fn a_link_lets_in_as_many_as_it_says_each_by_their_own_mail(house) {
        let admin = house.admin("Admin").await;
        let project = house.project("MUS").await;
        let to = vec![ToProject { project: project.id, role: ProjectRole::Member }];
        for (uses, days, field) in [(0, 7, "uses"), (1001, 7, "uses"), (1, 0, "days"), (1, 31, "days")] {
            let refusal = people::link(house, &admin, Role::User, to.clone(), (uses, days)).await.unwrap_err();
            assert_eq!(refusal.field(), Some(field));
        }
        let link = people::link(house, &admin, Role::User, to, (2, 3)).await.unwrap();
        let link = link.strip_prefix("https://tasks.norrvik.example/invite/").unwrap().to_owned();
        assert_eq!(accept(house, &link).await.unwrap_err(), Refusal::BadLink, "it is nobody's address");
        let guests = ["one@norrvik.example", "two@norrvik.example", "three@norrvik.example"];
        for guest in guests {
            people::ask(house, AskInvitation { token: link.clone(), email: valid(guest) }).await.unwrap();
        }
        house.work().await;
        for (place, guest) in guests.into_iter().enumerate() {
            let token = token(house, guest).await;
            let done = accept(house, &token).await;
            assert_eq!(done.is_ok(), place < 2, "{guest}");
        }
        let ask = AskInvitation { token: link, email: valid("four@norrvik.example") };
        assert_eq!(people::ask(house, ask).await.unwrap_err(), Refusal::BadLink, "used up");
        assert_eq!(house.board(project.id).await.members.iter().count(), 3);
        assert_eq!(states(house, &admin).await, [InvitationState::Accepted], "what came of the link is not listed");
    }

    async fn of_many_who_accept_the_last_place_at_once_one_gets_it(house) {
        let admin = house.admin("Admin").await;
        let link = people::link(house, &admin, Role::User, vec![], (1, 7)).await.unwrap();
        let link = link.rsplit('/').next().unwrap().to_owned();
        let guests: Vec<String> = (0..5).map(|n| format!("guest-{n}@norrvik.example")).collect();
        let mut tokens = Vec::new();
        for guest in &guests {
            people::ask(house, AskInvitation { token: link.clone(), email: valid(guest) }).await.unwrap();
            house.work().await;
            tokens.push(token(house, guest).await);
        }
        let done = futures::future::join_all(tokens.iter().map(|token| accept(house, token))).await;
        assert_eq!(done.iter().filter(|one| one.is_ok()).count(), 1, "{done:?}");
        assert_eq!(house.number("SELECT count(*) FROM users").await, 2);
        assert_eq!(house.number("SELECT CAST(max(used) AS BIGINT) FROM invitations WHERE parent IS NULL").await, 1);
    }

    async fn who_has_an_account_joins_with_it_and_keeps_their_role(house) {
        let admin = house.admin("Admin").await;
        let project = house.project("MUS").await;
        let (ana, bea) = (house.person("Ana").await, house.person("Bea").await);
        let email = email_of(house, &ana).await;
        let to = vec![ToProject { project: project.id, role: ProjectRole::Member }];
        invite(house, &admin, email.as_str(), Role::Admin, to).await.unwrap();
        let token = token(house, email.as_str()).await;
        let told = people::opened(house, Some(&ana), &token).await.unwrap().unwrap();
        assert_eq!((told.has_account, told.reader), (true, Some((valid("Ana"), true))));
        let refusal = accept(house, &token).await.unwrap_err();
        assert_eq!(refusal.field(), Some("token"), "the password of an account is not chosen by an invitation");
        let join = JoinInvitation { token };
        assert_eq!(people::join(house, &bea, join.clone()).await.unwrap_err(), Refusal::BadLink, "not hers");
        people::join(house, &ana, join.clone()).await.unwrap();
        assert_eq!(house.board(project.id).await.members.get(&ana.person), Some(&ProjectRole::Member));
        assert_eq!(people::join(house, &ana, join).await.unwrap_err(), Refusal::BadLink);
        assert_eq!(house.number("SELECT count(*) FROM users WHERE role = 3").await, 1);
    }

    async fn an_address_gets_few_invitations_and_nobody_learns_whether_it_has_an_account(house) {
        let admin = house.admin("Admin").await;
        let ana = email_of(house, &house.person("Ana").await).await;
        let link = people::link(house, &admin, Role::User, vec![], (100, 7)).await.unwrap();
        let link = link.rsplit('/').next().unwrap().to_owned();
        for email in [ana.clone(), valid(GUEST)] {
            for _ in 0..8 {
                let ask = AskInvitation { token: link.clone(), email: email.clone() };
                assert_eq!(people::ask(house, ask).await, Ok(()));
            }
            house.work().await;
            assert_eq!(house.letters(email.as_str()).await.len(), 5);
        }
        let refusal = invite(house, &admin, GUEST, Role::User, vec![]).await.unwrap_err();
        assert_eq!(refusal, Refusal::TooMany { after_s: 3600 });
        house.clock.advance_ms(3_600_000);
        invite(house, &admin, GUEST, Role::User, vec![]).await.unwrap();
    }

    async fn who_began_to_register_goes_on_by_the_invitation(house) {
        let admin = house.admin("Admin").await;
        register(house, registering(GUEST), &From::default()).await.unwrap();
        invite(house, &admin, GUEST, Role::Manager, vec![]).await.unwrap();
        let sofia = accept(house, &token(house, GUEST).await).await.unwrap();
        assert_eq!(sofia.actor.role, Role::Manager);
        assert_eq!(house.number("SELECT count(*) FROM users").await, 2);
    }

    async fn who_may_register_is_a_setting_that_says_nothing_about_accounts(house) {
        let admin = house.admin("Admin").await;
        let ana = email_of(house, &house.person("Ana").await).await;
        assert_eq!(people::registration(house).await.unwrap(), Registration::Open);
        register(house, registering("one@elsewhere.example"), &From::default()).await.unwrap();

        let domains = Registration::Domains(vec![Domain::try_from("norrvik.example".to_owned()).unwrap()]);
        people::set_registration(house, &admin, domains.clone()).await.unwrap();
        assert_eq!(people::registration(house).await.unwrap(), domains);
        register(house, registering("two@norrvik.example"), &From::default()).await.unwrap();
        let n = house.number("SELECT count(*) FROM users").await;
        for unwelcome in ["two@elsewhere.example", "one@elsewhere.example"] {
            let refusal = register(house, registering(unwelcome), &From::default()).await.unwrap_err();
            assert_eq!(refusal.field(), Some("email"), "{unwelcome}");
        }

        people::set_registration(house, &admin, Registration::Invitation).await.unwrap();
        let known = register(house, registering(ana.as_str()), &From::default()).await.unwrap_err();
        let unknown = register(house, registering("nobody@norrvik.example"), &From::default()).await.unwrap_err();
        assert_eq!(known, unknown);
        assert_eq!(house.number("SELECT count(*) FROM users").await, n, "nothing was written");
        assert_eq!(n_noted(house, "register", Outcome::Refused).await, 4);
        // Whoever is invited comes in all the same.
        invite(house, &admin, GUEST, Role::User, vec![]).await.unwrap();
        accept(house, &token(house, GUEST).await).await.unwrap();

        let empty = people::set_registration(house, &admin, Registration::Domains(vec![])).await.unwrap_err();
        assert_eq!(empty.field(), Some("domains"));
        people::set_registration(house, &admin, Registration::Open).await.unwrap();
        register(house, registering("three@elsewhere.example"), &From::default()).await.unwrap();
        assert_eq!(n_noted(house, "registration_change", Outcome::Done).await, 3);
    }

    async fn two_thousand_people_are_listed_by_page_and_found_by_name_and_address(house) {
        let admin = house.admin("Zoe Admin").await;
        let names: Vec<String> = (0..2000).map(|n| format!("Person {n:04}")).collect();
        for some in names.chunks(100) {
            futures::future::join_all(some.iter().map(|name| house.person(name))).await;
        }
        let (mut asked, mut seen) = (Asked::default(), Vec::new());
        loop {
            let desk = people::desk(house, &admin, asked.clone()).await.unwrap();
            let page = desk.people.unwrap();
            assert_eq!((page.n_found, page.counts.of(Filter::Role(Role::User))), (2001, 2000));
            assert!(page.list.len() <= 50);
            seen.extend(page.list.into_iter().map(|one| one.name));
            asked.after = page.next;
            if asked.after.is_none() {
                break;
            }
        }
        assert_eq!((seen.len(), &seen[..2000], seen[2000].as_str()), (2001, &names[..], "Zoe Admin"));
        let find = |text: &str| Asked { text: text.into(), ..Asked::default() };
        assert_eq!(listed(house, &admin, find("person 12")).await.len(), 50);
        assert_eq!(listed(house, &admin, find("1234")).await, ["Person 1234"]);
        assert_eq!(listed(house, &admin, find("admin")).await, ["Zoe Admin"]);
        let ana = house.person("Ana").await;
        let address = email_of(house, &ana).await;
        assert_eq!(listed(house, &admin, find(address.as_str())).await, ["Ana"]);
    }

    async fn people_are_listed_by_what_they_are_with_what_is_known_about_them(house) {
        let admin = house.admin("Admin").await;
        let project = house.project("MUS").await;
        let (ana, bea) = (house.member(&project, "Ana").await, house.person_as("Bea", Role::Manager).await);
        people::disable(house, &admin, bea.person).await.unwrap();
        register(house, registering(GUEST), &From::default()).await.unwrap();
        for (filter, names) in [
            (Filter::All, vec!["Admin", "Ana", "Bea", "Lead of MUS"]),
            (Filter::Role(Role::Admin), vec!["Admin"]),
            (Filter::Role(Role::Manager), vec![]),
            (Filter::Disabled, vec!["Bea"]),
            (Filter::Unconfirmed, vec!["Ana"]),
        ] {
            assert_eq!(listed(house, &admin, Asked { filter, ..Asked::default() }).await, names, "{filter:?}");
        }
        let about = async |person: PersonId| {
            let asked = Asked { person: Some(person), ..Asked::default() };
            people::desk(house, &admin, asked).await.unwrap().chosen.unwrap()
        };
        let of_ana = about(ana.person).await;
        assert_eq!((of_ana.n_projects, of_ana.n_sessions, of_ana.is_disabled), (1, 1, false));
        assert!(of_ana.last_seen.is_some());
        let of_bea = about(bea.person).await;
        assert_eq!((of_bea.role, of_bea.n_sessions, of_bea.is_disabled), (Role::Manager, 0, true));
    }

    async fn who_closed_their_account_is_nobody_to_be_listed_or_let_in(house) {
        let (admin, ana) = (house.admin("Admin").await, house.person("Ana").await);
        let email = email_of(house, &ana).await.into();
        account::close(house, &ana, CloseAccount { email }).await.unwrap();
        assert_eq!(listed(house, &admin, Asked::default()).await, ["Admin"]);
        let enable = people::enable(house, &admin, ana.person).await;
        let promote = people::change_role(house, &admin, ana.person, Role::Admin).await;
        assert_eq!((enable, promote), (Err(Refusal::NotFound), Err(Refusal::NotFound)));
    }

    async fn who_gives_a_role_has_shown_lately_who_they_are(house) {
        let (admin, ana) = (house.admin("Admin").await, house.person("Ana").await);
        house.clock.advance_ms(10 * 60_000);
        for role in [Role::Manager, Role::Admin] {
            assert_eq!(people::change_role(house, &admin, ana.person, role).await, Err(Refusal::Confirm));
            assert_eq!(invite(house, &admin, GUEST, role, vec![]).await, Err(Refusal::Confirm));
            let link = people::link(house, &admin, role, vec![], (1, 1)).await;
            assert_eq!(link.unwrap_err(), Refusal::Confirm);
        }
        people::change_role(house, &admin, ana.person, Role::User).await.unwrap();
        invite(house, &admin, GUEST, Role::User, vec![]).await.unwrap();
    }

    async fn invitations_are_listed_by_page_and_managers_see_their_own(house) {
        let admin = house.admin("Admin").await;
        let manager = house.person_as("Manager", Role::Manager).await;
        let project = house.project_of(&manager, "MUS").await;
        let to = vec![ToProject { project: project.id, role: ProjectRole::Member }];
        let emails = |from: usize| -> Vec<Email> {
            (from..from + 20).map(|n| valid(&format!("n{n}@norrvik.example"))).collect()
        };
        people::invite(house, &admin, emails(0), Role::User, vec![]).await.unwrap();
        house.clock.advance_ms(1000);
        people::invite(house, &manager, emails(20), Role::User, to).await.unwrap();
        let many: Vec<Email> = (0..21).map(|n| valid(&format!("n{n}@otter.example"))).collect();
        let refusal = people::invite(house, &admin, many, Role::User, vec![]).await.unwrap_err();
        assert_eq!(refusal.field(), Some("emails"));
        let first = people::desk(house, &admin, Asked::default()).await.unwrap().invitations;
        assert!(first.list.len() == 20 && first.list.iter().all(|one| one.inviter == "Manager"));
        let older = Asked { older: first.next, ..Asked::default() };
        let second = people::desk(house, &admin, older).await.unwrap().invitations;
        assert!(second.list.len() == 20 && second.list.iter().all(|one| one.inviter == "Admin"));
        assert_eq!(second.next, None);
        let own = people::desk(house, &manager, Asked::default()).await.unwrap().invitations;
        assert_eq!(own.list, first.list);
    }
}

/// Another node over the database of the first.
async fn node(house: &House, seed: u64) -> House {
    House::over(Database::of(house.database().url()), Sync::Process, seed).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_admin_does_on_one_node_is_heard_by_the_sockets_of_another() {
    let house = House::open(Engine::Postgres).await;
    let other = node(&house, 2).await;
    let admin = house.admin("Admin").await;
    for (code, n) in [(CloseCode::RESTART, 0), (CloseCode::SESSION_OVER, 1), (CloseCode::SESSION_OVER, 2)] {
        let ana = house.person("Ana").await;
        let mut socket = Socket::of(&other, &ana).await;
        match n {
            0 => people::change_role(&house, &admin, ana.person, Role::Manager).await,
            1 => people::disable(&house, &admin, ana.person).await,
            _ => people::end_sessions(&house, &admin, ana.person).await,
        }
        .unwrap();
        assert_eq!(socket.closed().await, code);
        let told = people::desk(&other, &admin, Asked { person: Some(ana.person), ..Asked::default() }).await.unwrap();
        assert_eq!(told.chosen.unwrap().is_disabled, n == 1);
    }
    house.assert_whole().await;
    other.close().await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_admins_on_two_nodes_who_send_each_other_away_one_stays() {
    let house = House::open(Engine::Postgres).await;
    let other = node(&house, 2).await;
    let (ana, bea) = (house.admin("Ana").await, house.admin("Bea").await);
    let demote = people::change_role(&house, &ana, bea.person, Role::User);
    let (one, two) = futures::join!(demote, people::change_role(&other, &bea, ana.person, Role::User));
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    let left = "SELECT count(*) FROM users WHERE role = 3 AND disabled_at IS NULL";
    assert_eq!(house.number(left).await, 1);
    other.close().await;
    house.close().await;
}
