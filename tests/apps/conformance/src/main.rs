//! One process is one configuration of the app; `serve` starts all three.

use topsail::{App, orm::Migrate};

fn main() -> std::process::ExitCode {
    topsail::run(conformance_app::app().bootstrap(empty_tables))
}

/// Every run begins with empty tables, in production too, where the framework makes none by itself.
async fn empty_tables(app: App) -> topsail::Result<()> {
    Ok(app.orm().auto_migrate(Migrate::Drop).await?)
}
