use crate::models::{Message, Room, User};
use topsail::prelude::*;

/// How many messages someone who comes in is shown.
const HISTORY: u64 = 50;

#[derive(Inputs)]
pub struct Join {
    room: Id,
}

/// Brings the asking socket into a room, tells those who are in it, and answers what was said last, oldest first.
#[action]
pub async fn join(app: App, req: Req, Inputs(input): Inputs<Join>) -> Outcome {
    let user = req.get::<User>().or_not_found()?;
    let room = Room::find_one(&app, input.room).await?.or_not_found()?;
    app.sockets.join(&req, room.channel()).await?;
    let joined = json!({ "room": room.id, "user": user });
    app.sockets.broadcast(room.channel(), "joined", joined).omit(&req).await?;
    let mut messages = Message::find(&app)
        .where_(Message::ROOM.eq(room.id))
        .sort(Message::ID.desc())
        .limit(HISTORY)
        .populate(Message::AUTHOR)
        .await?;
    messages.reverse();
    ok(json!({ "room": room, "messages": messages }))
}
