//! What a blueprint does for sockets: it subscribes the one that asks, and hands over what was changed.
//!
//! Payloads and rooms are none of its business: both lie behind [`PubSub`](crate::pubsub::PubSub).

use super::actions::Run;
use crate::error::Result;
use serde_json::Value;
use topsail_orm::{Change, ModelDef, Record};

/// Is there a socket that is subscribed to what it finds? Else nobody needs the records but the answer.
pub(super) fn subscribes(run: &Run) -> bool {
    run.req.is_socket()
}

/// `find`: to the records, to what they hold and, with `auto_watch`, to records that come later.
pub(super) async fn found_many(run: &Run, records: &[Record]) -> Result<()> {
    if !run.req.is_socket() {
        return Ok(());
    }
    found(run, records).await?;
    if watches(run) {
        run.app.pubsub().watch(&run.req, &run.model).await?;
    }
    Ok(())
}

/// `findOne`: to the record and to what it holds; not to records that come later.
pub(super) async fn found_one(run: &Run, record: &Record) -> Result<()> {
    found(run, std::slice::from_ref(record)).await
}

/// `populate`: to the parent and to what it holds.
pub(super) async fn populated(run: &Run, parent: &Record) -> Result<()> {
    found(run, std::slice::from_ref(parent)).await
}

/// Deep only where the route says so: a route of the app that leads to a blueprint subscribes to the records alone.
async fn found(run: &Run, records: &[Record]) -> Result<()> {
    if !run.req.is_socket() || records.is_empty() {
        return Ok(());
    }
    let pubsub = run.app.pubsub();
    if option(run, &["associations"]) {
        pubsub.subscribe_found(&run.req, &run.model, records, watches(run)).await
    } else {
        let keys: Vec<Value> = records.iter().map(|record| run.model.key_of(record)).collect();
        pubsub.subscribe(&run.req, &run.model, &keys).await
    }
}

/// To one record of the model.
///
/// After a write nothing may fail any more: a socket that is in too many rooms is left as it is, with a word in the log.
pub(super) async fn subscribe(run: &Run, key: &Value) {
    subscribe_members(run, &run.model, std::slice::from_ref(key)).await;
}

/// To members of a collection, likewise.
pub(super) async fn subscribe_members(run: &Run, model: &ModelDef, keys: &[Value]) {
    if run.req.is_socket() && !keys.is_empty() {
        noted(run, run.app.pubsub().subscribe(&run.req, model, keys).await);
    }
}

/// No longer to a record that is gone.
pub(super) async fn unsubscribe(run: &Run, key: &Value) {
    if run.req.is_socket() {
        noted(run, run.app.pubsub().unsubscribe(&run.req, &run.model, std::slice::from_ref(key)).await);
    }
}

fn noted(run: &Run, result: Result<()>) {
    if let Err(error) = result {
        tracing::warn!(request = run.req.id(), "the subscriptions of a socket stay as they are: {error}");
    }
}

/// Tells everyone who listens what was changed.
pub(super) async fn announce(run: &Run, changes: &[Change]) {
    if !changes.is_empty() {
        run.app.pubsub().announce(&run.app, changes, &run.origin()).await;
    }
}

fn watches(run: &Run) -> bool {
    option(run, &["autoWatch", "auto_watch"])
}

fn option(run: &Run, names: &[&str]) -> bool {
    let extra = &run.req.options().extra;
    names
        .iter()
        .any(|name| extra.get(*name).is_some_and(|value| value != &Value::Bool(false) && !value.is_null()))
}
