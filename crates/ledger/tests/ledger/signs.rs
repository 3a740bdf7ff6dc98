//! What is signed, what is not, and what happens when keys change, values are erased, or an older copy comes back.

use muster_ledger::{
    Against, Erase, Fault, LedgerError, Signer, TreeHead, consistency, epoch, name, open_note, proof_text,
    verify_consistency,
};

use crate::{
    both_engines,
    kit::{Do, Done, Log, START_MS, id, signer, trusting},
};

async fn sign_against(log: &Log, anchored: Vec<TreeHead>) -> Done {
    log.run(Do::Sign(signer(1), START_MS + 99, anchored)).await
}

both_engines! {
    async fn a_checkpoint_is_signed_when_the_log_has_grown_and_not_else(log) {
        assert!(matches!(sign_against(log, vec![]).await, Done::Signed(None)), "nothing to sign");
        log.append(0..5).await;
        assert!(matches!(sign_against(log, vec![]).await, Done::Signed(None)), "nothing is sealed");
        log.seal().await;
        let first = log.sign(&signer(1), 0).await;
        assert!(matches!(sign_against(log, vec![]).await, Done::Signed(None)), "nothing is new");
        log.append(5..9).await;
        log.seal().await;
        let second = log.sign(&signer(1), 1).await;
        let name = name(log.store.reader()).await.unwrap().unwrap();
        let head = |note: &str| TreeHead::parse(open_note(note, &signer(1).public(&name)).unwrap()).unwrap();
        let (old, new) = (head(&first.note), head(&second.note));
        assert_eq!((old.size, new.size, new.origin), (5, 9, format!("{name}/1")));
        let proof = consistency(log.store.reader(), 5, 9).await.unwrap();
        assert!(verify_consistency(5, 9, &old.root, &new.root, &proof));
        let verified = log.verify(trusting(&name, &signer(1))).await.unwrap();
        assert_eq!((verified.signed, verified.is_trusted), (Some((9, START_MS + 1)), true));
    }

    async fn what_is_no_extension_of_what_was_anchored_is_not_signed(log) {
        log.append(0..20).await;
        log.seal().await;
        let head = TreeHead::of_note(&log.sign(&signer(1), 0).await.note).unwrap();
        log.append(20..30).await;
        log.seal().await;
        let later = TreeHead { size: 31, ..head.clone() };
        let other = TreeHead { root: muster_ledger::Hash([7; 32]), ..head.clone() };
        for (anchored, size) in [(later, 31), (other, 20)] {
            let done = sign_against(log, vec![anchored]).await;
            assert!(matches!(done, Done::No(LedgerError::Fork { signed, size: 30 }) if signed == size), "{done:?}");
        }
        assert!(matches!(sign_against(log, vec![head]).await, Done::Signed(Some(_))));
    }

    async fn a_log_whose_last_checkpoint_is_by_a_stranger_is_not_signed_on(log) {
        log.append(0..20).await;
        log.seal().await;
        log.sign(&signer(66), 0).await;
        log.append(20..30).await;
        log.seal().await;
        assert!(matches!(sign_against(log, vec![]).await, Done::No(LedgerError::Fork { .. })));
    }

    async fn keys_change_while_both_sign_and_whoever_trusts_one_of_them_follows(log) {
        let both = Signer::new([&[2; 32], &[1; 32]]);
        for (at, with) in [signer(1), both, signer(2)].iter().enumerate() {
            let at = u32::try_from(at).unwrap();
            log.append(at * 10..at * 10 + 10).await;
            log.seal().await;
            log.sign(with, at.into()).await;
        }
        let name = name(log.store.reader()).await.unwrap().unwrap();
        assert_eq!(log.verify(trusting(&name, &signer(2))).await.unwrap().signed, Some((30, START_MS + 2)));
        let outdated = log.verify(trusting(&name, &signer(1))).await.unwrap_err();
        assert_eq!(outdated.fault, Fault::Signature, "the newest is not by the old key any more");
    }

    async fn erased_values_are_gone_and_every_proof_holds(log) {
        log.append(0..31).await;
        log.seal().await;
        log.sign(&signer(1), 0).await;
        let before = log.verify(Against::default()).await.unwrap();
        let proof = proof_text(log.store.reader(), 3).await.unwrap();
        // Every third of 31 entries has two values, of five people: 0, 15 and 30 are of the first.
        assert!(matches!(log.run(Do::Erase(Erase::Person(id(2, 0)))).await, Done::Erased(6)));
        assert!(matches!(log.run(Do::Erase(Erase::Entry(id(1, 3)))).await, Done::Erased(2)));
        assert!(matches!(log.run(Do::Erase(Erase::Entry(id(1, 3)))).await, Done::Erased(0)));
        assert!(log.verify(Against::default()).await.is_ok(), "the entries that say so still wait");
        log.seal().await;
        let after = log.verify(Against::default()).await.unwrap();
        assert_eq!((before.n_private, after.n_private, after.n_erased, after.size), (22, 14, 8, 33));
        assert_eq!(proof_text(log.store.reader(), 3).await.unwrap(), proof);
    }

    async fn an_older_copy_that_comes_back_is_found_by_the_anchor_until_its_epoch_is_begun_anew(log) {
        log.append(0..20).await;
        log.seal().await;
        log.sign(&signer(1), 0).await;
        // What the lost copy had: the same twenty, and ten others after them.
        let lost = Log::new(log.engine).await;
        lost.append(0..20).await;
        lost.append(100..110).await;
        lost.seal().await;
        let anchor = lost.sign(&signer(1), 1).await.note;
        let newest = TreeHead::of_note(&anchor).unwrap();
        lost.close().await;

        let name = name(log.store.reader()).await.unwrap().unwrap();
        let against = Against { anchors: vec![anchor.clone()], ..trusting(&name, &signer(1)) };
        assert!(log.verify(trusting(&name, &signer(1))).await.is_ok(), "without the anchor nobody can know");
        let finding = log.verify(against.clone()).await.unwrap_err();
        assert_eq!((finding.fault, finding.position, finding.upto), (Fault::Truncated, 20, 29));
        assert!(matches!(sign_against(log, vec![newest.clone()]).await, Done::No(LedgerError::Fork { .. })));

        assert!(matches!(log.run(Do::Restart(Some(newest.clone()))).await, Done::Epoch(2)));
        assert_eq!(epoch(log.store.reader()).await.unwrap(), 2);
        assert!(matches!(sign_against(log, vec![newest]).await, Done::Signed(Some(_))));
        log.append(20..50).await;
        log.seal().await;
        let unaware = Against { epoch: Some(1), ..against.clone() };
        let finding = log.verify(unaware).await.unwrap_err();
        assert_eq!((finding.fault, finding.position, finding.upto), (Fault::Truncated, 20, 29));
        let verified = log.verify(Against { epoch: Some(2), ..against }).await.unwrap();
        assert_eq!(verified.remarks, ["epoch 2 was begun at #20: entries #20 to #29 of epoch 1 are lost"]);
    }

    async fn what_was_anchored_beyond_what_an_epoch_admits_is_still_found(log) {
        log.append(0..20).await;
        log.seal().await;
        let admitted = TreeHead::of_note(&log.sign(&signer(1), 0).await.note).unwrap();
        log.append(20..30).await;
        log.seal().await;
        let hidden = log.sign(&signer(1), 1).await.note;
        let copy = Log::new(log.engine).await;
        copy.append(0..20).await;
        copy.run(Do::Restart(Some(admitted))).await;
        let against = Against { anchors: vec![hidden], keys: signer(1).public(&name(copy.store.reader()).await.unwrap().unwrap()), ..Against::default() };
        assert_eq!(copy.verify(against).await.unwrap_err().fault, Fault::Truncated);
        copy.close().await;
    }

    async fn entries_that_wait_for_too_long_are_told(log) {
        log.append(0..10).await;
        let at = |ms| Against { now_ms: Some(START_MS + ms), ..Against::default() };
        assert!(log.verify(at(60_000)).await.is_ok());
        assert_eq!(log.verify(at(60_100)).await.unwrap_err().fault, Fault::Stale);
        log.seal().await;
        assert!(log.verify(at(600_000)).await.is_ok());
        assert_eq!(log.verify(at(600_100)).await.unwrap_err().fault, Fault::Stale);
        log.sign(&signer(1), 0).await;
        assert!(log.verify(at(i64::from(u32::MAX))).await.is_ok());
    }
}
