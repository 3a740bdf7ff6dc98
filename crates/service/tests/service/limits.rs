//! How guessing is slowed down, and how it cannot be used to keep somebody out.

use model::{AskLink, Email, Password, Refusal, Register, Reset, SignIn, testing::valid};
use muster_service::{
    account::{From, Opened, forgot, register, reset, sign_in},
    kit::{House, PASSWORD},
    query,
};

const WRONG: &str = "not the right one at all";
const OTHER: &str = "green kettle on a tram";

async fn enter(house: &House, email: &str, typed: &str, from: From) -> Result<Opened, Refusal> {
    let form = SignIn { email: valid::<Email>(email), password: Password::new(typed.into()), remember: false };
    Ok(sign_in(house, form, from).await?.opened().expect("no second factor"))
}

async fn stranger(house: &House, email: &str, typed: &str) -> Result<Opened, Refusal> {
    enter(house, email, typed, From::default()).await
}

fn at(address: &str) -> From {
    From { address: Some(address.into()), ..From::default() }
}

async fn somebody(house: &House) -> String {
    let actor = house.person("Ana").await;
    query::me(house, &actor).await.unwrap().email.as_str().to_owned()
}

muster_service::both_engines! {
    async fn failures_bring_growing_delays_and_never_a_lock(house) {
        let email = somebody(house).await;
        for _ in 0..5 {
            assert_eq!(stranger(house, &email, WRONG).await.unwrap_err(), Refusal::WrongCredentials);
        }
        let mut delays = Vec::new();
        for _ in 0..13 {
            let Err(Refusal::TooMany { after_s }) = stranger(house, &email, PASSWORD).await else {
                panic!("there is a delay, even for who knows the password")
            };
            delays.push(after_s - 1);
            house.clock.advance_ms(i64::from(after_s) * 1000);
            assert_eq!(stranger(house, &email, WRONG).await.unwrap_err(), Refusal::WrongCredentials);
        }
        assert_eq!(delays, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
        house.clock.advance_ms(900_000);
        stranger(house, &email, PASSWORD).await.unwrap();
        for _ in 0..5 {
            assert_eq!(stranger(house, &email, WRONG).await.unwrap_err(), Refusal::WrongCredentials, "it begins anew");
        }
    }

    async fn an_unknown_address_is_limited_like_a_known_one(house) {
        let known = somebody(house).await;
        let mut told = Vec::new();
        for email in [known.as_str(), "nobody@norrvik.example"] {
            let mut answers = Vec::new();
            for _ in 0..8 {
                answers.push(stranger(house, email, WRONG).await.unwrap_err());
                house.clock.advance_ms(500);
            }
            told.push(answers);
        }
        assert_eq!(told[0], told[1]);
        assert!(told[0].contains(&Refusal::TooMany { after_s: 1 }), "{told:?}");
    }

    async fn of_a_hundred_guesses_at_once_five_are_heard_and_the_owner_comes_in_all_the_same(house) {
        let email = somebody(house).await;
        let device = stranger(house, &email, PASSWORD).await.unwrap().device;
        let guesses = futures::future::join_all((0..100).map(|_| stranger(house, &email, WRONG))).await;
        let n = |wanted: fn(&Refusal) -> bool| guesses.iter().filter(|g| g.as_ref().is_err_and(wanted)).count();
        let heard = n(|refusal| *refusal == Refusal::WrongCredentials);
        assert_eq!((heard, n(|refusal| matches!(refusal, Refusal::TooMany { .. }))), (5, 95));
        // They are one entry in the ledger, not ninety-five.
        assert_eq!(house.number("SELECT count(*) FROM limits WHERE noted = until AND until > 0").await, 1);
        enter(house, &email, PASSWORD, From { device: Some(device), ..From::default() }).await.unwrap();
    }

    async fn strangers_do_not_keep_the_owner_out_of_a_known_device(house) {
        let email = somebody(house).await;
        let device = stranger(house, &email, PASSWORD).await.unwrap().device;
        let own = || From { device: Some(device.clone()), ..From::default() };
        for _ in 0..6 {
            stranger(house, &email, WRONG).await.unwrap_err();
        }
        assert!(matches!(stranger(house, &email, PASSWORD).await.unwrap_err(), Refusal::TooMany { .. }));
        enter(house, &email, PASSWORD, own()).await.unwrap();
        // The device of somebody else, or one that was made up, is not known.
        let other = somebody(house).await;
        for cookie in [device.replace('.', ".A"), "AAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA".into(), String::new()] {
            let made_up = From { device: Some(cookie), ..From::default() };
            assert!(matches!(enter(house, &email, PASSWORD, made_up).await.unwrap_err(), Refusal::TooMany { .. }));
        }
        for _ in 0..5 {
            enter(house, &other, WRONG, own()).await.unwrap_err();
        }
        assert!(matches!(enter(house, &other, PASSWORD, own()).await.unwrap_err(), Refusal::TooMany { .. }));
        // And a known device is not free to guess either.
        for _ in 0..5 {
            assert_eq!(enter(house, &email, WRONG, own()).await.unwrap_err(), Refusal::WrongCredentials);
        }
        assert!(matches!(enter(house, &email, PASSWORD, own()).await.unwrap_err(), Refusal::TooMany { .. }));
    }

    async fn a_browser_is_known_to_all_who_signed_in_with_it(house) {
        let (one, two) = (somebody(house).await, somebody(house).await);
        let first = stranger(house, &one, PASSWORD).await.unwrap().device;
        let with = |device: &str| From { device: Some(device.to_owned()), ..From::default() };
        let both = enter(house, &two, PASSWORD, with(&first)).await.unwrap().device;
        house.work().await;
        let before = (house.letters(&one).await.len(), house.letters(&two).await.len());
        enter(house, &one, PASSWORD, with(&both)).await.unwrap();
        enter(house, &two, PASSWORD, with(&both)).await.unwrap();
        house.work().await;
        assert_eq!((house.letters(&one).await.len(), house.letters(&two).await.len()), before);
        assert_eq!(before, (1, 1), "each was told of the first time");
    }

    async fn a_sign_in_from_a_new_device_is_told_by_mail(house) {
        let email = somebody(house).await;
        let agent = Some("Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0".to_owned());
        let from = From { agent, address: Some("203.0.113.40".into()), ..From::default() };
        let opened = enter(house, &email, PASSWORD, from.clone()).await.unwrap();
        house.work().await;
        let letters = house.letters(&email).await;
        assert_eq!(letters.len(), 1);
        assert_eq!(letters[0].subject, "New sign-in to your account");
        for text in ["Firefox on Linux", "203.0.113.40", "/settings/security"] {
            assert!(letters[0].text.contains(text), "{text} in {}", letters[0].text);
        }
        enter(house, &email, PASSWORD, From { device: Some(opened.device), ..from }).await.unwrap();
        house.work().await;
        assert_eq!(house.letters(&email).await.len(), 1);
    }

    async fn another_password_by_mail_ends_the_delay(house) {
        let email = somebody(house).await;
        for _ in 0..9 {
            let _ = stranger(house, &email, WRONG).await.unwrap_err();
            house.clock.advance_ms(600);
        }
        forgot(house, AskLink { email: valid(&email) }, &From::default()).await.unwrap();
        house.work().await;
        let token = house.secret(&email, "/reset/").await.unwrap();
        assert!(matches!(stranger(house, &email, PASSWORD).await.unwrap_err(), Refusal::TooMany { .. }));
        reset(house, Reset { token, password: Password::new(OTHER.into()) }).await.unwrap();
        stranger(house, &email, OTHER).await.unwrap();
    }

    async fn a_network_is_heard_twenty_times_in_a_minute(house) {
        let email = somebody(house).await;
        let guess = async |address: &str, n: usize| {
            enter(house, &format!("n{n}@norrvik.example"), WRONG, at(address)).await.unwrap_err()
        };
        for (first, same, other) in [
            ("203.0.113.9", "::ffff:203.0.113.9", "203.0.113.10"),
            ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1"),
        ] {
            for n in 0..20 {
                assert_eq!(guess(first, n).await, Refusal::WrongCredentials, "{first} {n}");
            }
            let refusal = guess(same, 21).await;
            assert!(matches!(refusal, Refusal::TooMany { after_s } if after_s <= 61), "{same} {refusal:?}");
            assert_eq!(guess(other, 22).await, Refusal::WrongCredentials, "{other}");
            let theirs = enter(house, &email, PASSWORD, at(same)).await.unwrap_err();
            assert!(matches!(theirs, Refusal::TooMany { .. }));
            house.clock.advance_ms(60_000);
            enter(house, &email, PASSWORD, at(same)).await.unwrap();
        }
        // Whoever gets in has not guessed, and what comes from this machine is a proxy that nobody named.
        for _ in 0..25 {
            enter(house, &email, PASSWORD, at("198.51.100.7")).await.unwrap();
        }
        for n in 0..25 {
            assert_eq!(guess("127.0.0.1", 100 + n).await, Refusal::WrongCredentials);
        }
    }

    async fn a_network_asks_for_twenty_mails_in_a_minute(house) {
        for n in 0..20 {
            let ask = AskLink { email: valid(&format!("n{n}@norrvik.example")) };
            forgot(house, ask, &at("203.0.113.9")).await.unwrap();
        }
        let form = Register { name: valid("Ana"), email: valid("a@norrvik.example"), password: Password::new(OTHER.into()) };
        let refusal = register(house, form.clone(), &at("203.0.113.9")).await.unwrap_err();
        assert!(matches!(refusal, Refusal::TooMany { .. }), "{refusal:?}");
        register(house, form, &at("203.0.113.10")).await.unwrap();
    }

    async fn what_is_old_is_forgotten(house) {
        let email = somebody(house).await;
        for n in 0..3 {
            stranger(house, &format!("n{n}@norrvik.example"), WRONG).await.unwrap_err();
        }
        house.clock.advance_ms(25 * 3_600_000);
        stranger(house, &email, PASSWORD).await.unwrap();
        assert_eq!(house.number("SELECT count(*) FROM limits").await, 0);
    }
}
