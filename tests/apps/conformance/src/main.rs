//! One process is one configuration of the app; `serve` starts all three.

use axum::{http::Response, middleware::map_response};
use topsail::{App, orm::Migrate};

fn main() -> std::process::ExitCode {
    let app = conformance_app::app()
        .layer(|router| router.layer(map_response(without_request_id)))
        .bootstrap(empty_tables);
    topsail::run(app)
}

/// Every run begins with empty tables, in production too, where the framework makes none by itself.
async fn empty_tables(app: App) -> topsail::Result<()> {
    Ok(app.orm().auto_migrate(Migrate::Drop).await?)
}

/// Sails names no requests, and the transcripts compare all headers that begin with `x-`.
async fn without_request_id<B>(mut response: Response<B>) -> Response<B> {
    response.headers_mut().remove("x-request-id");
    response
}
