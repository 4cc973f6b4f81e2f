use crate::models::{Message, Room, User};
use topsail::prelude::*;

#[derive(Inputs)]
pub struct Send {
    room: Id,
    #[input(min_length = 1, max_length = 500)]
    text: String,
}

/// Says something in a room. Everyone else in it hears it as `said`; the sender has it as the answer.
#[action]
pub async fn send(app: App, req: Req, Inputs(input): Inputs<Send>) -> Outcome<Message> {
    let user = req.get::<User>().or_not_found()?;
    let room = Room::find_one(&app, input.room).await?.or_not_found()?;
    let text = input.text.trim();
    if text.is_empty() {
        return bad_request(json!({ "message": "There is nothing in this message." }));
    }
    let message = Message::create(&app)
        .set(Message::TEXT, text)
        .set(Message::AUTHOR, user.id)
        .set(Message::ROOM, room.id)
        .await?;
    let message = Message::find_one(&app, message.id).populate(Message::AUTHOR).await?.or_not_found()?;
    app.sockets.broadcast(room.channel(), "said", &message).omit(&req).await?;
    ok(message)
}
