//! `/pubsub/…`: resourceful pub/sub by data.

use crate::services::given;
use std::sync::Arc;
use topsail::{orm::ModelDef, prelude::*};

/// Subscribes the asker to records.
#[action]
pub async fn subscribe(app: App, req: Req) -> Outcome {
    app.pubsub().subscribe(&req, &*model(&app, &req)?, &keys(&req)).await?;
    ok(json!({ "subscribed": req.param("ids") }))
}

/// Ends a subscription.
#[action]
pub async fn unsubscribe(app: App, req: Req) -> Outcome {
    app.pubsub().unsubscribe(&req, &*model(&app, &req)?, &keys(&req)).await?;
    ok(json!({ "unsubscribed": req.param("ids") }))
}

/// Tells the followers of records something.
#[action]
pub async fn publish(app: App, req: Req) -> Outcome {
    let message = app.pubsub().publish(&app, &*model(&app, &req)?, &keys(&req), req.param("data"));
    if given::flag(&req, "omitSelf") {
        message.omit(&req).await?;
    } else {
        message.await?;
    }
    ok(json!({ "published": req.param("ids") }))
}

/// The room of a record.
#[action]
pub async fn room_name(app: App, req: Req) -> Outcome {
    let key = req.param("id").cloned().unwrap_or_default();
    ok(json!({ "room": app.pubsub().room_name(&*model(&app, &req)?, &key) }))
}

fn model(app: &App, req: &Req) -> Result<Arc<ModelDef>> {
    app.model(&given::text(req, "model")).cloned().or_not_found()
}

fn keys(req: &Req) -> Vec<Value> {
    match req.param("ids") {
        None => Vec::new(),
        Some(Value::Array(keys)) => keys.clone(),
        Some(key) => vec![key.clone()],
    }
}
