//! The work as a Topsail app.
#![allow(unreachable_pub, reason = "a model's columns are public, here in a program")]

use crate::BoxError;
use std::io::Write;
use topsail::{AppBuilder, Discovered, prelude::*};

static HERE: Discovered = Discovered { crate_name: "bench", ..Discovered::EMPTY };

/// What blueprints find.
#[model]
pub struct Item {
    #[attr(required, max_length = 120)]
    pub name: String,
    pub price: f64,
    pub sold: bool,
}

async fn hello(req: Req) -> Outcome {
    let name = req.param("name").and_then(Value::as_str).unwrap_or("world");
    ok(json!({ "greeting": "hello", "name": name }))
}

async fn join(app: App, req: Req) -> Outcome {
    app.sockets.join(&req, "news").await?;
    ok(())
}

async fn broadcast(app: App, req: Req) -> Outcome {
    let count = req.param("count").and_then(|c| c.as_str()?.parse::<u64>().ok()).unwrap_or(1);
    for at in 0..count {
        app.sockets.broadcast("news", "news", json!({ "at": at, "text": "x".repeat(200) })).await?;
    }
    ok(())
}

pub(crate) async fn serve(database: &str) -> Result<(), BoxError> {
    let lifted = app(database).lift().await?;
    lifted.app().orm().auto_migrate(topsail::orm::Migrate::Alter).await?;
    for at in 0..30_i32 {
        Item::create(lifted.app())
            .set(Item::NAME, format!("item {at}"))
            .set(Item::PRICE, f64::from(at) + 0.5)
            .set(Item::SOLD, at % 2 == 0)
            .await?;
    }
    writeln!(std::io::stdout(), "listening {}", lifted.address())?;
    std::future::pending().await
}

/// The app on this database: a file, or the URL of a PostgreSQL.
pub(crate) fn app(database: &str) -> AppBuilder {
    AppBuilder::new(&HERE)
        .action("hello", hello)
        .action("join", join)
        .action("broadcast", broadcast)
        .route("GET /hello", "hello")
        .route("GET /join", "join")
        .route("GET /broadcast", "broadcast")
        .config("environment", "production")
        .config("session.secret", "a secret of the bench that is long enough")
        .config("port", 0)
        .config("explicit_host", "127.0.0.1")
        .config("log.level", "error")
        .config("models.migrate", "safe")
        .config(
            "datastores.default.adapter",
            if database.starts_with("postgres") { "postgresql" } else { "sqlite" },
        )
        .config(
            "datastores.default.url",
            if database.starts_with("postgres") {
                database.to_owned()
            } else {
                format!("sqlite://{database}")
            },
        )
}
