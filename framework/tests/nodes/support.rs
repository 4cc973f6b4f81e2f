//! Nodes that are lifted for a test.

use crate::{client::Client, redis};
use serde_json::{Value, json};
use tempfile::TempDir;
use topsail::{App, AppBuilder, Discovered, prelude::*, testing::Lifted};

static HERE: Discovered = Discovered { crate_name: "nodes", ..Discovered::EMPTY };
const SECRET: &str = "a-secret-that-all-nodes-of-these-tests-have";

#[model]
pub struct Ship {
    pub name: String,
    #[attr(protect)]
    pub code: String,
}

/// What several nodes have in common.
pub struct Fleet {
    pub url: String,
    pub prefix: String,
    files: TempDir,
}

impl Fleet {
    /// At the Redis that all tests share, under a prefix of its own.
    pub async fn new() -> Self {
        let url = redis::shared();
        drop(redis::connect(&url).await);
        Self::at(url)
    }

    pub fn at(url: String) -> Self {
        Self { url, prefix: format!("test-{:032x}", rand::random::<u128>()), files: TempDir::new().unwrap() }
    }

    pub fn app(&self) -> AppBuilder {
        node(&self.url, &self.prefix)
            .config("datastores.default.url", self.files.path().join("fleet.db").to_str().unwrap())
            .config("models.migrate", "alter")
    }

    pub async fn lift(&self) -> Node {
        Node(self.app().lift_for_test().await.unwrap())
    }
}

/// An app whose sockets and sessions are at this Redis.
pub fn node(url: &str, prefix: &str) -> AppBuilder {
    AppBuilder::new(&HERE)
        .config("log.level", "silent")
        .config("health.path", "/health")
        .config("session.secret", SECRET)
        .config("session.adapter", "redis")
        .config("session.url", url)
        .config("session.prefix", format!("{prefix}:sess:"))
        .config("sockets.adapter", "redis")
        .config("sockets.url", url)
        .config("sockets.prefix", prefix)
        .action("ping", ping)
        .route("/ping", "ping")
        .action("join", join)
        .route("/join", "join")
        .action("keep", keep)
        .route("/keep", "keep")
        .action("kept", kept)
        .route("/kept", "kept")
        .action("logout", logout)
        .route("/logout", "logout")
        .action("shout", shout)
        .route("/shout", "shout")
}

async fn ping() -> Outcome {
    send("pong")
}

async fn join(app: App, req: Req) -> Outcome {
    let room = req.param("room").and_then(Value::as_str).unwrap_or_default().to_owned();
    app.sockets.join(&req, room).await?;
    ok(())
}

async fn shout(app: App, req: Req) -> Outcome {
    app.sockets.blast("shout", req.param("words")).omit(&req).await?;
    ok(())
}

async fn keep(req: Req) -> Outcome {
    req.session().set("kept", req.param("value")).await?;
    ok(())
}

async fn kept(req: Req) -> Outcome {
    ok(req.session().get::<Value>("kept").await?)
}

async fn logout(app: App, req: Req) -> Outcome {
    let id = req.session().id();
    req.session().destroy().await?;
    let mut ended = 0;
    if let Some(id) = id {
        ended = app.sockets.disconnect_session(&id).await;
    }
    ok(ended)
}

/// One of several nodes.
pub struct Node(pub Lifted);

impl Node {
    pub fn app(&self) -> &App {
        self.0.app()
    }

    pub fn url(&self) -> String {
        self.0.url()
    }

    pub async fn client(&self) -> Client {
        Client::connect(&self.url()).await
    }
}

/// The next event must be this one.
pub async fn hears(client: &mut Client, name: &str, data: Value) {
    assert_eq!(client.event().await, (name.to_owned(), data));
}

/// What was asked of `from` until now has been done where `client` is, and it heard nothing of it.
pub async fn hears_nothing(client: &mut Client, from: &Node) {
    let mark = format!("{:x}", rand::random::<u64>());
    from.app().sockets.broadcast(client.id.clone(), "mark", json!(mark)).await.unwrap();
    hears(client, "mark", json!(mark)).await;
}
