//! `/say/…`: the controller of the Sails documentation.

use topsail::prelude::*;

/// `/say` and `/say/index`.
#[action]
pub async fn index() -> Outcome {
    ok(json!({ "say": "index" }))
}

/// `/say/whatisup`
#[action]
pub async fn whatisup() -> Outcome {
    ok(json!({ "say": "whatIsUp" }))
}

/// Greets everyone in the room, the caller included.
#[action]
pub async fn hello(app: App, req: Req) -> Outcome {
    if !req.is_socket() {
        return bad_request(());
    }
    app.sockets.join(&req, "funSockets").await?;
    app.sockets.broadcast("funSockets", "hello", json!({ "id": app.sockets.get_id(&req) })).await?;
    ok(())
}
