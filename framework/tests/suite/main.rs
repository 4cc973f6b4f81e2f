//! Integration tests of the framework: one binary, apps lifted in process, asked over real connections.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, unreachable_pub)]

mod bad_input;
mod blueprints;
mod book;
mod callbacks;
mod crowd;
mod http_path;
mod inputs;
mod lifecycle;
mod limits;
#[path = "../../orm/tests/suite/made_up.rs"]
mod made_up;
mod migrations;
mod models;
mod noise;
mod operations;
mod realtime;
mod support;
mod traps;
mod unread_bodies;
