use crate::models::{Room, User};
use topsail::prelude::*;

#[derive(Inputs)]
pub struct Leave {
    room: Id,
}

/// Takes the asking socket out of a room and tells those who stay.
#[action]
pub async fn leave(app: App, req: Req, Inputs(input): Inputs<Leave>) -> Outcome {
    let user = req.get::<User>().or_not_found()?;
    let room = Room::find_one(&app, input.room).await?.or_not_found()?;
    app.sockets.leave(&req, room.channel()).await?;
    let left = json!({ "room": room.id, "user": user });
    app.sockets.broadcast(room.channel(), "left", left).omit(&req).await?;
    ok(())
}
