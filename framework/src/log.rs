//! Logging: the section `log`, and the one subscriber of the process.

use serde::{Deserialize, Serialize};
use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

/// Settings of the log.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// What is written; the variable `RUST_LOG` wins over it.
    pub level: LogLevel,
    /// How it is written.
    pub format: LogFormat,
}

/// How much is written, by the names of Sails and of Rust, from loud to quiet.
///
/// Other than with Sails, `debug` is louder than `info`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// Everything.
    #[serde(alias = "trace")]
    Silly,
    /// What helps to find a mistake.
    #[serde(alias = "debug")]
    Verbose,
    /// What an operator wants to know.
    #[default]
    Info,
    /// What may be wrong.
    Warn,
    /// What is wrong.
    #[serde(alias = "crit")]
    Error,
    /// Nothing.
    Silent,
}

/// How a line of the log looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people; in colour on a terminal.
    #[default]
    Pretty,
    /// One JSON object a line, for machines.
    Json,
}

impl LogLevel {
    /// What this level lets pass: the libraries below speak one step more quietly than the app.
    fn directives(self) -> &'static str {
        match self {
            Self::Silly => "trace,hyper=debug,hyper_util=debug,h2=debug,tungstenite=debug,mio=debug",
            Self::Verbose => {
                "debug,hyper=info,hyper_util=info,h2=info,tungstenite=info,sqlx=info,engineioxide=info,socketioxide=info"
            }
            Self::Info => "info,sqlx=warn,engineioxide=warn,socketioxide=warn",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::Silent => "off",
        }
    }
}

/// Makes log lines appear on stderr. The first call of a process counts; where the program has a subscriber of its own,
/// that one stays.
pub(crate) fn init(config: &LogConfig) {
    let filter = match std::env::var("RUST_LOG") {
        Ok(directives) if !directives.is_empty() => EnvFilter::builder().parse_lossy(directives),
        _ => EnvFilter::builder().parse_lossy(config.level.directives()),
    };
    let registry = tracing_subscriber::registry().with(filter);
    let lines = fmt::layer().with_writer(std::io::stderr);
    // An error means that there is a subscriber already.
    let _ = match config.format {
        LogFormat::Pretty => {
            use std::io::IsTerminal;
            registry.with(lines.with_target(false).with_ansi(std::io::stderr().is_terminal())).try_init()
        }
        LogFormat::Json => registry.with(lines.json().flatten_event(true)).try_init(),
    };
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn levels_are_named_as_sails_and_rust_name_them() {
        let read = |name: &str| serde_json::from_value::<LogLevel>(name.into());
        assert_eq!(read("silly").unwrap(), read("trace").unwrap());
        assert_eq!(read("verbose").unwrap(), read("debug").unwrap());
        assert_eq!(read("error").unwrap(), read("crit").unwrap());
        assert!(read("loud").is_err());
    }

    #[test]
    fn every_level_is_a_filter() {
        use LogLevel::{Error, Info, Silent, Silly, Verbose, Warn};
        for level in [Silly, Verbose, Info, Warn, Error, Silent] {
            assert!(EnvFilter::try_new(level.directives()).is_ok());
        }
    }

    #[test]
    fn a_second_call_does_not_disturb_the_first() {
        let quiet = LogConfig { level: LogLevel::Silent, ..LogConfig::default() };
        init(&quiet);
        init(&quiet);
    }
}
