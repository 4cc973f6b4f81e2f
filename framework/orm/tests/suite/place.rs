//! A database of its own for each test, of the kind that `TOPSAIL_TEST_DATASTORE` names: `sqlite` (the default),
//! `postgresql` or `mysql`. Nothing else in the suite knows which one it is.
//!
//! The servers' URLs are `TOPSAIL_TEST_POSTGRESQL_URL` and `TOPSAIL_TEST_MYSQL_URL`. A test gets a schema (PostgreSQL)
//! or a database (MySQL) that goes when it ends, so tests run side by side.

use std::ops::Deref;

use topsail_orm::{Context, Executor, Migrate, ModelDef, Orm, OrmConfig, OrmError, Pool};

pub use self::server::Place;

impl Place {
    /// Opens what is there with these models, and brings the tables to them.
    pub async fn lift(&self, defs: Vec<ModelDef>, migrate: Migrate) -> Result<Orm, OrmError> {
        let orm = Orm::connect(self.config(), defs).await?;
        match orm.auto_migrate(migrate).await {
            Ok(()) => Ok(orm),
            Err(e) => {
                orm.close().await;
                Err(e)
            }
        }
    }
}

/// The models and their database, which goes with them.
pub struct TestOrm {
    orm: Orm,
    _place: Place,
}

impl TestOrm {
    pub async fn new(defs: Vec<ModelDef>, change: impl FnOnce(&mut OrmConfig)) -> Self {
        let place = Place::new().await;
        let mut config = place.config();
        change(&mut config);
        let orm = Orm::connect(config, defs).await.unwrap();
        orm.auto_migrate(Migrate::Drop).await.unwrap();
        Self { orm, _place: place }
    }
}

impl Deref for TestOrm {
    type Target = Orm;

    fn deref(&self) -> &Orm {
        &self.orm
    }
}

impl Executor for TestOrm {
    fn context(&self) -> Context<'_> {
        Context::system(&self.orm)
    }
}

/// Whether names are quoted and values numbered as on MySQL.
pub fn is_mysql() -> bool {
    !returns_rows()
}

/// Whether a write gives the rows it wrote, without a second statement.
pub fn returns_rows() -> bool {
    std::env::var("TOPSAIL_TEST_DATASTORE").as_deref() != Ok("mysql")
}

/// Whether transactions write at the same time, not one after the other.
pub fn writes_side_by_side() -> bool {
    std::env::var("TOPSAIL_TEST_DATASTORE").is_ok_and(|kind| kind != "sqlite")
}

/// Whether a lock on the values of a row lets others point at its key.
pub fn locks_keys_apart() -> bool {
    std::env::var("TOPSAIL_TEST_DATASTORE").as_deref() == Ok("postgresql")
}

/// Runs a statement that every database understands.
pub async fn sql(orm: &Orm, text: &'static str) {
    match orm.datastore("default").unwrap().pool() {
        #[cfg(feature = "sqlite")]
        Pool::Sqlite(pool) => drop(sqlx::query(text).execute(pool).await.unwrap()),
        #[cfg(feature = "postgres")]
        Pool::Postgres(pool) => drop(sqlx::query(text).execute(pool).await.unwrap()),
        #[cfg(feature = "mysql")]
        Pool::Mysql(pool) => drop(sqlx::query(text).execute(pool).await.unwrap()),
        _ => unreachable!(),
    }
}

/// The one value of a statement that every database understands.
pub async fn scalar(orm: &Orm, text: &'static str) -> String {
    match orm.datastore("default").unwrap().pool() {
        #[cfg(feature = "sqlite")]
        Pool::Sqlite(pool) => sqlx::query_scalar(text).fetch_one(pool).await.unwrap(),
        #[cfg(feature = "postgres")]
        Pool::Postgres(pool) => sqlx::query_scalar(text).fetch_one(pool).await.unwrap(),
        #[cfg(feature = "mysql")]
        Pool::Mysql(pool) => {
            let bytes: Vec<u8> = sqlx::query_scalar(text).fetch_one(pool).await.unwrap();
            String::from_utf8(bytes).unwrap()
        }
        _ => unreachable!(),
    }
}

/// Returns when a statement waits for a lock that another holds; at once where writers take turns before they ask for
/// anything.
pub async fn somebody_waits(orm: &Orm) {
    let look = async {
        while !is_somebody_waiting(orm).await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), look).await.expect("nobody waits for a lock");
}

async fn is_somebody_waiting(orm: &Orm) -> bool {
    match orm.datastore("default").unwrap().pool() {
        #[cfg(feature = "sqlite")]
        Pool::Sqlite(_) => true,
        #[cfg(feature = "postgres")]
        Pool::Postgres(pool) => {
            let sql = "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' \
                       AND application_name = current_setting('application_name'))";
            sqlx::query_scalar(sql).fetch_one(pool).await.unwrap()
        }
        #[cfg(feature = "mysql")]
        Pool::Mysql(pool) => {
            // What says whose locks these are is only renewed while nobody asks for it.
            let sql = "SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_current_waits'";
            let (_, waits): (String, String) = sqlx::query_as(sql).fetch_one(pool).await.unwrap();
            let sql = "SELECT EXISTS (SELECT 1 FROM information_schema.processlist WHERE db = DATABASE() \
                       AND id <> CONNECTION_ID() AND command <> 'Sleep')";
            let is_busy: bool = sqlx::query_scalar(sql).fetch_one(pool).await.unwrap();
            waits != "0" && is_busy
        }
        _ => unreachable!(),
    }
}

/// Everything that the database says of its tables, columns and indexes, as a list of lines.
pub async fn catalogue(orm: &Orm) -> Vec<String> {
    match orm.datastore("default").unwrap().pool() {
        #[cfg(feature = "sqlite")]
        Pool::Sqlite(pool) => {
            let sql = "SELECT name || ' ' || COALESCE(sql, '') FROM sqlite_master ORDER BY name";
            sqlx::query_scalar(sql).fetch_all(pool).await.unwrap()
        }
        #[cfg(feature = "postgres")]
        Pool::Postgres(pool) => {
            let sql = "SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || COALESCE(collation_name, '') \
                       FROM information_schema.columns WHERE table_schema = current_schema() \
                       UNION ALL SELECT indexname || ' ' || indexdef FROM pg_indexes WHERE schemaname = current_schema() \
                       ORDER BY 1";
            sqlx::query_scalar(sql).fetch_all(pool).await.unwrap()
        }
        #[cfg(feature = "mysql")]
        Pool::Mysql(pool) => {
            let sql = "SELECT CAST(CONCAT_WS(' ', table_name, column_name, column_type, collation_name, extra) AS CHAR) AS line \
                       FROM information_schema.columns WHERE table_schema = DATABASE() \
                       UNION ALL SELECT CAST(CONCAT_WS(' ', index_name, table_name, column_name, seq_in_index) AS CHAR) \
                       FROM information_schema.statistics WHERE table_schema = DATABASE() ORDER BY line";
            sqlx::query_scalar(sql).fetch_all(pool).await.unwrap()
        }
        _ => unreachable!(),
    }
}

/// The tables of the models as they are, one line for each column, index and foreign key, however they came to be.
pub async fn described(orm: &Orm) -> Vec<String> {
    let lines: Vec<String> = match orm.datastore("default").unwrap().pool() {
        #[cfg(feature = "sqlite")]
        Pool::Sqlite(pool) => {
            let sql = "SELECT m.name || '.' || c.name || ' ' || lower(c.type) || ' ' || c.\"notnull\" || ' ' || c.pk \
                       || (m.sql LIKE '%AUTOINCREMENT%') \
                       FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c WHERE m.type = 'table' \
                       UNION ALL SELECT m.name || ' index ' || i.name || ' ' || i.\"unique\" || ' ' || c.seqno || ' ' || c.name \
                       FROM sqlite_master AS m JOIN pragma_index_list(m.name) AS i JOIN pragma_index_info(i.name) AS c \
                       UNION ALL SELECT m.name || ' key ' || k.\"from\" || ' ' || k.\"table\" || ' ' || k.\"to\" || ' ' || k.on_delete \
                       FROM sqlite_master AS m JOIN pragma_foreign_key_list(m.name) AS k WHERE m.type = 'table' ORDER BY 1";
            sqlx::query_scalar(sql).fetch_all(pool).await.unwrap()
        }
        #[cfg(feature = "postgres")]
        Pool::Postgres(pool) => {
            let sql = "SELECT table_name || '.' || concat_ws(' ', column_name, data_type, character_maximum_length, \
                       is_nullable, is_identity, collation_name) \
                       FROM information_schema.columns WHERE table_schema = current_schema() \
                       UNION ALL SELECT tablename || ' ' || replace(indexdef, schemaname, '') FROM pg_indexes \
                       WHERE schemaname = current_schema() AND indexname NOT LIKE '%pkey' \
                       UNION ALL SELECT conrelid::regclass::text || ' key ' || conname || ' ' || pg_get_constraintdef(oid) \
                       FROM pg_constraint WHERE contype = 'f' AND connamespace = current_schema()::regnamespace ORDER BY 1";
            sqlx::query_scalar(sql).fetch_all(pool).await.unwrap()
        }
        #[cfg(feature = "mysql")]
        Pool::Mysql(pool) => {
            let sql = "SELECT CAST(CONCAT_WS(' ', CONCAT(table_name, '.', column_name), column_type, is_nullable, \
                       collation_name, extra) AS CHAR) AS line \
                       FROM information_schema.columns WHERE table_schema = DATABASE() \
                       UNION ALL SELECT CAST(CONCAT_WS(' ', table_name, index_name, non_unique, column_name, seq_in_index) AS CHAR) \
                       FROM information_schema.statistics WHERE table_schema = DATABASE() \
                       UNION ALL SELECT CAST(CONCAT_WS(' ', table_name, 'key', constraint_name, delete_rule, referenced_table_name) AS CHAR) \
                       FROM information_schema.referential_constraints WHERE constraint_schema = DATABASE() ORDER BY line";
            sqlx::query_scalar(sql).fetch_all(pool).await.unwrap()
        }
        _ => unreachable!(),
    };
    let own = ["_sqlx_migrations", "topsail_schema", "sqlite_sequence"];
    lines.into_iter().filter(|line| !own.iter().any(|name| line.starts_with(name))).collect()
}

/// Whether there is an index of this name.
pub async fn has_index(orm: &Orm, name: &str) -> bool {
    catalogue(orm).await.iter().any(|line| line.split(' ').next() == Some(name))
}

#[cfg_attr(
    not(any(feature = "postgres", feature = "mysql")),
    allow(dead_code, unused_variables, reason = "a file needs less care than a server")
)]
mod server {
    use std::sync::atomic::{AtomicU32, Ordering};

    use topsail_orm::OrmConfig;

    /// An empty database; closed and gone when it is dropped.
    pub struct Place {
        config: OrmConfig,
        kind: Kind,
    }

    enum Kind {
        #[cfg(feature = "sqlite")]
        Sqlite(#[allow(dead_code, reason = "removed when dropped")] tempfile::TempDir),
        #[cfg(feature = "postgres")]
        Postgres { url: String, name: String },
        #[cfg(feature = "mysql")]
        Mysql { url: String, name: String },
    }

    impl Place {
        /// Of the kind that the environment names.
        pub async fn new() -> Self {
            Self::of(&std::env::var("TOPSAIL_TEST_DATASTORE").unwrap_or_else(|_| "sqlite".into())).await
        }

        /// Of this kind.
        pub async fn of(wanted: &str) -> Self {
            match wanted {
                #[cfg(feature = "sqlite")]
                "sqlite" => {
                    let folder = tempfile::tempdir().unwrap();
                    let config = OrmConfig::sqlite(folder.path().join("data.sqlite").to_str().unwrap());
                    Self { config, kind: Kind::Sqlite(folder) }
                }
                #[cfg(feature = "postgres")]
                "postgresql" => {
                    let url =
                        url("TOPSAIL_TEST_POSTGRESQL_URL", "postgres://postgres@127.0.0.1:5432/postgres");
                    let name = name();
                    postgres::make(&url, &name).await;
                    let join = if url.contains('?') { '&' } else { '?' };
                    let own = format!(
                        "{url}{join}options[search_path]={name}&options[synchronous_commit]=off&application_name={name}"
                    );
                    Self {
                        config: small(OrmConfig::single("postgresql", own)),
                        kind: Kind::Postgres { url, name },
                    }
                }
                #[cfg(feature = "mysql")]
                "mysql" => {
                    let url = url("TOPSAIL_TEST_MYSQL_URL", "mysql://root@127.0.0.1:3306");
                    let name = name();
                    mysql::make(&url, &name).await;
                    let own = format!("{}/{name}", url.trim_end_matches('/'));
                    Self { config: small(OrmConfig::single("mysql", own)), kind: Kind::Mysql { url, name } }
                }
                other => panic!(
                    "TOPSAIL_TEST_DATASTORE is `{other}`; it may be `sqlite`, `postgresql` or `mysql`, \
                     and the tests are built with --features postgres,mysql"
                ),
            }
        }

        pub fn config(&self) -> OrmConfig {
            self.config.clone()
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            let drop_it = |work: std::pin::Pin<Box<dyn Future<Output = ()> + Send>>| {
                // The test's own runtime cannot be waited for here.
                let thread = std::thread::spawn(move || {
                    tokio::runtime::Builder::new_current_thread()
                        .enable_all()
                        .build()
                        .unwrap()
                        .block_on(work);
                });
                let _ = thread.join();
            };
            match &self.kind {
                #[cfg(feature = "sqlite")]
                Kind::Sqlite(_) => {}
                #[cfg(feature = "postgres")]
                Kind::Postgres { url, name } => {
                    drop_it(Box::pin(postgres::remove(url.clone(), name.clone())))
                }
                #[cfg(feature = "mysql")]
                Kind::Mysql { url, name } => drop_it(Box::pin(mysql::remove(url.clone(), name.clone()))),
            }
        }
    }

    fn url(variable: &str, otherwise: &str) -> String {
        std::env::var(variable).unwrap_or_else(|_| otherwise.into())
    }

    fn name() -> String {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        format!("topsail_test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
    }

    /// Few connections, since many tests share the server.
    fn small(mut config: OrmConfig) -> OrmConfig {
        for store in config.datastores.values_mut() {
            store.max_connections = 4;
        }
        config
    }

    #[cfg(feature = "postgres")]
    mod postgres {
        use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

        pub async fn make(url: &str, name: &str) {
            let mut admin = PgConnection::connect(url).await.unwrap();
            // What an earlier process of the same number left behind.
            let sql = format!(
                "SET client_min_messages = warning; DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name}"
            );
            admin.execute(AssertSqlSafe(sql)).await.unwrap();
            admin.close().await.unwrap();
        }

        pub async fn remove(url: String, name: String) {
            let mut admin = PgConnection::connect(&url).await.unwrap();
            let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1";
            sqlx::query(end).bind(&name).execute(&mut admin).await.unwrap();
            let sql = format!("SET client_min_messages = warning; DROP SCHEMA {name} CASCADE");
            admin.execute(AssertSqlSafe(sql)).await.unwrap();
            admin.close().await.unwrap();
        }
    }

    #[cfg(feature = "mysql")]
    mod mysql {
        use sqlx::{AssertSqlSafe, Connection, Executor, MySqlConnection};

        pub async fn make(url: &str, name: &str) {
            let mut admin = MySqlConnection::connect(url).await.unwrap();
            let sql = format!("DROP DATABASE IF EXISTS {name}; CREATE DATABASE {name}");
            admin.execute(AssertSqlSafe(sql)).await.unwrap();
            admin.close().await.unwrap();
        }

        pub async fn remove(url: String, name: String) {
            let mut admin = MySqlConnection::connect(&url).await.unwrap();
            let busy = "SELECT CAST(id AS SIGNED) FROM information_schema.processlist WHERE db = ?";
            let ids: Vec<i64> = sqlx::query_scalar(busy).bind(&name).fetch_all(&mut admin).await.unwrap();
            for id in ids {
                // It may have ended by itself.
                let _ = admin.execute(AssertSqlSafe(format!("KILL {id}"))).await;
            }
            admin.execute(AssertSqlSafe(format!("DROP DATABASE {name}"))).await.unwrap();
            admin.close().await.unwrap();
        }
    }
}
