//! The binary `topsail`. Everything is in the library, where tests can reach it.

use std::process::ExitCode;

fn main() -> ExitCode {
    topsail_cli::run(std::env::args_os())
}
