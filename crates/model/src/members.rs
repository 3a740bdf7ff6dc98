//! The people of a project and what they may do in it.

use crate::{id::PersonId, people::ProjectRole};

/// The members of a project with their roles, in the order of their ids.
///
/// A list, not a tree: a project has few people, and the page's program is smaller by two kilobytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Members(Vec<(PersonId, ProjectRole)>);

impl Members {
    fn place(&self, person: &PersonId) -> Result<usize, usize> {
        self.0.binary_search_by(|(id, _)| id.cmp(person))
    }

    /// What somebody is in the project.
    #[must_use]
    pub fn get(&self, person: &PersonId) -> Option<&ProjectRole> {
        self.place(person).ok().map(|place| &self.0[place].1)
    }

    /// Whether somebody is in the project.
    #[must_use]
    pub fn contains_key(&self, person: &PersonId) -> bool {
        self.place(person).is_ok()
    }

    /// Adds somebody, or gives them another role.
    pub fn insert(&mut self, person: PersonId, role: ProjectRole) {
        match self.place(&person) {
            Ok(place) => self.0[place].1 = role,
            Err(place) => self.0.insert(place, (person, role)),
        }
    }

    /// Takes somebody out.
    pub fn remove(&mut self, person: &PersonId) {
        if let Ok(place) = self.place(person) {
            self.0.remove(place);
        }
    }

    /// The members with their roles.
    pub fn iter(&self) -> impl Iterator<Item = (&PersonId, &ProjectRole)> {
        self.0.iter().map(|(person, role)| (person, role))
    }

    /// The members.
    pub fn keys(&self) -> impl Iterator<Item = &PersonId> {
        self.0.iter().map(|(person, _)| person)
    }

    /// Their roles.
    pub fn values(&self) -> impl Iterator<Item = &ProjectRole> {
        self.0.iter().map(|(_, role)| role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{id::new_id, when::Instant};

    #[test]
    fn members_are_kept_in_order_and_each_once() {
        let [ana, ben, cam]: [PersonId; 3] = [1, 2, 3].map(|n| new_id(Instant::from_ms(1), [n; 10]));
        let mut members = Members::default();
        for (person, role) in [(cam, ProjectRole::Viewer), (ana, ProjectRole::Lead), (cam, ProjectRole::Member)] {
            members.insert(person, role);
        }
        assert_eq!(members.keys().copied().collect::<Vec<_>>(), [ana, cam]);
        assert_eq!((members.get(&cam), members.get(&ben)), (Some(&ProjectRole::Member), None));
        members.remove(&ben);
        members.remove(&ana);
        assert_eq!(members.iter().collect::<Vec<_>>(), [(&cam, &ProjectRole::Member)]);
    }
}
