//! The trouble: nodes are killed and come back, connections are cut, clients are held back, sent away, and reload their page. What
//! comes next is drawn from a seed; when exactly it strikes is up to the machine.
//!
//! Must not know: what the clients do.

use std::{
    net::{SocketAddr, TcpListener},
    sync::atomic::{AtomicBool, Ordering},
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use model::testing::Random;
use tokio::sync::watch;

use super::client::Weather;
use crate::{home::Home, subject::Subject};

/// How many processes of the server run.
const N_NODES: usize = 3;
/// Below the ports that a machine gives to whoever connects (`ip_local_port_range`): there, a client could come to sit on the port of
/// a node that is down, and the node could not come back.
const PORTS: std::ops::Range<u16> = 20_000..30_000;

/// The processes of the server.
pub struct Nodes {
    /// What they share.
    pub home: Home,
    /// Where they listen.
    pub addrs: Vec<SocketAddr>,
    origin: String,
    running: Vec<Option<Subject>>,
}

impl Nodes {
    /// Starts them, reached by the origin of the first.
    pub fn start(home: Home) -> Result<Self> {
        let addrs = free_addresses()?;
        let origin = crate::home::origin(addrs[0]);
        let mut nodes = Self { home, addrs, origin, running: (0..N_NODES).map(|_| None).collect() };
        (0..N_NODES).try_for_each(|n| nodes.bring_up(n))?;
        Ok(nodes)
    }

    /// How people reach all of them.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    fn bring_up(&mut self, n: usize) -> Result<()> {
        let node = self.home.serve_node(&node_name(n), self.addrs[n], &self.origin);
        self.running[n] = Some(node.with_context(|| format!("node {n} did not come back"))?);
        Ok(())
    }

    /// In the middle of whatever it does.
    fn kill(&mut self, n: usize) {
        self.running[n] = None;
    }

    fn end(&mut self, n: usize) -> Result<()> {
        self.running[n].take().map_or(Ok(()), Subject::end).with_context(|| format!("node {n}"))
    }

    /// Ends all of them in order, one after the other.
    pub fn end_all(&mut self) -> Result<()> {
        (0..N_NODES).try_for_each(|n| self.end(n))
    }

    /// The lines that the nodes logged as errors.
    #[must_use]
    pub fn errors(&self) -> Vec<String> {
        let logs = (0..N_NODES).map(|n| self.home.folder().join(node_name(n)).join("err.log"));
        let texts = logs.filter_map(|log| std::fs::read_to_string(log).ok());
        texts
            .flat_map(|text| text.lines().filter(|l| l.contains("ERROR")).map(str::to_owned).collect::<Vec<_>>())
            .collect()
    }
}

fn node_name(n: usize) -> String {
    format!("node-{n}")
}

fn free_addresses() -> Result<Vec<SocketAddr>> {
    let own = u16::try_from(std::process::id() % 9_000).unwrap_or(0);
    let free = (PORTS.start + own..PORTS.end).map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
    let addrs: Vec<_> = free.filter(|addr| TcpListener::bind(addr).is_ok()).take(N_NODES).collect();
    anyhow::ensure!(addrs.len() == N_NODES, "no free ports");
    Ok(addrs)
}

/// What can happen.
#[derive(Clone, Copy, Debug)]
enum Blow {
    /// A node dies (SIGKILL), now and then two, and comes back.
    Kill,
    /// A node is asked to end (SIGTERM), as in a deployment, and comes back.
    End,
    /// Some clients lose all their connections.
    Cut,
    /// A client does not read its socket for a while.
    Hold,
    /// A client has no network for a while, and goes on working.
    Away,
    /// A client's page is opened anew, from what its device kept.
    Reload,
}

/// Each of them once, then as often as it stands here.
const FIRST: [Blow; 6] = [Blow::Kill, Blow::Cut, Blow::Hold, Blow::Away, Blow::Reload, Blow::End];
const THEN: [Blow; 16] = [
    Blow::Kill,
    Blow::Kill,
    Blow::Kill,
    Blow::Kill,
    Blow::End,
    Blow::Cut,
    Blow::Cut,
    Blow::Cut,
    Blow::Cut,
    Blow::Cut,
    Blow::Hold,
    Blow::Hold,
    Blow::Away,
    Blow::Away,
    Blow::Reload,
    Blow::Reload,
];

/// How much of it there was.
#[derive(Clone, Copy, Debug, Default)]
pub struct Troubles {
    /// Nodes that were killed.
    pub n_kills: usize,
    /// Nodes that were asked to end.
    pub n_ends: usize,
    /// Clients whose connections were cut.
    pub n_cuts: usize,
    /// Clients that were held back.
    pub n_holds: usize,
    /// Clients that were without network.
    pub n_aways: usize,
    /// Pages that were opened anew.
    pub n_reloads: usize,
}

/// Makes trouble until it is over; then all nodes run, and all clients have a network. The nodes come back with it.
///
/// # Errors
///
/// When a node does not come back, or does not end when it is asked to.
pub fn make(
    nodes: &mut Nodes,
    skies: &[watch::Sender<Weather>],
    mut random: Random,
    is_over: &AtomicBool,
) -> Result<Troubles> {
    let mut made = Troubles::default();
    for turn in 0.. {
        sleep(Duration::from_millis(200) + up_to(700, &mut random));
        if is_over.load(Ordering::Relaxed) {
            break;
        }
        let blow = FIRST.get(turn).unwrap_or_else(|| random.pick(&THEN));
        let sky = random.pick(skies);
        match blow {
            Blow::Kill => made.n_kills += kill(nodes, &mut random)?,
            Blow::End => {
                let n = random.below(N_NODES);
                nodes.end(n)?;
                nodes.bring_up(n)?;
                made.n_ends += 1;
            }
            Blow::Cut => {
                let some = 1 + random.below(5);
                (0..some).for_each(|_| random.pick(skies).send_modify(|w| w.n_cuts += 1));
                made.n_cuts += some;
            }
            Blow::Hold => {
                let until = Instant::now() + up_to(8_000, &mut random);
                sky.send_modify(|w| w.held_until = until);
                made.n_holds += 1;
            }
            Blow::Away => {
                let until = Instant::now() + up_to(15_000, &mut random);
                sky.send_modify(|w| (w.away_until, w.n_cuts) = (until, w.n_cuts + 1));
                made.n_aways += 1;
            }
            Blow::Reload => {
                sky.send_modify(|w| (w.n_reloads, w.n_cuts) = (w.n_reloads + 1, w.n_cuts + 1));
                made.n_reloads += 1;
            }
        }
    }
    let now = Instant::now();
    for sky in skies {
        sky.send_modify(|w| (w.held_until, w.away_until) = (now, now));
    }
    Ok(made)
}

fn kill(nodes: &mut Nodes, random: &mut Random) -> Result<usize> {
    let first = random.below(N_NODES);
    let some = if random.one_in(4) { vec![first, (first + 1) % N_NODES] } else { vec![first] };
    for n in &some {
        nodes.kill(*n);
        sleep(up_to(300, random));
    }
    sleep(up_to(1_500, random));
    some.iter().try_for_each(|n| nodes.bring_up(*n))?;
    Ok(some.len())
}

fn up_to(ms: usize, random: &mut Random) -> Duration {
    Duration::from_millis(u64::try_from(random.below(ms)).unwrap_or(0))
}
