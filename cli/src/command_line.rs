//! The commands and their flags, and which module answers each.

use std::env;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::CommandFactory;
use clap::Parser;
use clap::Subcommand;

use crate::generate::GenerateError;
use crate::generate::Thing;
use crate::generate::generate;
use crate::launch::LaunchError;
use crate::launch::Lift;
use crate::launch::lift;
use crate::launch::migrate;
use crate::launch::routes;
use crate::new_app::NewApp;
use crate::new_app::NewAppError;
use crate::new_app::new_app;

#[derive(Debug, Parser)]
#[command(name = "topsail", version, about = "Makes Topsail apps and their parts, and lifts them.")]
struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a new app
    New(NewApp),
    /// Build and start the app
    #[command(visible_alias = "l")]
    Lift(Lift),
    /// Print the app's route table
    Routes,
    /// Bring tables and models together: at once, or by migrations (diff, up, down, status, baseline)
    #[command(disable_help_flag = true)]
    Migrate {
        /// What the app is asked for; `topsail migrate --help` lists it
        #[arg(value_name = "ARGUMENT", trailing_var_arg = true, allow_hyphen_values = true)]
        rest: Vec<OsString>,
    },
    /// Write a part of an app: a model, an action, a page…
    #[command(visible_alias = "g")]
    Generate {
        /// Overwrite what already exists
        #[arg(long, global = true)]
        force: bool,
        #[command(subcommand)]
        thing: Option<Thing>,
    },
}

#[derive(Debug, thiserror::Error)]
enum CommandError {
    #[error(transparent)]
    New(#[from] NewAppError),
    #[error(transparent)]
    Launch(#[from] LaunchError),
    #[error(transparent)]
    Generate(#[from] GenerateError),
    #[error("the current folder cannot be found: {0}")]
    CurrentFolder(io::Error),
    #[error("cannot write to the terminal: {0}")]
    Output(io::Error),
}

/// Runs the command line `arguments`, of which the first is the program's own name.
///
/// Usage texts end with status 0, a command that failed with 1, a command line that cannot be understood with 2.
/// Unlike Sails, a word that is no command is an error.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let line = match CommandLine::try_parse_from(arguments) {
        Ok(line) => line,
        Err(usage) => {
            // Nothing is left to tell a terminal that cannot be written to.
            let _ = usage.print();
            return ExitCode::from(u8::try_from(usage.exit_code()).unwrap_or(2));
        }
    };
    answer(line.command).unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::FAILURE
    })
}

fn answer(command: Option<Command>) -> Result<ExitCode, CommandError> {
    let here = current_folder()?;
    let mut out = io::stdout().lock();
    match command {
        None => usage(None)?,
        Some(Command::New(options)) => new_app(&options, &here, &mut out)?,
        Some(Command::Lift(options)) => return Ok(lift(options, &here)?),
        Some(Command::Routes) => return Ok(routes(&here)?),
        Some(Command::Migrate { rest }) => return Ok(migrate(rest, &here)?),
        Some(Command::Generate { thing: None, .. }) => usage(Some("generate"))?,
        Some(Command::Generate { thing: Some(thing), force }) => generate(thing, force, &here, &mut out)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn usage(of: Option<&str>) -> Result<(), CommandError> {
    let mut all = CommandLine::command();
    all.build();
    let shown = of.and_then(|name| all.find_subcommand_mut(name));
    match shown {
        Some(command) => command.print_help(),
        None => all.print_help(),
    }
    .map_err(CommandError::Output)
}

fn current_folder() -> Result<PathBuf, CommandError> {
    env::current_dir().map_err(CommandError::CurrentFolder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        CommandLine::command().debug_assert();
    }
}
