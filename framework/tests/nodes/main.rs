//! Several nodes of one app over a real Redis, with real connections.
//!
//! They need a Redis at 127.0.0.1:6379 (or at `TOPSAIL_TEST_REDIS`) and the program `redis-server`.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, unreachable_pub)]

#[path = "../suite/realtime/client.rs"]
#[allow(dead_code)]
mod client;
mod lift;
mod outages;
mod process;
mod records;
mod redis;
mod rooms;
mod sessions;
mod support;
