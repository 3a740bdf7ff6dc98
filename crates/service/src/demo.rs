//! A sample team to look around in: people, a project, tasks in all states. Made through the same door as everything.

use model::{
    Body, Category, Command, Day, Due, Email, Key, Name, NewStatus, Password, PersonId, ProjectId, ProjectRole,
    Refusal, Register, Role, SetUp, StatusId, TaskId, Title,
};

use crate::{
    Actor, Cx,
    account::{self, From},
    people,
    sample::carry_out,
};

/// How to get into the sample team.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The address of its Admin.
    pub email: String,
    /// Their password, made for this database.
    pub password: String,
}

const PEOPLE: [&str; 5] = ["Elif Kaya", "Ana Petrović", "Ben Okafor", "Jonas Weber", "Mei Tanaka"];
/// Title, status, who does it (a place in `PEOPLE`), days from today until it is due.
const TASKS: [(&str, usize, Option<usize>, Option<i32>); 16] = [
    ("Spare-parts kit: bill of materials and price", 0, Some(3), Some(15)),
    ("Second source for the 24 V motor driver", 0, Some(3), None),
    ("Translate the quick-start guide", 0, None, Some(21)),
    ("Photograph two units for the distributor kit", 0, Some(4), None),
    ("Book the EMC chamber for the full scan", 1, Some(2), Some(1)),
    ("Write the emergency-stop section of the manual", 1, Some(0), Some(8)),
    ("Packaging drop test from 1.2 m", 1, Some(4), Some(6)),
    ("Film the dock-pairing clip, 40 seconds", 1, None, Some(19)),
    ("Torque sensor drifts after a 40 °C soak", 2, Some(1), Some(-1)),
    ("Charging dock handshake times out at 0 °C", 2, Some(2), Some(0)),
    ("Pilot build: 25 units off the line", 2, Some(3), Some(8)),
    ("Wheel-slip model for wet tiles", 2, Some(4), Some(5)),
    ("Safety stop within 0.5 s: test report", 3, Some(1), Some(0)),
    ("Assembly work instructions, revision C", 3, Some(0), Some(4)),
    ("UN 38.3 battery transport report", 4, Some(2), Some(-2)),
    ("Freeze the enclosure colour: signal grey", 4, Some(0), Some(-6)),
];
const SOAK: &str = "The lift-arm torque sensor loses its zero after two hours at 40 °C. We measure up to 0.9 N·m of drift; \
     the specification allows 0.3.\n\nDone when five units stay below 0.3 N·m for four hours at 45 °C.";
const SUPPLIER: &str =
    "The supplier confirms that batch 2417 used another adhesive. They can ship 40 sensors from batch 2431 on Friday.";

/// Fills an empty database; does nothing when there is anybody.
///
/// # Errors
///
/// A fault of the database.
pub async fn fill(cx: &Cx) -> Result<Option<Sample>, Refusal> {
    let Some(token) = account::set_up_token(cx).await? else { return Ok(None) };
    let password = format!("otter-{:08x}-launch", u32::from_be_bytes(cx.random()));
    let address = |name: &str| format!("{}@norrvik.example", first_word(name).to_lowercase());
    let name = |text: &str| Name::try_from(text).map_err(|why| Refusal::invalid("name", why.0));
    let email = |text: &str| Email::try_from(address(text)).map_err(|why| Refusal::invalid("email", why.0));

    let admin =
        SetUp { token, name: name(PEOPLE[0])?, email: email(PEOPLE[0])?, password: Password::new(password.clone()) };
    let opened = account::set_up(cx, admin, From::default()).await?;
    let actor = opened.actor;
    let mut people = vec![actor.person];
    for person in &PEOPLE[1..] {
        let form = Register { name: name(person)?, email: email(person)?, password: Password::new(password.clone()) };
        people.push(account::make(cx, form, Role::User).await?);
    }
    project(cx, &actor, &people).await?;
    // Who looks around is not led through first steps.
    people::end_welcome(cx, &actor).await?;
    account::sign_out(cx, &actor).await?;
    debug_assert_eq!(actor.role, Role::Admin);
    Ok(Some(Sample { email: address(PEOPLE[0]), password }))
}

fn first_word(name: &str) -> &str {
    name.split(' ').next().unwrap_or(name)
}

async fn project(cx: &Cx, actor: &Actor, people: &[PersonId]) -> Result<(), Refusal> {
    let project: ProjectId = cx.new_id();
    let statuses: Vec<NewStatus> = Category::USUAL
        .iter()
        .filter_map(|(name, category)| {
            Some(NewStatus { id: cx.new_id(), name: Name::try_from(*name).ok()?, category: *category })
        })
        .collect();
    let columns: Vec<StatusId> = statuses.iter().map(|s| s.id).collect();
    let (Ok(key), Ok(name)) = (Key::try_from("OTR"), Name::try_from("Otter M2 launch")) else { return Ok(()) };
    let hue = model::Hue::of(b"otter");
    let mut commands = vec![Command::CreateProject { project, key, name, hue, statuses, is_sample: false }];
    for person in &people[1..] {
        commands.push(Command::AddMember { project, person: *person, role: ProjectRole::Member });
    }
    commands.extend(tasks(cx, project, &columns, people));
    carry_out(cx, actor, commands).await
}

fn tasks(cx: &Cx, project: ProjectId, columns: &[StatusId], people: &[PersonId]) -> Vec<Command> {
    let today = cx.now().day_utc().number();
    let mut commands = Vec::new();
    for (title, column, who, days) in TASKS {
        let task: TaskId = cx.new_id();
        let Ok(name) = Title::try_from(title) else { continue };
        let is_soak = title.starts_with("Torque");
        commands.push(Command::CreateTask {
            project,
            task,
            title: name,
            text: is_soak.then(|| Body::try_from(SOAK).ok()).flatten(),
            status: columns[column],
            due: days.and_then(|d| Day::from_number(today + d)).map(Due::Day),
            assignees: who.map(|place| people[place]).into_iter().collect(),
            priority: None,
            labels: Vec::new(),
            parent: None,
        });
        if is_soak && let Ok(text) = Body::try_from(SUPPLIER) {
            commands.push(Command::AddComment { project, task, comment: cx.new_id(), text });
        }
    }
    commands
}
