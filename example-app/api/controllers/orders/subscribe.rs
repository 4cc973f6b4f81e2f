use crate::models::order::BOARD;
use topsail::prelude::*;

/// Brings the asking socket to the board, where `orders/update-status` announces every change of a status.
#[action]
pub async fn subscribe(app: App, req: Req) -> Outcome {
    app.sockets.join(&req, BOARD).await?;
    ok(())
}
