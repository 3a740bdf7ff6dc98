//! Addresses: how they are written and read. The one place that knows their form.

use model::{Key, ProjectId, Question, Task, TaskId};

use crate::query;

/// The board of a project.
pub(crate) fn board(key: &Key) -> String {
    format!("/p/{key}")
}

/// The tasks of a project as a list.
pub(crate) fn list(key: &Key) -> String {
    format!("/p/{key}/list")
}

/// The tasks of a project on their days.
pub(crate) fn calendar(key: &Key) -> String {
    format!("/p/{key}/calendar")
}

/// How a project goes on.
pub(crate) fn overview(key: &Key) -> String {
    format!("/p/{key}/overview")
}

/// A task by its number.
pub(crate) fn numbered(key: &Key, number: u32) -> String {
    format!("/p/{key}/{number}")
}

/// The tasks of the reader.
pub(crate) const MY_TASKS: &str = "/my";

/// What the reader is told.
pub(crate) const INBOX: &str = "/inbox";

/// The settings of the reader.
pub(crate) const OWN_SETTINGS: &str = Room::Security.path();

/// The audit log of a project.
pub(crate) fn audit_of(project: ProjectId) -> String {
    format!("{}?project={project}", Room::Audit.path())
}

/// The exports, with the audit log of a project chosen.
#[cfg(feature = "ssr")]
pub(crate) fn export_log_of(project: ProjectId) -> String {
    format!("{}?log={project}", Room::Exports.path())
}

/// The exports, with a project chosen.
pub(crate) fn export_of(project: ProjectId) -> String {
    format!("{}?project={project}", Room::Exports.path())
}

/// The people of the installation.
pub(crate) const PEOPLE: &str = Room::People.path();

/// The search.
pub(crate) const SEARCH: &str = "/search";

/// The search for a text.
pub(crate) fn search(text: &str) -> String {
    let mut address = SEARCH.to_owned();
    if !text.is_empty() {
        address.push_str("?q=");
        query::encode(&mut address, text);
    }
    address
}

/// The text that is searched for, from the query of an address.
pub(crate) fn searched(query: &str) -> String {
    query::value(query, "q").unwrap_or_default()
}

/// The members of a project.
pub(crate) fn members(key: &Key) -> String {
    format!("/p/{key}/members")
}

/// The settings of a project.
pub(crate) fn settings(key: &Key) -> String {
    format!("/p/{key}/settings")
}

/// A task: by its number, and by its id until it has one.
pub(crate) fn task(key: &Key, task: &Task) -> String {
    if task.number > 0 { format!("/p/{key}/{}", task.number) } else { format!("/p/{key}/{}", task.id) }
}

/// What follows the key of a project in an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tail {
    /// Nothing: the board alone.
    Board,
    /// The tasks as a list.
    List,
    /// The tasks on the days on which they are due.
    Calendar,
    /// How the project goes on, in numbers.
    Overview,
    /// The people of the project.
    Members,
    /// How the project is set up.
    Settings,
    /// The board with this task opened.
    Number(u32),
    /// The same for a task that may not have a number yet.
    Id(TaskId),
    /// Nothing that we know.
    Unknown,
}

impl Tail {
    pub(crate) fn read(text: &str) -> Self {
        match text {
            "" => Self::Board,
            "list" => Self::List,
            "calendar" => Self::Calendar,
            "overview" => Self::Overview,
            "members" => Self::Members,
            "settings" => Self::Settings,
            _ if text.len() < 10 && text.bytes().all(|b| b.is_ascii_digit()) => {
                text.parse().map_or(Self::Unknown, Self::Number)
            }
            _ => text.parse().map_or(Self::Unknown, Self::Id),
        }
    }
}

/// What an address leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The projects of the reader.
    Home,
    /// The tasks of the reader.
    MyTasks,
    /// What the reader is told.
    Inbox,
    /// Signing in.
    SignIn,
    /// Signing in: the code, for those who have a second factor.
    SignInCode,
    /// Making another address one's own, with the secret of the link.
    NewEmail(String),
    /// Taking that back, with the secret of the link.
    EmailBack(String),
    /// Making an account.
    Register,
    /// Making the first account, with the secret of the link.
    SetUp(String),
    /// What to do after making an account: open the mail.
    Registered,
    /// Confirming an address, with the secret of the link.
    Verify(String),
    /// Asking for a link to another password.
    Forgot,
    /// Choosing another password, with the secret of the link.
    Reset(String),
    /// Accepting an invitation, with the secret of the link.
    Invite(String),
    /// After coming by a link: open the mail.
    Invited,
    /// Getting no more mails of a kind, with what the link says.
    Unsubscribe(String),
    /// After that.
    Unsubscribed,
    /// Tasks by their words, which the query says.
    Search,
    /// A project.
    Project(Key, Tail),
    /// The settings of a person or of the installation.
    Office(Room),
    /// Nothing.
    Unknown,
}

/// A page of settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// What somebody wants to be told.
    Notifications,
    /// Where somebody is signed in, and what protects their account.
    Security,
    /// Where they show again who they are.
    Confirm,
    /// Where they turn codes from an app on and off.
    Codes,
    /// Where they get new recovery codes.
    Recovery,
    /// Where they ask for another address.
    Email,
    /// Where they give up their account.
    Close,
    /// The jobs of the installation.
    Jobs,
    /// What became of its mails.
    Mails,
    /// The audit log.
    Audit,
    /// Files to take away.
    Exports,
    /// The vault's keys.
    Keys,
    /// The people of the installation.
    People,
    /// The first steps of whoever has set up the installation: what the team is called.
    Welcome,
    /// Then: a first project.
    WelcomeProject,
    /// Then: inviting people.
    WelcomePeople,
}

/// Where people show again who they are.
pub const CONFIRM_PAGE: &str = "/settings/security/confirm";

impl Room {
    /// All of them, in the order of the side bar.
    pub(crate) const ALL: [Self; 8] = [
        Self::Security,
        Self::Notifications,
        Self::Exports,
        Self::People,
        Self::Audit,
        Self::Keys,
        Self::Jobs,
        Self::Mails,
    ];
    /// Those behind the security of an account.
    const BEHIND: [Self; 5] = [Self::Confirm, Self::Codes, Self::Recovery, Self::Email, Self::Close];
    /// The first steps, one after the other.
    pub(crate) const FIRST: [Self; 3] = [Self::Welcome, Self::WelcomeProject, Self::WelcomePeople];

    /// Its address.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Notifications => "/settings/notifications",
            Self::Security => "/settings/security",
            Self::Confirm => CONFIRM_PAGE,
            Self::Codes => "/settings/security/codes",
            Self::Recovery => "/settings/security/recovery",
            Self::Email => "/settings/security/email",
            Self::Close => "/settings/security/close",
            Self::Jobs => "/admin/jobs",
            Self::Mails => "/admin/mails",
            Self::Audit => "/admin/audit",
            Self::Exports => "/settings/exports",
            Self::Keys => "/admin/keys",
            Self::People => "/admin/people",
            Self::Welcome => "/welcome",
            Self::WelcomeProject => "/welcome/project",
            Self::WelcomePeople => "/welcome/people",
        }
    }

    fn read(path: &str) -> Option<Self> {
        Self::ALL.into_iter().chain(Self::BEHIND).chain(Self::FIRST).find(|room| room.path() == path)
    }

    /// Whether it is one of the first steps of whoever has set up the installation.
    #[must_use]
    pub fn is_first_step(self) -> bool {
        Self::FIRST.contains(&self)
    }

    /// Whether only those may come in who have just shown who they are.
    #[must_use]
    pub const fn is_sensitive(self) -> bool {
        matches!(self, Self::Codes | Self::Recovery | Self::Email | Self::Close)
    }
}

impl Place {
    /// What the path of an address leads to.
    #[must_use]
    pub fn read(path: &str) -> Self {
        if let Some(room) = Room::read(path) {
            return Self::Office(room);
        }
        let mut parts = path.trim_matches('/').split('/');
        let (first, second, third) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
        if parts.next().is_some() {
            return Self::Unknown;
        }
        match (first, second, third) {
            ("", None, None) => Self::Home,
            ("my", None, None) => Self::MyTasks,
            ("inbox", None, None) => Self::Inbox,
            ("search", None, None) => Self::Search,
            ("signin", None, None) => Self::SignIn,
            ("signin", Some("code"), None) => Self::SignInCode,
            ("email", Some(token), None) => Self::NewEmail(token.to_owned()),
            ("email-back", Some(token), None) => Self::EmailBack(token.to_owned()),
            ("register", None, None) => Self::Register,
            ("setup", Some(token), None) => Self::SetUp(token.to_owned()),
            ("registered", None, None) => Self::Registered,
            ("verify", Some(token), None) => Self::Verify(token.to_owned()),
            ("forgot", None, None) => Self::Forgot,
            ("reset", Some(token), None) => Self::Reset(token.to_owned()),
            ("invite", Some(token), None) => Self::Invite(token.to_owned()),
            ("invited", None, None) => Self::Invited,
            ("unsubscribe", Some(link), None) => Self::Unsubscribe(link.to_owned()),
            ("unsubscribed", None, None) => Self::Unsubscribed,
            // A key that cannot be one is a project that is not there.
            ("p", Some(key), tail) => Key::try_from(key.to_owned())
                .map_or(Self::Unknown, |key| Self::Project(key, Tail::read(tail.unwrap_or_default()))),
            _ => Self::Unknown,
        }
    }

    /// Whether it is for those who are not signed in.
    #[must_use]
    pub const fn is_for_visitors(&self) -> bool {
        matches!(
            self,
            Self::SignIn
                | Self::SignInCode
                | Self::EmailBack(_)
                | Self::Register
                | Self::SetUp(_)
                | Self::Registered
                | Self::Verify(_)
                | Self::Forgot
                | Self::Reset(_)
                | Self::Invite(_)
                | Self::Invited
                | Self::Unsubscribe(_)
                | Self::Unsubscribed
        )
    }

    /// Whether the page's program has it. To any other place the browser goes by itself.
    pub(crate) const fn is_in_program(&self) -> bool {
        !self.is_drawn_alone() && !matches!(self, Self::Office(_))
    }

    /// Whether it is a form and nothing else.
    #[must_use]
    pub const fn is_drawn_alone(&self) -> bool {
        self.is_for_visitors() || matches!(self, Self::NewEmail(_))
    }

    /// Whether a link in a mail leads there. Whoever opens it may be signed in, perhaps as somebody else.
    #[must_use]
    pub const fn is_link(&self) -> bool {
        matches!(
            self,
            Self::EmailBack(_)
                | Self::Verify(_)
                | Self::Reset(_)
                | Self::Forgot
                | Self::Invite(_)
                | Self::Unsubscribe(_)
                | Self::Unsubscribed
        )
    }

    /// What has to be known to paint it, at an address with this query; nothing for forms.
    #[must_use]
    pub fn question(&self, query: &str) -> Option<Question> {
        match self {
            Self::Home => Some(Question::Home),
            Self::MyTasks => Some(Question::MyTasks),
            Self::Inbox => Some(Question::Inbox),
            Self::Search => Some(Question::Search { text: searched(query) }),
            Self::SignIn
            | Self::SignInCode
            | Self::NewEmail(_)
            | Self::EmailBack(_)
            | Self::Register
            | Self::SetUp(_)
            | Self::Registered
            | Self::Verify(_)
            | Self::Forgot
            | Self::Reset(_)
            | Self::Invite(_)
            | Self::Invited
            | Self::Unsubscribe(_)
            | Self::Unsubscribed
            | Self::Office(_) => None,
            Self::Project(key, _) => Some(Question::Board { key: key.clone() }),
            Self::Unknown => Some(Question::Me),
        }
    }

    /// The same page whatever is opened beside it.
    pub(crate) fn page(&self) -> Self {
        match self {
            Self::Project(key, _) => Self::Project(key.clone(), Tail::Board),
            other => other.clone(),
        }
    }

    /// What is opened in the project.
    pub(crate) const fn tail(&self) -> Tail {
        match self {
            Self::Project(_, tail) => *tail,
            _ => Tail::Board,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_of_an_address_says_what_to_open() {
        let id: TaskId = model::new_id(model::Instant::from_ms(1_790_000_000_000), [3; 10]);
        for (text, tail) in [
            ("", Tail::Board),
            ("list", Tail::List),
            ("calendar", Tail::Calendar),
            ("overview", Tail::Overview),
            ("members", Tail::Members),
            ("settings", Tail::Settings),
            ("42", Tail::Number(42)),
            ("4x", Tail::Unknown),
            ("99999999999", Tail::Unknown),
            (id.to_string().as_str(), Tail::Id(id)),
        ] {
            assert_eq!(Tail::read(text), tail, "{text:?}");
        }
    }

    #[test]
    fn a_search_is_read_as_it_is_written() {
        for text in ["", "torque", "40 °C & 50%", "mus-42"] {
            let address = search(text);
            assert_eq!(searched(address.strip_prefix(SEARCH).unwrap()), text);
        }
        assert_eq!(searched("?x=1&q=a+b"), "a b");
    }

    #[test]
    fn a_path_leads_to_a_place() {
        let mus = Key::try_from("MUS".to_owned()).unwrap();
        for (path, place) in [
            ("/", Place::Home),
            ("", Place::Home),
            ("/my", Place::MyTasks),
            ("/my/42", Place::Unknown),
            ("/search", Place::Search),
            ("/inbox", Place::Inbox),
            ("/signin", Place::SignIn),
            ("/signin/code", Place::SignInCode),
            ("/signin/else", Place::Unknown),
            ("/email/abc", Place::NewEmail("abc".to_owned())),
            ("/email-back/abc", Place::EmailBack("abc".to_owned())),
            ("/settings/security/codes", Place::Office(Room::Codes)),
            ("/settings/security/confirm", Place::Office(Room::Confirm)),
            ("/register/", Place::Register),
            ("/setup/abc", Place::SetUp("abc".to_owned())),
            ("/setup", Place::Unknown),
            ("/registered", Place::Registered),
            ("/verify/abc", Place::Verify("abc".to_owned())),
            ("/forgot", Place::Forgot),
            ("/reset/abc", Place::Reset("abc".to_owned())),
            ("/unsubscribe/abc", Place::Unsubscribe("abc".to_owned())),
            ("/unsubscribed", Place::Unsubscribed),
            ("/settings/notifications", Place::Office(Room::Notifications)),
            ("/settings/security", Place::Office(Room::Security)),
            ("/admin/jobs", Place::Office(Room::Jobs)),
            ("/admin/audit", Place::Office(Room::Audit)),
            ("/settings/exports", Place::Office(Room::Exports)),
            ("/admin/keys", Place::Office(Room::Keys)),
            ("/admin/people", Place::Office(Room::People)),
            ("/welcome", Place::Office(Room::Welcome)),
            ("/welcome/project", Place::Office(Room::WelcomeProject)),
            ("/welcome/people", Place::Office(Room::WelcomePeople)),
            ("/invite/abc", Place::Invite("abc".to_owned())),
            ("/invited", Place::Invited),
            ("/settings/nothing", Place::Unknown),
            ("/p/MUS", Place::Project(mus.clone(), Tail::Board)),
            ("/p/mus/members", Place::Project(mus.clone(), Tail::Members)),
            ("/p/MUS/42", Place::Project(mus, Tail::Number(42))),
            ("/p/not-a-key", Place::Unknown),
            ("/p/MUS/42/more", Place::Unknown),
            ("/nowhere", Place::Unknown),
        ] {
            assert_eq!(Place::read(path), place, "{path}");
        }
    }
}
