use crate::models::User;
use topsail::prelude::*;

/// The one page of the app: chat and order board. Its records are fetched over the socket, which also subscribes to them.
#[action]
pub async fn desk(req: Req) -> Outcome {
    let user = req.get::<User>().or_not_found()?;
    view("pages/desk", json!({ "user": user }))
}
