//! Written migrations: SQL files made of what the models say now and said at the last one, and run in order.
//!
//! [`snapshot`] is the tables as data, [`difference`] what differs between two of them, [`script`] the SQL from one to
//! the other, [`folder`] the files, [`runner`] what is done with them in a database.

mod difference;
mod error;
mod folder;
mod marks;
mod renames;
mod runner;
mod script;
mod snapshot;
mod status;
mod text;

use std::path::{Path, PathBuf};

pub use self::{
    error::MigrationError,
    renames::{ColumnRename, TableRename},
    runner::{Baseline, Down, Up},
    status::{MigrationState, MigrationStatus, Status},
};

use self::{
    difference::Difference,
    folder::{Draft, Folder, Migration, check_name},
    script::Renames,
    snapshot::{Language, Snapshot},
};
use super::table;
use crate::{
    Orm,
    datastore::{Adapter, Datastore, Dialect, OrmConfig},
    error::{OrmError, Result, nearest},
    model::ModelDef,
    orm::frozen,
};

/// The written migrations of one datastore.
///
/// To write one needs the models and no database: [`of`](Self::of) and [`diff`](Self::diff). To run them needs an
/// [`Orm`], whose [`migrations`](Orm::migrations) gives them.
///
/// ```
/// # use topsail_orm::{Diff, Migrations, ModelDef, Orm, OrmConfig, OrmError, Up};
/// # async fn examples(config: OrmConfig, models: Vec<ModelDef>, orm: &Orm) -> Result<(), OrmError> {
/// if let Some(files) = Migrations::of(config, models, "default", None)?.diff("add_email", &Diff::default())? {
///     println!("wrote {}", files[0].display());
/// }
/// let done = orm.migrations("default")?.up(orm, &Up::default()).await?;
/// println!("applied {}", done.join(", "));
/// # Ok(())
/// # }
/// ```
///
/// # Source
/// Not in Sails, whose tables follow the models by `alter` or by hand. The files and the table of what was applied are
/// those of sqlx.
#[derive(Clone, Debug)]
pub struct Migrations {
    datastore: String,
    dialect: Dialect,
    folder: Folder,
    /// The tables as the models want them.
    wanted: Snapshot,
}

/// How a difference is to be written.
#[derive(Clone, Debug, Default)]
pub struct Diff {
    /// Writes also what loses data: tables and columns that go, types that hold less.
    pub allow_destructive: bool,
    /// Tables that have another name.
    pub rename_tables: Vec<TableRename>,
    /// Columns that have another name.
    pub rename_columns: Vec<ColumnRename>,
    /// Writes files without statements, for statements of one's own, also where nothing differs.
    pub empty: bool,
}

impl Migrations {
    /// The migrations of a datastore, without opening it. They are written for the database of this `adapter`, or of
    /// the configured one; `mysql` and `mariadb` are two here.
    ///
    /// # Errors
    /// [`OrmError::Definition`] for what is wrong with the models; [`OrmError::UnknownDatastore`]; [`OrmError::Config`] for
    /// an adapter that does not exist.
    pub fn of(
        config: OrmConfig,
        defs: Vec<ModelDef>,
        datastore: &str,
        adapter: Option<&str>,
    ) -> Result<Self> {
        let (config, _, models) = frozen(config, defs)?;
        let store = config.datastores.get(datastore).ok_or_else(|| OrmError::UnknownDatastore {
            name: datastore.into(),
            hint: nearest(datastore, config.datastores.keys().map(String::as_str)),
        })?;
        let adapter = adapter.unwrap_or(&store.adapter);
        let dialect = Adapter::dialect_named(adapter).ok_or_else(|| OrmError::Config {
            datastore: datastore.into(),
            message: format!(
                "there is no adapter `{adapter}`; there are `sqlite`, `postgresql`, `mysql`, `mariadb`"
            ),
        })?;
        let models: Vec<&ModelDef> = models.values().map(AsRef::as_ref).collect();
        let wanted = Snapshot::of(dialect, &table::of_datastore(&models, datastore));
        Ok(Self {
            datastore: datastore.into(),
            dialect,
            folder: Folder::new(store.migrations_folder(datastore)),
            wanted,
        })
    }

    pub(crate) fn of_open(orm: &Orm, store: &Datastore) -> Self {
        Self {
            datastore: store.name().into(),
            dialect: store.dialect(),
            folder: Folder::new(store.migrations_folder().into()),
            wanted: Snapshot::of(store.dialect(), &table::all(orm, store)),
        }
    }

    /// The name of the datastore.
    pub fn datastore(&self) -> &str {
        &self.datastore
    }

    /// Where the files are.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Whether there is a folder of migrations.
    pub fn exist(&self) -> bool {
        self.folder.exists()
    }

    /// Whether a model lives in this datastore.
    pub fn has_tables(&self) -> bool {
        !self.wanted.tables.is_empty()
    }

    /// Writes what differs between the models and the newest migration, and gives the files; none if nothing does.
    ///
    /// Nothing is run, and no database is asked.
    ///
    /// # Errors
    /// [`OrmError::WrittenMigration`]: what would lose data and was not allowed, a changed primary key, a name that is
    /// none, migrations for another database, files that cannot be read or written.
    pub fn diff(&self, name: &str, options: &Diff) -> Result<Option<Vec<PathBuf>>> {
        check_name(name)?;
        let files = self.folder.read()?;
        self.check_language(&files, "`--adapter` or the configuration says")?;
        let former = newest(&files).cloned().unwrap_or_else(|| Snapshot::empty(self.dialect));
        let Some((up, down)) = self.scripts(name, &former, options)? else { return Ok(None) };
        let draft = Draft { name: name.into(), up, down, snapshot: self.wanted.clone() };
        Ok(Some(self.folder.write(&draft, files.last().map(|m| m.version))?))
    }

    /// The way there and the way back.
    fn scripts(
        &self,
        name: &str,
        former: &Snapshot,
        options: &Diff,
    ) -> Result<Option<(String, String)>, MigrationError> {
        let (there, back) = (name.to_owned(), format!("{name}, undone"));
        if options.empty {
            return Ok(Some((script::blank(self.dialect, &there), script::blank(self.dialect, &back))));
        }
        let (tables, columns) = (&options.rename_tables, &options.rename_columns);
        let renamed = renames::renamed(former.clone(), &self.wanted, tables, columns)?;
        let difference = Difference::between(self.dialect, &renamed, &self.wanted)?;
        if difference.is_empty() && tables.is_empty() && columns.is_empty() {
            return Ok(None);
        }
        let steps = difference.losses();
        if !steps.is_empty() && !options.allow_destructive {
            return Err(MigrationError::Destructive { steps, renames: difference.perhaps_renamed() });
        }
        let up = script::script(self.dialect, &there, Renames { tables, columns }, &difference);
        let (tables, columns) = difference::back(tables, columns);
        let renamed = renames::renamed(self.wanted.clone(), former, &tables, &columns)?;
        let difference = Difference::between(self.dialect, &renamed, former)?;
        let renames = Renames { tables: &tables, columns: &columns };
        Ok(Some((up, script::script(self.dialect, &back, renames, &difference))))
    }

    /// Whether the models want other tables than those of the newest migration.
    fn differs(&self, files: &[Migration]) -> bool {
        let former = newest(files).cloned().unwrap_or_else(|| Snapshot::empty(self.dialect));
        // A primary key that changed is a difference too.
        Difference::between(self.dialect, &former, &self.wanted).map_or(true, |d| !d.is_empty())
    }

    fn check_language(&self, files: &[Migration], who: &str) -> Result<(), MigrationError> {
        match newest(files).map(|s| s.dialect) {
            Some(written) if written != Language::of(self.dialect) => Err(MigrationError::Dialect {
                datastore: self.datastore.clone(),
                folder: self.folder.path().display().to_string(),
                written: written.title(),
                found: format!("{who} {}", Language::of(self.dialect).title()),
            }),
            _ => Ok(()),
        }
    }
}

/// The newest snapshot.
fn newest(files: &[Migration]) -> Option<&Snapshot> {
    files.iter().rev().find_map(|m| m.snapshot.as_ref())
}
