//! Words between the processes over one PostgreSQL: what one says is heard by those who listen at that moment, and kept
//! nowhere. Whoever says something needed has to say it again.
//!
//! Must not know: what is said. SQLite serves one process, which has nobody to talk to.

use sea_orm::{
    DbErr, RuntimeErr,
    sqlx::{
        Error,
        postgres::{PgListener, PgPoolOptions},
    },
};

use crate::{Engine, Store, run};

/// The longest text that can be said, in bytes (PostgreSQL, `NOTIFY`).
pub const LONGEST_WORD: usize = 7_999;

/// Hears what is said on a channel, over a connection of its own.
#[derive(Debug)]
pub struct Listener(PgListener);

impl Store {
    /// Says a text of at most [`LONGEST_WORD`] bytes to all who listen, this process among them. On SQLite to nobody.
    ///
    /// # Errors
    ///
    /// The database's; nobody has heard it then.
    pub async fn say(&self, channel: &'static str, text: String) -> Result<(), DbErr> {
        if self.engine() == Engine::Postgres {
            run(self.reader(), "SELECT pg_notify($1, $2)", [channel.into(), text.into()]).await?;
        }
        Ok(())
    }

    /// Listens to a channel from now on; nothing on SQLite.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn listen(&self, channel: &'static str) -> Result<Option<Listener>, DbErr> {
        if self.engine() == Engine::Sqlite {
            return Ok(None);
        }
        // Taken from the pool, it would be missed there.
        let options = self.reader().get_postgres_connection_pool().connect_options();
        let pool = PgPoolOptions::new().max_connections(1).max_lifetime(None).idle_timeout(None);
        let pool = pool.connect_lazy_with((*options).clone());
        let mut listener = PgListener::connect_with(&pool).await.map_err(refused)?;
        listener.listen(channel).await.map_err(refused)?;
        Ok(Some(Listener(listener)))
    }
}

impl Listener {
    /// The next text; nothing when the connection was lost and is there again: what was said meanwhile was not heard.
    ///
    /// # Errors
    ///
    /// When there is no connection to be had.
    pub async fn next(&mut self) -> Result<Option<String>, DbErr> {
        let heard = self.0.try_recv().await.map_err(refused)?;
        Ok(heard.map(|word| word.payload().to_owned()))
    }
}

fn refused(error: Error) -> DbErr {
    DbErr::Conn(RuntimeErr::SqlxError(error.into()))
}
