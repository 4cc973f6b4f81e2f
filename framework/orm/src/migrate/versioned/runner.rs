//! Running migrations: one after the other, each whole or not at all where the database can undo it, and only one
//! program at a time.

use tokio::sync::OwnedSemaphorePermit;

use super::{
    MigrationError, Migrations,
    difference::Difference,
    folder::Migration,
    marks::marks,
    snapshot::Snapshot,
    status::{MigrationState, MigrationStatus, around, check, compare_tables, compared},
    text::statements,
};
use crate::{
    Orm,
    datastore::{Datastore, Dialect, Link, Statement, Way, migration, migrations_table},
    error::{DatabaseError, OrmError, Result},
    migrate::{discover, memory},
};

/// What is to be run.
#[derive(Clone, Debug, Default)]
pub struct Up {
    /// The last one to run; all that are pending without it.
    pub to: Option<i64>,
    /// Runs also files with statements that lose data.
    pub allow_destructive: bool,
}

/// What is to be undone.
#[derive(Clone, Debug)]
pub struct Down {
    /// All that are newer than this version; 0 for all there are.
    pub to: Option<i64>,
    /// How many, without `to`.
    pub steps: usize,
    /// Runs also files with statements that lose data.
    pub allow_destructive: bool,
}

impl Default for Down {
    fn default() -> Self {
        Self { to: None, steps: 1, allow_destructive: false }
    }
}

/// What was recorded without being run.
#[derive(Clone, Debug, Default)]
pub struct Baseline {
    /// The migrations, as their files are called.
    pub recorded: Vec<String>,
    /// Columns of the database that the migrations do not know. A later migration that makes their table anew would
    /// lose them.
    pub surplus: Vec<String>,
}

impl Migrations {
    /// Runs the pending migrations, the oldest first, and gives those it ran.
    ///
    /// Each is one transaction, but in MySQL and MariaDB, where every statement about tables stands at once. Who runs
    /// them at the same time waits, and finds them done.
    ///
    /// # Errors
    /// [`OrmError::WrittenMigration`]: files that changed or are gone after they were applied, statements that lose data
    /// and were not allowed, and what the database refused; what ran before stays.
    pub async fn up(&self, orm: &Orm, options: &Up) -> Result<Vec<String>> {
        let run = self.enter(orm).await?;
        let outcome = run.up(options).await;
        run.leave().await;
        outcome
    }

    /// Undoes the last migration, or several, the newest first, and gives those it undid.
    ///
    /// # Errors
    /// As [`up`](Self::up), and for a migration without a file for the way back.
    pub async fn down(&self, orm: &Orm, options: &Down) -> Result<Vec<String>> {
        let run = self.enter(orm).await?;
        let outcome = run.down(options).await;
        run.leave().await;
        outcome
    }

    /// Records the pending migrations, up to a version or all, as applied without running them: for a database whose
    /// tables are there already.
    ///
    /// # Errors
    /// [`MigrationError::NotThere`] if a table, a column or an index that there is after them is not in the database.
    pub async fn baseline(&self, orm: &Orm, to: Option<i64>) -> Result<Baseline> {
        let run = self.enter(orm).await?;
        let outcome = run.baseline(to).await;
        run.leave().await;
        outcome
    }

    async fn enter(&self, orm: &Orm) -> Result<Run> {
        let files = self.folder.read()?;
        self.check_language(&files, "the server is")?;
        let store = orm.require_datastore(&self.datastore)?;
        let turn = store.turn().await?;
        let alone = store.alone().await?;
        let run = Run { dialect: self.dialect, files, alone, _turn: turn };
        if let Err(e) = run.prepare().await {
            run.leave().await;
            return Err(e);
        }
        Ok(run)
    }
}

/// The files, and the database with nobody else in the way.
struct Run {
    dialect: Dialect,
    files: Vec<Migration>,
    /// Its one connection holds the lock until it is closed.
    alone: Datastore,
    _turn: Option<OwnedSemaphorePermit>,
}

impl Run {
    async fn prepare(&self) -> Result<()> {
        self.alone.lock_migrations().await?;
        let mut link = self.alone.begin_write().await?;
        if !discover::exists(self.dialect, &mut link, migrations_table()).await? {
            link.prepare_migrations().await?;
        }
        memory::prepare(self.dialect, &mut link).await?;
        Ok(link.commit().await?)
    }

    async fn leave(self) {
        self.alone.close().await;
    }

    async fn up(&self, options: &Up) -> Result<Vec<String>> {
        let all = self.status().await?;
        self.check_version(options.to)?;
        let wanted: Vec<&Migration> = self
            .in_state(&all, MigrationState::Pending)
            .filter(|m| options.to.is_none_or(|to| m.version <= to))
            .collect();
        self.check_marks(wanted.iter().map(|m| (*m, m.up.as_str())), options.allow_destructive)?;
        let mut done = vec![];
        for file in wanted {
            self.check_absent(file).await?;
            if self.one(file, &file.up, Way::Up).await? {
                done.push(file.label());
            }
        }
        Ok(done)
    }

    async fn down(&self, options: &Down) -> Result<Vec<String>> {
        let all = self.status().await?;
        if options.to != Some(0) {
            self.check_version(options.to)?;
        }
        let applied: Vec<&Migration> = self.in_state(&all, MigrationState::Applied).collect();
        let newer = applied.into_iter().rev();
        let wanted: Vec<&Migration> = match options.to {
            Some(to) => newer.filter(|m| m.version > to).collect(),
            None => newer.take(options.steps).collect(),
        };
        let mut with_way = vec![];
        for file in wanted {
            let down = file.down.as_deref().ok_or_else(|| {
                MigrationError::NoWayBack(format!(
                    "migration {0} cannot be undone: there is no {0}.down.sql beside it; write it, or go on with a new \
                     migration",
                    file.label()
                ))
            })?;
            with_way.push((file, down));
        }
        self.check_marks(with_way.iter().copied(), options.allow_destructive)?;
        let mut done = vec![];
        for (file, down) in with_way {
            if self.one(file, down, Way::Down).await? {
                done.push(file.label());
            }
        }
        Ok(done)
    }

    async fn baseline(&self, to: Option<i64>) -> Result<Baseline> {
        let all = self.status().await?;
        self.check_version(to)?;
        let mut baseline = Baseline::default();
        if let (Some(snapshot), _) = around(&self.files, to.unwrap_or(i64::MAX)) {
            let mut link = self.alone.begin_read().await?;
            let (missing, surplus) = compare_tables(self.dialect, &mut link, snapshot).await?;
            link.rollback().await?;
            if !missing.is_empty() {
                return Err(MigrationError::NotThere { missing }.into());
            }
            baseline.surplus = surplus;
        }
        let pending = self.in_state(&all, MigrationState::Pending);
        for file in pending.filter(|m| to.is_none_or(|to| m.version <= to)) {
            if self.one(file, &file.up, Way::Skip).await? {
                baseline.recorded.push(file.label());
            }
        }
        Ok(baseline)
    }

    async fn status(&self) -> Result<Vec<MigrationStatus>> {
        let mut link = self.alone.begin_read().await?;
        let applied = link.applied_migrations().await?;
        link.rollback().await?;
        let all = compared(&self.files, &applied);
        check(&all)?;
        Ok(all)
    }

    fn in_state(&self, all: &[MigrationStatus], state: MigrationState) -> impl Iterator<Item = &Migration> {
        let is = move |m: &&Migration| all.iter().any(|s| s.version == m.version && s.state == state);
        self.files.iter().filter(is)
    }

    fn check_version(&self, version: Option<i64>) -> Result<(), MigrationError> {
        match version {
            Some(version) if !self.files.iter().any(|m| m.version == version) => {
                Err(MigrationError::UnknownVersion {
                    version,
                    known: self.files.iter().map(|m| m.version).collect(),
                })
            }
            _ => Ok(()),
        }
    }

    /// Whoever lets `alter` run in development has the tables before the migration; its statements could only fail.
    async fn check_absent(&self, file: &Migration) -> Result<()> {
        let Some(after) = &file.snapshot else { return Ok(()) };
        let before = around(&self.files, file.version).1.cloned();
        let before = before.unwrap_or_else(|| Snapshot::empty(self.dialect));
        if !Difference::between(self.dialect, &before, after).is_ok_and(|d| d.makes_any()) {
            return Ok(());
        }
        let mut link = self.alone.begin_read().await?;
        let (missing, _) = compare_tables(self.dialect, &mut link, after).await?;
        let done = link.applied_migrations().await?.iter().any(|a| a.version == file.version);
        link.rollback().await?;
        if missing.is_empty() && !done {
            let (migration, version) = (file.label(), file.version);
            return Err(MigrationError::AlreadyThere { migration, version }.into());
        }
        Ok(())
    }

    fn check_marks<'f>(
        &self,
        texts: impl Iterator<Item = (&'f Migration, &'f str)>,
        allowed: bool,
    ) -> Result<(), MigrationError> {
        let steps: Vec<String> = texts
            .flat_map(|(file, text)| {
                marks(self.dialect, text).into_iter().map(|loss| format!("{}: {loss}", file.label()))
            })
            .collect();
        if allowed || steps.is_empty() { Ok(()) } else { Err(MigrationError::Refused { steps }) }
    }

    /// Runs one script. Gives whether there was anything to do: in SQLite, where nobody can be kept out before,
    /// somebody else may have done it by now.
    async fn one(&self, file: &Migration, text: &str, way: Way) -> Result<bool> {
        let sent = if self.dialect.is_mysql() { numbered(self.dialect, text) } else { text.to_owned() };
        let mut script = migration(file.version, &file.name, &file.up, sent, way);
        if self.dialect.is_mysql() || text.starts_with("-- no-transaction") {
            script.no_tx = true;
            if let Err(source) = self.alone.run_migration(&script, way).await {
                return Err(self.failed(file, text, source, false).await);
            }
            let mut link = self.alone.begin_write().await?;
            self.remember(&mut link, file.version, way).await?;
            link.commit().await?;
            return Ok(true);
        }
        let mut link = self.alone.begin_write().await?;
        let there = link.applied_migrations().await?.iter().any(|a| a.version == file.version);
        if there != (way == Way::Down) {
            link.rollback().await?;
            return Ok(false);
        }
        if let Err(source) = link.run_migration(&script, way).await {
            link.rollback().await?;
            return Err(self.failed(file, text, source, true).await);
        }
        self.remember(&mut link, file.version, way).await?;
        if self.dialect == Dialect::Sqlite && way != Way::Skip {
            check_foreign_keys(&mut link, file).await?;
        }
        link.commit().await?;
        Ok(true)
    }

    /// Tells `alter` what is there now, so that it can go on from here.
    async fn remember(&self, link: &mut Link, version: i64, way: Way) -> Result<()> {
        let (after, before) = around(&self.files, version);
        let (now, former) = if way == Way::Down { (before, after) } else { (after, before) };
        let tables = |s: Option<&'_ Snapshot>| s.map(|s| s.tables.clone()).unwrap_or_default();
        let (now, former) = (tables(now), tables(former));
        for gone in former.iter().filter(|t| !now.iter().any(|n| n.name == t.name)) {
            memory::forget(self.dialect, link, &gone.name).await?;
        }
        for table in now {
            memory::remember(self.dialect, link, &table.to_def()).await?;
        }
        Ok(())
    }

    async fn failed(&self, file: &Migration, text: &str, source: DatabaseError, undone: bool) -> OrmError {
        let all = statements(self.dialect, text).unwrap_or_default();
        let at = match source.position() {
            Some(at) => statement_at(text, &all, at),
            None if self.dialect.is_mysql() => self.alone.last_statement().await,
            None => None,
        };
        let statement = at.and_then(|i| all.get(i)).map(|s| (*s).to_owned());
        MigrationError::Statement { migration: file.label(), statement, undone, source }.into()
    }
}

/// The statement that the character of this number is in, counted from 1.
fn statement_at(text: &str, all: &[&str], character: usize) -> Option<usize> {
    let (at, _) = text.char_indices().nth(character.checked_sub(1)?)?;
    let mut searched = 0;
    all.iter().position(|statement| {
        let begin = text[searched..].find(statement).map_or(searched, |found| searched + found);
        searched = begin + statement.len();
        at < searched
    })
}

/// The text with a note before each statement of which it is, since the database tells only that one has failed.
fn numbered(dialect: Dialect, text: &str) -> String {
    let Some(all) = statements(dialect, text) else { return text.to_owned() };
    let mut numbered = String::from("SET @topsail_statement = 0");
    for (i, statement) in all.iter().enumerate() {
        numbered.push_str(&format!(";\nSET @topsail_statement = {};\n{statement}", i + 1));
    }
    numbered
}

/// # Errors
/// [`MigrationError::ForeignKeys`] if rows point at rows that are not there.
async fn check_foreign_keys(link: &mut Link, file: &Migration) -> Result<()> {
    let sql = "SELECT DISTINCT \"table\", parent FROM pragma_foreign_key_check";
    let mut pairs = vec![];
    for row in link.fetch(Statement::fixed(sql, vec![])).await? {
        pairs.push(format!(
            "rows of `{}` point at rows of `{}` that are not there",
            row.text(0)?,
            row.text(1)?
        ));
    }
    if pairs.is_empty() {
        return Ok(());
    }
    Err(MigrationError::ForeignKeys { migration: file.label(), problem: pairs.join(", ") }.into())
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;
    use crate::{AttrDef, Auto, Diff, Kind, ModelDef, OrmConfig};

    #[tokio::test]
    async fn a_database_in_memory_can_be_migrated_too() {
        let folder = tempfile::tempdir().unwrap();
        let mut config = OrmConfig::sqlite("sqlite::memory:");
        config.datastores.get_mut("default").unwrap().migrations = Some(folder.path().into());
        let mut def = ModelDef::new("City");
        def.attributes = vec![AttrDef::new("id", Kind::Int).auto(Auto::Increment)];
        let orm = Orm::connect(config, vec![def]).await.unwrap();
        let migrations = orm.migrations("default").unwrap();
        migrations.diff("init", &Diff::default()).unwrap();
        assert_eq!(migrations.up(&orm, &Up::default()).await.unwrap().len(), 1);
        let sql = "INSERT INTO city (id) VALUES ($1)";
        orm.datastore("default").unwrap().send_native_query(sql, [json!(7)]).await.unwrap();
    }
}
