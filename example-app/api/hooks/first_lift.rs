use crate::models::{Order, Room};
use topsail::prelude::*;

/// Furnishes an empty database: rooms to talk in, and a few orders to look at.
#[hook]
#[derive(Default)]
pub struct FirstLift;

const ROOMS: [(&str, &str); 3] = [
    ("Quay", "Whatever comes in with the tide"),
    ("Workshop", "Splices, sails and repairs"),
    ("Deliveries", "Who takes what to which pier"),
];

const ORDERS: [(&str, &str, i64, &str); 4] = [
    ("MV Kittiwake", "Mooring line, 24 mm, 50 m", 2, "pending"),
    ("Hanna of Husum", "Storm jib, orange", 1, "pending"),
    ("Tern Charter", "Life jackets, 150 N", 12, "paid"),
    ("SY Meltemi", "Bronze turnbuckles", 4, "shipped"),
];

impl Hook for FirstLift {
    async fn initialize(&self, app: &App) -> Result<()> {
        if !Room::find(app).limit(1).await?.is_empty() {
            return Ok(());
        }
        app.transaction(async |tx| {
            for (name, topic) in ROOMS {
                Room::create(tx).set(Room::NAME, name).set(Room::TOPIC, topic).await?;
            }
            for (customer, item, quantity, status) in ORDERS {
                Order::create(tx)
                    .set(Order::CUSTOMER, customer)
                    .set(Order::ITEM, item)
                    .set(Order::QUANTITY, quantity)
                    .set(Order::STATUS, status)
                    .await?;
            }
            Ok(())
        })
        .await
    }
}
