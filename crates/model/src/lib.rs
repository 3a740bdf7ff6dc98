//! The domain of Muster in pure Rust: what a command is, who may give it, what follows from it, and how what follows
//! becomes a board. The same code runs on the server and, as wasm, in the page.
//!
//! Must not know: databases, sockets, clocks, randomness, async. Time and new ids arrive in the arguments.
//!
//! The way through it: a [`Command`] and the [`Facts`] go into [`decide`], which asks [`may`] and answers with
//! [`Change`]s; the feed numbers them as [`Recorded`]; [`Board::apply`] folds them into state. [`Desk`] keeps what is
//! confirmed and what is painted apart, so that a page can show its own changes before the server has answered.

mod board;
mod command;
mod decide;
mod desk;
mod event;
mod fold;
mod forms;
mod found;
mod id;
mod inbox;
mod inverse;
mod invitation;
mod kind;
pub mod live;
mod may;
mod members;
mod mention;
mod merge;
mod mine;
mod pages;
mod people;
mod preferences;
mod question;
pub mod quick_add;
mod rank;
mod reader;
mod refusal;
mod snapshot;
mod task;
mod task_page;
#[cfg(feature = "testing")]
pub mod testing;
mod text;
pub mod tick;
mod when;
mod zone;

pub use board::{Board, Status, Touched};
pub use command::{Answer, Command, Done, Envelope, Label, NewStatus, Spot};
pub use decide::{Change, Facts, MOST_LEVELS, Said, Stamp, decide};
pub use desk::{Desk, Pending};
pub use event::{Event, Recorded};
pub use forms::{
    AskLink, AskStrength, ChangePassword, CloseAccount, Confirm, EnableCodes, EndSession, NewCodes, NewEmail, Password,
    Register, Reset, SessionCard, SetUp, SignIn, SignInCode, Strength, Unsubscribe, UseLink, Verify, Welcome,
};
pub use found::{Found, Hit, Place};
pub use id::{
    BadId, CommentId, InvitationId, LabelId, OpId, PersonId, ProjectId, SessionId, StatusId, Stream, StreamKind,
    TaskId, new_id,
};
pub use inbox::{Inbox, Mark, Notice, NoticeKind, Noticed, Part, named, notice};
pub use inverse::{NoInverse, Past, inverse, rebase};
pub use invitation::{AcceptInvitation, AskInvitation, Domain, JoinInvitation, Registration};
pub use kind::CommandKind;
pub use may::{Ability, Standing, Verdict, may, may_audit, may_manage};
pub use members::Members;
pub use mention::{Piece, mentions, pieces};
pub use merge::{Stretch, merge, merged};
pub use mine::{MyProject, MyTask, MyTasks};
pub use pages::{BoardPage, HomePage, Me, ProjectCard, TaskAnswer};
pub use people::{Category, Hue, PersonCard, Priority, ProjectRole, Role, initials};
pub use preferences::{AppearForm, Attention, Channels, Preferences, PreferencesForm, Wish, channels};
pub use question::{Question, Reply};
pub use rank::Rank;
pub use reader::{Clock, DateOrder, Habits, Reader, Today, read_reader};
pub use refusal::Refusal;
pub use snapshot::{BadSnapshot, BoardSnapshot};
pub use task::Task;
pub use task_page::{Comment, TaskPage, Told};
pub use text::{Body, Email, Invalid, Key, Name, Title};
pub use when::{Day, Due, Instant, ZoneName};
pub use zone::Zone;
