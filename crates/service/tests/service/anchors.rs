//! Checkpoints for those who are far away, and the alarm that nobody has to ask for.

use ledger::{Hash, TreeHead};
use muster_service::{
    Cx,
    audit::{self, Afar, Anchor, Delivery, Every, Keeper, Look, Receiver},
    both_engines,
    kit::House,
};
use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Somebody who keeps what they are sent, and is not always there.
#[derive(Default)]
struct Friend {
    kept: Mutex<Vec<Delivery>>,
    is_away: AtomicBool,
}

impl Friend {
    fn kept(&self) -> Vec<Delivery> {
        self.kept.lock().unwrap().clone()
    }
}

impl Receiver for Friend {
    fn name(&self) -> String {
        "friend".into()
    }

    fn take(&self, delivery: &Delivery) -> Result<(), String> {
        if self.is_away.load(Ordering::Relaxed) {
            return Err("it is away".into());
        }
        self.kept.lock().unwrap().push(delivery.clone());
        Ok(())
    }
}

fn befriend(house: &House) -> Arc<Friend> {
    let friend = Arc::new(Friend::default());
    audit::send_to(house, Afar { receiver: Some(friend.clone()), mail: None });
    friend
}

/// Seals, signs, and has done what follows.
async fn settle(house: &House) {
    Keeper::new(house, vec![]).settle().await.unwrap();
    house.work().await;
}

async fn has(house: &Cx, sink: &str) -> Option<u64> {
    let receipts = ledger::receipts(house.store().reader()).await.unwrap();
    receipts.into_iter().find(|receipt| receipt.sink == sink).map(|receipt| receipt.size)
}

/// An anchor that remembers what it is told to.
#[derive(Default)]
struct Elephant(Mutex<Option<String>>);

impl Anchor for Elephant {
    fn name(&self) -> String {
        "elephant".into()
    }

    fn newest_note(&self) -> io::Result<Option<String>> {
        Ok(self.0.lock().unwrap().clone())
    }

    fn remember(&self, note: &str) -> io::Result<()> {
        *self.0.lock().unwrap() = Some(note.to_owned());
        Ok(())
    }
}

both_engines! {
    async fn a_program_afar_gets_every_checkpoint_once(house) {
        let friend = befriend(house);
        let project = house.project("MUS").await;
        settle(house).await;
        settle(house).await;
        let kept = friend.kept();
        assert_eq!(kept.len(), 1, "nothing has grown");
        assert_eq!(Some(kept[0].note.clone()), audit::newest_checkpoint(house.store()).await.unwrap());
        let size = audit::state(house).size;
        assert_eq!(has(house, "friend").await, Some(size));
        house.task(&project, "Paint the fence").await;
        settle(house).await;
        let notes: Vec<String> = friend.kept().into_iter().map(|delivery| delivery.note).collect();
        assert_eq!((notes.len(), has(house, "friend").await), (2, Some(size + 1)));
        assert_eq!(audit::check(house, notes).await.unwrap().unwrap().anchored, Some(size + 1));
    }

    async fn who_is_away_is_asked_again_and_gets_the_newest(house) {
        let friend = befriend(house);
        friend.is_away.store(true, Ordering::Relaxed);
        let project = house.project("MUS").await;
        settle(house).await;
        let told = audit::state(house).afar.unwrap();
        assert!(told.starts_with("friend did not take the checkpoint of") && told.ends_with("it is away"), "{told}");
        house.task(&project, "Paint the fence").await;
        settle(house).await;
        assert_eq!((friend.kept().len(), has(house, "friend").await), (0, None));
        friend.is_away.store(false, Ordering::Relaxed);
        house.clock.advance_ms(HOUR_MS);
        house.work().await;
        let kept = friend.kept();
        assert_eq!(kept.len(), 1, "the one before is part of it");
        assert_eq!(TreeHead::of_note(&kept[0].note).unwrap().size, audit::state(house).size);
        assert_eq!(audit::state(house).afar, None);
    }

    async fn a_delivery_that_was_given_up_begins_anew_with_the_next_minute(house) {
        let friend = befriend(house);
        friend.is_away.store(true, Ordering::Relaxed);
        house.project("MUS").await;
        settle(house).await;
        for _ in 0..25 {
            house.clock.advance_ms(30 * DAY_MS);
            house.work().await;
        }
        let discarded = jobs::StateName::Discarded.code();
        assert_eq!(house.number(&format!("SELECT count(*) FROM jobs WHERE state = {discarded}")).await, 1);
        friend.is_away.store(false, Ordering::Relaxed);
        settle(house).await;
        assert_eq!(friend.kept().len(), 1);
    }

    async fn a_mailbox_gets_a_checkpoint_each_week_that_verifies_as_it_was_saved(house) {
        let to = "auditor@elsewhere.example";
        audit::send_to(house, Afar { receiver: None, mail: Some((to.to_owned().try_into().unwrap(), Every::Week)) });
        let project = house.project("MUS").await;
        settle(house).await;
        house.strike().await;
        house.strike().await;
        let letters = house.letters(to).await;
        assert_eq!(letters.len(), 1);
        let notes = audit::notes(&mail::text_of(letters[0].source.as_bytes()).unwrap());
        assert_eq!(notes, [audit::newest_checkpoint(house.store()).await.unwrap().unwrap()]);
        let size = audit::state(house).size;
        assert_eq!(audit::check(house, notes.clone()).await.unwrap().unwrap().anchored, Some(size));
        assert_eq!(has(house, "mail").await, Some(size));
        assert_eq!(house.number("SELECT count(*) FROM ledger_anchors WHERE sink LIKE '%@%'").await, 0);

        house.task(&project, "Paint the fence").await;
        settle(house).await;
        house.clock.advance_ms(6 * DAY_MS);
        house.strike().await;
        assert_eq!(house.letters(to).await.len(), 1, "a week has not passed");
        house.clock.advance_ms(DAY_MS);
        house.strike().await;
        assert_eq!(house.letters(to).await.len(), 2);
        house.clock.advance_ms(8 * DAY_MS);
        house.strike().await;
        assert_eq!(house.letters(to).await.len(), 2, "nothing has grown");
    }

    async fn an_older_copy_is_told_to_all_admins_without_anybodys_asking(house) {
        let admin = house.admin("Ada").await;
        let address = house.emails().await.remove(0);
        let elephant = Arc::new(Elephant::default());
        let keeper = Keeper::new(house, vec![elephant.clone()]);
        keeper.settle().await.unwrap();
        let head = TreeHead::of_note(&elephant.newest_note().unwrap().unwrap()).unwrap();
        let longer = TreeHead { size: head.size + 100, root: Hash([7; 32]), ..head };
        let key = audit::public_keys(house.store(), &house.vault()).await.unwrap().remove(0);
        elephant.remember(&audit::signer(&house.vault()).sign(key.name(), &longer.text())).unwrap();

        keeper.settle().await.unwrap_err();
        keeper.settle().await.unwrap_err();
        house.work().await;
        let desk = audit::desk(house, &admin, Look::default(), &model::Zone::utc()).await.unwrap();
        assert!(desk.checked.unwrap().finding.is_some());
        let letters = house.letters(address.as_str()).await;
        assert_eq!((letters.len(), letters[0].subject.as_str()), (1, "The audit log was changed"));
        keeper.settle().await.unwrap_err();
        assert_eq!(house.work().await.done, 0, "what is known is not looked for each minute");
    }

    async fn what_another_node_found_is_told_by_all(house) {
        house.admin("Ada").await;
        settle(house).await;
        assert_eq!(audit::state(house).finding, None);
        let sql = "INSERT INTO audit_checks (at, took_ms, size, anchored, finding) VALUES ($1, 1, 0, NULL, 'entry #0 was edited')";
        house.tamper(sql, vec![house.now().ms().into()]).await;
        settle(house).await;
        assert_eq!(audit::state(house).finding.as_deref(), Some("entry #0 was edited"));
    }
}
