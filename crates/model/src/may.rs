//! Who may do what: one table, asked in one place.
//!
//! Absent and forbidden look the same from outside, so a person without any access to a project hears
//! [`Verdict::Absent`], and only who can see it hears [`Verdict::No`].

use crate::{
    kind::CommandKind,
    people::{ProjectRole, Role},
};

/// Who asks, as far as permission goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Their role in the installation.
    pub role: Role,
    /// Their role in the project in question, if they are a member.
    pub in_project: Option<ProjectRole>,
}

impl Standing {
    /// What they count as inside the project: an Admin leads every project.
    #[must_use]
    pub const fn effective(self) -> Option<ProjectRole> {
        match self.role {
            Role::Admin => Some(ProjectRole::Lead),
            Role::Manager | Role::User => self.in_project,
        }
    }

    /// Whether they may see the project at all.
    #[must_use]
    pub const fn may_see(self) -> bool {
        self.effective().is_some()
    }
}

/// The answer of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// They may.
    Yes,
    /// They see it, but may not do this.
    No,
    /// For them it does not exist.
    Absent,
}

enum Needs {
    AnyRole,
    AtLeast(ProjectRole),
}

const fn needs(kind: CommandKind) -> Needs {
    match kind {
        CommandKind::CreateProject => Needs::AnyRole,
        // Whose comment it is, decides further.
        CommandKind::AddComment | CommandKind::EditComment | CommandKind::RemoveComment | CommandKind::Watch => {
            Needs::AtLeast(ProjectRole::Viewer)
        }
        CommandKind::CreateTask
        | CommandKind::RenameTask
        | CommandKind::DescribeTask
        | CommandKind::MoveTask
        | CommandKind::SetDue
        | CommandKind::Assign
        | CommandKind::SetPriority
        | CommandKind::LabelTask
        | CommandKind::SetParent
        | CommandKind::ArchiveTask
        | CommandKind::TrashTask
        | CommandKind::PutLabel
        | CommandKind::RemoveLabel
        | CommandKind::Unassign => Needs::AtLeast(ProjectRole::Member),
        CommandKind::RenameProject
        | CommandKind::ColourProject
        | CommandKind::ArchiveProject
        | CommandKind::RemoveSample
        | CommandKind::AddStatus
        | CommandKind::ChangeStatus
        | CommandKind::MoveStatus
        | CommandKind::RemoveStatus
        | CommandKind::AddMember
        | CommandKind::ChangeMember
        | CommandKind::RemoveMember => Needs::AtLeast(ProjectRole::Lead),
    }
}

/// Whether somebody of this standing may give a command of this kind.
#[must_use]
pub fn may(standing: Standing, kind: CommandKind) -> Verdict {
    match (needs(kind), standing.effective()) {
        (Needs::AnyRole, _) => Verdict::Yes,
        (Needs::AtLeast(_), None) => Verdict::Absent,
        (Needs::AtLeast(least), Some(role)) if role >= least => Verdict::Yes,
        (Needs::AtLeast(_), Some(_)) => Verdict::No,
    }
}

/// Whether somebody may read the audit log of a project, or all of it when no project is named.
#[must_use]
pub const fn may_audit(role: Role, in_project: Option<Standing>) -> Verdict {
    match (role, in_project) {
        (Role::Admin, _) => Verdict::Yes,
        (Role::Manager | Role::User, None) => Verdict::Absent,
        (Role::Manager | Role::User, Some(standing)) => match standing.effective() {
            Some(ProjectRole::Lead) => Verdict::Yes,
            Some(ProjectRole::Viewer | ProjectRole::Member) => Verdict::No,
            None => Verdict::Absent,
        },
    }
}

/// What is done about the people of the installation and how they come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ability {
    /// To see who is there.
    SeePeople,
    /// To give somebody another role.
    ChangeRole,
    /// To keep somebody out, and to let them in again.
    Disable,
    /// To end somebody's sessions.
    EndSessions,
    /// To have a link sent to somebody by which they choose another password. Nobody chooses it for them.
    StartReset,
    /// To turn off the second factor of somebody who lost it with all recovery codes.
    EndFactor,
    /// To invite somebody with this role, to projects that one may add members to.
    Invite(Role),
    /// To see and revoke the invitations of others.
    SeeInvitations,
    /// To say who may register.
    SetRegistration,
    /// To say what the team is called, and to see whether mails leave.
    SetTeam,
}

/// Whether somebody with this role may do this. What is not for them does not exist for them.
#[must_use]
pub const fn may_manage(role: Role, ability: Ability) -> Verdict {
    match (role, ability) {
        (Role::Admin, _) | (Role::Manager, Ability::Invite(Role::User)) => Verdict::Yes,
        (Role::Manager, Ability::Invite(Role::Manager | Role::Admin)) => Verdict::No,
        (
            Role::Manager,
            Ability::SeePeople
            | Ability::ChangeRole
            | Ability::Disable
            | Ability::EndSessions
            | Ability::StartReset
            | Ability::EndFactor
            | Ability::SeeInvitations
            | Ability::SetRegistration
            | Ability::SetTeam,
        )
        | (Role::User, _) => Verdict::Absent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;

    /// The policy, to be read and reviewed as text. y = yes, n = no, . = absent.
    const GRID: &str = "\
                 User             Manager          Admin
                 -   Vi  Me  Le   -   Vi  Me  Le   -   Vi  Me  Le
CreateProject    y   y   y   y    y   y   y   y    y   y   y   y
RenameProject    .   n   n   y    .   n   n   y    y   y   y   y
ColourProject    .   n   n   y    .   n   n   y    y   y   y   y
ArchiveProject   .   n   n   y    .   n   n   y    y   y   y   y
RemoveSample     .   n   n   y    .   n   n   y    y   y   y   y
AddStatus        .   n   n   y    .   n   n   y    y   y   y   y
ChangeStatus     .   n   n   y    .   n   n   y    y   y   y   y
MoveStatus       .   n   n   y    .   n   n   y    y   y   y   y
RemoveStatus     .   n   n   y    .   n   n   y    y   y   y   y
PutLabel         .   n   y   y    .   n   y   y    y   y   y   y
RemoveLabel      .   n   y   y    .   n   y   y    y   y   y   y
AddMember        .   n   n   y    .   n   n   y    y   y   y   y
ChangeMember     .   n   n   y    .   n   n   y    y   y   y   y
RemoveMember     .   n   n   y    .   n   n   y    y   y   y   y
CreateTask       .   n   y   y    .   n   y   y    y   y   y   y
RenameTask       .   n   y   y    .   n   y   y    y   y   y   y
DescribeTask     .   n   y   y    .   n   y   y    y   y   y   y
MoveTask         .   n   y   y    .   n   y   y    y   y   y   y
SetDue           .   n   y   y    .   n   y   y    y   y   y   y
SetPriority      .   n   y   y    .   n   y   y    y   y   y   y
LabelTask        .   n   y   y    .   n   y   y    y   y   y   y
SetParent        .   n   y   y    .   n   y   y    y   y   y   y
Assign           .   n   y   y    .   n   y   y    y   y   y   y
Unassign         .   n   y   y    .   n   y   y    y   y   y   y
Watch            .   y   y   y    .   y   y   y    y   y   y   y
ArchiveTask      .   n   y   y    .   n   y   y    y   y   y   y
TrashTask        .   n   y   y    .   n   y   y    y   y   y   y
AddComment       .   y   y   y    .   y   y   y    y   y   y   y
EditComment      .   y   y   y    .   y   y   y    y   y   y   y
RemoveComment    .   y   y   y    .   y   y   y    y   y   y   y
";

    #[test]
    fn the_whole_table_is_as_reviewed() {
        let mut grid = String::new();
        GRID.lines().take(2).for_each(|head| writeln!(grid, "{head}").unwrap());
        for kind in CommandKind::ALL {
            let mut row = format!("{:<17}", format!("{kind:?}"));
            for role in Role::ALL {
                for in_project in [None, Some(ProjectRole::Viewer), Some(ProjectRole::Member), Some(ProjectRole::Lead)]
                {
                    let letter = match may(Standing { role: *role, in_project }, *kind) {
                        Verdict::Yes => 'y',
                        Verdict::No => 'n',
                        Verdict::Absent => '.',
                    };
                    write!(row, "{letter}   ").unwrap();
                }
                row.push(' ');
            }
            writeln!(grid, "{}", row.trim_end()).unwrap();
        }
        assert_eq!(grid, GRID);
    }

    /// The policy about people, to be read and reviewed as text. y = yes, n = no, . = absent.
    const PEOPLE: &str = "Ability           User Manager Admin
SeePeople         .    .       y
ChangeRole        .    .       y
Disable           .    .       y
EndSessions       .    .       y
StartReset        .    .       y
EndFactor         .    .       y
Invite(User)      .    y       y
Invite(Manager)   .    n       y
Invite(Admin)     .    n       y
SeeInvitations    .    .       y
SetRegistration   .    .       y
SetTeam           .    .       y
";

    #[test]
    fn who_may_do_what_about_people_is_as_reviewed() {
        let abilities = [
            Ability::SeePeople,
            Ability::ChangeRole,
            Ability::Disable,
            Ability::EndSessions,
            Ability::StartReset,
            Ability::EndFactor,
            Ability::Invite(Role::User),
            Ability::Invite(Role::Manager),
            Ability::Invite(Role::Admin),
            Ability::SeeInvitations,
            Ability::SetRegistration,
            Ability::SetTeam,
        ];
        let mut grid = format!("{:<17} User Manager Admin\n", "Ability");
        for ability in abilities {
            let letter = |role| match may_manage(role, ability) {
                Verdict::Yes => 'y',
                Verdict::No => 'n',
                Verdict::Absent => '.',
            };
            let [user, manager, admin] = [Role::User, Role::Manager, Role::Admin].map(letter);
            writeln!(grid, "{:<17} {user}    {manager}       {admin}", format!("{ability:?}")).unwrap();
        }
        assert_eq!(grid, PEOPLE);
    }

    #[test]
    fn the_audit_log_is_for_admins_and_a_projects_own_for_its_leads() {
        for role in Role::ALL {
            let of = |in_project| may_audit(*role, Some(Standing { role: *role, in_project }));
            let told = [
                may_audit(*role, None),
                of(None),
                of(Some(ProjectRole::Viewer)),
                of(Some(ProjectRole::Member)),
                of(Some(ProjectRole::Lead)),
            ];
            let expected = match role {
                Role::Admin => [Verdict::Yes; 5],
                Role::Manager | Role::User => {
                    [Verdict::Absent, Verdict::Absent, Verdict::No, Verdict::No, Verdict::Yes]
                }
            };
            assert_eq!(told, expected, "{role:?}");
        }
    }
}
