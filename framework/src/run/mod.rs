//! The app's own program: lifts it, prints its routes, or brings its tables and its models together.

mod migrations;

use crate::{App, AppBuilder, LiftError, app::Lifted};
use clap::{Parser, Subcommand};
use std::{io::Write, process::ExitCode};

/// Runs the app: lifts it (the default), prints its route table (`routes`), makes its tables follow the models
/// (`migrate`), or writes and runs migrations (`migrate diff`, `up`, `down`, `status`, `baseline`). What `main` is.
///
/// Ends with status 0 after SIGINT or SIGTERM, with 1 when the lift or a command fails.
pub fn run(app: AppBuilder) -> ExitCode {
    let (command, flags) = match read_arguments(std::env::args().collect()) {
        Ok(read) => read,
        Err(code) => return code,
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("the runtime could not be started: {error}")),
    };
    runtime.block_on(async move {
        let app = app.process(flags);
        match command {
            Command::Lift => match app.lift().await {
                Ok(lifted) => serve(lifted).await,
                Err(error) => lift_failed(&error),
            },
            Command::Routes => match app.look().await {
                Ok(app) => print_routes(&app),
                Err(error) => lift_failed(&error),
            },
            Command::Migrate { step: Some(step) } => migrations::answer(step, app).await,
            Command::Migrate { step: None } => match app.migrate().await {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => lift_failed(&error),
            },
        }
    })
}

#[derive(Subcommand, Clone, Debug)]
enum Command {
    /// Lifts the app (the default)
    Lift,
    /// Prints the route table
    Routes,
    /// Makes the tables follow the models now, keeping their rows; or writes and runs migrations
    Migrate {
        #[command(subcommand)]
        step: Option<migrations::Step>,
    },
}

#[derive(Parser, Debug)]
#[command(
    about = "A Topsail app",
    after_help = "Any setting can be given as a flag: --session.secret=x --log.level=debug --http.trust_proxy"
)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// The port to listen on
    #[arg(long, global = true)]
    port: Option<u16>,
    /// The production environment
    #[arg(long, alias = "production", global = true)]
    prod: bool,
    /// Any environment
    #[arg(long, global = true, conflicts_with = "prod")]
    environment: Option<String>,
    /// Log more
    #[arg(long, global = true)]
    verbose: bool,
    /// Log nothing
    #[arg(long, global = true, conflicts_with = "verbose")]
    silent: bool,
}

type Flags = Vec<(String, String)>;

/// Takes the settings out of the arguments, and gives the rest to clap.
fn read_arguments(all: Vec<String>) -> Result<(Command, Flags), ExitCode> {
    let mut flags = Flags::new();
    let mut rest = Vec::new();
    let known = ["port", "prod", "production", "environment", "verbose", "silent", "help"];
    // These have flags of their own. A setting is told from a mistyped one by a dot or a `_`.
    let migrates = all.windows(2).any(|pair| pair[0] == "migrate" && !pair[1].starts_with('-'));
    let is_known = |key: &str| known.contains(&key) || (migrates && !key.contains('_'));
    for argument in all {
        match argument.strip_prefix("--").map(|a| a.split_once('=').unwrap_or((a, "true"))) {
            Some((key, value)) if key.contains('.') || (!key.is_empty() && !is_known(key)) => {
                match key.strip_prefix("no-") {
                    Some(off) if value == "true" => flags.push((off.to_owned(), "false".to_owned())),
                    _ => flags.push((key.replace('-', "_"), value.to_owned())),
                }
            }
            _ => rest.push(argument),
        }
    }
    let parsed = Arguments::try_parse_from(rest).map_err(|error| {
        let _ = error.print();
        if error.use_stderr() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    })?;
    if let Some(port) = parsed.port {
        flags.push(("port".into(), port.to_string()));
    }
    if parsed.prod {
        flags.push(("environment".into(), "production".into()));
    }
    if let Some(environment) = parsed.environment {
        flags.push(("environment".into(), environment));
    }
    if parsed.verbose {
        flags.push(("log.level".into(), "debug".into()));
    }
    if parsed.silent {
        flags.push(("log.level".into(), "silent".into()));
    }
    Ok((parsed.command.unwrap_or(Command::Lift), flags))
}

async fn serve(lifted: Lifted) -> ExitCode {
    banner(&lifted);
    stopped().await;
    tracing::info!("lowering");
    lifted.lower().await;
    ExitCode::SUCCESS
}

/// Waits for SIGINT or SIGTERM.
async fn stopped() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                tokio::select! {
                    _ = tokio::signal::ctrl_c() => {}
                    _ = terminate.recv() => {}
                }
            }
            Err(_) => {
                let _ = tokio::signal::ctrl_c().await;
            }
        }
    }
    #[cfg(not(unix))]
    let _ = tokio::signal::ctrl_c().await;
}

fn banner(lifted: &Lifted) {
    let app = lifted.app();
    let mut out = std::io::stdout().lock();
    let _ = writeln!(
        out,
        "\n  Topsail {}\n  Environment : {}\n  Port        : {}\n  Local       : {}\n\n  To stop: Ctrl-C\n",
        env!("CARGO_PKG_VERSION"),
        app.environment(),
        lifted.address().port(),
        lifted.url(),
    );
    let _ = out.flush();
}

fn print_routes(app: &App) -> ExitCode {
    let mut out = std::io::stdout().lock();
    for route in app.routes().iter() {
        let targets = route.targets.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let origin = format!("{:?}", route.origin);
        let line = writeln!(
            out,
            "{:<7} {:<40} {:<32} {origin}",
            route.address.verb(),
            route.address.path(),
            targets
        );
        if line.is_err() {
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn lift_failed(error: &LiftError) -> ExitCode {
    fail(&format!("{error}\n\nCould not lift the app."))
}

fn fail(message: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "error: {message}");
    ExitCode::FAILURE
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn flags(arguments: &[&str]) -> Flags {
        let all = std::iter::once("app").chain(arguments.iter().copied()).map(str::to_owned).collect();
        read_arguments(all).unwrap().1
    }

    #[test]
    fn settings_are_flags() {
        assert_eq!(
            flags(&["lift", "--session.secret=x", "--port", "3"]),
            [("session.secret".to_owned(), "x".to_owned()), ("port".to_owned(), "3".to_owned())]
        );
        assert_eq!(
            flags(&["--security.csrf", "--prod"]),
            [
                ("security.csrf".to_owned(), "true".to_owned()),
                ("environment".to_owned(), "production".to_owned())
            ]
        );
        assert_eq!(
            flags(&["migrate", "diff", "init", "--allow-destructive", "--rename=a.b:c", "--log.level=warn"]),
            [("log.level".to_owned(), "warn".to_owned())]
        );
        assert_eq!(
            flags(&["migrate", "down", "--to", "7", "--app_path=x"]),
            [("app_path".to_owned(), "x".to_owned())]
        );
        assert!(
            read_arguments(["app", "migrate", "up", "--allow-destructve"].map(str::to_owned).to_vec())
                .is_err()
        );
        assert_eq!(flags(&["--no-security.csrf"]), [("security.csrf".to_owned(), "false".to_owned())]);
    }
}
