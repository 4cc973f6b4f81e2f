//! `/orders/subscribe`

use crate::models::Order;
use topsail::prelude::*;

/// What to follow.
#[derive(Inputs)]
pub struct Subscribe {
    order_id: String,
}

/// Follows an order.
#[action]
pub async fn subscribe(app: App, req: Req, Inputs(input): Inputs<Subscribe>) -> Outcome<Order> {
    if !req.is_socket() {
        return bad_request("WebSocket required");
    }
    let order = Order::find_one(&app, crate::services::given::key(&input.order_id)?).await?.or_not_found()?;
    app.sockets.join(&req, format!("order-{}", input.order_id)).await?;
    ok(order)
}
