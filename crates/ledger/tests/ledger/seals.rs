//! Positions are dense and in order, whoever seals and whatever breaks off.

use muster_ledger::{Against, Sealed, entry, inclusion, leaf_hash, root, verify_inclusion};
use std::collections::BTreeSet;

use crate::{
    both_engines,
    kit::{Do, Done, leaf},
};

both_engines! {
    async fn what_waits_gets_positions_in_its_order_and_is_gone_from_the_queue(log) {
        log.append(0..40).await;
        assert!(matches!(log.run(Do::Seal(30)).await, Done::Sealed(Sealed::Entries { n: 30, size: 30 })));
        log.append(40..60).await;
        assert!(matches!(log.run(Do::Seal(1000)).await, Done::Sealed(Sealed::Entries { n: 30, size: 60 })));
        assert!(matches!(log.run(Do::Seal(1000)).await, Done::Sealed(Sealed::Entries { n: 0, size: 60 })));
        for n in 0..60 {
            assert_eq!(entry(log.store.reader(), n.into()).await.unwrap().unwrap().body, leaf(n), "{n}");
        }
        let verified = log.verify(Against::default()).await.unwrap();
        let leaves: Vec<_> = (0..60).map(|n| leaf_hash(&leaf(n))).collect();
        assert_eq!((verified.size, verified.root, verified.n_private), (60, root(&leaves), 40));
    }

    async fn a_log_sealed_in_any_pieces_is_the_same_log(log) {
        let leaves: Vec<_> = (0..600).map(|n| leaf_hash(&leaf(n))).collect();
        log.append(0..600).await;
        let mut size = 0;
        for limit in [1, 14, 1, 1, 15, 16, 17, 190, 1, 30, 255, 1000] {
            log.run(Do::Seal(limit)).await;
            size = (size + u64::from(limit)).min(600);
            assert_eq!(log.size().await, size);
            let verified = log.verify(Against::default()).await.unwrap();
            assert_eq!(verified.root, root(&leaves[..usize::try_from(size).unwrap()]), "{size}");
        }
        for position in [0, 1, 15, 16, 255, 256, 511, 512, 575, 576, 598, 599] {
            let proof = inclusion(log.store.reader(), position, 600).await.unwrap();
            let leaf = &leaves[usize::try_from(position).unwrap()];
            assert!(verify_inclusion(leaf, position, 600, &proof, &root(&leaves)), "{position}");
        }
    }

    async fn a_sealer_that_breaks_off_changes_nothing(log) {
        log.append(0..20).await;
        log.seal().await;
        log.append(20..50).await;
        assert!(log.fails(Do::SealInVain).await.contains("crashed"));
        assert_eq!(log.size().await, 20);
        assert_eq!(log.seal().await, 50);
        assert_eq!(log.verify(Against::default()).await.unwrap().size, 50);
    }

    async fn a_row_that_is_no_leaf_stops_the_seal_and_is_told(log) {
        log.append(0..3).await;
        log.run(Do::Append(vec![b"hello".to_vec()], vec![])).await;
        assert!(log.fails(Do::Seal(1000)).await.contains("ledger_pending is no leaf"));
        assert_eq!(log.size().await, 0);
    }

    async fn three_nodes_that_write_and_seal_at_once_make_one_dense_log(log) {
        let nodes = [log.beside().await, log.beside().await, log.beside().await];
        let writers = nodes.iter().enumerate().map(|(node, at)| async move {
            let node = u32::try_from(node).unwrap();
            for round in 0..10 {
                let first = node * 1000 + round * 10;
                at.append(first..first + 10).await;
                at.run(Do::Seal(25)).await;
            }
        });
        // Two sealers more on each node, all the time.
        let sealers = nodes.iter().chain(&nodes).map(|at| async move {
            for _ in 0..10 {
                at.run(Do::Seal(7)).await;
            }
        });
        futures::join!(futures::future::join_all(writers), futures::future::join_all(sealers));
        while log.seal().await < 300 {}
        assert_eq!(log.verify(Against::default()).await.unwrap().size, 300);
        let mut there = BTreeSet::new();
        for position in 0..300 {
            there.insert(entry(log.store.reader(), position).await.unwrap().unwrap().body);
        }
        let sent = (0..3).flat_map(|node| (0..100).map(move |n| leaf(node * 1000 + n)));
        assert_eq!(there, sent.collect());
        for node in nodes {
            node.close().await;
        }
    }
}
