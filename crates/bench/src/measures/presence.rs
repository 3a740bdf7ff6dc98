//! M6: who is there, in a room of fifty: how soon somebody is seen to come and to go, what that costs, and what happens when all
//! come at once.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::Result;

use super::{Run, memory::ROOM};
use crate::{
    crowd::Crowd,
    machine,
    product::{Engine, Product, anchor_door},
    report::{Table, Target, percentile},
    subject::Subject,
    visitors::Visitors,
};

/// From one coming or going to the next. What comes sooner is told together with it, and a page may say twenty things a second.
const PAUSE: Duration = Duration::from_millis(200);
/// A connection that broke is forgiven for five seconds: until then its person is still there.
const FORGIVEN: Duration = Duration::from_secs(6);
/// So long all who came are told of each other.
const CALM: Duration = Duration::from_secs(1);

/// Measures it.
pub fn measure(run: &Run) -> Result<Table> {
    let n_rooms = (run.n_sockets(run.pick(10_000, 500), 1) / ROOM).max(1);
    let (n_turns, n_joins) = (run.pick(50, 10), n_rooms * ROOM);
    let mut table = Table::new(format!("M6 · presence in a room of {ROOM}, and {n_joins} who come at once"));
    let floor = Subject::anchor("floor")?;
    let mut crowd = Crowd::of_anchor(floor.addr, 1, 300)?;
    crowd.let_in((0..ROOM).map(|_| (0, anchor_door(floor.addr, 0))))?;
    let product = match &run.muster {
        Some(binary) => {
            let mut product = Product::set_up(binary, Engine::Sqlite, &run.folder, ROOM, n_rooms)?;
            product = product.restart()?;
            let pages = Visitors::open(&product, (0..ROOM).map(|person| (person, 0)))?;
            Some((product, pages))
        }
        None => None,
    };
    let Some((product, mut pages)) = product else {
        for _ in 0..run.n_rounds() {
            speak(&mut table, &mut crowd, n_turns)?;
        }
        return Ok(table);
    };
    // All but the first are there all the time.
    (1..ROOM).try_for_each(|page| pages.come(page))?;
    pages.until(|pages| pages[1..].iter().all(|page| page.told.here.len() == ROOM - 1))?;
    for _ in 0..run.n_rounds() {
        speak(&mut table, &mut crowd, n_turns)?;
        come_and_go(&mut table, &product, &mut pages, n_turns)?;
    }
    drop(pages);
    let seen = Some("floor: said → heard p99");
    table.expect("muster: coming is seen p99", seen, Some(Target::AtMost(7.0)));
    table.expect("muster: going is seen p99", seen, Some(Target::AtMost(7.0)));
    table.expect("muster: CPU per coming and going", None, Some(Target::AtMost(0.6)));
    for _ in 0..run.n_rounds() {
        come_at_once(&mut table, &product, n_rooms)?;
    }
    table.expect("muster: all have come", None, Some(Target::AtMost(2.0)));
    table.expect("muster: frames to each while all come", None, Some(Target::AtMost(10.0)));
    table.note(format!(
        "The floor tells the same {ROOM} sockets something of 300 bytes. All who come at once are connected already; they have come when \
         each follows its project and knows the {ROOM} who are in it."
    ));
    Ok(table)
}

fn speak(table: &mut Table, crowd: &mut Crowd<'_>, n_turns: usize) -> Result<()> {
    crowd.latencies.clear();
    for _ in 0..n_turns {
        crowd.say(0)?;
        crowd.settle()?;
    }
    for (label, percent) in [("p50", 50.0), ("p99", 99.0)] {
        table.add(&format!("floor: said → heard {label}"), "ms", percentile(&mut crowd.latencies, percent));
    }
    Ok(())
}

/// The first page comes and goes, and all others look.
fn come_and_go(table: &mut Table, product: &Product, pages: &mut Visitors, n_turns: usize) -> Result<()> {
    let visitor = product.people[0].id;
    let (mut comings, mut goings, mut cpu) = (Vec::new(), Vec::new(), 0.0);
    for _ in 0..n_turns {
        for (times, is_coming) in [(&mut comings, true), (&mut goings, false)] {
            let (before, start) = (product.server.cpu_us()?, Instant::now());
            if is_coming {
                pages.come(0)?;
            } else {
                pages.leave(0)?;
            }
            // When each of the others knows, not only the last.
            let mut knew = [false; ROOM];
            while knew[1..].contains(&false) {
                pages.step()?;
                let at = start.elapsed().as_secs_f64() * 1e3;
                for (knew, page) in knew.iter_mut().zip(&pages.pages).skip(1) {
                    if !*knew && page.told.here.contains(&visitor) == is_coming {
                        *knew = true;
                        times.push(at);
                    }
                }
            }
            cpu += product.server.cpu_us()? - before;
            pages.rest(PAUSE)?;
        }
    }
    for (name, times) in [("coming is seen", &mut comings), ("going is seen", &mut goings)] {
        for (label, percent) in [("p50", 50.0), ("p99", 99.0)] {
            table.add(&format!("muster: {name} {label}"), "ms", percentile(times, percent));
        }
    }
    table.add("muster: CPU per coming and going", "ms", cpu / 1e3 / f64::from(u32::try_from(n_turns)?));
    Ok(())
}

/// Fifty people come to each project in the same moment.
fn come_at_once(table: &mut Table, product: &Product, n_rooms: usize) -> Result<()> {
    thread::sleep(FORGIVEN);
    let who = (0..n_rooms).flat_map(|room| (0..ROOM).map(move |person| (person, room)));
    let mut pages = Visitors::open(product, who)?;
    let (before, start) = (machine::cpu_us(product.server.pid())?, Instant::now());
    (0..pages.pages.len()).try_for_each(|page| pages.come(page))?;
    pages.until(|pages| pages.iter().all(|page| page.told.is_in && page.told.here.len() == ROOM))?;
    table.add("muster: all have come", "s", start.elapsed().as_secs_f64());
    let cpu = machine::cpu_us(product.server.pid())? - before;
    pages.rest(CALM)?;
    let most = pages.pages.iter().map(|page| page.told.n_frames).max().unwrap_or_default();
    table.add("muster: frames to each while all come", "at most", f64::from(most));
    table.add("muster: CPU per one who comes", "µs", cpu / f64::from(u32::try_from(n_rooms * ROOM)?));
    Ok(())
}
