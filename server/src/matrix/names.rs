//! The names of the variants of a type, from the type itself.

use serde::de::DeserializeOwned;

/// The names that can be read as `T`: serde tells them of a text that names none of them.
pub(super) fn variants<T: DeserializeOwned>(none: &str) -> Vec<String> {
    let told = serde_json::from_str::<T>(none).err().expect("no variant has this name").to_string();
    let names: Vec<String> = told.split('`').skip(3).step_by(2).map(str::to_owned).collect();
    assert!(names.len() > 1, "{told}");
    names
}

#[test]
fn the_names_of_a_type_are_all_of_them() {
    assert_eq!(variants::<model::Mark>("\"\""), ["read", "unread", "archived", "back", "all_read"]);
    // As many commands as there are kinds of them.
    assert_eq!(variants::<model::Command>("\"\"").len(), model::CommandKind::ALL.len());
}
