//! What the clients of these tests ask for.

use serde_json::{Value, json};
use topsail::{AppBuilder, prelude::*};

/// Adds all actions with their routes.
pub fn add(app: AppBuilder) -> AppBuilder {
    app.action("ping", ping)
        .route("/ping", "ping")
        .action("echo", echo)
        .route("ALL /echo", "echo")
        .route("ALL /echo/:a", "echo")
        .action("read", read)
        .route("POST /read", "read")
        .action("text", text)
        .route("GET /text", "text")
        .action("nothing", nothing)
        .route("GET /nothing", "nothing")
        .action("away", away)
        .route("GET /away", "away")
        .action("panic", panics)
        .route("GET /panic", "panic")
        .action("fail", fail)
        .route("GET /fail", "fail")
        .action("bytes", bytes)
        .route("GET /bytes", "bytes")
        .action("never", never)
        .route("/never", "never")
        .action("count", count)
        .route("GET /count", "count")
        .action("session-id", session_id)
        .route("GET /session-id", "session-id")
        .action("has-session", has_session)
        .route("GET /has-session", "has-session")
        .action("id", id)
        .route("GET /id", "id")
        .action("join", join)
        .route("/join", "join")
        .action("leave", leave)
        .route("/leave", "leave")
        .action("mine", mine)
        .route("/mine", "mine")
        .action("broadcast", broadcast)
        .route("/broadcast", "broadcast")
}

async fn ping() -> Outcome {
    send("pong")
}

async fn echo(req: Req) -> Outcome {
    ok(json!({
        "method": req.method().as_str(),
        "url": req.url(),
        "path": req.path(),
        "query": req.query(),
        "body": req.body(),
        "a": req.param("a"),
        "socket": req.is_socket(),
        "protocol": req.protocol(),
        "json": req.wants_json(),
        "custom": req.header("X-Custom"),
        "origin": req.header("origin"),
        "cookie": req.header("cookie"),
        "type": req.header("content-type"),
        "ip": req.ip(),
    }))
}

async fn read(axum::Json(body): axum::Json<Value>) -> Outcome {
    ok(body)
}

async fn text() -> Outcome {
    ok("abc")
}

async fn nothing() -> Outcome {
    no_content()
}

async fn away() -> Outcome {
    redirect("/str")
}

async fn panics() -> Outcome {
    panic!("on purpose")
}

async fn fail() -> Outcome {
    Err(std::io::Error::other("broken").into())
}

async fn bytes() -> bytes::Bytes {
    bytes::Bytes::from_static(&[0, 159, 255])
}

async fn never() -> Outcome {
    std::future::pending().await
}

async fn count(req: Req) -> Outcome {
    let count = req.session().get::<i64>("count").await?.unwrap_or(0) + 1;
    req.session().set("count", count).await?;
    ok(json!({ "count": count }))
}

async fn session_id(req: Req) -> Outcome {
    ok(req.session().id().map(|id| id.to_string()))
}

async fn has_session(req: Req) -> Outcome {
    ok(req.session().is_some())
}

async fn id(app: App, req: Req) -> Outcome {
    ok(app.sockets.get_id(&req))
}

async fn join(app: App, req: Req) -> Outcome {
    app.sockets.join(&req, names(req.param("rooms"))).await?;
    ok(req.param("rooms"))
}

async fn leave(app: App, req: Req) -> Outcome {
    app.sockets.leave(&req, names(req.param("rooms"))).await?;
    ok(())
}

async fn mine(req: Req) -> Outcome {
    let Some(socket) = req.socket() else { return bad_request("Sockets only.") };
    let mut rooms = socket.rooms();
    rooms.retain(|room| room != socket.id().as_str());
    rooms.sort();
    ok(rooms)
}

async fn broadcast(app: App, req: Req) -> Outcome {
    let event = req.param("event").and_then(Value::as_str).unwrap_or_default().to_owned();
    let data = req.param("data").cloned().unwrap_or_default();
    let broadcast = app.sockets.broadcast(names(req.param("rooms")), event, &data);
    match req.param("omit") {
        Some(_) => broadcast.omit(&req).await?,
        None => broadcast.await?,
    }
    ok(())
}

fn names(given: Option<&Value>) -> Vec<String> {
    match given {
        Some(Value::Array(list)) => list.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect(),
        Some(Value::String(one)) => vec![one.clone()],
        _ => Vec::new(),
    }
}
