//! The database's group roles: what a login may do at most.
//!
//! `migrations/common/0043_roles.sql` says which roles there are. Here they are set up after a migration, and
//! every reading connection takes on the one that may only read. A service may log in as the role that is made for
//! it, or as a member of it.

use std::fmt;

use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::{Result, Store, schema};

/// A role that a service can log in as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Reads.
    Reader,
    /// Reads, and writes what users give.
    Api,
    /// Reads, and writes what the exchange gives.
    Ingestor,
}

impl Role {
    /// Its name in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reader => "spreadscope_reader",
            Self::Api => "spreadscope_api",
            Self::Ingestor => "spreadscope_ingestor",
        }
    }
}

/// A role with the password that it may log in with.
#[derive(Clone)]
pub struct Login {
    /// Who.
    pub role: Role,
    /// The password, which `Debug` does not show.
    pub password: String,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login")
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

/// Lets these roles log in, each by its password. Safe to do again, with the same password or another one, and in
/// several processes at once.
///
/// # Errors
/// When this login may not: it needs `CREATEROLE`.
pub async fn let_log_in(store: &Store, logins: &[Login]) -> Result<()> {
    if logins.is_empty() {
        return Ok(());
    }
    // A connection of its own: it ends, and with it the lock, whatever happens.
    let mut connection = store.write_pool().acquire().await?.detach();
    let result = let_log_in_on(&mut connection, logins).await;
    connection.close().await.ok();
    result
}

async fn let_log_in_on(connection: &mut PgConnection, logins: &[Login]) -> Result<()> {
    schema::lock(connection).await?;
    for Login { role, password } in logins {
        // Definitions take no parameters: the database itself puts quotes where they belong.
        let sql: String =
            sqlx::query_scalar("SELECT format('ALTER ROLE %I LOGIN PASSWORD %L', $1, $2)")
                .bind(role.name())
                .bind(password)
                .fetch_one(&mut *connection)
                .await?;
        sqlx::query(AssertSqlSafe(sql))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Creates the roles and grants what is missing, as far as the owner of the schema may. Where it may not, the
/// log says what somebody else has to do; without the roles everything works, less tightly.
pub(crate) async fn set_up(connection: &mut PgConnection) -> Result<()> {
    let missing: Option<String> = sqlx::query_scalar("SELECT set_up_roles()")
        .fetch_one(connection)
        .await?;
    if let Some(missing) = missing {
        tracing::warn!(
            event = "database_roles_missing",
            missing,
            "this login may not create roles; connections that read are kept from writing by their settings alone"
        );
    }
    Ok(())
}

/// Gives up every right but that to read, where the role for it is set up in this database and the login is a
/// member of it. (Transactions on these connections are read-only in any case.)
pub(crate) async fn become_reader(connection: &mut PgConnection) -> sqlx::Result<()> {
    let result = sqlx::query(
        "SELECT set_config('role', rolname, false) FROM pg_roles
         WHERE rolname = 'spreadscope_reader' AND pg_has_role(session_user, oid, 'MEMBER')
           AND has_table_privilege(oid, to_regclass('trades'), 'SELECT')",
    )
    .execute(connection)
    .await;
    match result {
        // A member that may inherit from the role but not become it.
        Err(sqlx::Error::Database(error)) => {
            tracing::debug!(event = "reader_role_not_taken", %error);
            Ok(())
        }
        result => result.map(drop),
    }
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use market::{Trade, Venue};
    use sqlx::{ConnectOptions, Executor, postgres::PgConnectOptions};

    use super::*;
    use crate::{
        BarRange, DatabaseUrls, SymbolSpec, bars, compression, cursors, feed_status, gaps, leases,
        rejects, symbols, trades,
    };

    type Test = anyhow::Result<()>;

    async fn connect(url: &str) -> anyhow::Result<Store> {
        Ok(Store::connect(&DatabaseUrls::new(url)).await?)
    }

    /// A login of its own for this test, with these clauses; returns the URL for it.
    async fn login(db: &testkit::TestDb, clauses: &str) -> anyhow::Result<String> {
        let (account, place) = db.url().split_once('@').expect("an account");
        let database = place.rsplit('/').next().expect("a name");
        let name = format!("login_{database}_{}", clauses.len());
        let store = connect(db.url()).await?;
        let sql = format!("CREATE ROLE {name} LOGIN PASSWORD 'of-a-test' {clauses}");
        store.write_pool().execute(AssertSqlSafe(sql)).await?;
        let scheme = account.split("://").next().expect("a scheme");
        Ok(format!("{scheme}://{name}:of-a-test@{place}"))
    }

    #[tokio::test]
    async fn a_role_logs_in_by_the_password_that_was_last_given() -> Test {
        let db = testkit::TestDb::create().await?;
        let owner = connect(db.url()).await?;
        let (account, place) = db.url().split_once('@').expect("an account");
        let scheme = account.split("://").next().expect("a scheme");
        for (role, password) in [
            (Role::Reader, "it's \\ \"quoted\""),
            (Role::Reader, "another"),
            (Role::Api, "a"),
            (Role::Ingestor, "b"),
        ] {
            let login = Login {
                role,
                password: password.to_owned(),
            };
            assert!(!format!("{login:?}").contains(password));
            let_log_in(&owner, &[login.clone(), login]).await?;
            let url = format!("{scheme}://{}@{place}", role.name());
            let options = PgConnectOptions::from_str(&url)?;
            let mut connection = options.clone().password(password).connect().await?;
            let is_role: bool = sqlx::query_scalar("SELECT session_user::text = $1 AND NOT rolsuper FROM pg_roles WHERE rolname = session_user")
                .bind(role.name())
                .fetch_one(&mut connection)
                .await?;
            assert!(is_role);
            assert!(options.password("wrong").connect().await.is_err());
        }
        Ok(())
    }

    async fn code(store: &Store, on_reading_side: bool, sql: &'static str) -> Option<String> {
        let pool = if on_reading_side {
            store.read_pool()
        } else {
            store.write_pool()
        };
        match sqlx::query(sql).execute(pool).await {
            Err(sqlx::Error::Database(error)) => error.code().map(Into::into),
            other => panic!("{sql}: {other:?}"),
        }
    }

    const INSERT: &str = "INSERT INTO leases VALUES ('a', 'b', 1, now())";

    #[tokio::test]
    async fn a_write_through_a_reading_connection_fails_even_for_the_owner() -> Test {
        let db = testkit::TestDb::create().await?;
        let store = connect(db.url()).await?;
        let role: String = sqlx::query_scalar("SELECT current_user::text")
            .fetch_one(store.read_pool())
            .await?;
        assert_eq!(role, "spreadscope_reader");
        assert_eq!(code(&store, true, INSERT).await.as_deref(), Some("25006"));
        // Nor does it help to ask for a transaction that may write.
        let mut transaction = store.read_pool().begin().await?;
        transaction.execute("SET TRANSACTION READ WRITE").await?;
        let refused = transaction.execute(INSERT).await.unwrap_err();
        let refused = refused
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code);
        assert_eq!(refused.as_deref(), Some("42501"));
        drop(transaction);
        // The same statement is fine on the writing side.
        sqlx::query(INSERT).execute(store.write_pool()).await?;
        Ok(())
    }

    #[tokio::test]
    async fn an_owner_that_may_not_create_roles_works_without_them() -> Test {
        let db = testkit::TestDb::empty().await?;
        // The roles are there, by way of another database; what this owner lacks is the right to take one on.
        testkit::TestDb::create().await?;
        let url = login(&db, "").await?;
        let owner = connect(&url).await?;
        let name = "GRANT ALL ON SCHEMA public TO PUBLIC";
        connect(db.url()).await?.write_pool().execute(name).await?;
        schema::migrate(&owner, Some(crate::Flavour::Plain)).await?;
        let missing: Option<String> = sqlx::query_scalar("SELECT set_up_roles()")
            .fetch_one(owner.write_pool())
            .await?;
        assert!(
            missing.is_some_and(|missing| missing.contains("GRANT spreadscope_reader TO login_")),
        );
        assert!(symbols::list(&owner).await?.is_empty());
        assert_eq!(code(&owner, true, INSERT).await.as_deref(), Some("25006"));
        Ok(())
    }

    #[tokio::test]
    async fn setting_up_again_grants_what_was_made_since() -> Test {
        let db = testkit::TestDb::create().await?;
        let store = connect(db.url()).await?;
        store
            .write_pool()
            .execute("CREATE TABLE dataset_made_later (x int)")
            .await?;
        schema::migrate(&store, None).await?;
        sqlx::query("SELECT FROM dataset_made_later")
            .execute(store.read_pool())
            .await?;
        let may: bool = sqlx::query_scalar(
            "SELECT has_table_privilege('spreadscope_api', 'dataset_made_later', 'INSERT')",
        )
        .fetch_one(store.write_pool())
        .await?;
        assert!(may);
        Ok(())
    }

    #[tokio::test]
    async fn a_login_for_the_ingestor_can_do_its_work_and_nothing_of_the_users() -> Test {
        let db = testkit::TestDb::create().await?;
        let owner = connect(db.url()).await?;
        let store = connect(&login(&db, "IN ROLE spreadscope_ingestor").await?).await?;
        let specs = [SymbolSpec::named("BTCUSDT".parse()?)];
        let id = symbols::register(&store, Venue::Simulated, &specs).await?[0].1;
        symbols::set_trades_from(&store, id, 0).await?;
        let trade = |agg_id| Trade {
            agg_id,
            time_ms: 1_723_075_200_000 + agg_id,
            price: 1.0,
            qty: 1.0,
            fills: 1,
            buyer_is_maker: false,
        };
        let batch = [1, 2]
            .map(|agg_id| (id, trade(agg_id)))
            .into_iter()
            .collect();
        assert_eq!(trades::write_batch(&store, &batch).await?.inserted, 2);
        // Once more with what is there already, which takes the way of the staging table.
        let batch = [2, 3]
            .map(|agg_id| (id, trade(agg_id)))
            .into_iter()
            .collect();
        assert_eq!(trades::write_batch(&store, &batch).await?.inserted, 1);
        // Late, into a chunk that was converted meanwhile.
        compression::compress_trades_before(&owner, 2_000_000_000_000).await?;
        let batch = [2, 3, 4]
            .map(|agg_id| (id, trade(agg_id)))
            .into_iter()
            .collect();
        assert_eq!(trades::write_batch(&store, &batch).await?.inserted, 1);
        assert_eq!(trades::read(&store, id, 0, 10).await?.len(), 4);
        let gap = gaps::NewGap {
            symbol_id: id,
            from_agg_id: 5,
            to_agg_id: 6,
            from_ms: 0,
            to_ms: 1,
            reason: "test".to_owned(),
        };
        gaps::record(&store, &[gap]).await?;
        let reject = rejects::Reject {
            symbol_id: Some(id),
            agg_id: Some(9),
            time_ms: None,
            reason: "test".to_owned(),
            raw: String::new(),
        };
        rejects::record(&store, &[reject]).await?;
        feed_status::write(
            &store,
            &crate::FeedStatus {
                venue: Venue::Simulated,
                mode: market::FeedMode::Simulated,
                state: crate::FeedState::Connected,
                message: String::new(),
                watermark_ms: Some(1),
                lag_ms: None,
                last_message_ms: Vec::new(),
                backfill: None,
            },
        )
        .await?;
        let lease =
            leases::acquire(&store, "test", "me", std::time::Duration::from_secs(1)).await?;
        assert!(lease.is_some());
        assert_eq!(cursors::load_all(&store).await?.len(), 1);
        let delete = "DELETE FROM rollup_levels";
        assert_eq!(code(&store, false, delete).await.as_deref(), Some("42501"));
        Ok(())
    }

    #[tokio::test]
    async fn a_login_for_the_api_reads_all_and_writes_nothing_of_the_exchange() -> Test {
        let db = testkit::TestDb::create().await?;
        let store = connect(&login(&db, "IN ROLE spreadscope_api").await?).await?;
        let range = BarRange {
            from_ms: 0,
            to_ms: None,
            limit: 5,
        };
        for interval in market::Interval::ALL {
            bars::read(&store, crate::SymbolId(1), interval, range).await?;
        }
        symbols::overview(&store).await?;
        let lease =
            leases::acquire(&store, "test", "me", std::time::Duration::from_secs(1)).await?;
        assert!(lease.is_some());
        for write in [
            "INSERT INTO trades VALUES (1, 1, now(), 1, 1, 1, true)",
            "DELETE FROM symbols",
            "UPDATE history SET open = 1",
            "CREATE TABLE mine (x int)",
        ] {
            assert_eq!(
                code(&store, false, write).await.as_deref(),
                Some("42501"),
                "{write}"
            );
        }
        Ok(())
    }
}
