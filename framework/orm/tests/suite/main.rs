//! The ORM against a real database.
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub)]

mod made_up;
mod place;
mod same_state;
mod stores;
mod support;

mod across;
mod archive;
mod back_ends;
mod bulk;
mod by_hand;
mod callbacks;
mod collections;
mod create;
mod criteria;
mod deadlocks;
mod definition;
mod encryption;
mod find;
mod foreign_key_migration;
mod foreign_keys;
mod indexes;
mod injection;
mod limits;
mod migration;
mod native;
mod negotiate;
mod output;
mod populate;
mod queries;
mod rules;
mod savepoints;
mod stream;
mod through;
mod transaction;
mod typed;
mod upsert;
mod write;
mod written;
