//! The parts of which pages are made. Their markup is that of `style/MARKUP.md`, one part a file.
//!
//! Must not know: which page they are on.

#![expect(clippy::needless_pass_by_value, reason = "the properties of a component are owned by it")]
#![expect(unreachable_pub, reason = "the component macro makes its functions pub whatever is written")]

pub(crate) mod auth_frame;
pub(crate) mod avatar;
pub(crate) mod dialog;
pub(crate) mod field;
pub(crate) mod hue_picker;
pub(crate) mod icon;
pub(crate) mod live_badge;
pub(crate) mod menu;
pub(crate) mod name_field;
pub(crate) mod notices;
pub(crate) mod picker;
pub(crate) mod popover;
pub(crate) mod presence;
pub(crate) mod prio;
pub(crate) mod sidebar;
pub(crate) mod waiting;
pub(crate) mod when;
