use topsail::prelude::*;

#[derive(serde::Serialize)]
pub struct Order {
    status: String,
}

#[action]
pub async fn show(_req: Req) -> Outcome<Order> {
    ok("paid")
}

fn main() {}
