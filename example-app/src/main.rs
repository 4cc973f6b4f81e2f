//! `cargo run -p example-app` lifts the app, `cargo run -p example-app -- routes` prints its routes.

fn main() -> std::process::ExitCode {
    topsail::run(example_app::app())
}
