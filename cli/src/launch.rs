//! `topsail lift`, `topsail routes` and `topsail migrate`: the app's own binary, run through cargo.

use std::env;
use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::Command;
use std::process::ExitCode;

use clap::Args;

use crate::app_folder::AppFolder;
use crate::app_folder::NotAnApp;

/// What `topsail lift` takes. It is handed on to the app, which knows more flags than these.
#[derive(Debug, Args)]
pub(crate) struct Lift {
    /// The port to listen on
    #[arg(long, value_name = "N")]
    port: Option<u16>,
    /// Lift in the production environment
    #[arg(long, conflicts_with = "environment")]
    prod: bool,
    /// Lift in this environment: config/env/NAME.toml applies
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,
    /// Build with optimisations first, as for a deployment
    #[arg(long)]
    release: bool,
    /// Any further flags of the app, such as --session.secret=X; from the first one on, all go to the app
    #[arg(value_name = "FLAG", trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<OsString>,
}

/// Why the app could not be run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LaunchError {
    #[error(transparent)]
    NotAnApp(#[from] NotAnApp),
    #[error("cargo cannot be run: {0}. Is Rust installed (https://rustup.rs) and `cargo` on the PATH?")]
    Cargo(io::Error),
}

/// Builds and lifts the app around `from`. On Unix the app takes this process over, so signals reach it directly.
pub(crate) fn lift(options: Lift, from: &Path) -> Result<ExitCode, LaunchError> {
    let app = AppFolder::find(from)?;
    run(cargo(&app, lift_arguments(options)))
}

/// Prints the route table of the app around `from`.
pub(crate) fn routes(from: &Path) -> Result<ExitCode, LaunchError> {
    let app = AppFolder::find(from)?;
    run(cargo(&app, ["run", "-q", "--", "routes"].map(OsString::from).to_vec()))
}

/// Hands `migrate` on to the app around `from`, which knows its models.
pub(crate) fn migrate(rest: Vec<OsString>, from: &Path) -> Result<ExitCode, LaunchError> {
    let app = AppFolder::find(from)?;
    run(cargo(&app, migrate_arguments(rest)))
}

fn migrate_arguments(rest: Vec<OsString>) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = ["run", "-q", "--", "migrate"].map(OsString::from).to_vec();
    arguments.extend(rest);
    arguments
}

fn lift_arguments(options: Lift) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = vec!["run".into()];
    if options.release {
        arguments.push("--release".into());
    }
    arguments.extend(["--".into(), "lift".into()]);
    if let Some(port) = options.port {
        arguments.extend(["--port".into(), port.to_string().into()]);
    }
    if options.prod {
        arguments.push("--prod".into());
    }
    if let Some(environment) = options.environment {
        arguments.push(format!("--environment={environment}").into());
    }
    arguments.extend(options.rest);
    arguments
}

/// Cargo in the app's root: the app reads `config/`, `views/` and `data/` from its working directory.
fn cargo(app: &AppFolder, arguments: Vec<OsString>) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(app.root()).args(arguments);
    command
}

#[cfg(unix)]
fn run(mut command: Command) -> Result<ExitCode, LaunchError> {
    use std::os::unix::process::CommandExt;
    Err(LaunchError::Cargo(command.exec()))
}

#[cfg(not(unix))]
fn run(mut command: Command) -> Result<ExitCode, LaunchError> {
    let status = command.status().map_err(LaunchError::Cargo)?;
    let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
    Ok(ExitCode::from(code))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        lift: Lift,
    }

    fn handed_on(given: &[&str]) -> Vec<String> {
        let line = Line::try_parse_from(["lift"].iter().chain(given)).unwrap();
        lift_arguments(line.lift).into_iter().map(|a| a.into_string().unwrap()).collect()
    }

    #[test]
    fn ap_69_flags_reach_the_app() {
        assert_eq!(handed_on(&[]), ["run", "--", "lift"]);
        assert_eq!(handed_on(&["--port", "4002"]), ["run", "--", "lift", "--port", "4002"]);
        assert_eq!(handed_on(&["--prod", "--release"]), ["run", "--release", "--", "lift", "--prod"]);
        assert_eq!(handed_on(&["--environment", "staging"]), ["run", "--", "lift", "--environment=staging"]);
    }

    #[test]
    fn ap_22_dotted_flags_pass_with_or_without_the_two_dashes() {
        let expected = ["run", "--", "lift", "--port", "1", "--session.name=q", "--log.level=warn"];
        assert_eq!(handed_on(&["--port", "1", "--session.name=q", "--log.level=warn"]), expected);
        assert_eq!(handed_on(&["--port", "1", "--", "--session.name=q", "--log.level=warn"]), expected);
    }

    #[test]
    fn what_follows_migrate_reaches_the_app() {
        let given = ["diff", "init", "--rename=a.b:c", "--prod"].map(OsString::from).to_vec();
        let handed_on = migrate_arguments(given);
        assert_eq!(handed_on, ["run", "-q", "--", "migrate", "diff", "init", "--rename=a.b:c", "--prod"]);
    }

    #[test]
    fn a_port_that_is_none_is_refused() {
        assert!(Line::try_parse_from(["lift", "--port", "70000"]).is_err());
    }
}
