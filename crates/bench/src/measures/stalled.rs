//! M12: ten of a hundred readers stop reading while long events come: what each of them costs, and what the others notice.

use anyhow::Result;

use super::Run;
use crate::{
    crowd::Crowd,
    machine,
    product::{Engine, Product},
    report::{Table, Target, percentile},
    storm::{Comer, Storm},
};

const N_PEOPLE: usize = 10;
const N_READERS: usize = 100;
const N_STALLED: usize = 10;
/// A description of so many bytes makes an event of four kilobytes: it travels as it was typed, and as HTML.
const WORDS: usize = 1_900;

/// The rooms: in one everybody reads, in the other not.
const ALL_READ: usize = 0;
const SOME_STALL: usize = 1;

/// Measures it.
pub fn measure(run: &Run) -> Result<Table> {
    let n_events = run.pick(5_000, 200);
    let mut table = Table::new(format!("M12 · {N_STALLED} of {N_READERS} do not read, {n_events} long events"));
    let Some(binary) = &run.muster else { return Ok(table) };
    let mut product = Product::set_up(binary, Engine::Sqlite, &run.folder, N_PEOPLE, 2)?.restart()?;
    product.words = WORDS;
    let server = product.server.pid();
    let head = product.projects[SOME_STALL].head;
    let stalled = (0..N_STALLED).map(|n| {
        let door = product.door(n % N_PEOPLE, SOME_STALL)?;
        Ok(Comer { door, since: head, head })
    });
    let stalled = stalled.collect::<Result<Vec<_>>>()?;
    let readers = [(ALL_READ, N_READERS), (SOME_STALL, N_READERS - N_STALLED)].into_iter();
    let doors = readers.flat_map(|(room, n)| (0..n).map(move |person| (room, person % N_PEOPLE)));
    let doors = doors.map(|(room, person)| Ok((room, product.door(person, room)?))).collect::<Result<Vec<_>>>()?;
    let mut crowd = Crowd::of_product(&mut product)?;
    crowd.let_in(doors)?;
    // Nobody asks these for what has come; the system's buffers fill up, and then the server's.
    let stalled = Storm::come(stalled)?;
    // What the process takes with the first events is not what stalled sockets take.
    for room in [ALL_READ, SOME_STALL] {
        speak(&mut crowd, room, 50)?;
    }
    let (n_rounds, mut grown) = (run.n_rounds(), [0.0; 2]);
    for _ in 0..n_rounds {
        for (room, name) in [(ALL_READ, "all read"), (SOME_STALL, "ten do not")] {
            let before = machine::resident_bytes(server)?;
            speak(&mut crowd, room, n_events / n_rounds)?;
            grown[room] += machine::resident_bytes(server)? - before;
            for (label, percent) in [("p50", 50.0), ("p99", 99.0)] {
                let times = &mut crowd.latencies;
                table.add(&format!("{name}: said → heard {label}"), "ms", percentile(times, percent));
            }
        }
        let each = (grown[SOME_STALL] - grown[ALL_READ]) / f64::from(u32::try_from(N_STALLED)?);
        table.add("memory per stalled socket", "kB", each / 1e3);
    }
    let n_bytes = crowd.n_bytes_of_event;
    let ends = stalled.read_on(crowd.said(SOME_STALL))?;
    let p99 = "ten do not: said → heard p99";
    table.expect(p99, Some("all read: said → heard p99"), Some(Target::TimesAtMost(1.2)));
    table.expect("memory per stalled socket", None, Some(Target::AtMost(256.0)));
    table.note(format!(
        "An event takes {n_bytes} bytes on the wire. Memory is what the process grew by while ten did not read, less what it grew by while \
         all did. When they read again, {} were told everything, {} to take a snapshot, and {} had been sent away.",
        ends.caught_up, ends.resynced, ends.sent_away
    ));
    Ok(table)
}

/// One change after the other, each heard by all who read.
fn speak(crowd: &mut Crowd<'_>, room: usize, n_events: usize) -> Result<()> {
    crowd.latencies.clear();
    for _ in 0..n_events {
        crowd.say(room)?;
        crowd.settle()?;
    }
    Ok(())
}
