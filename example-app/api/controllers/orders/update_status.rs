use crate::models::{Order, order::BOARD};
use topsail::prelude::*;

#[derive(Inputs)]
pub struct UpdateStatus {
    order_id: Id,
    #[input(is_in = ["pending", "paid", "shipped"])]
    status: String,
}

/// Moves an order to another column. Everyone else at the board hears it; the sender has the order as the answer.
#[action]
pub async fn update_status(app: App, req: Req, Inputs(input): Inputs<UpdateStatus>) -> Outcome<Order> {
    let order =
        Order::update_one(&app, input.order_id).set(Order::STATUS, &input.status).await?.or_not_found()?;
    app.sockets.broadcast(BOARD, "orderUpdated", &order).omit(&req).await?;
    ok(order)
}
