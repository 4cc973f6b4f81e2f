use topsail::prelude::*;

/// An order on the board.
///
/// Creating, editing and deleting orders is left to the blueprints: this struct is all there is to `/order`.
#[model]
pub struct Order {
    #[attr(required, is_not_empty_string, max_length = 80)]
    pub customer: String,
    #[attr(required, is_not_empty_string, max_length = 120)]
    pub item: String,
    #[attr(default = 1, min = 1, max = 9999)]
    pub quantity: i64,
    #[attr(default = "pending", is_in = ["pending", "paid", "shipped"])]
    pub status: String,
}

/// The room of sockets that hear when an order's status changes.
pub const BOARD: &str = "order-board";
