//! Who is there, for an Admin: found by name or address, by page, with what can be done about them. Managers see what they may
//! invite to.

use model::{
    Ability, CommandKind, Instant, InvitationId, Name, PersonId, ProjectId, Refusal, Registration, Role, Standing,
    Verdict, may, may_manage,
};
use sea_orm::{DbErr, QueryResult};
use std::collections::{BTreeMap, BTreeSet};

use super::{
    allowed,
    invitation::{Invitations, list as invitations},
    registration,
};
use crate::{
    Actor, Cx,
    context::refuse,
    directory::{EMAIL, NAME, matching, open},
    query::home,
    sql::{all, damaged, get, id, padded},
};

/// How many people a page has.
const PAGE: usize = 50;
/// How many accounts that wait to be confirmed are looked through, the newest.
const WAITING: i64 = 500;

/// Which people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Filter {
    /// All who confirmed their address.
    #[default]
    All,
    /// Those of them with this role who can come in.
    Role(Role),
    /// Those of them who cannot.
    Disabled,
    /// Those who did not confirm it yet.
    Unconfirmed,
}

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// How a name begins, or an address.
    pub text: String,
    /// Which.
    pub filter: Filter,
    /// Those behind this one.
    pub after: Option<PersonId>,
    /// About whom more is to be shown.
    pub person: Option<PersonId>,
    /// Whether a link is to be made instead of inviting by mail.
    pub by_link: bool,
    /// Invitations behind this one.
    pub older: Option<InvitationId>,
}

/// Somebody as an Admin sees them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Who.
    pub id: PersonId,
    /// Their name.
    pub name: String,
    /// Their address.
    pub email: String,
    /// Their role.
    pub role: Role,
    /// Whether they are kept out.
    pub is_disabled: bool,
    /// Whether they confirmed their address.
    pub is_confirmed: bool,
    /// Since when the account is there.
    pub since: Instant,
    /// When they were last there, as far as their sessions know; to five minutes.
    pub last_seen: Option<Instant>,
    /// How many sessions of theirs live.
    pub n_sessions: i64,
    /// How many projects they are in.
    pub n_projects: i64,
    /// Whether signing in asks them for a code.
    pub has_factor: bool,
}

/// How many people there are: who can come in, by role in the order of [`Role::ALL`]; who is disabled; who is not confirmed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// By role.
    pub roles: [i64; 3],
    /// Disabled.
    pub disabled: i64,
    /// Not confirmed.
    pub unconfirmed: i64,
}

impl Counts {
    /// How many a filter lets through.
    #[must_use]
    pub fn of(&self, filter: Filter) -> i64 {
        match filter {
            Filter::All => self.roles.iter().sum::<i64>() + self.disabled,
            Filter::Role(role) => Role::ALL.iter().zip(self.roles).find(|(of, _)| **of == role).map_or(0, |(_, n)| n),
            Filter::Disabled => self.disabled,
            Filter::Unconfirmed => self.unconfirmed,
        }
    }
}

/// People and how they come in, as somebody sees it who may.
#[derive(Clone, Debug)]
pub struct Desk {
    /// What was asked for.
    pub asked: Asked,
    /// Who asks, as what.
    pub reader: (PersonId, Role),
    /// The people, for Admins.
    pub people: Option<People>,
    /// More about one of them.
    pub chosen: Option<Listed>,
    /// The roles that the reader may invite people to have.
    pub roles: Vec<Role>,
    /// The projects that the reader may invite people to.
    pub projects: Vec<(ProjectId, Name)>,
    /// The invitations that they see.
    pub invitations: Invitations,
    /// Who may register, for Admins.
    pub registration: Option<Registration>,
    /// What the team is called, for Admins.
    pub team: Option<Option<Name>>,
}

/// A page of people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct People {
    /// How many there are of each sort.
    pub counts: Counts,
    /// How many the question found.
    pub n_found: usize,
    /// Those of this page, by name.
    pub list: Vec<Listed>,
    /// Behind whom the next page begins.
    pub next: Option<PersonId>,
}

/// What is shown about people.
///
/// # Errors
///
/// [`Refusal::NotFound`] for Users; a fault of the database.
pub async fn desk(cx: &Cx, actor: &Actor, asked: Asked) -> Result<Desk, Refusal> {
    allowed(actor, Ability::Invite(Role::User))?;
    let sees_people = allowed(actor, Ability::SeePeople).is_ok();
    let (people, chosen) = if sees_people {
        let chosen = match asked.person {
            Some(person) => rows(cx, &[person]).await?.into_values().next(),
            None => None,
        };
        (Some(people(cx, &asked).await?), chosen.filter(|chosen| chosen.is_confirmed))
    } else {
        (None, None)
    };
    let registration = match allowed(actor, Ability::SetRegistration) {
        Ok(()) => Some(registration::registration(cx).await?),
        Err(_) => None,
    };
    let team = match allowed(actor, Ability::SetTeam) {
        Ok(()) => Some(super::team(cx).await?),
        Err(_) => None,
    };
    let may_invite = |role: &Role| may_manage(actor.role, Ability::Invite(*role)) == Verdict::Yes;
    let may_add = |in_project| may(Standing { role: actor.role, in_project }, CommandKind::AddMember) == Verdict::Yes;
    let projects = home(cx, actor).await?.projects.into_iter().filter(|p| !p.is_archived && may_add(p.role));
    Ok(Desk {
        reader: (actor.person, actor.role),
        people,
        chosen,
        roles: Role::ALL.iter().copied().filter(may_invite).collect(),
        projects: projects.map(|p| (p.id, p.name)).collect(),
        invitations: invitations(cx, actor, asked.older).await?,
        registration,
        team,
        asked,
    })
}

async fn people(cx: &Cx, asked: &Asked) -> Result<People, Refusal> {
    let (counts, kept) = sorted_out(cx, asked.filter).await.map_err(|e| refuse(&e))?;
    let found = match asked.filter {
        Filter::Unconfirmed => return waiting(cx, asked, counts).await,
        Filter::All | Filter::Role(_) | Filter::Disabled => {
            matching(cx, &asked.text, |person| kept.contains(&person)).await?
        }
    };
    let start = asked.after.and_then(|after| found.iter().position(|id| *id == after)).map_or(0, |place| place + 1);
    let page: Vec<PersonId> = found.iter().skip(start).take(PAGE).copied().collect();
    let next = page.last().copied().filter(|_| start + page.len() < found.len());
    let mut listed = rows(cx, &page).await?;
    let list = page.iter().filter_map(|id| listed.remove(id)).collect();
    Ok(People { counts, n_found: found.len(), list, next })
}

/// How many people there are of each sort, and who gets through the filter.
async fn sorted_out(cx: &Cx, filter: Filter) -> Result<(Counts, BTreeSet<PersonId>), DbErr> {
    let sql = "SELECT id, role, disabled_at, verified_at FROM users WHERE closed_at IS NULL";
    let (mut counts, mut kept) = (Counts::default(), BTreeSet::new());
    for row in all(cx.store.reader(), sql, []).await? {
        let role = Role::from_code(get(&row, 1)?).ok_or_else(|| damaged("a role"))?;
        let is_disabled = get::<Option<i64>>(&row, 2)?.is_some();
        if get::<Option<i64>>(&row, 3)?.is_none() {
            counts.unconfirmed += 1;
            continue;
        }
        if is_disabled {
            counts.disabled += 1;
        } else if let Some((_, n)) = Role::ALL.iter().zip(&mut counts.roles).find(|(of, _)| **of == role) {
            *n += 1;
        }
        let is_kept = match filter {
            Filter::All => true,
            Filter::Role(of) => role == of && !is_disabled,
            Filter::Disabled => is_disabled,
            Filter::Unconfirmed => false,
        };
        if is_kept {
            kept.insert(id(&row, 0)?);
        }
    }
    Ok((counts, kept))
}

/// Those who did not confirm their address, the newest first. They are in no directory.
async fn waiting(cx: &Cx, asked: &Asked, counts: Counts) -> Result<People, Refusal> {
    let sql = "SELECT id FROM users WHERE verified_at IS NULL AND id < $1 ORDER BY id DESC LIMIT $2";
    let before = asked.after.map_or(uuid::Uuid::max(), PersonId::uuid);
    let ids = all(cx.store.reader(), sql, [before.into(), WAITING.into()]).await.map_err(|e| refuse(&e))?;
    let ids: Result<Vec<PersonId>, DbErr> = ids.iter().map(|row| id(row, 0)).collect();
    let text = asked.text.trim().to_lowercase();
    let fits = |listed: &Listed| {
        let name = listed.name.to_lowercase();
        name.split(' ').any(|word| word.starts_with(&text)) || listed.email.to_lowercase().starts_with(&text)
    };
    let all = rows(cx, &ids.map_err(|e| refuse(&e))?).await?.into_values().rev();
    let mut list: Vec<Listed> = all.filter(fits).collect();
    let n_found = list.len();
    list.truncate(PAGE);
    let next = list.last().map(|last| last.id).filter(|_| n_found > PAGE);
    Ok(People { counts, n_found, list, next })
}

const LISTED: &str = "SELECT u.id, u.name, u.email, u.role, u.disabled_at, u.verified_at, u.created_at, \
     (SELECT max(s.last_seen) FROM sessions s WHERE s.person = u.id), \
     (SELECT count(*) FROM sessions s WHERE s.person = u.id AND s.revoked_at IS NULL AND s.expires_at > $1 \
      AND s.last_seen + s.idle_ms > $1 AND s.security_version = u.security_version), \
     (SELECT count(*) FROM members m WHERE m.person = u.id), \
     (SELECT t.enabled_at FROM totp t WHERE t.person = u.id) FROM users u";

/// People by their ids.
async fn rows(cx: &Cx, ids: &[PersonId]) -> Result<BTreeMap<PersonId, Listed>, Refusal> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let (list, ids) = padded(ids, 2);
    let values = std::iter::once(cx.now().into()).chain(ids);
    let rows = all(cx.store.reader(), &format!("{LISTED} WHERE u.closed_at IS NULL AND u.id IN {list}"), values).await;
    let read = |row: &QueryResult| listed(cx, row).map(|listed| (listed.id, listed));
    rows.and_then(|rows| rows.iter().map(read).collect()).map_err(|e| refuse(&e))
}

fn listed(cx: &Cx, row: &QueryResult) -> Result<Listed, DbErr> {
    let person = id(row, 0)?;
    let text = |column, place| -> Result<String, DbErr> {
        Ok(open(&cx.vault, column, person, &get::<Vec<u8>>(row, place)?).unwrap_or_else(|| "Unreadable".to_owned()))
    };
    Ok(Listed {
        id: person,
        name: text(NAME, 1)?,
        email: text(EMAIL, 2)?,
        role: Role::from_code(get(row, 3)?).ok_or_else(|| damaged("a role"))?,
        is_disabled: get::<Option<i64>>(row, 4)?.is_some(),
        is_confirmed: get::<Option<i64>>(row, 5)?.is_some(),
        since: Instant::from_ms(get(row, 6)?),
        last_seen: get::<Option<i64>>(row, 7)?.map(Instant::from_ms),
        n_sessions: get(row, 8)?,
        n_projects: get(row, 9)?,
        has_factor: get::<Option<i64>>(row, 10)?.is_some(),
    })
}
