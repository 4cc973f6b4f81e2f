//! Sockets: connecting, virtual requests, rooms, and the events of records.

mod actions;
pub mod client;
mod connecting;
mod records;
mod requests;
mod rooms;

use crate::support::{Server, app, lift};
use client::Client;
use serde_json::{Value, json};
use topsail::AppBuilder;

/// An app with actions for all that is asked here.
pub fn talking() -> AppBuilder {
    actions::add(app())
}

async fn lifted() -> Server {
    lift(talking()).await
}

async fn join(client: &mut Client, rooms: Value) {
    assert_eq!(client.post("/join", json!({ "rooms": rooms })).await["statusCode"], 200);
}
