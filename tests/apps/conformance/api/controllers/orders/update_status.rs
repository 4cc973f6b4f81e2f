//! `/orders/update-status`

use crate::models::Order;
use topsail::prelude::*;

/// What to change.
#[derive(Inputs)]
pub struct UpdateStatus {
    order_id: String,
    status: String,
}

/// Moves an order on and tells those who follow it.
#[action]
pub async fn update_status(app: App, Inputs(input): Inputs<UpdateStatus>) -> Outcome<Order> {
    let order = Order::update_one(&app, crate::services::given::key(&input.order_id)?)
        .set(Order::STATUS, &input.status)
        .await?
        .or_not_found()?;
    let news = json!({ "id": order.id, "status": order.status, "updatedAt": order.updated_at });
    app.sockets.broadcast(format!("order-{}", order.id), "orderUpdated", news).await?;
    ok(order)
}
