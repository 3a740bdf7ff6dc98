//! One room per screen. A page asks for its data, reads it inside `Suspense`, and puts parts together.
//!
//! Must not know: how a change is sent or an event arrives; it dispatches and listens.

#![expect(unreachable_pub, reason = "the component macro makes its functions pub whatever is written")]

pub(crate) mod account;
pub(crate) mod activity;
pub(crate) mod board;
pub(crate) mod card;
pub(crate) mod description;
pub(crate) mod home;
pub(crate) mod members;
pub(crate) mod missing;
pub(crate) mod new_task;
pub(crate) mod project;
pub(crate) mod quick_add;
pub(crate) mod signin;
pub(crate) mod task;
