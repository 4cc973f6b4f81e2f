//! Running migrations: one after the other, each whole or not at all where the database can undo it, and only one
//! program at a time.

mod one;

use tokio::sync::OwnedSemaphorePermit;

use super::{
    MigrationError, Migrations,
    difference::Difference,
    folder::Migration,
    marks::marks,
    snapshot::Snapshot,
    status::{MigrationState, MigrationStatus, around, check, compare_tables, compared},
};
use crate::{
    Orm,
    datastore::{Datastore, Dialect, Way, migrations_table},
    error::Result,
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
    /// [`OrmError::WrittenMigration`](crate::OrmError::WrittenMigration): files that changed or are gone after they were
    /// applied, statements that lose data and were not allowed, and what the database refused; what ran before stays.
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
