//! Codes from an app, recovery codes, and showing again who one is.

use data_encoding::BASE32_NOPAD;
use model::{
    AskLink, ChangePassword, CloseAccount, Confirm, EnableCodes, NewEmail, Password, Refusal, Reset, SignIn, SignInCode,
};
use muster_service::{
    Actor,
    account::{
        Entered, From, Opened, actor, ask_email, change_password, close, confirm, disable, enable, factors, forgot,
        is_fresh, is_stale, offer, renew_codes, renewed, reset, sign_in, sign_in_code,
    },
    kit::{House, PASSWORD},
    query,
};
use totp_rs::{Builder, Secret};

const MINUTE_MS: i64 = 60_000;
const STEP_MS: i64 = 30_000;
const OTHER: &str = "green kettle on a tram";
const BAD_CODE: &str = "not-a-code";

fn password(text: &str) -> Password {
    Password::new(text.into())
}

/// Somebody with codes from an app.
struct Ana {
    actor: Actor,
    secret: [u8; 20],
    codes: Vec<String>,
}

/// What an app with this secret shows now.
fn shown(house: &House, secret: &[u8; 20]) -> String {
    let totp = Builder::new().with_secret(Secret::new_stack(*secret)).build().unwrap();
    totp.generate(u64::try_from(house.now().ms() / 1000).unwrap()).to_string()
}

fn read(secret: &str) -> [u8; 20] {
    BASE32_NOPAD.decode(secret.replace(' ', "").as_bytes()).unwrap().try_into().unwrap()
}

async fn ana(house: &House) -> Ana {
    let actor = house.person("Ana").await;
    let offer = offer(house, &actor).await.unwrap();
    let secret = read(&offer.secret);
    let form = EnableCodes { offer: offer.sealed, code: shown(house, &secret) };
    let codes = enable(house, &actor, form).await.unwrap().lines;
    house.clock.advance_ms(STEP_MS);
    Ana { actor, secret, codes }
}

async fn first_step(house: &House, actor: &Actor, typed: &str) -> Result<Entered, Refusal> {
    let email = query::me(house, actor).await.unwrap().email;
    sign_in(house, SignIn { email, password: password(typed), remember: true }, From::default()).await
}

async fn half(house: &House, ana: &Ana) -> String {
    match first_step(house, &ana.actor, PASSWORD).await.unwrap() {
        Entered::Half { cookie, .. } => cookie,
        Entered::In(_) => panic!("nobody has a session before the code"),
    }
}

async fn second_step(house: &House, cookie: &str, code: &str) -> Result<Opened, Refusal> {
    sign_in_code(house, cookie, SignInCode { code: code.into() }, From::default()).await
}

async fn again(house: &House, actor: &Actor, typed: &str, code: &str) -> Result<Opened, Refusal> {
    let form = Confirm { password: password(typed), code: code.into() };
    confirm(house, actor, form, &From::default()).await
}

async fn living(house: &House) -> i64 {
    house.number("SELECT count(*) FROM sessions WHERE revoked_at IS NULL").await
}

async fn subjects(house: &House, actor: &Actor) -> Vec<String> {
    house.work().await;
    let email = query::me(house, actor).await.unwrap().email;
    house.letters(email.as_str()).await.into_iter().map(|letter| letter.subject).collect()
}

muster_service::both_engines! {
    async fn codes_are_on_only_after_the_first_one_was_right(house) {
        let actor = house.person("Ana").await;
        let offered = offer(house, &actor).await.unwrap();
        let secret = read(&offered.secret);
        assert!(offered.url.starts_with("otpauth://totp/Muster:"), "{}", offered.url);
        assert!(offered.url.contains(&format!("secret={}", BASE32_NOPAD.encode(&secret))), "{}", offered.url);
        for code in ["", "000000", "12345"] {
            let form = EnableCodes { offer: offered.sealed.clone(), code: code.into() };
            assert_eq!(enable(house, &actor, form).await.unwrap_err().field(), Some("code"), "{code:?}");
        }
        assert!(matches!(first_step(house, &actor, PASSWORD).await.unwrap(), Entered::In(_)));
        // A secret that was offered to somebody else, or in another session, is none.
        let bea = house.person("Bea").await;
        let form = EnableCodes { offer: offered.sealed.clone(), code: shown(house, &secret) };
        assert_eq!(enable(house, &bea, form.clone()).await.unwrap_err().field(), Some("code"));
        let codes = enable(house, &actor, form).await.unwrap().lines;
        assert_eq!(codes.len(), 10);
        assert!(codes.iter().all(|code| code.len() == 27), "four groups of six: {codes:?}");
        let factors = factors(house, &actor).await.unwrap();
        assert_eq!((factors.since, factors.n_codes), (Some(house.now()), 10));
        assert!(matches!(first_step(house, &actor, PASSWORD).await.unwrap(), Entered::Half { .. }));
        assert!(subjects(house, &actor).await.contains(&"Codes from an app are on".to_owned()));
    }

    async fn nobody_has_a_session_before_password_and_code(house) {
        let ana = ana(house).await;
        let before = living(house).await;
        assert_eq!(first_step(house, &ana.actor, OTHER).await.unwrap_err(), Refusal::WrongCredentials);
        let cookie = half(house, &ana).await;
        assert_eq!(actor(house, &cookie).await.unwrap(), None, "it opens nothing");
        assert_eq!(second_step(house, &cookie, BAD_CODE).await.unwrap_err().field(), Some("code"));
        assert_eq!(second_step(house, "", &shown(house, &ana.secret)).await.unwrap_err().field(), Some("form"));
        assert_eq!(living(house).await, before);
        let opened = second_step(house, &cookie, &shown(house, &ana.secret)).await.unwrap();
        assert_eq!(actor(house, &opened.cookie).await.unwrap(), Some(opened.actor));
        assert!(opened.max_age_s.is_some(), "as the first step asked");
        house.clock.advance_ms(STEP_MS);
        let used = second_step(house, &cookie, &shown(house, &ana.secret)).await;
        assert_eq!(used.unwrap_err().field(), Some("form"), "a first step is good for one sign-in");
    }

    async fn a_code_works_once_however_many_try_it_at_once(house) {
        let ana = ana(house).await;
        let (one, two) = (half(house, &ana).await, half(house, &ana).await);
        let code = shown(house, &ana.secret);
        let (first, second) = futures::join!(second_step(house, &one, &code), second_step(house, &two, &code));
        assert_eq!(u8::from(first.is_ok()) + u8::from(second.is_ok()), 1, "{first:?} {second:?}");
        let left = if first.is_ok() { two } else { one };
        assert_eq!(second_step(house, &left, &code).await.unwrap_err().field(), Some("code"));
        // Not even the code before it, although a step of delay is allowed.
        house.clock.advance_ms(STEP_MS);
        assert_eq!(second_step(house, &left, &code).await.unwrap_err().field(), Some("code"));
        second_step(house, &left, &shown(house, &ana.secret)).await.unwrap();
    }

    async fn a_right_password_waits_five_minutes_for_five_codes(house) {
        let ana = ana(house).await;
        let cookie = half(house, &ana).await;
        house.clock.advance_ms(5 * MINUTE_MS);
        let late = second_step(house, &cookie, &shown(house, &ana.secret)).await;
        assert_eq!(late.unwrap_err().field(), Some("form"));
        let cookie = half(house, &ana).await;
        for _ in 0..5 {
            // Each waits for as long as the delay of wrong ones asks.
            house.clock.advance_ms(20_000);
            assert_eq!(second_step(house, &cookie, BAD_CODE).await.unwrap_err().field(), Some("code"));
        }
        let over = second_step(house, &cookie, &shown(house, &ana.secret)).await;
        assert_eq!(over.unwrap_err().field(), Some("form"));
    }

    async fn wrong_codes_bring_the_delays_of_wrong_passwords(house) {
        let ana = ana(house).await;
        let cookie = half(house, &ana).await;
        for _ in 0..4 {
            assert_eq!(second_step(house, &cookie, BAD_CODE).await.unwrap_err().field(), Some("code"));
        }
        let right = shown(house, &ana.secret);
        assert_eq!(second_step(house, &cookie, &right).await.unwrap_err(), Refusal::TooMany { after_s: 2 });
        assert_eq!(first_step(house, &ana.actor, PASSWORD).await.unwrap_err(), Refusal::TooMany { after_s: 2 });
    }

    async fn a_recovery_code_gets_in_once_and_is_told(house) {
        let ana = ana(house).await;
        // As people type it.
        let typed = ana.codes[3].to_lowercase().replace('-', " ");
        second_step(house, &half(house, &ana).await, &typed).await.unwrap();
        assert_eq!(factors(house, &ana.actor).await.unwrap().n_codes, 9);
        assert!(subjects(house, &ana.actor).await.contains(&"A recovery code was used".to_owned()));
        let again = second_step(house, &half(house, &ana).await, &ana.codes[3]).await;
        assert_eq!(again.unwrap_err().field(), Some("code"));
        // Somebody else's are of no use. Wrong ones bring a delay by now.
        house.clock.advance_ms(MINUTE_MS);
        let other = self::ana(house).await;
        let foreign = second_step(house, &half(house, &ana).await, &other.codes[0]).await;
        assert_eq!(foreign.unwrap_err().field(), Some("code"));
        // The fifth step since the last success, though a right one, has its second of delay.
        let cookie = half(house, &ana).await;
        house.clock.advance_ms(2_000);
        second_step(house, &cookie, &ana.codes[0]).await.unwrap();
    }

    async fn new_recovery_codes_replace_the_old_ones(house) {
        let ana = ana(house).await;
        let fresh = renew_codes(house, &ana.actor).await.unwrap().lines;
        let old = second_step(house, &half(house, &ana).await, &ana.codes[0]).await;
        assert_eq!(old.unwrap_err().field(), Some("code"));
        second_step(house, &half(house, &ana).await, &fresh[9]).await.unwrap();
        assert_eq!(house.number("SELECT count(*) FROM recovery_codes").await, 10);
        let bea = house.person("Bea").await;
        assert_eq!(renew_codes(house, &bea).await.unwrap_err(), Refusal::NotFound, "who has no factor has no codes");
    }

    async fn codes_move_to_another_app_with_its_first_code(house) {
        let ana = ana(house).await;
        let offered = offer(house, &ana.actor).await.unwrap();
        let secret = read(&offered.secret);
        let form = EnableCodes { offer: offered.sealed, code: shown(house, &secret) };
        enable(house, &ana.actor, form).await.unwrap();
        house.clock.advance_ms(STEP_MS);
        let cookie = half(house, &ana).await;
        assert_eq!(second_step(house, &cookie, &shown(house, &ana.secret)).await.unwrap_err().field(), Some("code"));
        second_step(house, &cookie, &shown(house, &secret)).await.unwrap();
    }

    async fn another_password_by_mail_does_not_pass_by_the_second_factor(house) {
        let ana = ana(house).await;
        let email = query::me(house, &ana.actor).await.unwrap().email;
        let waiting = half(house, &ana).await;
        forgot(house, AskLink { email: email.clone() }, &From::default()).await.unwrap();
        house.work().await;
        let token = house.secret(email.as_str(), "/reset/").await.unwrap();
        reset(house, Reset { token, password: password(OTHER) }).await.unwrap();
        // The first step that waited was with the old password.
        let old = second_step(house, &waiting, &shown(house, &ana.secret)).await;
        assert_eq!(old.unwrap_err().field(), Some("form"));
        let form = SignIn { email, password: password(OTHER), remember: false };
        let entered = sign_in(house, form, From::default()).await.unwrap();
        let Entered::Half { cookie, .. } = entered else { panic!("no code was asked for") };
        second_step(house, &cookie, &shown(house, &ana.secret)).await.unwrap();
    }

    async fn turned_off_codes_are_not_asked_for_and_recovery_codes_are_gone(house) {
        let ana = ana(house).await;
        disable(house, &ana.actor).await.unwrap();
        disable(house, &ana.actor).await.unwrap();
        assert!(matches!(first_step(house, &ana.actor, PASSWORD).await.unwrap(), Entered::In(_)));
        assert_eq!(house.number("SELECT count(*) FROM recovery_codes").await, 0);
        assert!(subjects(house, &ana.actor).await.contains(&"Codes from an app are off".to_owned()));
    }

    async fn a_short_password_is_good_only_beside_a_second_factor(house) {
        let ana = ana(house).await;
        let change = |current: &str, next: &str| ChangePassword { current: password(current), password: password(next) };
        change_password(house, &ana.actor, change(PASSWORD, "kelp-zinc")).await.unwrap();
        assert_eq!(disable(house, &ana.actor).await.unwrap_err().field(), Some("form"));
        change_password(house, &ana.actor, change("kelp-zinc", OTHER)).await.unwrap();
        disable(house, &ana.actor).await.unwrap();
        let short = change_password(house, &ana.actor, change(OTHER, "kelp-zinc")).await;
        assert_eq!(short.unwrap_err().field(), Some("password"));
    }

    async fn sensitive_steps_ask_again_after_ten_minutes(house) {
        let ana = ana(house).await;
        let who = &ana.actor;
        is_fresh(house, who).await.unwrap();
        house.clock.advance_ms(10 * MINUTE_MS);
        let (before, sealed) = (house.trace().await, String::new());
        let email = model::testing::valid("new@norrvik.example");
        assert_eq!(is_fresh(house, who).await, Err(Refusal::Confirm));
        assert_eq!(offer(house, who).await.unwrap_err(), Refusal::Confirm);
        let form = EnableCodes { offer: sealed, code: shown(house, &ana.secret) };
        assert_eq!(enable(house, who, form).await.unwrap_err(), Refusal::Confirm);
        assert_eq!(renew_codes(house, who).await.unwrap_err(), Refusal::Confirm);
        assert_eq!(disable(house, who).await.unwrap_err(), Refusal::Confirm);
        assert_eq!(ask_email(house, who, NewEmail { email }).await.unwrap_err(), Refusal::Confirm);
        let own = query::me(house, who).await.unwrap().email.as_str().to_owned();
        assert_eq!(close(house, who, CloseAccount { email: own }).await.unwrap_err(), Refusal::Confirm);
        assert_eq!(house.trace().await, before);
        let opened = again(house, who, PASSWORD, &shown(house, &ana.secret)).await.unwrap();
        is_fresh(house, &opened.actor).await.unwrap();
        renew_codes(house, &opened.actor).await.unwrap();
    }

    async fn a_page_asks_earlier_than_a_step_so_that_nobody_is_stopped_in_between(house) {
        let actor = house.person("Ana").await;
        house.clock.advance_ms(5 * MINUTE_MS - 1);
        assert!(!is_stale(house, &actor).await.unwrap());
        house.clock.advance_ms(1);
        assert!(is_stale(house, &actor).await.unwrap());
        is_fresh(house, &actor).await.unwrap();
    }

    async fn to_show_again_who_one_is_takes_password_and_code_and_changes_the_cookie(house) {
        let ana = ana(house).await;
        let entered = second_step(house, &half(house, &ana).await, &shown(house, &ana.secret)).await.unwrap();
        house.clock.advance_ms(STEP_MS);
        let (who, code) = (entered.actor, shown(house, &ana.secret));
        assert_eq!(again(house, &who, OTHER, &code).await.unwrap_err().field(), Some("password"));
        for wrong in ["", "000000", BAD_CODE] {
            assert_eq!(again(house, &who, PASSWORD, wrong).await.unwrap_err().field(), Some("code"), "{wrong:?}");
        }
        let opened = again(house, &who, PASSWORD, &code).await.unwrap();
        assert_eq!(actor(house, &opened.cookie).await.unwrap(), Some(opened.actor));
        assert_eq!(actor(house, &entered.cookie).await.unwrap(), None, "the cookie of before is worth nothing");
        assert_eq!((opened.actor.session, opened.max_age_s.is_some()), (who.session, true), "it is the same session");
        assert!(renewed(house, &who).await.unwrap().is_some(), "and what hangs on it goes on");
        for _ in 0..4 {
            again(house, &opened.actor, OTHER, "").await.unwrap_err();
        }
        again(house, &opened.actor, OTHER, "").await.unwrap_err();
        let limited = again(house, &opened.actor, PASSWORD, "").await.unwrap_err();
        assert!(matches!(limited, Refusal::TooMany { .. }), "{limited:?}");
    }

    async fn secrets_are_not_in_the_database_for_everybody_to_read(house) {
        let ana = ana(house).await;
        let sql = "SELECT count(*) FROM totp WHERE secret = $1";
        assert_eq!(house.number(&sql.replace("$1", &literal(house, &ana.secret))).await, 0);
        let code = BASE32_NOPAD.decode(ana.codes[0].replace('-', "").as_bytes()).unwrap();
        let sql = "SELECT count(*) FROM recovery_codes WHERE hash = $1";
        assert_eq!(house.number(&sql.replace("$1", &literal(house, &code))).await, 0);
    }
}

/// Bytes as the engine writes them.
fn literal(house: &House, bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let hex = bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    });
    if house.database().url().starts_with("sqlite") { format!("x'{hex}'") } else { format!("'\\x{hex}'") }
}
