//! Orders.

use topsail::prelude::*;

/// An order on its way.
#[model]
pub struct Order {
    #[attr(default = "pending")]
    pub status: String,
    pub total: f64,
}
