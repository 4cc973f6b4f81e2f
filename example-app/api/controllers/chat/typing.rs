use crate::models::{Room, User};
use topsail::prelude::*;

#[derive(Inputs)]
pub struct Typing {
    room: Id,
}

/// Lets the others in a room know that someone is about to say something.
#[action]
pub async fn typing(app: App, req: Req, Inputs(input): Inputs<Typing>) -> Outcome {
    let user = req.get::<User>().or_not_found()?;
    let room = Room::find_one(&app, input.room).await?.or_not_found()?;
    let typing = json!({ "room": room.id, "user": user });
    app.sockets.broadcast(room.channel(), "typing", typing).omit(&req).await?;
    no_content()
}
