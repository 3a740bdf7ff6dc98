//! The tamper matrix: every table, column and kind of edit, by somebody with all rights in the database, and the code and
//! the position with which it is found.
//!
//! The tables are made anew without keys and guards first, as such a person can; each edit is undone after the look.

use muster_ledger::{Against, Fault, Finding, Signer, TreeHead, Verified, name};
use store::Engine;

use crate::{
    both_engines,
    kit::{Do, Log, START_MS, signer, trusting},
};

/// 280 entries: nodes on two levels. Signed by one key, then by two; three receipts.
const SIZES: [u32; 4] = [40, 100, 200, 280];

async fn fill(log: &Log) -> Against {
    let mut last = 0;
    let both = Signer::new([&[2; 32], &[1; 32]]);
    for (at, size) in SIZES.into_iter().enumerate() {
        log.append(last..size).await;
        log.seal().await;
        log.sign(&both_or(at), i64::try_from(at).unwrap() + 1000).await;
        if at < 3 {
            let sink = ["file a", "file b", "file c"][at];
            log.run(Do::NoteAnchored(both_or(at), sink, size.into(), START_MS + 2000 + i64::try_from(at).unwrap()))
                .await;
        }
        last = size;
    }
    let name = name(log.store.reader()).await.unwrap().unwrap();
    trusting(&name, &both)
}

fn both_or(at: usize) -> Signer {
    if at < 2 { signer(1) } else { Signer::new([&[2; 32], &[1; 32]]) }
}

/// What an attacker does first.
fn unguarded(table: &str) -> Vec<String> {
    vec![
        format!("CREATE TABLE unguarded AS SELECT * FROM {table}"),
        format!("DROP TABLE {table}"),
        format!("ALTER TABLE unguarded RENAME TO {table}"),
    ]
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Type {
    Number,
    Text,
    Bytes,
    Id,
}

use Type::{Bytes, Id, Number, Text};

/// A value that is another one.
fn flipped(engine: Engine, column: &str, of: Type) -> String {
    match (of, engine) {
        (Number, _) => format!("{column} + 1"),
        (Text, _) => format!("{column} || 'x'"),
        (Bytes, Engine::Postgres) => format!("set_byte({column}, 3, get_byte({column}, 3) # 1)"),
        // SQLite has no function that changes a byte; a value that differs in one is as good as any other.
        (Bytes, Engine::Sqlite) => format!("CAST(substr({column}, 1, 3) || x'fe' || substr({column}, 5) AS BLOB)"),
        (Id, Engine::Postgres) => "'77777777-7777-7777-7777-777777777777'".into(),
        (Id, Engine::Sqlite) => "x'77777777777777777777777777777777'".into(),
    }
}

/// A table, which rows are edited, and what its columns are.
struct Case {
    table: &'static str,
    /// Two rows, the first and the second by position.
    rows: [String; 2],
    columns: Vec<(&'static str, Type)>,
}

/// What should be found, and about which positions: the finding must begin at the first and end within the second.
type Expected = Option<(Fault, u64, u64)>;

async fn expect(log: &Log, against: &Against, what: &str, edit: Vec<String>, table: &str, expected: Expected) {
    let sql: Vec<String> = unguarded(table).into_iter().chain(edit).collect();
    let verdict = log.if_somebody(&sql, against.clone()).await;
    let found = verdict.as_ref().err().map(|Finding { fault, position, upto, .. }| (*fault, *position, *upto));
    assert_eq!(found, expected, "{what}: {verdict:?}");
}

async fn matrix(log: &Log, against: &Against, case: Case, expected: impl Fn(&str, &str) -> Expected) {
    let Case { table, rows: [first, second], columns } = case;
    for (column, of) in columns {
        let flip = format!("UPDATE {table} AS r SET {column} = {} WHERE {first}", flipped(log.engine, column, of));
        expect(log, against, &format!("{table}.{column} flipped"), vec![flip], table, expected("flip", column)).await;
        let null = format!("UPDATE {table} AS r SET {column} = NULL WHERE {first}");
        expect(log, against, &format!("{table}.{column} null"), vec![null], table, expected("null", column)).await;
        let before = format!("CREATE TABLE before AS SELECT * FROM {table}");
        let swap = format!(
            "UPDATE {table} AS r SET {column} = CASE WHEN {first} THEN (SELECT s.{column} FROM before s WHERE {}) \
             ELSE (SELECT s.{column} FROM before s WHERE {}) END WHERE {first} OR {second}",
            second.replace("r.", "s."),
            first.replace("r.", "s."),
        );
        expect(log, against, &format!("{table}.{column} swapped"), vec![before, swap], table, expected("swap", column))
            .await;
    }
    let delete = format!("DELETE FROM {table} WHERE {first}").replace("r.", "");
    expect(log, against, &format!("{table} row deleted"), vec![delete], table, expected("delete", "")).await;
    let double = format!("INSERT INTO {table} SELECT * FROM {table} AS r WHERE {first}");
    expect(log, against, &format!("{table} row doubled"), vec![double], table, expected("double", "")).await;
}

both_engines! {
    async fn edited_entries_are_found_at_their_position(log) {
        let against = fill(log).await;
        assert!(log.verify(against.clone()).await.is_ok());
        let columns = vec![
            ("position", Number), ("body", Bytes), ("hash", Bytes), ("at", Number), ("kind", Text), ("actor_kind", Text),
            ("actor", Id), ("action", Text), ("object_kind", Text), ("object", Id), ("project", Id), ("outcome", Number),
        ];
        for (row, other) in [(0, 1), (37, 50), (120, 251), (255, 256), (277, 278)] {
            let rows = [format!("r.position = {row}"), format!("r.position = {other}")];
            let case = Case { table: "ledger_entries", rows, columns: columns.clone() };
            matrix(log, &against, case, |how, column| Some(match (how, column) {
                ("swap", "position") if row == 0 => (Fault::Fork, 0, 0),
                // The first checkpoint comes before the node is complete.
                ("swap", "position") if row == 37 => (Fault::Fork, 0, 39),
                // Two whole rows that changed places: what shows is the tree. No node covers the last eight.
                ("swap", "position") if row < 272 => (Fault::Node, row / 16 * 16, row / 16 * 16 + 15),
                ("swap", "position") => (Fault::Fork, 200, 279),
                (_, "position") | ("delete" | "double", _) => (Fault::Gap, row, row),
                (_, "body" | "hash") => (Fault::Body, row, row),
                _ => (Fault::Column, row, row),
            })).await;
        }
        let last = vec!["DELETE FROM ledger_entries WHERE position = 279".to_owned()];
        expect(log, &against, "last entry deleted", last, "ledger_entries", Some((Fault::Truncated, 279, 279))).await;
    }

    async fn edited_nodes_are_found_at_their_entries(log) {
        let against = fill(log).await;
        let columns = vec![("level", Number), ("place", Number), ("hash", Bytes)];
        for (row, other) in [(0, 1), (5, 9), (16, 3)] {
            let [first, second] = [row, other].map(|n| format!("r.level = 4 AND r.place = {n}"));
            let case = Case { table: "ledger_nodes", rows: [first, second], columns: columns.clone() };
            let at = |n: u64| Some((Fault::Node, n * 16, n * 16 + 15));
            matrix(log, &against, case, |how, column| match (how, column) {
                // Both are of one level: nothing was changed.
                ("swap", "level") => None,
                ("swap", "place" | "hash") => at(row.min(other)),
                _ => at(row),
            }).await;
        }
        let top = "UPDATE ledger_nodes SET hash = (SELECT n.hash FROM ledger_nodes n WHERE n.level = 4 AND n.place = 0) WHERE level = 8";
        expect(log, &against, "top node", vec![top.into()], "ledger_nodes", Some((Fault::Node, 0, 255))).await;
        let stray = "INSERT INTO ledger_nodes SELECT 12, 0, hash FROM ledger_nodes WHERE level = 8";
        expect(log, &against, "stray node", vec![stray.into()], "ledger_nodes", Some((Fault::Node, 0, 279))).await;
    }

    async fn edited_checkpoints_are_found_behind_the_one_before_them(log) {
        let against = fill(log).await;
        let columns = vec![("number", Number), ("size", Number), ("at", Number), ("keys", Text), ("note", Text)];
        for (row, other, before) in [(0, 2, 0), (1, 3, 40), (2, 3, 100)] {
            let rows = [format!("r.number = {row}"), format!("r.number = {other}")];
            let case = Case { table: "ledger_checkpoints", rows, columns: columns.clone() };
            matrix(log, &against, case, |how, column| {
                let at = |fault| Some((fault, before, before));
                match (how, column) {
                    // The next one is the first that is not in its place.
                    ("double", _) => Some((Fault::Gap, [40, 100, 200][row], [40, 100, 200][row])),
                    // Row and number disagree only when the smaller comes second.
                    ("swap", "number") => {
                        let after = u64::from(SIZES[other]);
                        Some((Fault::Gap, after, after))
                    }
                    // The same two keys signed both.
                    ("swap", "keys") if row == 2 => None,
                    (_, "number") | ("delete", _) => at(Fault::Gap),
                    ("flip" | "null", "note") => at(Fault::Signature),
                    _ => at(Fault::Column),
                }
            }).await;
        }
        // The last one gone is a log that was not signed for too long.
        let last = vec!["DELETE FROM ledger_checkpoints WHERE number = 3".to_owned()];
        let later = Against { now_ms: Some(START_MS + 700_000), ..against.clone() };
        expect(log, &later, "last checkpoint", last, "ledger_checkpoints", Some((Fault::Stale, 200, 279))).await;
    }

    async fn edited_receipts_of_anchors_are_found(log) {
        let against = fill(log).await;
        let columns = vec![("number", Number), ("sink", Text), ("size", Number), ("at", Number), ("note", Text)];
        let rows = ["r.number = 1".to_owned(), "r.number = 2".to_owned()];
        let case = Case { table: "ledger_anchors", rows, columns };
        matrix(log, &against, case, |how, column| Some(match (how, column) {
            // Two receipts that changed places are each as it was.
            ("swap", "number") => return None,
            (_, "number") | ("delete" | "double", _) => (Fault::Gap, 0, 0),
            ("flip" | "null", "note") => (Fault::Signature, 0, 0),
            _ => (Fault::Column, 0, 0),
        })).await;
        // Receipts are for people. The last one may go without a trace: what proves is with the anchor.
        let last = vec!["DELETE FROM ledger_anchors WHERE number = 2".to_owned()];
        expect(log, &against, "last receipt", last, "ledger_anchors", None).await;
    }

    async fn edited_private_values_are_found_at_their_entry(log) {
        let against = fill(log).await;
        let columns = vec![("entry", Id), ("side", Number), ("field", Text), ("person", Id), ("salt", Bytes), ("value", Bytes)];
        let row = |n: u32, side: u8| {
            let id = muster_entry(log.engine, n);
            format!("r.entry = {id} AND r.side = {side}")
        };
        let case = Case { table: "ledger_private", rows: [row(12, 1), row(21, 2)], columns };
        matrix(log, &against, case, |how, column| Some(match (how, column) {
            // Both entries have a value on each side; when these are exchanged, one is there twice and one is gone.
            ("flip" | "swap", "person" | "salt" | "value") | ("null", "person") | ("double", _) | ("swap", "entry") => {
                (Fault::Commitment, 12, 12)
            }
            _ => (Fault::Vanished, 12, 12),
        })).await;
        let stray = format!("UPDATE ledger_private SET side = 0 WHERE entry = {} AND side = 1", muster_entry(log.engine, 12));
        expect(log, &against, "moved value", vec![stray], "ledger_private", Some((Fault::Vanished, 12, 12))).await;
        let extra = format!(
            "INSERT INTO ledger_private SELECT {}, side, field, person, salt, value FROM ledger_private WHERE entry = {}",
            muster_entry(log.engine, 13), muster_entry(log.engine, 12)
        );
        expect(log, &against, "stray value", vec![extra], "ledger_private", Some((Fault::Commitment, 0, 279))).await;
    }

    async fn a_log_cut_short_is_found_by_its_checkpoints_and_an_older_copy_by_its_anchor(log) {
        let against = fill(log).await;
        let cut = |size: u64, and_checkpoints: bool| {
            let mut sql: Vec<String> = TABLES.iter().flat_map(|table| unguarded(table)).collect();
            sql.push(format!("DELETE FROM ledger_entries WHERE position >= {size}"));
            sql.push(format!("DELETE FROM ledger_nodes WHERE (level = 4 AND (place + 1) * 16 > {size}) OR (level = 8 AND (place + 1) * 256 > {size})"));
            sql.push("DELETE FROM ledger_private WHERE substr(CAST(field AS TEXT), 1, 0) = 'never'".into());
            if and_checkpoints {
                sql.push(format!("DELETE FROM ledger_checkpoints WHERE size > {size}"));
                sql.push(format!("DELETE FROM ledger_anchors WHERE size > {size}"));
            }
            sql
        };
        let finding = log.if_somebody(&cut(150, false), against.clone()).await.unwrap_err();
        assert_eq!((finding.fault, finding.position, finding.upto), (Fault::Truncated, 150, 199));

        // The database as it was at 100: whole in itself.
        let older = Log::new(log.engine).await;
        older.append(0..40).await;
        older.seal().await;
        older.sign(&signer(1), 1000).await;
        older.append(40..100).await;
        older.seal().await;
        older.sign(&Signer::new([&[2; 32], &[1; 32]]), 1001).await;
        assert!(older.verify(against.clone()).await.is_ok());
        let newest = muster_ledger::newest(log.store.reader()).await.unwrap().unwrap().note;
        let anchored = Against { anchors: vec![newest], ..against };
        let finding = older.verify(anchored.clone()).await.unwrap_err();
        assert_eq!((finding.fault, finding.position, finding.upto), (Fault::Truncated, 100, 279));
        // And as it went on from there with other entries.
        older.append(300..600).await;
        older.seal().await;
        let finding = older.verify(anchored).await.unwrap_err();
        assert_eq!((finding.fault, finding.position, finding.upto), (Fault::Fork, 100, 279));
        older.close().await;
    }

    async fn a_history_written_anew_with_all_its_hashes_is_a_fork_and_with_another_key_nobodys(log) {
        let against = fill(log).await;
        let forger = Log::new(log.engine).await;
        forger.append(0..120).await;
        forger.append(500..660).await;
        forger.seal().await;
        let name = name(log.store.reader()).await.unwrap().unwrap();
        let theirs = muster_ledger::newest(log.store.reader()).await.unwrap().unwrap();
        // With the true checkpoints beside it.
        let copied = store::Insert::new(
            "INSERT INTO ledger_checkpoints (number, size, at, keys, note)",
            vec![vec![
                0_i64.into(), 280_i64.into(), theirs.at_ms.into(),
                against.keys.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n").into(), theirs.note.into(),
            ]],
        );
        forger.insert(copied).await.unwrap();
        assert!(TreeHead::of_note(&muster_ledger::newest(forger.store.reader()).await.unwrap().unwrap().note).is_ok());
        let finding = forger.verify(against.clone()).await.unwrap_err();
        assert_eq!((finding.fault, finding.position, finding.upto), (Fault::Fork, 0, 279));
        forger.close().await;

        let forger = Log::new(log.engine).await;
        forger.append(0..120).await;
        forger.append(500..660).await;
        forger.seal().await;
        forger.sign(&signer(66), 1000).await;
        assert!(forger.verify(Against::default()).await.is_ok(), "believed by who trusts nobody in particular");
        let finding = forger.verify(trusting(&name, &signer(1))).await.unwrap_err();
        assert_eq!(finding.fault, Fault::Signature);
        forger.close().await;
    }
}

const TABLES: [&str; 5] = ["ledger_entries", "ledger_nodes", "ledger_checkpoints", "ledger_anchors", "ledger_private"];

fn muster_entry(engine: Engine, n: u32) -> String {
    let hex = uuid::Uuid::from_bytes(crate::kit::id(1, n)).simple();
    match engine {
        Engine::Sqlite => format!("x'{hex}'"),
        Engine::Postgres => format!("'{hex}'::uuid"),
    }
}

#[test]
fn every_fault_has_an_exit_code_of_its_own() {
    let codes: Vec<u8> = Fault::ALL.iter().map(|fault| fault.exit_code()).collect();
    assert_eq!(codes, (10..20).collect::<Vec<u8>>());
    let _: fn(Verified) = drop;
}
