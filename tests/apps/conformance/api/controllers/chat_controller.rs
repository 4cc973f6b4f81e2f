//! `/chat/…`

use crate::services::given;
use topsail::prelude::*;

/// Joins a room or several.
#[action]
pub async fn join(app: App, req: Req) -> Outcome {
    sockets_only(&req)?;
    app.sockets.join(&req, given::texts(&req, "room")).await?;
    ok(json!({ "joined": req.param("room") }))
}

/// Leaves a room or several.
#[action]
pub async fn leave(app: App, req: Req) -> Outcome {
    sockets_only(&req)?;
    app.sockets.leave(&req, given::texts(&req, "room")).await?;
    ok(json!({ "left": req.param("room") }))
}

/// Says something to a room; the asker does not hear it.
#[action]
pub async fn send(app: App, req: Req) -> Outcome {
    let message = json!({ "text": req.param("text") });
    app.sockets.broadcast(given::texts(&req, "room"), "chat", message).omit(&req).await?;
    ok(json!({ "sent": true }))
}

/// Says something to everyone.
#[action]
pub async fn blast(app: App, req: Req) -> Outcome {
    let announcement = app.sockets.blast("announcement", json!({ "text": req.param("text") }));
    if given::flag(&req, "omit") {
        announcement.omit(&req).await?;
    } else {
        announcement.await?;
    }
    ok(json!({ "blasted": true }))
}

fn sockets_only(req: &Req) -> Result<()> {
    if req.is_socket() { Ok(()) } else { bad_request(json!({ "error": "socket required" })) }
}
