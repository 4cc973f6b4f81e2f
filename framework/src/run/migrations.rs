//! `migrate diff | up | down | status | baseline`: written migrations by command.

use std::{
    fmt::{Display, Write as _},
    io::Write as _,
    path::Path,
    process::ExitCode,
};

use clap::{Args, Subcommand};
use topsail_orm::{
    ColumnRename, Diff, Down, Migrations, ModelDef, Orm, OrmConfig, OrmError, TableRename, Up,
};

use super::fail;
use crate::AppBuilder;

#[derive(Subcommand, Clone, Debug)]
pub(super) enum Step {
    /// Writes a migration of what differs between the models and the newest one; asks no database
    Diff(DiffFlags),
    /// Runs the pending migrations
    Up(UpFlags),
    /// Undoes the last migration
    Down(DownFlags),
    /// Prints every migration and what has become of it
    Status(Which),
    /// Records the pending migrations as applied without running them, for a database whose tables are there already
    Baseline(BaselineFlags),
}

/// The datastores concerned.
#[derive(Args, Clone, Debug)]
pub(super) struct Which {
    /// This datastore only
    #[arg(long, value_name = "NAME")]
    datastore: Option<String>,
}

#[derive(Args, Clone, Debug)]
pub(super) struct DiffFlags {
    /// What the migration is called
    name: String,
    /// Write also what loses data
    #[arg(long)]
    allow_destructive: bool,
    /// A column that has another name, such as `user.name:full_name`
    #[arg(long, value_name = "TABLE.FORMER:NEW")]
    rename: Vec<ColumnRename>,
    /// A table that has another name
    #[arg(long, value_name = "FORMER:NEW")]
    rename_table: Vec<TableRename>,
    /// Write for `sqlite`, `postgresql`, `mysql` or `mariadb`, whatever is configured
    #[arg(long)]
    adapter: Option<String>,
    /// Write files without statements, for statements of your own
    #[arg(long)]
    empty: bool,
    #[command(flatten)]
    which: Which,
}

#[derive(Args, Clone, Debug)]
pub(super) struct UpFlags {
    /// The last migration to run
    #[arg(long, value_name = "VERSION")]
    to: Option<i64>,
    /// Run also statements that lose data
    #[arg(long)]
    allow_destructive: bool,
    #[command(flatten)]
    which: Which,
}

#[derive(Args, Clone, Debug)]
pub(super) struct BaselineFlags {
    /// The last migration to record
    #[arg(long, value_name = "VERSION")]
    to: Option<i64>,
    #[command(flatten)]
    which: Which,
}

#[derive(Args, Clone, Debug)]
pub(super) struct DownFlags {
    /// Undo all that are newer than this one; 0 for all
    #[arg(long, value_name = "VERSION", conflicts_with = "steps")]
    to: Option<i64>,
    /// How many to undo
    #[arg(long, value_name = "N", default_value_t = 1)]
    steps: usize,
    /// Run also statements that lose data
    #[arg(long)]
    allow_destructive: bool,
    #[command(flatten)]
    which: Which,
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error(transparent)]
    Orm(#[from] OrmError),
    #[error("several datastores have migrations: {0}; say which with --datastore NAME")]
    Several(String),
}

/// Answers the command.
pub(super) async fn answer(step: Step, app: AppBuilder) -> ExitCode {
    let (config, models) = match app.models() {
        Ok(parts) => parts,
        Err(error) => return fail(&error.to_string()),
    };
    let outcome = match step {
        Step::Diff(flags) => diff(&flags, &config, &models),
        Step::Up(_) | Step::Down(_) | Step::Status(_) | Step::Baseline(_) => run(&step, config, models).await,
    };
    match outcome {
        Ok(Told { text, sound }) => {
            let mut out = std::io::stdout().lock();
            if out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_err() || !sound {
                return ExitCode::FAILURE;
            }
            ExitCode::SUCCESS
        }
        Err(error) => fail(&error.to_string()),
    }
}

/// What is said, and whether all is well.
struct Told {
    text: String,
    sound: bool,
}

impl Told {
    fn new() -> Self {
        Self { text: String::new(), sound: true }
    }

    fn line(&mut self, line: impl Display) {
        let _ = writeln!(self.text, "{line}");
    }
}

fn diff(flags: &DiffFlags, config: &OrmConfig, models: &[ModelDef]) -> Result<Told, Failed> {
    let options = Diff {
        allow_destructive: flags.allow_destructive,
        rename_tables: flags.rename_table.clone(),
        rename_columns: flags.rename.clone(),
        empty: flags.empty,
    };
    let mut told = Told::new();
    for name in concerned(&flags.which, config.datastores.keys().map(String::as_str)) {
        let adapter = flags.adapter.as_deref();
        let migrations = Migrations::of(config.clone(), models.to_vec(), name, adapter)?;
        if flags.which.datastore.is_none() && !migrations.has_tables() && !migrations.exist() {
            continue;
        }
        match migrations.diff(&flags.name, &options)? {
            Some(files) => files.iter().for_each(|f| told.line(format_args!("wrote {}", near(f).display()))),
            None => told.line(format_args!(
                "{name}: the models want the tables of the newest migration; nothing was written."
            )),
        }
    }
    Ok(told)
}

async fn run(step: &Step, config: OrmConfig, models: Vec<ModelDef>) -> Result<Told, Failed> {
    let orm = Orm::connect(config, models).await?;
    let outcome = on_each(step, &orm).await;
    orm.close().await;
    outcome
}

async fn on_each(step: &Step, orm: &Orm) -> Result<Told, Failed> {
    let which = match step {
        Step::Diff(DiffFlags { which, .. })
        | Step::Up(UpFlags { which, .. })
        | Step::Down(DownFlags { which, .. })
        | Step::Baseline(BaselineFlags { which, .. })
        | Step::Status(which) => which,
    };
    let mut all = vec![];
    for name in concerned(which, orm.datastores().map(|s| s.name())) {
        let migrations = orm.migrations(name)?;
        if which.datastore.is_some() || migrations.exist() {
            all.push(migrations);
        }
    }
    let one_only = matches!(
        step,
        Step::Down(_)
            | Step::Up(UpFlags { to: Some(_), .. })
            | Step::Baseline(BaselineFlags { to: Some(_), .. })
    );
    if one_only && all.len() > 1 {
        let names = all.iter().map(|m| format!("`{}`", m.datastore())).collect::<Vec<_>>().join(", ");
        return Err(Failed::Several(names));
    }
    let mut told = Told::new();
    if all.is_empty() {
        told.line("There are no migrations; `topsail migrate diff NAME` writes one.");
    }
    for migrations in &all {
        one(step, migrations, orm, &mut told).await?;
    }
    Ok(told)
}

async fn one(step: &Step, migrations: &Migrations, orm: &Orm, told: &mut Told) -> Result<(), Failed> {
    let name = migrations.datastore();
    let mut list = |word: &str, done: &[String], nothing: &str| {
        done.iter().for_each(|m| told.line(format_args!("{name}: {word} {m}")));
        if done.is_empty() {
            told.line(format_args!("{name}: {nothing}"));
        }
    };
    match step {
        Step::Diff(_) => {}
        Step::Up(flags) => {
            let options = Up { to: flags.to, allow_destructive: flags.allow_destructive };
            list("applied", &migrations.up(orm, &options).await?, "nothing is pending");
        }
        Step::Down(flags) => {
            let options =
                Down { to: flags.to, steps: flags.steps, allow_destructive: flags.allow_destructive };
            list("undid", &migrations.down(orm, &options).await?, "nothing to undo");
        }
        Step::Baseline(flags) => {
            let done = migrations.baseline(orm, flags.to).await?;
            list("recorded", &done.recorded, "nothing is pending");
            for column in done.surplus {
                told.line(format_args!(
                    "{name}: `{column}` is no column of the models; a migration that makes its table anew loses it"
                ));
            }
        }
        Step::Status(_) => {
            let status = migrations.status(orm).await?;
            told.line(format_args!("{name} ({})", near(migrations.folder()).display()));
            told.text.push_str(&status.to_string());
            for problem in status.problems() {
                told.sound = false;
                told.line(problem);
            }
        }
    }
    Ok(())
}

/// The path as seen from here, where that is shorter.
fn near(path: &Path) -> &Path {
    let here = std::env::current_dir().ok();
    here.and_then(|here| path.strip_prefix(here).ok()).unwrap_or(path)
}

fn concerned<'n>(which: &'n Which, all: impl Iterator<Item = &'n str>) -> Vec<&'n str> {
    which.datastore.as_deref().map_or_else(|| all.collect(), |one| vec![one])
}
