//! After the trouble: everything is answered, everybody catches up by what their sockets tell, and then the boards are compared with
//! those of each node.
//!
//! Must not know: what the trouble was.

use std::{
    collections::BTreeMap,
    rc::Rc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use model::{Board, ProjectId, Question, Reply, Stream};
use sea_orm::sqlx::{Connection, PgConnection};
use serde_json::json;
use tokio::time::sleep;

use super::{
    books,
    client::{Client, World, board_of},
};
use crate::{
    line::Line,
    product::{Person, Project, post},
};

/// What has not come so long after the trouble has ended is lost.
const PATIENCE: Duration = Duration::from_mins(2);
/// How often it is looked.
const GLANCE: Duration = Duration::from_millis(100);

/// Waits until everything is answered, and everybody has followed each of their streams to its end. Tells what did not come.
pub async fn settle(url: &str, clients: &[Rc<Client>]) -> Result<Vec<String>> {
    let mut db = PgConnection::connect(url).await?;
    let start = Instant::now();
    let mut is_asked = false;
    loop {
        sleep(GLANCE).await;
        let mut missing = unanswered(clients);
        if missing.is_empty() && !is_asked {
            // Memberships change no more: who was let in again while nobody told their page looks once more.
            for client in clients {
                client.doubt();
            }
            is_asked = true;
            continue;
        }
        if missing.is_empty() {
            missing = behind(clients, &books::heads(&mut db).await?);
        }
        if missing.is_empty() || start.elapsed() > PATIENCE {
            db.close().await?;
            return Ok(missing);
        }
    }
}

fn unanswered(clients: &[Rc<Client>]) -> Vec<String> {
    let mut missing = Vec::new();
    for client in clients {
        for op in client.page.borrow().unanswered() {
            missing.push(format!("client {}: {op} was not answered within {PATIENCE:?} after the trouble", client.n));
        }
    }
    missing
}

fn behind(clients: &[Rc<Client>], heads: &BTreeMap<Stream, i64>) -> Vec<String> {
    let mut behind = Vec::new();
    for client in clients {
        let page = client.page.borrow();
        if page.is_reading() {
            behind.push(format!("client {}: a board could not be read", client.n));
        }
        for (stream, seq) in page.reached() {
            let head = heads.get(&stream).copied().unwrap_or(0);
            if seq != head {
                behind.push(format!("client {}: it stands at {seq} of {stream}, whose head is {head}", client.n));
            }
        }
    }
    behind
}

/// Reads each project from each node, and compares with what the clients have. Who has no board must not be a member.
pub async fn compare(
    world: &World,
    admin: &Person,
    projects: &[Project],
    clients: &[Rc<Client>],
) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    for (node, addr) in world.nodes.iter().enumerate() {
        let mut line = Line::open(*addr).await?;
        let mut boards: BTreeMap<ProjectId, Board> = BTreeMap::new();
        for project in projects {
            let question = json!({ "question": Question::Board { key: project.key.clone() } });
            let (_, body) = line.ask(&post(*addr, &world.origin, Some(admin), "/api/ask", &question)?).await?;
            let board = board_of(serde_json::from_slice::<Reply>(&body)?)?;
            boards.insert(project.id, board.context("the Admin sees every project")?);
        }
        for client in clients {
            let page = client.page.borrow();
            for (project, desk) in page.boards() {
                let Some(board) = boards.get(&project) else { continue };
                let fault = match desk {
                    Some(desk) if desk.confirmed() != board => "is not the one that this node tells",
                    Some(desk) if desk.painted() != board => "shows what is neither stored nor waits",
                    None if board.members.contains_key(&page.person()) => "is missing, and they are a member",
                    _ => continue,
                };
                faults.push(format!("client {}, node {node}: the board of {project} {fault}", client.n));
            }
        }
    }
    Ok(faults)
}
