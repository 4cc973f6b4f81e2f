//! `/rooms/…`: the room API, one action a method.

use crate::services::given;
use topsail::{
    prelude::*,
    sockets::{Broadcast, SocketsError},
};

/// The asker's socket id.
#[action]
pub async fn get_id(app: App, req: Req) -> Outcome {
    ok(json!({ "id": app.sockets.get_id(&req) }))
}

/// The rooms that the asker is in, without its own.
#[action]
pub async fn mine(app: App, req: Req) -> Outcome {
    let socket = app.sockets.get(&req)?;
    let own = socket.id().to_string();
    let mut rooms: Vec<String> = socket.rooms().into_iter().filter(|room| *room != own).collect();
    rooms.sort();
    ok(json!({ "rooms": rooms }))
}

/// Joins other sockets by their ids.
#[action]
pub async fn join(app: App, req: Req) -> Outcome {
    told(app.sockets.join(given::texts(&req, "id"), given::texts(&req, "room")).await)
}

/// Takes another socket out of a room by its id.
#[action]
pub async fn leave(app: App, req: Req) -> Outcome {
    told(app.sockets.leave(given::texts(&req, "id"), given::texts(&req, "room")).await)
}

/// Broadcasts in each of the documented forms.
#[action]
pub async fn broadcast(app: App, req: Req) -> Outcome {
    let (rooms, data) = (given::texts(&req, "rooms"), data(&req));
    let message = match &*given::text(&req, "form") {
        "noevent" | "noevent-omit" => app.sockets.send(rooms, data),
        _ => app.sockets.broadcast(rooms, given::text(&req, "event"), data),
    };
    sent(&req, message).await
}

/// Blasts in each of the documented forms.
#[action]
pub async fn blast(app: App, req: Req) -> Outcome {
    let event = match &*given::text(&req, "form") {
        "noevent" | "noevent-omit" => String::new(),
        _ => given::text(&req, "event"),
    };
    sent(&req, app.sockets.blast(event, data(&req))).await
}

/// Members of one room join others.
#[action]
pub async fn add_members(app: App, req: Req) -> Outcome {
    let Some(source) = req.param("source").and_then(Value::as_str) else { return no_text("source") };
    told(app.sockets.add_room_members_to_rooms(source, given::texts(&req, "dest")).await)
}

/// Members of one room leave others.
#[action]
pub async fn remove_members(app: App, req: Req) -> Outcome {
    let Some(source) = req.param("source").and_then(Value::as_str) else { return no_text("source") };
    told(app.sockets.remove_room_members_from_rooms(source, given::texts(&req, "dest")).await)
}

/// Members of a room leave all their rooms.
#[action]
pub async fn leave_all(app: App, req: Req) -> Outcome {
    let Some(room) = req.param("room").and_then(Value::as_str) else { return no_text("room") };
    told(app.sockets.leave_all(room).await)
}

fn data(req: &Req) -> Value {
    req.param("data").cloned().unwrap_or_default()
}

async fn sent(req: &Req, message: Broadcast<'_>) -> Outcome {
    let omits = given::flag(req, "omitSelf") || given::text(req, "form") == "noevent-omit";
    if omits {
        message.omit(req).await?;
    } else {
        message.await?;
    }
    ok(json!({ "ok": true }))
}

/// Rust's types refuse it before the room API is asked.
fn no_text(name: &str) -> Outcome {
    ok(json!({ "error": format!("`{name}` must be a text") }))
}

fn told(result: std::result::Result<(), SocketsError>) -> Outcome {
    ok(json!({ "error": result.err().map(|error| error.to_string()) }))
}
