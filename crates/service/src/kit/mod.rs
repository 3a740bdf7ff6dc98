//! The test kit: a [`House`] is a fresh database with everything in it that serves people, on either engine, with a
//! clock that moves when it is told to and chance that can be repeated.
//!
//! For tests of this and other crates, behind the feature `kit`. What fails in here fails the test, by a panic.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    reason = "a test's helper fails by panicking"
)]

mod house;
mod outside;
mod people;
mod post;
mod whole;

pub use house::{House, PASSWORD};
pub use outside::{MovingClock, SeededChance};
pub use people::{Project, create_task};
/// From now on no house of this process writes entries of the audit log, or all do again: for a bench of what they cost.
pub fn without_ledger(is_left_out: bool) {
    crate::batch::IS_LEFT_OUT.store(is_left_out, std::sync::atomic::Ordering::Relaxed);
}

pub use store::{Engine, Sync, kit::Database};

/// Makes two tests of each function, `sqlite::name` and `postgres::name`, each with a [`House`] of its own, which is
/// checked to be whole in the end.
///
/// ```ignore
/// muster_service::both_engines! {
///     async fn a_task_is_created(house) {
///         let project = house.project("MUS").await;
///         house.task(&project, "Paint the fence").await;
///     }
/// }
/// ```
#[macro_export]
macro_rules! both_engines {
    ($($(#[$doc:meta])* async fn $name:ident($house:ident) $body:block)+) => {
        $($(#[$doc])* async fn $name($house: &$crate::kit::House) $body)+

        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    let house = $crate::kit::House::open($crate::kit::Engine::Sqlite).await;
                    super::$name(&house).await;
                    house.assert_whole().await;
                    house.close().await;
                }
            )+
        }

        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    let house = $crate::kit::House::open($crate::kit::Engine::Postgres).await;
                    super::$name(&house).await;
                    house.assert_whole().await;
                    house.close().await;
                }
            )+
        }
    };
}
