//! Where a database stands.

use std::fmt;

use super::{MigrationError, Migrations, folder::Migration, snapshot::Snapshot};
use crate::{
    Orm,
    datastore::{Applied, Dialect, Link, checksum, migrations_table},
    error::Result,
    migrate::discover,
};

/// What has become of a migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MigrationState {
    /// It is in the database.
    Applied,
    /// It is not in the database yet.
    Pending,
    /// It is in the database, and its file is another one by now.
    Changed,
    /// It is in the database, and its file is gone.
    Missing,
    /// It failed half-way, in a database that cannot undo it.
    Partial,
}

/// A migration and what has become of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationStatus {
    /// When it was written: `20260131235959`.
    pub version: i64,
    /// What it is called.
    pub name: String,
    /// What has become of it.
    pub state: MigrationState,
}

/// Where a database stands: every migration, the oldest first.
#[derive(Clone, Debug)]
pub struct Status {
    /// The migrations.
    pub migrations: Vec<MigrationStatus>,
    /// Whether the models want other tables than those of the newest migration, so that one is to be written.
    pub models_differ: bool,
}

impl Status {
    /// The migrations that are to be run.
    pub fn pending(&self) -> impl Iterator<Item = &MigrationStatus> {
        self.migrations.iter().filter(|m| m.state == MigrationState::Pending)
    }

    /// What has to be put right before anything can be run, with how.
    pub fn problems(&self) -> Vec<String> {
        self.migrations.iter().filter_map(problem).collect()
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for MigrationStatus { version, name, state } in &self.migrations {
            let state = match state {
                MigrationState::Applied => "applied",
                MigrationState::Pending => "pending",
                MigrationState::Changed => "changed",
                MigrationState::Missing => "missing",
                MigrationState::Partial => "applied in part",
            };
            writeln!(f, "{version}  {state:<8}  {name}")?;
        }
        if self.migrations.is_empty() {
            writeln!(f, "There are no migrations.")?;
        }
        if self.models_differ {
            writeln!(
                f,
                "The models want other tables than the newest migration; `topsail migrate diff NAME` writes one."
            )?;
        }
        Ok(())
    }
}

fn problem(MigrationStatus { version, name, state }: &MigrationStatus) -> Option<String> {
    Some(match state {
        MigrationState::Applied | MigrationState::Pending => return None,
        MigrationState::Changed => format!(
            "migration {version}_{name} was applied and its file is another one by now; put back the file as it was, and \
             write what should change as a new migration"
        ),
        MigrationState::Missing => format!(
            "migration {version}_{name} was applied and its file is missing; put it back, or undo the migration where the \
             file still is"
        ),
        MigrationState::Partial => format!(
            "migration {version}_{name} was applied in part, and this database cannot undo that. Do by hand what is \
             missing, and then `UPDATE {table} SET success = TRUE WHERE version = {version}`; or undo by hand what is \
             there, and then `DELETE FROM {table} WHERE version = {version}`",
            table = migrations_table()
        ),
    })
}

impl Migrations {
    /// Where the database stands. Changes nothing.
    ///
    /// # Errors
    /// Files that cannot be read, migrations for another database, and what the database says.
    pub async fn status(&self, orm: &Orm) -> Result<Status> {
        let files = self.folder.read()?;
        self.check_language(&files, "the server is")?;
        let mut link = orm.require_datastore(&self.datastore)?.begin_read().await?;
        let applied = applied(self.dialect, &mut link).await?;
        link.rollback().await?;
        Ok(Status { migrations: compared(&files, &applied), models_differ: self.differs(&files) })
    }
}

/// What is in the database; nothing where the table of migrations is not there yet.
async fn applied(dialect: Dialect, link: &mut Link) -> Result<Vec<Applied>> {
    if discover::exists(dialect, link, migrations_table()).await? {
        link.applied_migrations().await
    } else {
        Ok(vec![])
    }
}

/// Files and database side by side, the oldest first.
pub(super) fn compared(files: &[Migration], applied: &[Applied]) -> Vec<MigrationStatus> {
    let of_file = |m: &Migration| {
        let state = match applied.iter().find(|a| a.version == m.version) {
            None => MigrationState::Pending,
            Some(a) if !a.whole => MigrationState::Partial,
            Some(a) if a.checksum != checksum(&m.up) => MigrationState::Changed,
            Some(_) => MigrationState::Applied,
        };
        MigrationStatus { version: m.version, name: m.name.clone(), state }
    };
    let missing = applied.iter().filter(|a| !files.iter().any(|m| m.version == a.version)).map(|a| {
        let state = if a.whole { MigrationState::Missing } else { MigrationState::Partial };
        MigrationStatus { version: a.version, name: a.description.replace(' ', "_"), state }
    });
    let mut all: Vec<MigrationStatus> = files.iter().map(of_file).chain(missing).collect();
    all.sort_by_key(|m| m.version);
    all
}

/// # Errors
/// [`MigrationError::History`] with all that has to be put right first.
pub(super) fn check(all: &[MigrationStatus]) -> Result<(), MigrationError> {
    let problems: Vec<String> = all.iter().filter_map(problem).collect();
    if problems.is_empty() { Ok(()) } else { Err(MigrationError::History { problems }) }
}

/// The tables after the migration of this version, and those before it, as the snapshots say.
pub(super) fn around(files: &[Migration], version: i64) -> (Option<&Snapshot>, Option<&Snapshot>) {
    let until = |end: &dyn Fn(&Migration) -> bool| {
        files.iter().rev().filter(|m| end(m)).find_map(|m| m.snapshot.as_ref())
    };
    (until(&|m| m.version <= version), until(&|m| m.version < version))
}

/// What the tables of a snapshot have that the database has not, and what columns it has beyond them.
pub(super) async fn compare_tables(
    dialect: Dialect,
    link: &mut Link,
    snapshot: &Snapshot,
) -> Result<(Vec<String>, Vec<String>)> {
    let (mut missing, mut surplus) = (vec![], vec![]);
    for table in &snapshot.tables {
        if !discover::exists(dialect, link, &table.name).await? {
            missing.push(format!("the table `{}`", table.name));
            continue;
        }
        let found = discover::columns(dialect, link, &table.name).await?;
        for column in &table.columns {
            match found.iter().find(|f| f.name.eq_ignore_ascii_case(&column.name)) {
                None => missing.push(format!("the column `{}.{}`", table.name, column.name)),
                Some(f) if !dialect.same_type(&f.declared, &column.physical) => missing.push(format!(
                    "the column `{}.{}` as {}: it is {}",
                    table.name, column.name, column.physical, f.declared
                )),
                Some(_) => {}
            }
        }
        let known =
            |f: &&discover::FoundColumn| table.columns.iter().any(|c| c.name.eq_ignore_ascii_case(&f.name));
        surplus.extend(found.iter().filter(|f| !known(f)).map(|f| format!("{}.{}", table.name, f.name)));
        let indexes = discover::indexes(dialect, link, &table.name).await?;
        for index in table.indexes.iter().filter(|i| !indexes.iter().any(|f| f.name == i.name)) {
            missing.push(format!("the index `{}` of `{}`", index.name, table.name));
        }
    }
    Ok((missing, surplus))
}
