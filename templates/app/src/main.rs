//! `cargo run` lifts the app, `cargo run -- routes` prints its routes.

fn main() -> std::process::ExitCode {
    topsail::run({{crate_name}}::app())
}
