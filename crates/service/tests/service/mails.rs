//! Mails on their way through the queue to a mail server on a real socket, and what Admins see of it.

#[path = "../../../mail/tests/support/server.rs"]
#[allow(dead_code, reason = "the tests of the way itself use more of it")]
mod server;

use ledger::Outcome;
use model::{AskLink, Refusal, Role, testing::valid};
use muster_service::{
    Actor,
    account::{From, forgot},
    both_engines,
    kit::{Engine, House},
    mails::{Asked, Filter, Kind, Listed, Stage, desk},
    people,
    queue::{Wanted, Which, order},
};
use server::{Server, Tls, Twist};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};

/// An authority, and what it signed for `localhost`, until the year 2126. Nothing trusts it but these tests.
const AUTHORITY: &str = include_str!("mails/authority.pem");
const CERTIFICATE: &[u8] = include_bytes!("mails/localhost.pem");
const KEY: &[u8] = include_bytes!("mails/localhost.key");

const HOUR_MS: i64 = 3_600_000;
/// So long a job waits at most between its first two tries.
const PAUSE_MS: i64 = 17_000;

async fn listed(house: &House, admin: &Actor, filter: Filter) -> Vec<Listed> {
    desk(house, admin, Asked { filter, after: None }).await.unwrap().mails
}

/// A house whose mails leave over TLS to a server of its own, an Admin there, and their address.
async fn over_smtp(engine: Engine) -> (Server, House, Actor, String) {
    let certificate = CertificateDer::from_pem_slice(CERTIFICATE).unwrap();
    let key = PrivateKeyDer::from_pem_slice(KEY).unwrap();
    let server = Server::certified(Tls::Offered, AUTHORITY, certificate, key).await;
    let way = format!("smtp://localhost:{}?ca={}", server.port, server.authority().display());
    let house = House::with_mail(engine, &way).await;
    let admin = house.admin("Ada").await;
    let email = house.emails().await.remove(0).as_str().to_owned();
    (server, house, admin, email)
}

async fn ask_for_a_link(house: &House, email: &str) {
    forgot(house, AskLink { email: valid(email) }, &From::default()).await.unwrap();
    house.work().await;
}

async fn a_mail_that_is_refused_for_now_is_sent_later(engine: Engine) {
    let (server, house, admin, email) = over_smtp(engine).await;
    server.twist("RCPT", Twist::Say("451 4.7.1 greylisted, try again"));
    ask_for_a_link(&house, &email).await;
    let mail = listed(&house, &admin, Filter::Waiting).await.remove(0);
    assert!(matches!(&mail.stage, Stage::Retrying(why, _) if why == "451 4.7.1 greylisted, try again"), "{mail:?}");
    assert_eq!((mail.kind, mail.tries, mail.to), (Kind::Account, Some(1), Some(("Ada".into(), email.clone()))));
    assert_eq!(server.state().mails.len(), 0);

    server.behave();
    house.clock.advance_ms(PAUSE_MS);
    house.work().await;
    let mail = listed(&house, &admin, Filter::Sent).await.remove(0);
    assert_eq!((mail.stage, mail.tries, mail.job), (Stage::Sent(house.now()), Some(2), None));
    let received = server.state().mails.clone();
    assert_eq!((received.len(), received[0].over_tls), (1, true));
    assert_eq!(received[0].to, [email]);
    assert_eq!(house.number("SELECT count(*) FROM mails WHERE content IS NOT NULL").await, 0);
    house.work().await;
    assert_eq!(server.state().mails.len(), 1, "once");
    house.assert_whole().await;
    house.close().await;
}

async fn a_mail_that_is_refused_for_good_keeps_its_reason_and_can_be_tried_again(engine: Engine) {
    let (server, house, admin, email) = over_smtp(engine).await;
    server.twist("RCPT", Twist::Say("550 5.1.1 user unknown"));
    ask_for_a_link(&house, &email).await;
    house.clock.advance_ms(HOUR_MS);
    house.work().await;
    let mail = listed(&house, &admin, Filter::Failed).await.remove(0);
    assert!(matches!(&mail.stage, Stage::Failed(why, _) if why == "550 5.1.1 user unknown"), "{mail:?}");
    assert_eq!(mail.tries, Some(1), "it is not tried again by itself");
    assert_eq!(desk(&house, &admin, Asked::default()).await.unwrap().n_failed, 1);

    server.behave();
    order(&house, &admin, Wanted::Retry(Which::One(mail.job.unwrap()))).await.unwrap();
    assert_eq!(listed(&house, &admin, Filter::All).await.remove(0).stage, Stage::Waiting);
    house.work().await;
    let mail = listed(&house, &admin, Filter::All).await.remove(0);
    assert_eq!((mail.stage, mail.tries), (Stage::Sent(house.now()), Some(2)));
    assert_eq!(listed(&house, &admin, Filter::Failed).await, []);
    assert_eq!(server.state().mails.len(), 1);
    assert_eq!(house.noted("jobs.retry", Outcome::Done).await, 1);
    house.assert_whole().await;
    house.close().await;
}

async fn a_mail_that_no_server_takes_for_days_has_failed_and_its_content_goes_a_week_later(engine: Engine) {
    let (server, house, admin, email) = over_smtp(engine).await;
    drop(server);
    ask_for_a_link(&house, &email).await;
    // Its pauses double; the last one is about nine hours.
    for _ in 0..80 {
        house.clock.advance_ms(HOUR_MS);
        house.work().await;
    }
    let admin = house.sign_in_again(admin.person).await;
    let mail = listed(&house, &admin, Filter::Failed).await.pop().unwrap();
    assert!(matches!(&mail.stage, Stage::Failed(why, _) if why.contains("could not be reached")), "{mail:?}");
    assert_eq!((mail.tries, mail.job.is_some()), (Some(17), true));
    house.clock.advance_ms(8 * 24 * HOUR_MS);
    house.forget().await;
    let mail = listed(&house, &admin, Filter::Failed).await.pop().unwrap();
    assert_eq!(mail.job, None, "there is nothing left to send");
    house.assert_whole().await;
    house.close().await;
}

macro_rules! on_both {
    ($($name:ident)+) => {$(
        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::$name(super::Engine::Sqlite).await;
            }
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                super::$name(super::Engine::Postgres).await;
            }
        }
    )+};
}

on_both! {
    a_mail_that_is_refused_for_now_is_sent_later
    a_mail_that_is_refused_for_good_keeps_its_reason_and_can_be_tried_again
    a_mail_that_no_server_takes_for_days_has_failed_and_its_content_goes_a_week_later
}

both_engines! {
    async fn nobody_but_an_admin_sees_to_whom_mails_go(house) {
        for role in [Role::Manager, Role::User] {
            let person = house.person_as("Bo", role).await;
            assert_eq!(desk(house, &person, Asked::default()).await.err(), Some(Refusal::NotFound));
        }
    }

    async fn who_has_no_account_is_known_until_the_mail_is_sent(house) {
        let admin = house.admin("Ada").await;
        people::invite(house, &admin, vec![valid("mei@norrvik.example")], Role::User, vec![]).await.unwrap();
        let waits = listed(house, &admin, Filter::Waiting).await.remove(0);
        assert_eq!((waits.to.unwrap().1, waits.stage, waits.tries), ("mei@norrvik.example".into(), Stage::Waiting, None));
        house.work().await;
        let sent = listed(house, &admin, Filter::Sent).await.remove(0);
        assert_eq!((sent.to, sent.tries), (None, Some(1)));
    }

    async fn the_list_is_read_page_by_page_and_each_mail_is_there_once(house) {
        let admin = house.admin("Ada").await;
        for n in 0..35 {
            // Nobody may fill a mailbox, so each goes to another.
            house.clock.advance_ms(1);
            people::invite(house, &admin, vec![valid(&format!("p{n}@norrvik.example"))], Role::User, vec![]).await.unwrap();
        }
        let (mut ids, mut asked) = (Vec::new(), Asked::default());
        loop {
            let page = desk(house, &admin, asked).await.unwrap();
            ids.extend(page.mails.iter().map(|mail| mail.id));
            match page.next {
                Some(next) => asked.after = Some(next),
                None => break,
            }
        }
        assert_eq!(ids.len(), 35);
        assert!(ids.windows(2).all(|two| two[0] > two[1]), "the newest first, each once");
    }
}
