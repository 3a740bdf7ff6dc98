//! People, projects and tasks for a test, each in one line.

use model::{
    Command, Email, Hue, Key, Name, PersonId, ProjectId, ProjectRole, Role, SignIn, StatusId, TaskId, Title,
    testing::{five_statuses, valid},
};

use super::{House, house::PASSWORD};
use crate::{Actor, account};

/// A project with its five statuses.
#[derive(Clone, Debug)]
pub struct Project {
    /// Its id.
    pub id: ProjectId,
    /// Its short key.
    pub key: Key,
    /// Backlog, Todo, In progress, Done and Cancelled.
    pub statuses: Vec<StatusId>,
    /// Who began it.
    pub lead: Actor,
}

/// The hash of the one password; hashing is slow, so it is done once.
static HASH: tokio::sync::OnceCell<String> = tokio::sync::OnceCell::const_new();

impl House {
    /// Somebody who is signed in, a User. Several may have the same name.
    pub async fn person(&self, name: &str) -> Actor {
        self.person_as(name, Role::User).await
    }

    /// Somebody who is signed in, an Admin.
    pub async fn admin(&self, name: &str) -> Actor {
        self.person_as(name, Role::Admin).await
    }

    /// Somebody who is signed in, with a role in the installation.
    pub async fn person_as(&self, name: &str, role: Role) -> Actor {
        self.opened(name, role).await.actor
    }

    /// Somebody who is signed in, with the cookie of their session.
    pub async fn opened(&self, name: &str, role: Role) -> account::Opened {
        let password = model::Password::new(PASSWORD.into());
        let hash = HASH.get_or_init(async || self.hasher.hash(password, [1; 16]).await.unwrap()).await.clone();
        account::enter(self, valid::<Name>(name), self.new_email(), hash, role).await.unwrap()
    }

    /// A new member of a project who leads it.
    pub async fn lead(&self, project: &Project, name: &str) -> Actor {
        self.member_as(project, name, ProjectRole::Lead).await
    }

    /// A new member of a project.
    pub async fn member(&self, project: &Project, name: &str) -> Actor {
        self.member_as(project, name, ProjectRole::Member).await
    }

    /// A new member of a project who only reads and comments.
    pub async fn viewer(&self, project: &Project, name: &str) -> Actor {
        self.member_as(project, name, ProjectRole::Viewer).await
    }

    /// Somebody signs in again, after their session is over.
    pub async fn sign_in_again(&self, person: PersonId) -> Actor {
        let to = crate::directory::address(self.store().reader(), &self.vault, person).await.unwrap();
        let form = SignIn { email: to.email, password: model::Password::new(PASSWORD.into()), remember: true };
        let entered = account::sign_in(self, form, account::From::default()).await.unwrap();
        entered.opened().expect("no second factor").actor
    }

    fn new_email(&self) -> Email {
        valid(&format!("{}@norrvik.example", self.id::<model::PersonId>()))
    }

    async fn member_as(&self, project: &Project, name: &str, role: ProjectRole) -> Actor {
        let actor = self.person(name).await;
        self.add(project, &actor, role).await;
        actor
    }

    /// Adds somebody to a project.
    pub async fn add(&self, project: &Project, actor: &Actor, role: ProjectRole) {
        let add = Command::AddMember { project: project.id, person: actor.person, role };
        self.done(&project.lead, add).await;
    }

    /// A project with five statuses and a new person who leads it.
    pub async fn project(&self, key: &str) -> Project {
        let lead = self.person(&format!("Lead of {key}")).await;
        self.project_of(&lead, key).await
    }

    /// A project with five statuses that somebody begins.
    pub async fn project_of(&self, lead: &Actor, key: &str) -> Project {
        let (id, statuses) = (self.id::<ProjectId>(), self.chance.with(five_statuses));
        let project = Project { id, key: valid(key), statuses: statuses.iter().map(|s| s.id).collect(), lead: *lead };
        let name = valid::<Name>(&format!("Project {key}"));
        let (key, hue) = (valid(key), Hue::of(&[2]));
        let create = Command::CreateProject { project: id, key, name, hue, statuses, is_sample: false };
        self.done(lead, create).await;
        project
    }

    /// A task in a project's first status.
    pub async fn task(&self, project: &Project, title: &str) -> TaskId {
        let task = self.id();
        self.done(&project.lead, create_task(project, task, title)).await;
        task
    }
}

/// Creates a task with nothing but a title, in the project's first status.
pub fn create_task(project: &Project, task: TaskId, title: &str) -> Command {
    let (project, status) = (project.id, project.statuses[0]);
    Command::CreateTask {
        project,
        task,
        title: valid::<Title>(title),
        text: None,
        status,
        due: None,
        assignees: vec![],
        priority: None,
        labels: Vec::new(),
        parent: None,
    }
}
